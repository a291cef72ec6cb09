"""The query side: a tokenizer and an IDF table, nothing else at query time."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.data.impacts import check_scale
from l0pyserini.data.records import ImpactVector, SparseVector
from l0pyserini.data.sidecar import read_sidecar, write_sidecar
from l0pyserini.errors import CheckpointError, IdfError, QueryMismatchError, UsageError
from l0pyserini.query.table import IdfTable, checked_weights
from l0pyserini.query.tokenizer import Tokenizer

FILE_NAME = "query_encoder.json"
FORMAT = "l0pyserini-query-encoder-1"
DEFAULT_SCALE = 100.0


class Tabled(Protocol):
    """What has a query side: a checkpoint of an encoder."""

    @property
    def tokenizer(self) -> Tokenizer: ...

    @property
    def idf(self) -> IdfTable: ...


class IdfQueryEncoder:
    """Encodes queries by looking up the IDF of each distinct token; special tokens are left out.

    It has the interface of Pyserini's QueryEncoder and goes into LuceneImpactSearcher as it is.

    Args:    scale: impacts per unit of IDF; LuceneImpactSearcher takes whole numbers only.
    Raises:  UsageError: if the scale cannot give impacts. IdfError: if table and tokenizer do not
             belong together.
    Source:  arXiv 2504.14839, sec. 3.1.

    Example:
        >>> from l0pyserini import IdfQueryEncoder, open_checkpoint
        >>> encoder = IdfQueryEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
        >>> encoder.encode("time sharing systems")
        {'time': 266, 'sharing': 629, 'systems': 478}
    """

    def __init__(self, tokenizer: Tokenizer, idf: IdfTable, scale: float = DEFAULT_SCALE) -> None:
        check_scale(scale, "--query-scale")
        idf.check_tokenizer(tokenizer)
        if max(idf.weights.values()) * scale > JAVA_MAX:
            raise UsageError(
                f"--query-scale {scale}: gives the largest weight of {idf.name}, "
                f"{max(idf.weights.values())}, an impact above {JAVA_MAX:,}. Give a smaller one."
            )
        self.tokenizer = tokenizer
        self.idf = idf
        self.scale = scale
        self._impacts = {token: round(weight * scale) for token, weight in idf.weights.items()}

    @classmethod
    def from_checkpoint(cls, checkpoint: Tabled, scale: float = DEFAULT_SCALE) -> "IdfQueryEncoder":
        """Take the query side of a checkpoint."""
        return cls(checkpoint.tokenizer, checkpoint.idf, scale)

    @classmethod
    def load(cls, path: str | Path, scale: float = DEFAULT_SCALE) -> "IdfQueryEncoder":
        """Read a query_encoder.json, as it lies in encoded collections and indexes.

        Raises:  QueryMismatchError: if it is missing or damaged.
        """
        mend = "Encode and index the corpus again, or name its encoder with --encoder."
        record = read_sidecar(Path(path), FORMAT, QueryMismatchError, mend)
        rules, weights = record.get("tokenizer"), record.get("idf")
        if not isinstance(rules, str) or not isinstance(weights, dict) or not weights:
            raise QueryMismatchError(
                f"{path}: its tokenizer is {type(rules).__name__} and its idf "
                f"{type(weights).__name__}, expected a text and {{token: weight}}. {mend}"
            )
        try:
            idf = IdfTable(checked_weights(weights, str(path)), str(path))
            return cls(Tokenizer(rules, str(path)), idf, scale)
        except (IdfError, CheckpointError) as fault:
            raise QueryMismatchError(f"{fault} {mend}") from fault

    def save(self, path: str | Path) -> None:
        """Write tokenizer and table into one file."""
        record = {
            "format": FORMAT,
            "tokenizer": self.tokenizer.json_text,
            "idf": self.idf.weights,
        }
        write_sidecar(Path(path), record)

    def encode(self, query: str, **_: Any) -> ImpactVector:
        """Return {token: impact}, each distinct token once, tokens of impact 0 left out."""
        impacts = self._impacts
        tokens = self._tokens(query)
        return {token: impact for token in tokens if (impact := impacts.get(token, 0)) > 0}

    def weights(self, query: str) -> SparseVector:
        """Return {token: IDF}, unquantised."""
        weights = self.idf.weights
        tokens = self._tokens(query)
        return {token: weight for token in tokens if (weight := weights.get(token, 0.0)) > 0}

    def unknown_tokens(self, query: str, vocabulary: Iterable[str]) -> list[str]:
        """Return the query's tokens that an index does not know, given the index's vocabulary."""
        known = vocabulary if isinstance(vocabulary, set | frozenset | dict) else set(vocabulary)
        return [token for token in self._tokens(query) if token not in known]

    def _tokens(self, query: str) -> list[str]:
        try:
            return self.tokenizer.distinct_tokens(query)
        except TypeError as fault:
            # So the tokenizer calls bytes of a terminal that were not UTF-8.
            raise UsageError(
                f"query {query!r}: is no text that UTF-8 can hold. Give it in UTF-8."
            ) from fault

    def facts(self) -> dict[str, str]:
        """Return the hashes by which an index recognises its query encoder."""
        return {"tokenizer_sha256": self.tokenizer.sha256, "idf_sha256": self.idf.sha256}
