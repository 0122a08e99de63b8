"""The command line, as processes: what it prints, how it exits, what it leaves behind."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    type Start = Callable[[], subprocess.Popen[str]]

RENT = Path(__file__).parents[1] / "corpus" / "rent"
MAILBOX = Path(__file__).parents[2] / "devstack" / "mailbox"
EMPTY_FOLDER = Path(__file__).parent
LIMIT_S = 120  # the slowest takes 40 s on a busy machine


def paypulse(
    *arguments: str | Path, folder: Path = EMPTY_FOLDER
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, on a terminal 160 columns wide, in a folder without a `.env`."""
    return subprocess.run(
        [sys.executable, "-m", "devstack", *map(str, arguments)],
        cwd=folder,
        env={"COLUMNS": "160", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_extract_prints_a_json_line_for_every_document() -> None:
    files = sorted(RENT.glob("*.pdf"))

    result = paypulse("extract", *files)

    records = [json.loads(line) for line in result.stdout.splitlines()]
    expected = [json.loads(file.with_suffix(".json").read_text()) for file in files]
    assert (result.returncode, result.stderr) == (0, "")
    assert [record["outcome"] for record in records] == [each["expected"] for each in expected]
    assert [record["fields"] for record in records] == [each["fields"] for each in expected]
    assert all(
        {"file", "kind", "outcome", "fields", "items", "details", "flags"} <= set(record)
        for record in records
    )


def test_extract_tells_in_a_line_what_cannot_be_opened_and_reads_the_rest(
    tmp_path: Path,
) -> None:
    good = next(RENT.glob("*.pdf"))

    result = paypulse("extract", tmp_path / "absent.pdf", good, tmp_path)

    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 1
    lines = result.stderr.splitlines()
    assert [re.sub(r".*: ", "", line) for line in lines] == [
        "No such file or directory",
        "Is a directory",
    ]


def test_extract_gives_every_file_an_outcome(tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")

    result = paypulse("extract", tmp_path / "empty.pdf")

    assert result.returncode == 0
    assert json.loads(result.stdout)["outcome"] == "unreadable"


def test_extract_shows_a_table_to_people() -> None:
    result = paypulse("extract", *sorted(RENT.glob("*.pdf")), "--format", "table")

    assert result.returncode == 0
    assert "inconsistent_total" in result.stdout


def small_mailbox(folder: Path) -> Path:
    """Make a mailbox with a notice, a notice without its PDF, and a receipt."""
    mailbox = folder / "mailbox"
    mailbox.mkdir()
    for name in ("2025-06-hyresavi", "receipt-food", "awkward-no-pdf"):
        shutil.copy(MAILBOX / f"{name}.eml", mailbox)
    return mailbox


def test_run_once_ingests_a_folder_a_second_time_knows_it_and_a_reset_forgets_it(
    tmp_path: Path,
) -> None:
    options = ("--once", "--port", "0", "--state", tmp_path / "state")
    options = (*options, "--mailbox", small_mailbox(tmp_path))

    first = paypulse("run", *options)
    second = paypulse("run", *options)
    anew = paypulse("run", *options, "--reset")

    assert first.returncode == 0, first.stderr
    assert "2 mails matched: 1 became invoices" in first.stdout
    assert "2025-06-30   1297112086" in first.stdout
    assert second.returncode == 0, second.stderr
    assert "2 mails matched: 0 became invoices, 2 held none or were known" in second.stdout
    assert "2025-06-30   1297112086" in second.stdout
    assert anew.returncode == 0, anew.stderr
    assert "2 mails matched: 1 became invoices" in anew.stdout


def test_a_mailbox_that_is_no_folder_is_told_so(tmp_path: Path) -> None:
    result = paypulse("run", "--once", "--port", "0", "--mailbox", tmp_path / "absent")

    assert result.returncode == 1
    assert re.fullmatch(r"paypulse: .*absent is no folder; .*\n", result.stderr)


ENV_FILE = """
GOOGLE_CLIENT_ID=1-abc.apps.googleusercontent.com
GOOGLE_CLIENT_SECRET=GOCSPX-12345678
"""


def test_a_real_client_and_a_folder_of_mails_are_not_taken_together(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(ENV_FILE)

    result = paypulse("run", "--once", "--port", "0", folder=tmp_path)

    assert result.returncode == 1
    assert "add --offline, or take the client out of .env" in result.stderr


def test_the_env_file_is_left_aside_when_offline(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(ENV_FILE)

    options = ("--once", "--offline", "--port", "0", "--mailbox", small_mailbox(tmp_path))

    result = paypulse("run", *options, folder=tmp_path)

    assert result.returncode == 0, result.stderr
    assert "1 became invoices" in result.stdout
    assert (tmp_path / ".paypulse").is_dir()


def test_with_a_real_client_the_console_says_so_and_the_samples_data_is_left_alone(
    start: Start, tmp_path: Path
) -> None:
    """Nobody is connected, so nothing asks Google."""
    (tmp_path / ".env").write_text(ENV_FILE)
    started = start()

    shown = read_until_ready(started)

    assert "Gmail       Google itself, by the client in .env; connect at http://127.0.0.1" in shown
    assert "Gemini      not asked" in shown
    assert "GOCSPX-12345678" not in shown
    assert [path.name for path in tmp_path.glob(".paypulse*")] == [".paypulse-google"]
    assert (tmp_path / ".paypulse-google").stat().st_mode & 0o077 == 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `paypulse run` in a folder of its own."""
    with ExitStack() as started:

        def make() -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "devstack", "run", "--port", "0"],
                cwd=tmp_path,
                env={"COLUMNS": "160", "PATH": "/usr/bin:/bin"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            started.enter_context(process)
            # Asked, not killed: else MiniStack would stay behind.
            started.callback(process.wait, LIMIT_S)
            started.callback(process.terminate)
            return process

        yield make


def read_until_ready(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    lines = []
    for line in started.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    return "".join(lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_everything_that_was_started(start: Start, number: signal.Signals) -> None:
    running = start()
    read_until_ready(running)
    children = psutil.Process(running.pid).children(recursive=True)

    running.send_signal(number)
    output, errors = running.communicate(timeout=LIMIT_S)

    assert (running.returncode, errors) == (0, "")
    assert "your data stays" in output
    assert children
    assert not [child for child in children if child.is_running()]
