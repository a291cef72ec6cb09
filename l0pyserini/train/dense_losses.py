"""What a dense teacher's vectors teach: which documents answer a query, and the other way round."""

from dataclasses import dataclass

import torch
from torch import Tensor

from l0pyserini.train.distributed import gather_over_processes
from l0pyserini.train.losses import kl_divergence
from l0pyserini.train.memory import DocumentMemory
from l0pyserini.train.query_pool import QueryPool
from l0pyserini.train.scores import StudentScores, score_all
from l0pyserini.train.tensors import Asked, Given


@dataclass(frozen=True)
class DenseLosses:
    """The losses of a teacher whose scores are cosines, joined by BM25's.

    cosine_scale, bm25_scale: of its scores. temperature: of teacher and student. pool: of the
    queries that query_kl wants. memory: of documents of earlier steps; None without.
    """

    cosine_scale: float
    bm25_scale: float
    temperature: float
    pool: QueryPool | None = None
    memory: DocumentMemory | None = None

    def document_kl(self, scores: StudentScores, asked: Asked, given: Given) -> Tensor:
        """Return the KL divergence over the distinct documents of all processes and the memory.

        What else answers a query is no trouble here: the teacher tells how well it does.
        """
        assert given.embeddings is not None  # The recipe names their folder.
        queries = given.embeddings.queries
        student = scores.everyone
        teacher = queries @ gather_over_processes(given.embeddings.documents).T * self.cosine_scale
        if self.bm25_scale:
            teacher = teacher + self.bm25_scale * scores.bm25_everyone
        names = gather_over_processes(given.names.documents)
        if self.memory is not None:
            held = self.memory.part("names")
            if held is not None:
                remembered = self._remembered(self.memory, scores.query_weights, asked, given)
                student = torch.cat([student, remembered[0]], dim=1)
                teacher = torch.cat([teacher, remembered[1]], dim=1)
                names = torch.cat([names, held])
            self._remember(self.memory, scores, given)
        distinct = ~repeated(names)
        return kl_divergence(student[:, distinct], teacher[:, distinct], self.temperature)

    @torch.no_grad()
    def _remembered(
        self, memory: DocumentMemory, query_weights: Tensor, asked: Asked, given: Given
    ) -> tuple[Tensor, Tensor]:
        """Return student's and teacher's scores of what is remembered."""
        weights, vectors = memory.part("weights"), memory.part("embeddings")
        assert weights is not None
        assert vectors is not None
        assert given.embeddings is not None
        learned = score_all(weights, given.query_tokens, query_weights)
        documents, beside = memory.part("bm25"), None
        if documents is not None and given.bm25 is not None:
            beside = score_all(documents, given.bm25.tokens, given.bm25.query_weights)
        return self._joined(learned, given.embeddings.queries @ vectors.T, beside, asked)

    def _joined(
        self, learned: Tensor, cosines: Tensor, beside: Tensor | None, asked: Asked
    ) -> tuple[Tensor, Tensor]:
        """Return student's and teacher's scores. Args: beside: BM25's, None without it."""
        teacher = cosines * self.cosine_scale
        if beside is None or asked.bm25_weight is None:
            return learned, teacher
        return learned + asked.bm25_weight * beside, teacher + self.bm25_scale * beside

    def _remember(self, memory: DocumentMemory, scores: StudentScores, given: Given) -> None:
        assert given.embeddings is not None
        parts = {
            "weights": scores.offered,
            "names": gather_over_processes(given.names.documents),
            "embeddings": gather_over_processes(given.embeddings.documents),
        }
        if given.bm25 is not None:
            parts["bm25"] = gather_over_processes(given.bm25.documents)
        memory.add(**parts)

    def query_kl(
        self, weights: Tensor, asked: Asked, given: Given, scale: float, level: bool
    ) -> Tensor:
        """Return the KL divergence over the pool's queries, the mean over documents.

        Args:    weights: [B, V]. scale: of what is learned. level: whether queries are divided by
                 their length first.
        """
        assert given.embeddings is not None  # The recipe names their folder.
        assert self.pool is not None
        assert asked.table is not None
        learned = self.pool.learned(weights, asked.table, level) * scale
        cosines = self.pool.cosines(given.embeddings.documents)
        beside = None if given.bm25 is None else self.pool.beside(given.bm25.documents)
        student, teacher = self._joined(learned, cosines, beside, asked)
        return kl_divergence(student, teacher, self.temperature)


def repeated(documents: Tensor) -> Tensor:
    """Return which documents stand before already.

    Args:    documents: [N] int64, equal for equal texts.
    Returns: [N] bool.
    """
    return (documents.unsqueeze(1) == documents).tril(-1).any(dim=1)
