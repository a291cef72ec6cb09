"""A dense teacher's vectors of all texts that rows name, on disk, found by text.

A folder of pieces, `queries-00000.npy` and `documents-00000.npy`, [n, D] float16 of length 1, and
beside each the names of its texts ([n] int64, digests). Vectors are looked up by text and not by
id, so that they cannot be those of another corpus. plan.json says what the folder is made of;
embeddings.json is written last: a folder without it was not finished.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import batched
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.files import atomic_write, disk_errors, read_json, write_json
from l0pyserini.base.locks import hold
from l0pyserini.base.progress import progress_bar
from l0pyserini.errors import OutputExistsError, TrainingDataError, TrainingError

PLAN = "plan.json"
DONE = "embeddings.json"
SIDES = ("queries", "documents")
PIECE = 2048
"""Texts of a piece: what a killed run may lose."""

_MEND = "Write it again with `python -m l0pyserini.train.embed`."

Names = NDArray[np.int64]
Vectors = NDArray[np.float16]


def text_names(texts: Sequence[str]) -> Names:
    """Return [N] int64 that are the same for the same texts, on every machine."""
    digests = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.array([int.from_bytes(one, "big", signed=True) for one in digests], dtype=np.int64)


class Embeddings:
    """The vectors of a finished folder, memory-mapped; only the names lie in memory.

    Raises:  TrainingDataError: if the folder is none, or not finished, or a piece is damaged.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        if not (self._folder / DONE).is_file():
            begun = (self._folder / PLAN).is_file()
            raise TrainingDataError(
                f"{folder}: holds no {DONE}: "
                + ("its embedding was not finished. Go on with it (--resume)."
                   if begun else f"it is no folder of embeddings. {_MEND}")
            )  # fmt: skip
        self._sides = {side: self._open(side) for side in SIDES}

    def _open(self, side: str) -> tuple[Names, Names, list[Vectors]]:
        """Return a side's names in order, where their vectors are, and the pieces."""
        names: list[Names] = []
        pieces: list[Vectors] = []
        for path in sorted(self._folder.glob(f"{side}-*.npy")):
            try:
                pieces.append(np.load(path, mmap_mode="r"))
                names.append(np.load(_names_of(path)))
            except (OSError, ValueError, EOFError) as fault:
                raise TrainingDataError(f"{path}: cannot be read ({fault}). {_MEND}") from fault
            if len(pieces[-1]) != len(names[-1]) or pieces[-1].ndim != 2:
                raise TrainingDataError(
                    f"{path}: holds numbers of shape {pieces[-1].shape} for {len(names[-1])} "
                    f"texts, expected a vector a text. {_MEND}"
                )
        if not pieces:
            raise TrainingDataError(f"{self._folder}: holds no {side}-00000.npy. {_MEND}")
        together = np.concatenate(names)
        order = np.argsort(together, kind="stable")
        return together[order], order, pieces

    def find(
        self, side: str, texts: Sequence[str], names: Names, where: str
    ) -> NDArray[np.float32]:
        """Return [N, D] vectors of texts.

        Args:    side: of SIDES. names: the texts'. where: what asks for them, as file:line.
        Raises:  TrainingDataError: naming the first text that has none.
        """
        known, order, pieces = self._sides[side]
        found = np.searchsorted(known, names).clip(max=len(known) - 1)
        missing = np.flatnonzero(known[found] != names)
        if len(missing):
            raise TrainingDataError(
                f"{where}: {self._folder} holds no vector of the text {texts[missing[0]][:60]!r} "
                f"among its {side}. Expected those of all texts of the rows; embed these rows, "
                "with the corpus and topics that the recipe names."
            )
        return self._read(pieces, order[found])

    def sample(self, side: str, most: int) -> NDArray[np.float32]:
        """Return [n, D], the vectors of so many texts: of the same ones in any folder of them."""
        _, order, pieces = self._sides[side]
        # Names come in order, and say nothing of their texts.
        return self._read(pieces, order[:most])

    @staticmethod
    def _read(pieces: Sequence[Vectors], places: Names) -> NDArray[np.float32]:
        size = len(pieces[0])
        return np.stack([pieces[at // size][at % size] for at in places]).astype(np.float32)


def write_embeddings(
    folder: Path,
    plan: dict[str, object],
    texts: dict[str, Callable[[Sequence[str]], Sequence[str]]],
    keys: dict[str, list[str]],
    embed: Callable[[Sequence[str], str], Vectors],
    resume: bool,
    overwrite: bool,
) -> None:
    """Write a folder of embeddings; one that was begun and killed goes on where it stood.

    Args:    plan: what tells this embedding from others. keys: of each side, the texts' ids.
             texts: of each side, looks up the texts of ids. embed: texts of a side to vectors.
    Raises:  OutputExistsError: if the folder holds something, and neither resume nor overwrite is
             given. TrainingError: if it was begun otherwise.
    """
    plan = plan | {side: _digest(keys[side]) for side in SIDES}
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with hold(folder):
            _begin(folder, plan, resume, overwrite)
            for side in SIDES:
                with progress_bar(len(keys[side]), f"embed {side}", "texts") as bar:
                    for path, part in _pieces(folder, side, keys[side]):
                        if not path.is_file():
                            found = texts[side](part)
                            _save(_names_of(path), text_names(found))
                            _save(path, embed(found, side))
                        bar.update(len(part))
            write_json(folder / DONE, plan | {f"n_{side}": len(keys[side]) for side in SIDES})


def _begin(folder: Path, plan: dict[str, object], resume: bool, overwrite: bool) -> None:
    begun = folder / PLAN
    holds_something = folder.is_dir() and any(folder.iterdir())
    if holds_something and not begun.is_file():
        raise OutputExistsError(
            f"{folder}: holds no {PLAN}, so it is no folder of embeddings. Choose another --output."
        )
    if holds_something and overwrite:
        shutil.rmtree(folder)
    elif holds_something and not resume:
        raise OutputExistsError(
            f"{folder}: exists already and was left as it is. Give --resume to go on with it, "
            "--overwrite to replace it, or another --output."
        )
    elif holds_something:
        before = read_json(begun, TrainingError, "Begin anew with --overwrite.")
        for key, value in plan.items():
            if before.get(key) != value:
                raise TrainingError(
                    f"{begun}: was begun with another {key}: {before.get(key)!r}, and now it is "
                    f"{value!r}. Give what it was begun with, or begin anew with --overwrite."
                )
    folder.mkdir(exist_ok=True)
    write_json(begun, plan)


def _pieces(folder: Path, side: str, keys: list[str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for number, part in enumerate(batched(keys, PIECE)):
        yield folder / f"{side}-{number:05d}.npy", part


def _names_of(piece: Path) -> Path:
    return piece.with_name(f"names-of-{piece.name}")


def _save(path: Path, values: NDArray[np.generic]) -> None:
    with atomic_write(path) as handle:
        np.save(handle, values)


def _digest(keys: list[str]) -> str:
    return hashlib.sha256(json.dumps(keys).encode()).hexdigest()
