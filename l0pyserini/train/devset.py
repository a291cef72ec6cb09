"""nDCG@10 on a development set, scored in memory: no index, no JVM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.progress import progress_bar
from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.data.ndcg import ndcg_at
from l0pyserini.data.records import ArrayVector, Qrels, Topic
from l0pyserini.errors import QrelsError, UsageError
from l0pyserini.model.encoder import DocumentEncoder
from l0pyserini.train.stem_bm25 import COLUMNS, StemBm25

DEPTH = 10


@dataclass(frozen=True)
class DevResult:
    """ndcg: mean nDCG@10 over the judged topics. length: mean active tokens of a document.
    flops: the dot product of the mean activation counts of queries and documents."""

    ndcg: float
    length: float
    flops: float
    per_topic: dict[str, float]


class DevSet:
    """A BEIR folder held in memory.

    Raises:  QrelsError: if no topic has a relevant document.
    """

    def __init__(self, folder: str, split: str = "test") -> None:
        self.name = folder.rstrip("/").rsplit("/", 1)[-1]
        documents = list(open_corpus(folder))
        self._docids = [document.docid for document in documents]
        self._texts = [document.contents for document in documents]
        self._topics: list[Topic] = read_topics(folder, split)
        self._qrels: Qrels = read_qrels(folder, split)
        self._ids: list[list[int]] = []
        self._cut_by: tuple[str, int] | None = None
        self._beside: SparseScorer | None = None
        if not any(self._relevant(topic) for topic in self._topics):
            raise QrelsError(
                f"{folder}: no topic of its split {split!r} has a relevant document, so there is "
                "no nDCG@10. Expected judgements above 0; choose another split with dev.split."
            )

    def _relevant(self, topic: Topic) -> bool:
        return any(grade > 0 for grade in self._qrels.get(topic.qid, {}).values())

    def evaluate(
        self,
        encoder: DocumentEncoder,
        query_weights: Mapping[str, float],
        batch_size: int = 64,
        bm25: StemBm25 | None = None,
        bm25_weight: float = 0.0,
    ) -> DevResult:
        """Encode the documents, score the topics and return what came of it.

        As BEIR does, a document with the topic's own id is left out.

        Args:    bm25: what stands beside the encoder, the same at each time. bm25_weight: of its
                 scores.
        """
        cut_by = (encoder.tokenizer.sha256, encoder.max_length)
        if cut_by != self._cut_by:
            self._ids, self._cut_by = encoder.tokenize(self._texts), cut_by
        vectors: list[ArrayVector] = []
        with progress_bar(len(self._ids), f"dev {self.name}", "docs") as bar:
            for start in range(0, len(self._ids), 1024):
                piece = self._ids[start : start + 1024]
                vectors += encoder.encode_tokenized(piece, batch_size)
                bar.update(len(piece))
        scorer = SparseScorer(vectors, len(encoder.tokenizer.tokens))
        if bm25 is not None and self._beside is None:
            self._beside = SparseScorer(bm25.document_vectors(self._texts), COLUMNS)
        vocabulary = encoder.tokenizer.vocabulary
        texts = [topic.text for topic in self._topics]
        stems = bm25.query_vectors(texts) if bm25 is not None else repeat(None)
        ndcg, asked = {}, np.zeros(scorer.vocabulary)
        for topic, stemmed in zip(self._topics, stems, strict=False):
            tokens = encoder.tokenizer.distinct_tokens(topic.text)
            query = {vocabulary[t]: query_weights.get(t, 0.0) for t in tokens}
            asked[[i for i, weight in query.items() if weight > 0]] += 1
            if self._relevant(topic):
                scores = scorer.scores(query)
                if stemmed is not None and self._beside is not None:
                    asked_for = dict(zip(*stemmed, strict=True))
                    scores += bm25_weight * self._beside.scores(asked_for)
                ranked = best(scores, DEPTH + 1)
                docids = [self._docids[i] for i in ranked if self._docids[i] != topic.qid]
                ndcg[topic.qid] = ndcg_at(docids, self._qrels[topic.qid], DEPTH)
        flops = float(scorer.df / len(vectors) @ (asked / len(self._topics)))
        length = float(scorer.df.sum() / len(vectors))
        return DevResult(float(np.mean(list(ndcg.values()))), length, flops, ndcg)


def open_dev_sets(folders: Sequence[str], split: str) -> list[DevSet]:
    """Return the development sets, each under the last name of its folder.

    Raises:  UsageError: if two share a name. QrelsError: as DevSet.
    """
    sets: dict[str, DevSet] = {}
    for folder in folders:
        one = DevSet(folder, split)
        if one.name in sets:
            raise UsageError(
                f"configuration: dev.data: two folders are called {one.name!r}, and their scores "
                "go by that name. Give each set once, in a folder of another name."
            )
        sets[one.name] = one
    return list(sets.values())


class SparseScorer:
    """Postings in arrays: token by token the documents that hold it and their weights."""

    def __init__(self, vectors: Sequence[ArrayVector], vocabulary: int) -> None:
        self.documents = len(vectors)
        self.vocabulary = vocabulary
        tokens = np.concatenate([tokens for tokens, _ in vectors])
        lengths = [len(tokens) for tokens, _ in vectors]
        order = np.argsort(tokens, kind="stable")
        self._owners = np.repeat(np.arange(len(vectors)), lengths)[order]
        self._weights = np.concatenate([weights for _, weights in vectors])[order]
        self.df: NDArray[np.int64] = np.bincount(tokens, minlength=vocabulary)
        self._starts = np.concatenate([[0], np.cumsum(self.df)])

    def scores(self, query: Mapping[int, float]) -> NDArray[np.float64]:
        """Return every document's score."""
        scores = np.zeros(self.documents)
        for token, weight in query.items():
            part = slice(self._starts[token], self._starts[token + 1])
            scores[self._owners[part]] += weight * self._weights[part]
        return scores


def best(scores: NDArray[np.float64], k: int) -> list[int]:
    """Return the k documents with the highest scores above 0, equal ones by their number."""
    found = np.argsort(-scores, kind="stable")[:k]
    return [int(i) for i in found if scores[i] > 0]
