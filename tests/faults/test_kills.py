"""A short campaign of kills; the whole one is benchmarks/kills.py."""

from pathlib import Path

from tests.helpers import fresh_process

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/kills.py"


def test_nothing_is_lost_or_doubled():
    commands = ["encode --overwrite", "append", "search"]
    done = fresh_process(SCRIPT, "--kills", 6, "--seed", 3, "--only", *commands)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 kills, 0 faults" in done.stdout
    for command in commands:
        assert f"{command:<20}   2 killed" in done.stdout
