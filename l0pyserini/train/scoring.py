"""Teaching: rows in, rows with the teachers' scores out."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from l0pyserini.base.files import atomic_write, refuse_existing
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.errors import UsageError
from l0pyserini.train.ensemble import ENSEMBLE_SCALE, ensemble, usual_gap
from l0pyserini.train.rows import Row, open_rows, row_json
from l0pyserini.train.sources import text_stores
from l0pyserini.train.teachers import open_teacher, score_rows


@dataclass(frozen=True)
class TeachSummary:
    """What teaching did."""

    rows: int
    documents: int
    seconds: float


def teach_rows(
    rows: str,
    teachers: Sequence[str],
    output: str | Path,
    corpus: str | None = None,
    topics: str | None = None,
    documents: int | None = None,
    limit: int | None = None,
    scale: float = ENSEMBLE_SCALE,
    device: str = "cpu",
    batch_size: int = 32,
    max_length: int = 256,
    overwrite: bool = False,
) -> TeachSummary:
    """Score rows with one or several teachers and write them with "scores".

    Each teacher's scores are scaled, averaged and multiplied by scale: see train.ensemble. A
    teacher's usual gap is that of all rows scored.
    The distinct texts' vectors are held in memory: about 800 bytes a document of a 384-dimensional
    model, 2,000 of a sparse one.

    Args:    corpus, topics: where the rows hold ids. documents: only so many of each row, from
             its first. limit: only so many rows, from the first.
    Raises:  TrainingDataError, TrainingError, UsageError, OutputExistsError.
    """
    if not teachers:
        raise UsageError("no teacher was named. Give one or more --teacher kind:model.")
    refuse_existing(Path(output), overwrite)
    watch = Stopwatch()
    source = open_rows(rows)
    chosen = [source[i] for i in range(min(len(source), limit or len(source)))]
    queries, offered = _texts(chosen, corpus, topics, documents)
    scores = []
    for spec in teachers:
        teacher = open_teacher(spec, device, batch_size, max_length)
        say(f"{teacher.name}: {len(chosen):,} rows")
        scores.append(score_rows(teacher, queries, offered, [row.where for row in chosen]))
    gaps = [usual_gap(one) for one in scores]
    with atomic_write(output) as handle:
        for i, row in enumerate(chosen):
            combined = ensemble([one[i] for one in scores], gaps, scale)
            ids = row.documents[: len(combined)]
            handle.write(row_json(row.query, ids, [round(float(s), 4) for s in combined]))
    distinct = len({text for row in offered for text in row})
    return TeachSummary(len(chosen), distinct, watch.seconds)


def _texts(
    rows: Sequence[Row], corpus: str | None, topics: str | None, documents: int | None
) -> tuple[list[str], list[list[str]]]:
    """Return the rows' query texts and document texts."""
    if corpus is None:
        return [row.query for row in rows], [row.documents[:documents] for row in rows]
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        texts, queries = text_stores(corpus, topics, Path(folder))
        held: dict[str, str] = {}
        offered = []
        for row in rows:
            found = texts.get(row.documents[:documents], row.where)
            # One copy of each text, however many rows name it.
            offered.append([held.setdefault(text, text) for text in found])
        return [queries.get([row.query], row.where)[0] for row in rows], offered
