"""Small things that several tests need."""

import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from l0pyserini.__main__ import main

__all__ = [
    "command",
    "file_size_limit",
    "fresh_process",
    "kill_and_resume",
    "names",
    "path_of",
    "run_line",
    "skip_if_wrong_here",
    "write",
]


def command(capsys, *argv: object) -> tuple[int, str, str]:
    """Run a verb in this process; return exit code, stdout and stderr."""
    try:
        code = main([str(word) for word in argv])
    except SystemExit as stop:  # argparse leaves this way
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def run_line(capsys, line: str) -> tuple[int, str, str]:
    """Run `python -m MODULE FLAGS` in this process, by the module that it names, as command()."""
    python, option, module, *words = shlex.split(line)
    assert (python, option) == ("python", "-m")
    if module == "l0pyserini":
        return command(capsys, *words)
    package = find_spec(module).submodule_search_locations is not None
    code = import_module(f"{module}.__main__" if package else module).main(words)
    return code, *capsys.readouterr()


def fresh_process(*argv: object, **options) -> subprocess.CompletedProcess[str]:
    """Run Python with arguments in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, argv)], capture_output=True, text=True, check=False, **options
    )


def names(folder: Path) -> list[str]:
    """Return the names in a folder, in order."""
    return sorted(path.name for path in folder.iterdir())


def path_of(descriptor: int) -> str:
    """Return the path of an open file."""
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


def skip_if_wrong_here(backend: str) -> None:
    """Skip a test of the int8 head where torch's int8 products are wrong, and it is refused."""
    from l0pyserini.model.head import int8_products_are_exact

    if backend.startswith("int8") and not int8_products_are_exact():
        pytest.skip("int8 products saturate here (ONEDNN_MAX_CPU_ISA), so the backend is refused")


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: the writes of this process then fail as on a full disk."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, handler)


def write(path: Path, text: str | bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def kill_and_resume(words: list[str], mark: Path, environment: dict[str, str]) -> None:
    """Run a command, kill it once a file is there, and run it again with --resume to its end."""
    running = subprocess.Popen([sys.executable, *words], env=environment, stderr=subprocess.DEVNULL)
    for _ in range(600):
        if mark.is_file() or running.poll() is not None:
            break
        time.sleep(0.1)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = subprocess.run(
        [sys.executable, *words, "--resume"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
