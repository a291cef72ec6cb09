"""The IDF table: one weight for each token, the whole of the query side."""

import hashlib
import json
import math
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.base.files import readable, write_json
from l0pyserini.errors import IdfError

if TYPE_CHECKING:
    from l0pyserini.query.tokenizer import Tokenizer

_LARGEST = sys.float_info.max

MINIMUM_COVERAGE = 0.5
"""Share of a tokenizer's tokens that a table must know, and of a table's that the tokenizer must.

A token without a weight weighs nothing in a query, silently, and a document encoder expands to
tokens that no counted document holds. So a table is to know all, as those that we count and those
of OpenSearch's doc models do; half leaves room for tables of the tokens of a large collection.
"""


def idf_weight(documents: int, document_frequency: int) -> float:
    """Return ln(1 + (N - df + 0.5) / (df + 0.5)).

    Source:  BM25's IDF as Lucene writes it; arXiv 2504.14839, sec. 3.1.
    """
    return math.log(1 + (documents - document_frequency + 0.5) / (document_frequency + 0.5))


@dataclass(frozen=True, eq=False)
class IdfTable:
    """{token: weight}, weights float >= 0 and finite.

    Example:
        >>> from l0pyserini import IdfTable
        >>> IdfTable({"time": 2.66, "sharing": 6.29}, "two tokens").save("idf.json")
        >>> IdfTable.load("idf.json").weights["sharing"]
        6.29
    """

    weights: dict[str, float]
    name: str

    @classmethod
    def load(cls, path: str | Path) -> "IdfTable":
        """Read an idf.json as OpenSearch's doc models ship it: {token: idf}.

        Raises:  IdfError: if it is missing, malformed, or a weight is no finite number >= 0.
        """
        path = Path(path)
        if not path.exists():
            raise IdfError(
                f"{path}: no such IDF table. `python -m l0pyserini.idf` counts one over a corpus."
            )
        with readable(path, IdfError):
            text = path.read_bytes()
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str | bytes, name: str) -> "IdfTable":
        """Read a table from JSON text or its UTF-8; `name`: where it came from. Raises: as load."""
        try:
            weights = json.loads(text)
        except (ValueError, RecursionError) as fault:
            raise IdfError(f"{name}: not valid JSON ({fault}). Expected {{token: idf}}.") from fault
        if not isinstance(weights, dict) or not weights:
            raise IdfError(f"{name}: not an object of tokens. Expected {{token: idf}}.")
        return cls(checked_weights(weights, name), name)

    @classmethod
    def from_safetensors(cls, path: Path, tokenizer: "Tokenizer") -> "IdfTable":
        """Read the weights of a sentence-transformers SparseStaticEmbedding ([V] float).

        A longer vector, as of padded models, is cut.

        Raises:  IdfError: if the file cannot be read, or holds no vector as long as the vocabulary.
        """
        from safetensors.numpy import load_file

        try:
            weight = load_file(path).get("weight")
        # Besides safetensors' own kind, numpy raises its own for numbers that it lacks.
        except Exception as fault:
            raise IdfError(
                f"{path}: cannot be read ({type(fault).__name__}: {fault}). Expected safetensors "
                "with float32 or float16 numbers; fetch or save the checkpoint again."
            ) from fault
        if weight is None or weight.ndim != 1 or len(weight) < len(tokenizer.tokens):
            shape = None if weight is None else weight.shape
            raise IdfError(
                f"{path}: its 'weight' has shape {shape}, expected one number for each of the "
                f"tokenizer's {len(tokenizer.tokens)} ids. The query module is of another model."
            )
        pairs = zip(tokenizer.tokens, weight.tolist(), strict=False)
        named = {token: one for token, one in pairs if token is not None}
        return cls(checked_weights(named, str(path)), str(path))

    def by_id(self, tokenizer: "Tokenizer", size: int | None = None) -> list[float]:
        """Return the weight of each id, 0 without one; as many as `size`, or the tokenizer has."""
        tokens = tokenizer.tokens[:size]
        weights = [self.weights.get(token, 0.0) if token else 0.0 for token in tokens]
        return weights + [0.0] * ((size or len(tokens)) - len(tokens))

    def save(self, path: str | Path) -> None:
        """Write the table as {token: idf}."""
        write_json(path, self.weights)

    @cached_property
    def sha256(self) -> str:
        """The digest of its weights, to eight digits, whatever file they came from."""
        lines = (f"{token}\t{weight:.8g}\n" for token, weight in sorted(self.weights.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def check_tokenizer(self, tokenizer: "Tokenizer") -> None:
        """Refuse a table that was counted with another tokenizer, or is a part of one.

        Raises:  IdfError: if it lacks more than half of the tokenizer's tokens, special ones aside,
            or more than half of its own are unknown to the tokenizer.
        """
        vocabulary = tokenizer.vocabulary
        shared = len(self.weights.keys() & vocabulary.keys())
        if shared < MINIMUM_COVERAGE * len(self.weights):
            foreign = [token for token in self.weights if token not in vocabulary][:3]
            raise IdfError(
                f"{self.name}: {len(self.weights) - shared:,} of its {len(self.weights):,} tokens "
                f"are unknown to the tokenizer of {tokenizer.name} (such as {foreign}). The table "
                "belongs to another tokenizer; count one with `python -m l0pyserini.idf`."
            )
        tokens = vocabulary.keys() - tokenizer.special_tokens.keys()
        missing = tokens - self.weights.keys()
        if len(missing) > (1 - MINIMUM_COVERAGE) * len(tokens):
            raise IdfError(
                f"{self.name}: lacks {len(missing):,} of the {len(tokens):,} tokens of the "
                f"tokenizer of {tokenizer.name} (such as {sorted(missing)[:3]}), and queries would "
                "lose them. Expected a weight for every token, those that no document holds too; "
                "count a table with `python -m l0pyserini.idf`."
            )


def checked_weights(weights: Mapping[str, object], name: str) -> dict[str, float]:
    """Return the weights of a table whose name is given.

    Raises:  IdfError: if one is no finite number >= 0.
    """
    if weights and _are_plain(weights.values()):
        return dict(weights)  # type: ignore[arg-type]
    for token, weight in weights.items():
        # Whole numbers of any length come out of JSON.
        if type(weight) not in (float, int) or not 0 <= weight <= _LARGEST:  # type: ignore[operator]
            raise IdfError(
                f"{name}: token {token!r} has weight {weight!r}, expected a finite number >= 0."
            )
    return {token: float(weight) for token, weight in weights.items()}  # type: ignore[arg-type]


def _are_plain(weights: Collection[Any]) -> bool:
    """Tell whether all are floats, finite and >= 0; of 30,000 at once, which a search reads."""
    return (
        {float}.issuperset(map(type, weights))
        and all(map(math.isfinite, weights))
        and min(weights) >= 0
    )
