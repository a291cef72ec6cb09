"""What a query table is learned from: queries, finished documents, and a teacher's vectors."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from l0pyserini.base.progress import progress_bar
from l0pyserini.encode.prune import Pruning
from l0pyserini.errors import TrainingDataError
from l0pyserini.model.checkpoint import Checkpoint
from l0pyserini.model.encoder import DocumentEncoder
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.train.embeddings import text_names
from l0pyserini.train.joint_embeddings import open_embeddings
from l0pyserini.train.rows import RowSource, open_rows
from l0pyserini.train.sources import text_lookups

_WINDOW = 1024

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Lesson:
    """Q queries and N documents, whose vectors stay as they are.

    queries: [Q, V], 1 for each token of a query. documents: [N, V], weights. query_vectors: [Q, D],
    document_vectors: [N, D], a dense teacher's, whose products are cosines. relevant: of each
    query, the places of its own documents; [] where they are not among these.
    """

    queries: csr_array
    documents: csr_array
    query_vectors: NDArray[np.float32]
    document_vectors: NDArray[np.float32]
    relevant: Sequence[Sequence[int]]

    def offered(self, queries: Places, sample: int, generator: np.random.Generator) -> Places:
        """Return the documents that a batch is asked about: its own, and so many by chance."""
        count = len(self.document_vectors)
        drawn = generator.choice(count, min(sample, count), replace=False)
        own = [place for query in queries for place in self.relevant[query]]
        return np.unique(np.concatenate([drawn, np.array(own, dtype=drawn.dtype)]))


@dataclass(frozen=True)
class _Chosen:
    """Ids, or texts: of each query its relevant documents, and the documents to encode."""

    relevant: dict[str, dict[str, None]]
    documents: list[str]


def read_lesson(
    checkpoint: Checkpoint,
    rows: str,
    embeddings: str | Sequence[str],
    corpus: str | None,
    topics: str | None,
    documents: int,
    max_length: int,
    seed: int,
) -> Lesson:
    """Read rows and a teacher's vectors of them, and encode documents with the encoder.

    Args:    documents: that are encoded at most; relevant ones go before others.
    Raises:  TrainingDataError: if there are no rows, fewer than two documents, or a text of them
             has no vector. TrainingDataError, CorpusError, TopicsError, UsageError: as the readers.
    """
    known = open_embeddings(embeddings)
    chosen = _choose(open_rows(rows), documents, seed)
    if len(chosen.documents) < 2:
        raise TrainingDataError(
            f"{rows}: {len(chosen.documents)} document to compare a query with, expected two or "
            "more. Give more rows, or more --documents."
        )
    with ExitStack() as stack:
        lookups = text_lookups(stack, rows, corpus, topics)
        asked = lookups["queries"](list(chosen.relevant))
        texts = lookups["documents"](chosen.documents)
    # Before the encoding, which takes minutes: a text without a vector is told of at once.
    query_vectors = known.find("queries", asked, text_names(asked), rows)
    document_vectors = known.find("documents", texts, text_names(texts), rows)
    places = {one: place for place, one in enumerate(chosen.documents)}
    return Lesson(
        _asked(asked, checkpoint.tokenizer),
        _encoded(texts, checkpoint, max_length),
        query_vectors,
        document_vectors,
        [[places[one] for one in own if one in places] for own in chosen.relevant.values()],
    )


def _choose(rows: RowSource, documents: int, seed: int) -> _Chosen:
    """Return all queries, and documents by chance, relevant ones first."""
    relevant: dict[str, dict[str, None]] = {}
    others: dict[str, None] = {}
    with progress_bar(len(rows), "read", "rows") as bar:
        for number in range(len(rows)):
            row = rows[number]
            relevant.setdefault(row.query, {})[row.documents[0]] = None
            others |= dict.fromkeys(row.documents[1:])
            bar.update()
    wanted = dict.fromkeys(one for own in relevant.values() for one in own)
    generator = np.random.default_rng(seed)
    drawn = _shuffled(wanted, generator)
    drawn += _shuffled((one for one in others if one not in wanted), generator)
    return _Chosen(relevant, drawn[:documents])


def _shuffled(ids: Iterable[str], generator: np.random.Generator) -> list[str]:
    listed = list(ids)
    return [listed[place] for place in generator.permutation(len(listed))]


def _asked(texts: Sequence[str], tokenizer: Tokenizer) -> csr_array:
    known = tokenizer.vocabulary
    rows = [
        np.array(sorted(known[token] for token in distinct), dtype=np.int32)
        for distinct in tokenizer.distinct_tokens_batch(texts)
    ]
    weights = [np.ones(len(row), dtype=np.float32) for row in rows]
    return _matrix(rows, weights, len(tokenizer.tokens))


def _encoded(texts: Sequence[str], checkpoint: Checkpoint, max_length: int) -> csr_array:
    """Return the documents' weights, as a search would have them."""
    encoder = DocumentEncoder.from_checkpoint(checkpoint, max_length, backend="auto")
    pruning = Pruning().settled(checkpoint.min_weight)
    ids = encoder.tokenize(texts)
    vectors = []
    with progress_bar(len(ids), "encode", "docs") as bar:
        for start in range(0, len(ids), _WINDOW):
            window = ids[start : start + _WINDOW]
            vectors += [pruning.apply(one) for one in encoder.encode_tokenized(window)]
            bar.update(len(window))
    rows = [tokens.astype(np.int32) for tokens, _ in vectors]
    return _matrix(rows, [weights for _, weights in vectors], len(encoder.tokenizer.tokens))


def _matrix(
    tokens: Sequence[NDArray[np.int32]], weights: Sequence[NDArray[np.float32]], size: int
) -> csr_array:
    """Return rows of ascending tokens and their weights as a matrix."""
    starts = np.concatenate([[0], np.cumsum([len(row) for row in tokens])])
    parts = np.concatenate(weights), np.concatenate(tokens), starts
    return csr_array(parts, shape=(len(tokens), size))
