"""docs/deploy.md speaks of what there is, and leaves out no queue of failures."""

from __future__ import annotations

import re
from pathlib import Path

from devstack.manifest import load_stack

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploy.md").read_text()
VARIABLES = (ROOT / "terraform" / "variables.tf").read_text()
OUTPUTS = (ROOT / "terraform" / "outputs.tf").read_text()
STACK = load_stack()


def test_it_says_how_to_send_again_what_any_queue_holds() -> None:
    table = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    fed = {name for name, queue in STACK.queues.items() if queue.dead_letter}
    dead_letters = {queue.dead_letter for queue in STACK.queues.values()}

    assert {name for name in fed if f"`{name}`" not in table} == set()
    others = STACK.queues.keys() - fed - dead_letters
    assert {name for name in others if f"`{name}`" not in table} == set()


def test_variables_that_it_sets_exist() -> None:
    named = {
        *re.findall(r"TF_VAR_(\w+)", PAGE),
        *re.findall(r"-var (\w+)=", PAGE),
        *re.findall(r"\| `(\w+) = ", PAGE),
    }

    assert {"secret_values", "apns", "parse_invoice_image_uri", "features"} <= named
    assert {name for name in named if f'variable "{name}"' not in VARIABLES} == set()


def test_outputs_that_it_reads_exist() -> None:
    named = set(re.findall(r"terraform (?:-chdir=\w+ )?output (?:-\w+ )?(\w+)", PAGE))

    assert "graphql_url" in named
    assert {name for name in named if f'output "{name}"' not in OUTPUTS} == set()


def test_the_costs_count_the_alarms_that_there_are() -> None:
    """As terraform/alarms.tf makes them: two a function, one a queue, and a few more."""
    stream_readers = {
        name
        for name, function in STACK.functions.items()
        if any(trigger.stream for trigger in function.triggers)
    }
    model_users = [each for each in STACK.functions.values() if "GEMINI_API_KEY_SECRET" in each.env]
    of_the_api = 4
    alarms = (
        2 * len(STACK.functions)
        + len(STACK.queues)
        + len(stream_readers)
        + 2 * len(model_users)
        + of_the_api
    )

    assert f"{alarms} alarms × 0.10" in PAGE
