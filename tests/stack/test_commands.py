"""The command line, as processes: what it prints, how it exits, what it leaves behind."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

RENT = Path(__file__).parents[1] / "corpus" / "rent"
MAILBOX = Path(__file__).parents[2] / "devstack" / "mailbox"
LIMIT_S = 120  # the slowest takes 40 s on a busy machine


def paypulse(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, on a terminal 160 columns wide."""
    return subprocess.run(
        [sys.executable, "-m", "devstack", *map(str, arguments)],
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


def test_run_once_ingests_a_folder_a_second_time_knows_it_and_a_reset_forgets_it(
    tmp_path: Path,
) -> None:
    mailbox = tmp_path / "mailbox"
    mailbox.mkdir()
    for name in ("2025-06-hyresavi", "receipt-food", "awkward-no-pdf"):
        shutil.copy(MAILBOX / f"{name}.eml", mailbox)
    options = ("--once", "--port", "0", "--mailbox", mailbox, "--state", tmp_path / "state")

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


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "devstack", "run", "--port", "0", "--state", tmp_path / "s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        yield it
        it.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_everything_that_was_started(
    running: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert running.stdout is not None
    for line in running.stdout:
        if "Ctrl-C" in line:
            break
    children = psutil.Process(running.pid).children(recursive=True)

    running.send_signal(number)
    output, errors = running.communicate(timeout=LIMIT_S)

    assert (running.returncode, errors) == (0, "")
    assert "your data stays" in output
    assert children
    assert not [child for child in children if child.is_running()]
