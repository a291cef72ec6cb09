"""The whole loss of a batch: ranking losses and regulariser, and what there is to watch."""

from dataclasses import dataclass

import torch
from torch import Tensor

from l0pyserini.model.activation import activate
from l0pyserini.train.config import LossConfig, RegularizerConfig
from l0pyserini.train.dense_losses import DenseLosses, repeated
from l0pyserini.train.distributed import (
    gather_over_processes,
    process_index,
    sum_over_processes,
    world_size,
)
from l0pyserini.train.losses import info_nce, kl_divergence, margin_mse
from l0pyserini.train.regularizers import REGULARIZERS
from l0pyserini.train.scores import StudentScores
from l0pyserini.train.tensors import Asked, Given, Names


@dataclass(frozen=True)
class Objective:
    """How a batch is judged.

    activation: of the scores. loss, regularizer: see the configuration. dense: None where no loss
    learns from a dense teacher.
    """

    activation: str
    loss: LossConfig
    regularizer: RegularizerConfig
    dense: DenseLosses | None = None

    def __call__(
        self, maxima: Tensor, asked: Asked, given: Given, strength: float, threshold: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its parts.

        The regulariser sees the student's weights alone, whatever stands beside them.

        Args:    maxima: [Q * S, V] float >= 0, S documents a query, the relevant one first.
                 strength: lambda at this step. threshold: t at this step.
        Returns: [] float with a graph; parts without one.
        """
        documents = maxima.view(len(given.query_tokens), -1, maxima.shape[1])
        weights = activate(documents, self.activation)
        scores = StudentScores(weights, asked, given, self.loss.scale, self.loss.level_queries)
        parts: dict[str, Tensor] = {}
        wanted = self.loss
        if wanted.taught:
            assert given.teacher is not None  # The collator refuses rows without scores.
            parts |= self._taught(scores.own, given.teacher)
        if wanted.infonce:
            parts["infonce"] = wanted.infonce * self._info_nce(scores, given.names)
        if wanted.in_batch_kl:
            assert self.dense is not None  # The recipe names its vectors.
            parts["in_batch_kl"] = wanted.in_batch_kl * self.dense.document_kl(scores, asked, given)
        if wanted.query_kl:
            assert self.dense is not None
            every = weights.flatten(0, 1)
            found = self.dense.query_kl(every, asked, given, wanted.scale, wanted.level_queries)
            parts["query_kl"] = wanted.query_kl * found
        chosen = self.regularizer
        if strength > 0:
            penalised = weights
            if chosen.activation is not None:
                penalised = activate(documents, chosen.activation)
            slots = penalised.transpose(0, 1)
            counts = (documents.detach() > 0).sum(dim=2).T
            parts["regularizer"] = strength * REGULARIZERS[chosen.name](slots, threshold, counts)
        loss = torch.stack(list(parts.values())).sum()
        return loss, {name: part.detach() for name, part in parts.items()}

    def _taught(self, own: Tensor, teacher: Tensor) -> dict[str, Tensor]:
        wanted = self.loss
        parts: dict[str, Tensor] = {}
        if wanted.kl:
            parts["kl"] = wanted.kl * kl_divergence(own, teacher, wanted.temperature)
        if wanted.margin_mse:
            parts["margin_mse"] = wanted.margin_mse * margin_mse(own, teacher, wanted.temperature)
        return parts

    def _info_nce(self, scores: StudentScores, names: Names) -> Tensor:
        queries = len(names.queries)
        if not self.loss.in_batch_negatives:
            own = scores.own
            first = torch.zeros(queries, dtype=torch.int64, device=own.device)
            return info_nce(own, first, self.loss.temperature)
        everyone = scores.everyone
        slots = len(names.documents) // queries
        positives = torch.arange(queries, device=everyone.device) * slots
        positives = positives + process_index() * queries * slots
        offered = everyone.masked_fill(no_negatives(names, positives), float("-inf"))
        return info_nce(offered, positives, self.loss.temperature)


@torch.no_grad()
def no_negatives(names: Names, positives: Tensor) -> Tensor:
    """Return which documents of all processes are no negatives of each query.

    These are the positives of the same query in other rows, wherever they stand, and all but the
    first of the documents that several rows hold: a document is a negative once.

    Args:    names: of this process's rows. positives: [Q] int64, the column of each row's positive.
    Returns: [Q, N] bool; False for the positives' own columns.
    """
    documents = gather_over_processes(names.documents)
    queries = gather_over_processes(names.queries)
    relevant = documents[:: len(names.documents) // len(names.queries)]
    asked_again = names.queries.unsqueeze(1) == queries
    wanted = relevant.unsqueeze(1) == documents
    out = (asked_again.float() @ wanted.float()) > 0
    out |= repeated(documents)
    return out.scatter(1, positives.unsqueeze(1), False)


@torch.no_grad()
def sparsity(maxima: Tensor, tokens: Tensor, threshold: float) -> dict[str, float]:
    """Return what to watch: document lengths, FLOPS, the share of masked and of empty documents.

    Means are over all processes, percentiles over this one's documents.

    Args:    maxima: [B, V]. tokens: [Q, T] int64, -1 = none.
    Source:  FLOPS as arXiv 2504.14839 reports it: the dot product of the mean activation counts.
    """
    active = maxima > 0
    lengths = active.sum(dim=1).float()
    held = active.sum(dim=0).float()
    asked = torch.zeros_like(held)
    known = tokens[tokens >= 0]
    asked.index_add_(0, known, torch.ones_like(known, dtype=asked.dtype))
    sums = sum_over_processes(
        torch.stack(
            [lengths.sum(), (lengths <= threshold).sum().float(), (lengths == 0).sum().float()]
        )
    )
    documents = len(maxima) * world_size()
    held, asked = sum_over_processes(held), sum_over_processes(asked)
    queries = len(tokens) * world_size()
    return {
        "length": float(sums[0]) / documents,
        "length_p50": float(lengths.quantile(0.5)),
        "length_p95": float(lengths.quantile(0.95)),
        "masked": float(sums[1]) / documents if threshold > 0 else 0.0,
        "empty": float(sums[2]) / documents,
        "flops": float(held / documents @ (asked / queries)),
    }
