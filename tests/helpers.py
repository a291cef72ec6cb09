"""Small things that several tests need."""

import subprocess
import sys
from pathlib import Path

from l0pyserini.__main__ import main

__all__ = ["command", "fresh_process", "write"]


def command(capsys, *argv: object) -> tuple[int, str, str]:
    """Run a verb in this process; return exit code, stdout and stderr."""
    try:
        code = main([str(word) for word in argv])
    except SystemExit as stop:  # argparse leaves this way
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def fresh_process(*argv: object, **options) -> subprocess.CompletedProcess[str]:
    """Run Python with arguments in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, argv)], capture_output=True, text=True, check=False, **options
    )


def write(path: Path, text: str | bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
