"""The lexical term: BM25's term frequency, joined to the weights of a document's own tokens.

A maximum over positions tells that a token matters somewhere, not how often it occurs. The term
puts that back:

    w_j = f(max over tokens i of logit_ij) + weight_j * tf_j / (tf_j + k1 (1 - b + b |d| / mean))

and w_j = 0 where that is less than a minimum: expansions that weigh next to nothing cost postings.
Queries stay a table, and documents stay impacts; only encoding counts tokens besides.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from l0pyserini.base.files import write_json
from l0pyserini.errors import CheckpointError
from l0pyserini.query.table import IdfTable
from l0pyserini.query.tokenizer import Tokenizer

_CONFIG = "config.json"
_WEIGHTS = "model.safetensors"
_SETTINGS = ("k1", "b", "average_length", "min_weight")


class LexicalTerm(nn.Module):
    """tf saturation of a document's own tokens; also a module of sentence-transformers.

    Args:    weights: [V] float >= 0, of each token; 0 leaves a token to the model alone.
             k1, b: as BM25's. average_length: tokens of a usual document, special ones included.
             min_weight: of the sum; lighter tokens are left out.
    Source:  Robertson and Zaragoza 2009, sec. 3.4, without the IDF, which the query has.
    """

    weights: Tensor

    def __init__(
        self,
        weights: Tensor,
        k1: float,
        b: float,
        average_length: float,
        min_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("weights", weights.float())
        self.k1, self.b, self.average_length = k1, b, average_length
        self.min_weight = min_weight

    @classmethod
    def from_idf(
        cls,
        idf: IdfTable,
        tokenizer: Tokenizer,
        vocabulary: int,
        weight: float,
        min_idf: float,
        **settings: float,
    ) -> "LexicalTerm":
        """Give `weight` to the tokens whose IDF is at least min_idf: others make postings only.

        Args:    vocabulary: V of the model. settings: k1, b, average_length, min_weight.
        """
        heavy = torch.tensor(idf.by_id(tokenizer, vocabulary)) >= min_idf
        return cls(weight * (heavy & torch.tensor(tokenizer.kept(vocabulary))), **settings)

    def term(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return what a batch's own tokens add to its weights.

        Args:    ids: [B, L] int64. mask: [B, L] bool, True = real token.
        Returns: [B, V] float32 >= 0.
        """
        found = self.weights.new_zeros(len(ids), len(self.weights))
        found.scatter_add_(1, ids, mask.to(found.dtype))
        lengths = mask.sum(dim=1, keepdim=True)
        counts = found.gather(1, ids)
        norm = self.k1 * (1 - self.b + self.b * lengths / self.average_length)
        values = self.weights[ids] * counts / (counts + norm)
        return found.zero_().scatter_(1, ids, values)

    def join(self, weights: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        """Return a batch's weights with the term, light ones left out.

        Args:    weights: [B, V] float >= 0. ids, mask: as term. Returns: [B, V].
        """
        joined = weights + self.term(ids, mask)
        return joined.masked_fill_(joined < self.min_weight, 0.0)

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        """Join the term to the vectors of sentence-transformers' SpladePooling.

        Raises:  CheckpointError: if documents were joined into one row, as flash attention has it.
        """
        ids, vectors = features["input_ids"], features["sentence_embedding"]
        if len(ids) != len(vectors):
            raise CheckpointError(
                f"LexicalTerm: {len(ids)} rows of tokens for {len(vectors)} documents; expected "
                "padded batches. Load the model without flash attention."
            )
        features["sentence_embedding"] = self.join(vectors, ids, features["attention_mask"] > 0)
        return features

    @property
    def settings(self) -> dict[str, float]:
        """What the term is computed with beside its weights."""
        return {name: getattr(self, name) for name in _SETTINGS}

    def save(self, folder: str | Path, *_: Any, **__: Any) -> None:
        """Write the term into an existing folder; other arguments are sentence-transformers'."""
        write_json(Path(folder) / _CONFIG, self.settings)
        save_file({"weight": self.weights.contiguous()}, Path(folder) / _WEIGHTS)

    # With one argument sentence-transformers fetches the folder itself before it calls this.
    @classmethod
    def load(cls, folder: str | Path) -> "LexicalTerm":
        """Read the term from a folder.

        Raises:  CheckpointError: if it cannot be read.
        """
        try:
            settings = json.loads((Path(folder) / _CONFIG).read_text(encoding="utf-8"))
            weights = load_file(Path(folder) / _WEIGHTS)["weight"]
            if not bool(weights.isfinite().all()):
                raise ValueError("a weight is NaN or infinite")
            return cls(weights, **{name: float(settings[name]) for name in _SETTINGS})
        except Exception as fault:
            raise CheckpointError(
                f"{folder}: the lexical term cannot be read ({type(fault).__name__}: {fault}). "
                "Fetch or save the checkpoint again."
            ) from fault
