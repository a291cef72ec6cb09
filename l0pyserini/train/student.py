"""The model in training: a masked LM with a sparse-gradient head, and the query weights."""

import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from l0pyserini.errors import NotFiniteError
from l0pyserini.model.checkpoint import Checkpoint
from l0pyserini.model.head import silence
from l0pyserini.model.padding import attended
from l0pyserini.model.saving import QUERY_MODULE
from l0pyserini.query.table import IdfTable
from l0pyserini.train.config import Bm25Config
from l0pyserini.train.sparse_max import use_max_linear
from l0pyserini.train.tensors import Asked

GROUP_TOKENS = 8192
"""Tokens, padding included, that go through the masked LM together."""


class Student(nn.Module):
    """Documents to maximal logits, query tokens to their weights; and the weight of BM25.

    Args:    lm: a masked LM; its output layer is replaced by one that shares its parameters.
             checkpoint: what it begins as, whose least weight and weight of BM25 it keeps.
             train_queries: whether the weights of its query table are parameters. bm25: what
             stands beside the student in training.
    """

    def __init__(
        self,
        lm: nn.Module,
        checkpoint: Checkpoint,
        head_precision: str = "float32",
        train_queries: bool = False,
        bm25: Bm25Config | None = None,
    ) -> None:
        super().__init__()
        tokenizer, idf = checkpoint.tokenizer, checkpoint.idf
        idf.check_tokenizer(tokenizer)
        silence(lm.get_output_embeddings(), list(tokenizer.special_tokens.values()))  # type: ignore[operator]
        self.head = use_max_linear(lm, head_precision)
        self.lm: Any = lm
        self.tokenizer = tokenizer
        vocabulary = self.head.out_features
        weights = torch.tensor(idf.by_id(tokenizer, vocabulary))
        self.kept: Tensor
        self.register_buffer("kept", torch.tensor(tokenizer.kept(vocabulary)), persistent=False)
        self.query_weights = nn.Parameter(weights, requires_grad=train_queries)
        self.min_weight, self._lexical_weight = checkpoint.min_weight, checkpoint.lexical_weight
        self.log_bm25_weight: nn.Parameter | None = None
        if bm25 is not None and bm25.weight > 0:
            # The logarithm, so that it stays above 0 whatever is learned.
            start = torch.tensor(math.log(bm25.weight))
            self.log_bm25_weight = nn.Parameter(start, requires_grad=bm25.train)

    def forward(
        self, ids: Tensor, mask: Tensor, query_tokens: Tensor | None = None
    ) -> tuple[Tensor, Asked | None]:
        """Return relu of the documents' maximal logits, and what the queries ask for.

        Args:    ids: [B, L] int64. mask: [B, L] bool, True = real token. query_tokens: [Q, T]
                 int64, distinct in each row, -1 where a query has fewer.
        Returns: [B, V] float32 >= 0, 0 for special tokens; None without query_tokens.
        Raises:  NotFiniteError: if logits are NaN or infinite; its rows are documents of ids.
        """
        # Texts of similar length go together, so that little is padding.
        lengths = mask.sum(dim=1)
        order = lengths.argsort(descending=True)
        parts, at = [], 0
        with self.head.searching():
            while at < len(order):
                width = max(int(lengths[order[at]]), 1)
                rows = order[at : at + max(1, GROUP_TOKENS // width)]
                try:
                    parts.append(self._maxima(ids[rows, :width], mask[rows, :width]))
                except NotFiniteError as fault:
                    places = rows[list(fault.rows)].tolist()
                    raise NotFiniteError(str(fault), places) from fault
                at += len(rows)
        maxima = torch.cat(parts)[order.argsort()] * self.kept
        return maxima, None if query_tokens is None else self.ask(query_tokens)

    def ask(self, query_tokens: Tensor) -> Asked:
        """Return the weights of query tokens and that of BM25. Args: as forward."""
        weights = self.query_weights[query_tokens.clamp(min=0)] * (query_tokens >= 0)
        weight = self.log_bm25_weight
        beside = None if weight is None else weight.exp()
        return Asked(weights, beside, self.query_weights.detach())

    def trained_beside(self, scale: float) -> float | None:
        """Return the weight of BM25 beside what is learned in training; None without BM25.

        Args:    scale: of what is learned, in the losses; a search has none.
        """
        weight = self.log_bm25_weight
        return None if weight is None else float(weight.detach().exp()) / scale

    def lexical_weight(self, scale: float) -> float | None:
        """Return the weight of BM25 in a search: as trained, else as it was before."""
        trained = self.trained_beside(scale)
        return self._lexical_weight if trained is None else trained

    def _maxima(self, ids: Tensor, mask: Tensor) -> Tensor:
        self.head.mask = mask
        return self.lm(input_ids=ids, attention_mask=attended(mask)).logits.squeeze(1).float()

    def idf_table(self) -> IdfTable:
        """Return the query weights as a table of the tokens that have one."""
        weights = self.query_weights.detach().clamp(min=0).cpu().tolist()
        named = zip(self.tokenizer.tokens, weights, strict=False)
        return IdfTable({token: w for token, w in named if token is not None}, "trained")

    @torch.no_grad()
    def load_queries(self, folder: Path) -> None:
        """Take the query weights of a saved encoder."""
        saved = load_file(folder / QUERY_MODULE / "model.safetensors")["weight"]
        self.query_weights[: len(saved)].copy_(saved)

    @torch.no_grad()
    def load_bm25(self, log_weight: float | None) -> None:
        """Take the logarithm of the weight of BM25, as a checkpoint holds it."""
        if self.log_bm25_weight is not None and log_weight is not None:
            self.log_bm25_weight.fill_(log_weight)

    @torch.no_grad()
    def keep_queries_positive(self) -> None:
        """Project trained query weights back to >= 0, after an optimiser's step."""
        if self.query_weights.requires_grad:
            self.query_weights.clamp_(min=0)
