"""A short campaign of kills; the whole one is benchmarks/kills.py."""

from pathlib import Path

from tests.helpers import fresh_process

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/kills.py"


def test_nothing_is_lost_or_doubled():
    commands = ["encode --overwrite", "append"]
    done = fresh_process(SCRIPT, "--kills", 3, "--seed", 3, "--only", *commands)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kills, 0 faults" in done.stdout
