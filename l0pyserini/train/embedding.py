"""Embedding: rows in, a dense teacher's vectors of their texts out."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l0pyserini.base.progress import Stopwatch, progress_bar
from l0pyserini.errors import TrainingError, UsageError
from l0pyserini.train.embeddings import Vectors, write_embeddings
from l0pyserini.train.rows import open_rows
from l0pyserini.train.sources import text_lookups
from l0pyserini.train.teachers import DenseTeacher, open_teacher


@dataclass(frozen=True)
class EmbedSummary:
    """What embedding did."""

    queries: int
    documents: int
    seconds: float


def embed_rows(
    rows: str,
    teacher: str,
    output: str | Path,
    corpus: str | None = None,
    topics: str | None = None,
    device: str = "cpu",
    batch_size: int = 32,
    max_length: int = 256,
    resume: bool = False,
    overwrite: bool = False,
) -> EmbedSummary:
    """Write a dense teacher's vectors of all queries and documents that rows name.

    Args:    teacher: dense:MODEL. corpus, topics: where the rows hold ids.
    Raises:  UsageError: for a teacher that is not dense.
             TrainingDataError, TrainingError, OutputExistsError.
    """
    if not teacher.startswith("dense:"):
        raise UsageError(
            f"--teacher {teacher!r}: expected dense:MODEL. Only a dense teacher has vectors whose "
            "cosines tell a score of every query with every document of a batch."
        )
    watch = Stopwatch()
    keys = _keys(rows)
    opened: list[DenseTeacher] = []

    def embed(texts: Sequence[str], side: str) -> Vectors:
        # Not before the first piece that is missing: a finished folder needs no model.
        if not opened:
            loaded = open_teacher(teacher, device, batch_size, max_length)
            assert isinstance(loaded, DenseTeacher)
            opened.append(loaded)
        return _of_length_1(opened[0].vectors(texts, side == "queries"), teacher, texts)

    plan: dict[str, object] = {"teacher": teacher, "max_length": max_length}
    with ExitStack() as stack:
        texts = text_lookups(stack, rows, corpus, topics)
        write_embeddings(Path(output), plan, texts, keys, embed, resume, overwrite)
    return EmbedSummary(len(keys["queries"]), len(keys["documents"]), watch.seconds)


def _keys(spec: str) -> dict[str, list[str]]:
    """Return the distinct ids, or texts, of the queries and documents of all rows, as they come."""
    source = open_rows(spec)
    queries: dict[str, None] = {}
    documents: dict[str, None] = {}
    with progress_bar(len(source), "read", "rows") as bar:
        for number in range(len(source)):
            row = source[number]
            queries[row.query] = None
            documents |= dict.fromkeys(row.documents)
            bar.update()
    return {"queries": list(queries), "documents": list(documents)}


def _of_length_1(vectors: Vectors, teacher: str, texts: Sequence[str]) -> Vectors:
    """Return vectors whose dot products are cosines.

    Raises:  TrainingError: if a vector is not finite, or has no direction.
    """
    exact = vectors.astype(np.float32)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    broken = np.flatnonzero(~np.isfinite(lengths[:, 0]) | (lengths[:, 0] == 0))
    if len(broken):
        raise TrainingError(
            f"teacher {teacher}: the vector of the text {texts[broken[0]][:60]!r} has the length "
            f"{float(lengths[broken[0], 0])}, expected a finite one above 0. Fetch the teacher "
            "again, or leave the row out."
        )
    return (exact / lengths).astype(np.float16)
