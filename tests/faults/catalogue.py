"""A row of the catalogue of faults: a bad input, and what the command that is given it must say.

Every row runs in a folder of its own that holds copies of what its command names of the stock. The
command must leave with the row's exit code and one message that names the place, what was seen
there and what to do, and every file in the folder must be as it was.
"""

import hashlib
import importlib
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from l0pyserini.__main__ import module_of

HERE = "@/"

Setting = Callable[[Path], AbstractContextManager[None]]
"""Holds while the command runs: rights taken away, a small disk."""

Change = Callable[[Path], None]
"""Damages the row's folder before the command runs."""


@dataclass(frozen=True)
class Fault:
    """One bad input.

    words: the command line as a shell has it, `l0pyserini` left out; @/ stands for the row's
    folder. says: parts of the message: the place, what was seen, and what was expected or is to be
    done. files: written into the folder, over the stock's. change: done to the folder then.
    code: the exit code.
    """

    name: str
    words: str
    says: tuple[str, str, str]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    change: Change | None = None
    code: int = 1
    setting: Setting = lambda _: nullcontext()

    @property
    def command(self) -> str:
        """The command's name, as `index.append`."""
        return self.words.split()[0]

    def main(self) -> Callable[[list[str]], int]:
        """Return the command's main function."""
        # Steps inside a stage, which are no verbs, are modules of their own.
        step = "." in self.command
        module = f"l0pyserini.{self.command}" if step else module_of(self.command)
        return importlib.import_module(module).main

    def argv(self, folder: Path) -> list[str]:
        """Return the command's arguments."""
        return [word.replace(HERE, f"{folder}/") for word in shlex.split(self.words)[1:]]

    def prepare(self, stock: Path, folder: Path) -> None:
        """Fill the row's folder."""
        for item in sorted(stock.iterdir()):
            if self._names(item.name):
                copy = shutil.copytree if item.is_dir() else shutil.copyfile
                copy(item, folder / item.name)
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if self.change is not None:
            self.change(folder)

    def _names(self, item: str) -> bool:
        return re.search(rf"{HERE}{re.escape(item)}(?![\w.])", self.words) is not None


def snapshot(folder: Path) -> dict[str, str]:
    """Return {path: digest of its bytes, or what else it is} of all below a folder."""
    return dict(_entries(folder))


def _entries(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            yield name, f"link to {path.readlink()}"
        elif not os.access(path, os.R_OK, effective_ids=True):
            yield name, "not to be read"
        elif path.is_file():
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            yield name, "folder"
