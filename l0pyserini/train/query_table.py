"""Learning a query table for a finished encoder: its documents stay, its table alone moves.

A dense teacher says how a query's probability spreads over documents (the softmax of its cosines);
the student's spread is the softmax of its scores, sums over a query's tokens of table times
document weight. What is learned to bring their KL divergence down is a factor exp(theta) for each
token of the table: weights stay positive, and a token that no query has keeps its own.

Source:  Li-LSR, arXiv 2505.01452: a learned score for each query token. Theirs is a projection of
         the token's static embedding and is trained together with the documents; ours is a free
         number for each token of an encoder that is finished.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import log_softmax

from l0pyserini.base.files import refuse_existing
from l0pyserini.base.progress import Stopwatch, progress_bar
from l0pyserini.errors import TrainingError
from l0pyserini.model.checkpoint import open_checkpoint
from l0pyserini.model.saving import save_with_table
from l0pyserini.query.table import IdfTable
from l0pyserini.train.table_lesson import Lesson, Places, read_lesson

MEASURED = 2048
"""Queries over which the loss is measured before and after."""

Table = NDArray[np.float64]
"""[V], the weight of each token in a query."""


@dataclass(frozen=True)
class TableSettings:
    """documents: encoded once, at most. sample: of them, that a batch of queries is compared with,
    beside its own. cosine_scale: of the teacher's cosines; scale: of the student's scores.
    max_length: tokens of a document."""

    documents: int = 20_000
    epochs: int = 2
    learning_rate: float = 0.01
    batch_size: int = 256
    sample: int = 4096
    cosine_scale: float = 50.0
    scale: float = 0.2
    max_length: int = 128
    seed: int = 42


@dataclass(frozen=True)
class TableSummary:
    """What was learned. moved: tokens whose weight is another. before, after: the loss, of the same
    queries and documents. encoding: seconds of reading and encoding; learning: of the rest."""

    queries: int
    documents: int
    moved: int
    before: float
    after: float
    encoding: float
    learning: float


def learn_query_table(
    encoder: str,
    rows: str,
    embeddings: str | Sequence[str],
    output: str | Path,
    corpus: str | None = None,
    topics: str | None = None,
    settings: TableSettings | None = None,
    overwrite: bool = False,
) -> TableSummary:
    """Learn a query table for a finished encoder, and save the encoder with it.

    Args:    embeddings: a folder that train.embed wrote of these rows, or several teachers'.
             corpus, topics: where the rows hold ids.
    Raises:  OutputExistsError: if the output holds something and overwrite is False.
             CheckpointError: if it is no encoder. TrainingError: if a weight is no finite number.
             TrainingDataError: as read_lesson.
    """
    settings = settings or TableSettings()
    refuse_existing(Path(output), overwrite)
    checkpoint = open_checkpoint(encoder)
    before = checkpoint.idf
    watch = Stopwatch()
    lesson = read_lesson(
        checkpoint, rows, embeddings, corpus, topics,
        settings.documents, settings.max_length, settings.seed,
    )  # fmt: skip
    encoding, watch = watch.seconds, Stopwatch()
    own = np.array(before.by_id(checkpoint.tokenizer))
    learned = fit(lesson, own, settings)
    known = checkpoint.tokenizer.vocabulary
    weights = before.weights | {
        token: float(learned[place])
        for token in before.weights
        if (place := known.get(token)) is not None and learned[place] != own[place]
    }
    losses = measure(lesson, own, settings), measure(lesson, learned, settings)
    save_with_table(output, checkpoint, IdfTable(weights, str(output)), overwrite)
    queries, documents = len(lesson.query_vectors), len(lesson.document_vectors)
    moved = int((learned != own).sum())
    return TableSummary(queries, documents, moved, *losses, encoding, watch.seconds)


def fit(lesson: Lesson, own: Table, settings: TableSettings) -> Table:
    """Return the table that is learned from an encoder's own; weights that move are float32's.

    Raises:  TrainingError: if a weight is no finite number.
    """
    generator = np.random.default_rng(settings.seed)
    theta = torch.zeros(len(own))
    optimizer = torch.optim.Adam([theta], lr=settings.learning_rate, betas=(0.9, 0.99))
    count = len(lesson.query_vectors)
    with progress_bar(settings.epochs * count, "learn", "queries") as bar:
        for _ in range(settings.epochs):
            order = generator.permutation(count)
            for queries in np.array_split(order, ceil(count / settings.batch_size)):
                documents = lesson.offered(queries, settings.sample, generator)
                table = _moved(own, theta)
                loss, slopes = divergence(lesson, table, queries, documents, settings)
                theta.grad = torch.from_numpy((slopes * table).astype(np.float32))
                optimizer.step()
                bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
                bar.update(len(queries))
    return _moved(own, theta)


def measure(lesson: Lesson, table: Table, settings: TableSettings) -> float:
    """Return the mean loss of a table over queries and documents that the seed draws."""
    generator = np.random.default_rng(settings.seed)
    queries = generator.permutation(len(lesson.query_vectors))[:MEASURED]
    total = 0.0
    for batch in np.array_split(queries, ceil(len(queries) / settings.batch_size)):
        documents = lesson.offered(batch, settings.sample, generator)
        total += divergence(lesson, table, batch, documents, settings)[0] * len(batch)
    return total / len(queries)


def divergence(
    lesson: Lesson, table: Table, queries: Places, documents: Places, settings: TableSettings
) -> tuple[float, Table]:
    """Return the mean KL divergence of student from teacher, and its slope by each token's weight.

    Of softmax and logarithm the slope by a score is student - teacher, and a score's slope by the
    weight of a query's token is what the document has of that token.

    Args:    queries: [B] places of different queries. documents: [S] places of documents.
    """
    asked = lesson.queries[queries]
    # Of the documents only the columns that a query asks for take part.
    tokens, columns = np.unique(asked.indices, return_inverse=True)
    weights = lesson.documents[documents][:, tokens]
    shape = len(queries), len(tokens)
    asked_for = table[tokens].astype(np.float32)[columns]
    weighted = csr_array((asked_for, columns, asked.indptr), shape=shape)
    cosines = lesson.query_vectors[queries] @ lesson.document_vectors[documents].T
    student = log_softmax(settings.scale * (weighted @ weights.T).toarray(), axis=1)
    teacher = log_softmax(settings.cosine_scale * cosines, axis=1)
    wanted = np.exp(teacher)
    loss = float((wanted * (teacher - student)).sum(axis=1).mean())
    by_score = (np.exp(student) - wanted) * (settings.scale / len(queries))
    askers = np.repeat(np.arange(len(queries)), np.diff(asked.indptr))
    by_token = (by_score @ weights)[askers, columns]
    slopes = np.zeros(len(table))
    slopes[tokens] = np.bincount(columns, by_token, minlength=len(tokens))
    return loss, slopes


def _moved(own: Table, theta: torch.Tensor) -> Table:
    """Return own * exp(theta) in numbers of float32, as encoders store it; own where theta is 0.

    Raises:  TrainingError: if one is no finite number.
    """
    with np.errstate(over="ignore"):  # infinity is refused below
        moved = (own * np.exp(theta.double().numpy())).astype(np.float32).astype(np.float64)
    if bad := int((~np.isfinite(moved)).sum()):
        raise TrainingError(
            f"{bad:,} weights of the query table became NaN or infinite, expected finite ones. "
            "Lower --learning-rate, --scale or --cosine-scale."
        )
    return np.where(theta.numpy() == 0, own, moved)
