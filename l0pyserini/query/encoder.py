"""The query side: a tokenizer and an IDF table, and BM25's stems; nothing else at query time."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.data.impacts import check_scale
from l0pyserini.data.records import ImpactVector, SparseVector
from l0pyserini.data.sidecar import parse_sidecar, sidecar_bytes, write_sidecar
from l0pyserini.errors import CheckpointError, IdfError, QueryMismatchError, UsageError
from l0pyserini.query.lexical import StemTable
from l0pyserini.query.remembered import Facts, digest_of, recall, remember
from l0pyserini.query.stems import stems_of
from l0pyserini.query.table import IdfTable, checked_weights
from l0pyserini.query.tokenizer import Tokenizer

FILE_NAME = "query_encoder.json"
FORMAT = "l0pyserini-query-encoder-1"
DEFAULT_SCALE = 100.0
NONE = "none"
"""The digest of a tokenizer or table where BM25's stems stand alone."""

_MEND = "Encode and index the corpus again, or name its encoder with --encoder."


class Tabled(Protocol):
    """What has a query side: a checkpoint of an encoder."""

    @property
    def tokenizer(self) -> Tokenizer: ...

    @property
    def idf(self) -> IdfTable: ...


class LookedUp(NamedTuple):
    """A query: {token: impact}, and all its tokens, those too that weigh nothing."""

    impacts: ImpactVector
    tokens: list[str]


class IdfQueryEncoder:
    """Encodes queries by looking up the IDF of each distinct token; special tokens are left out.

    It has the interface of Pyserini's QueryEncoder and goes into LuceneImpactSearcher as it is.
    Where BM25 stands in the index beside the learned tokens, a query asks for its stems too; they
    count as often as the query repeats them. Finding stems needs a JVM.

    Args:    tokenizer, idf: None where stems stand alone. scale: impacts per unit of IDF;
             LuceneImpactSearcher takes whole numbers only. stems: BM25's side; None without it.
             facts: what facts() returned of the same tokenizer and table, which are then not
             checked again.
    Raises:  UsageError: if the scale cannot give impacts. IdfError: if table and tokenizer do not
             belong together.
    Source:  arXiv 2504.14839, sec. 3.1.

    Example:
        >>> from l0pyserini import IdfQueryEncoder, open_checkpoint
        >>> encoder = IdfQueryEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
        >>> encoder.encode("time sharing systems")
        {'time': 266, 'sharing': 629, 'systems': 478}
    """

    def __init__(
        self,
        tokenizer: Tokenizer | None,
        idf: IdfTable | None,
        scale: float = DEFAULT_SCALE,
        stems: StemTable | None = None,
        facts: Facts | None = None,
    ) -> None:
        check_scale(scale, "--query-scale")
        if (tokenizer is None) != (idf is None) or tokenizer is idf is stems:
            raise UsageError(
                "IdfQueryEncoder: got one of tokenizer and IDF table, or nothing at all. Give "
                "both, or stems, or all three."
            )
        self._tokenizer, self._idf = tokenizer, idf
        self.scale = scale
        self.stems = stems
        self._facts = facts
        self._impacts: dict[str, int] = {}
        if tokenizer is not None and idf is not None:
            if facts is None:
                idf.check_tokenizer(tokenizer)
            if max(idf.weights.values()) * scale > JAVA_MAX:
                raise UsageError(
                    f"--query-scale {scale}: gives the largest weight of {idf.name}, "
                    f"{max(idf.weights.values())}, an impact above {JAVA_MAX:,}. Give a smaller "
                    "one."
                )

    @classmethod
    def from_checkpoint(cls, checkpoint: Tabled, scale: float = DEFAULT_SCALE) -> "IdfQueryEncoder":
        """Take the query side of a checkpoint."""
        return cls(checkpoint.tokenizer, checkpoint.idf, scale)

    @classmethod
    def load(
        cls, path: str | Path, scale: float = DEFAULT_SCALE, lexical_weight: float | None = None
    ) -> "IdfQueryEncoder":
        """Read a query_encoder.json, as it lies in encoded collections and indexes.

        Args:    lexical_weight: of BM25 beside the learned score, 0 for none of it and infinity
                 for it alone; None as the encoder has it.
        Raises:  QueryMismatchError: if it is missing or damaged, or has no BM25 to weigh.
        """
        path = Path(path)
        content = sidecar_bytes(path, QueryMismatchError, _MEND)
        record = parse_sidecar(content, path, FORMAT, QueryMismatchError, _MEND)
        digest = digest_of(content)
        known = recall(digest)
        encoder = cls.from_record(record, str(path), scale, known)
        if known is None:
            remember(digest, encoder.facts())
        return encoder.balanced(lexical_weight, str(path))

    @classmethod
    def from_record(
        cls,
        record: Mapping[str, Any],
        where: str,
        scale: float = DEFAULT_SCALE,
        facts: Facts | None = None,
    ) -> "IdfQueryEncoder":
        """Take it out of what record() returned.

        Args:    where: whose it is, for errors. facts: of the same record, if they are known.
        Raises:  QueryMismatchError: if it is damaged.
        """
        stems = _read_stems(record.get("lexical"), where)
        rules, weights = record.get("tokenizer"), record.get("idf")
        if stems is not None and rules is weights is None:
            return cls(None, None, scale, stems)
        if not isinstance(rules, str) or not isinstance(weights, dict) or not weights:
            raise QueryMismatchError(
                f"{where}: its tokenizer is {type(rules).__name__} and its idf "
                f"{type(weights).__name__}, expected a text and {{token: weight}}. {_MEND}"
            )
        try:
            idf = IdfTable(checked_weights(weights, where), where)
            return cls(Tokenizer(rules, where), idf, scale, stems, facts)
        except (IdfError, CheckpointError) as fault:
            raise QueryMismatchError(f"{fault} {_MEND}") from fault

    def save(self, path: str | Path) -> None:
        """Write tokenizer and table, and what stems weigh, into one file."""
        write_sidecar(Path(path), self.record())

    def record(self) -> dict[str, Any]:
        """Return tokenizer and table, and what stems weigh, as JSON has them."""
        record: dict[str, Any] = {
            "format": FORMAT,
            "tokenizer": self._tokenizer and self._tokenizer.json_text,
            "idf": self._idf and self._idf.weights,
        }
        if self.stems is not None:
            record["lexical"] = self.stems.record()
        return record

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the learned tokens.

        Raises:  QueryMismatchError: if stems stand alone.
        """
        if self._tokenizer is None:
            raise QueryMismatchError(_ALONE)
        return self._tokenizer

    @property
    def idf(self) -> IdfTable:
        """The table of the learned tokens.

        Raises:  QueryMismatchError: if stems stand alone.
        """
        if self._idf is None:
            raise QueryMismatchError(_ALONE)
        return self._idf

    @property
    def learned(self) -> "IdfQueryEncoder | None":
        """The same encoder without BM25; None if stems stand alone."""
        if self._tokenizer is None:
            return None
        return self.with_stems(None)

    def with_stems(self, stems: StemTable | None) -> "IdfQueryEncoder":
        """Return the same encoder with another table of stems."""
        return IdfQueryEncoder(self._tokenizer, self._idf, self.scale, stems, self._facts)

    def counted(self, documents: int, df: Mapping[str, int], largest: int) -> "IdfQueryEncoder":
        """Return the encoder with the statistics of other documents, if it asks for stems.

        Args:    documents: those indexed. df: of their tokens. largest: impact of any of them.
        """
        stems = self.stems
        return self.with_stems(stems and stems.counted(documents, df, largest))

    def balanced(self, lexical_weight: float | None, where: str) -> "IdfQueryEncoder":
        """Return the encoder with another weight of BM25; None leaves it.

        Args:    where: whose encoder it is, for the error.
        Raises:  QueryMismatchError: if there is no BM25 to weigh. UsageError: if it is below 0.
        """
        if lexical_weight is None:
            return self
        if self.stems is None:
            raise QueryMismatchError(
                f"{where}: --lexical-weight {lexical_weight:g}, but the documents were encoded "
                "without BM25's stems. Leave the flag out, or encode with --lexical bm25."
            )
        return self.with_stems(self.stems.balanced(lexical_weight))

    def encode(self, query: str, **_: Any) -> ImpactVector:
        """Return {token: impact}, each distinct token once, tokens of impact 0 left out."""
        return self.encode_batch([query])[0]

    def encode_batch(self, queries: Sequence[str]) -> list[ImpactVector]:
        """Return encode() of many queries; tokens and stems of all are found in one call each."""
        return [one.impacts for one in self.look_up(queries)]

    def look_up(self, queries: Sequence[str]) -> list[LookedUp]:
        """Return encode() of many queries, and all tokens that were looked up for it."""
        stems = self.stems
        asks_tokens = stems is None or stems.asks_tokens
        tokens = self._tokens(queries) if asks_tokens else [[] for _ in queries]
        learned = map(self._token_impacts, tokens)
        if stems is None or not stems.asks_stems:
            return list(map(LookedUp, learned, tokens))
        return [
            LookedUp(
                stems.together(impacts, stems.weights(found, self.scale)), [*asked, *found.counts]
            )
            for impacts, asked, found in zip(learned, tokens, stems_of(queries), strict=True)
        ]

    def _token_impacts(self, tokens: Iterable[str]) -> ImpactVector:
        return {token: impact for token in tokens if (impact := self._impact(token)) > 0}

    def _impact(self, token: str) -> int:
        impact = self._impacts.get(token)
        if impact is None:
            # One by one: a single query needs a dozen of thirty thousand.
            weight = self._idf.weights.get(token, 0.0) if self._idf else 0.0
            impact = self._impacts[token] = round(weight * self.scale)
        return impact

    def weights(self, query: str) -> SparseVector:
        """Return {token: IDF} of the learned tokens, unquantised."""
        weights = self.idf.weights
        (tokens,) = self._tokens([query])
        return {token: weight for token in tokens if (weight := weights.get(token, 0.0)) > 0}

    def unknown_tokens(self, query: str, vocabulary: Iterable[str]) -> list[str]:
        """Return the query's tokens that an index does not know, given the index's vocabulary."""
        known = vocabulary if isinstance(vocabulary, set | frozenset | Mapping) else set(vocabulary)
        return [token for token in self.look_up([query])[0].tokens if token not in known]

    def _tokens(self, queries: Sequence[str]) -> list[list[str]]:
        if self._tokenizer is None:
            return [[] for _ in queries]
        try:
            return self._tokenizer.distinct_tokens_batch(queries)
        except TypeError as fault:
            # So the tokenizer calls bytes of a terminal that were not UTF-8.
            raise UsageError(
                f"query {_unreadable(queries)!r}: is no text that UTF-8 can hold. Give it in UTF-8."
            ) from fault

    def facts(self) -> Facts:
        """Return the hashes by which an index recognises its query encoder."""
        if self._facts is None:
            self._facts = {
                "tokenizer_sha256": self._tokenizer.sha256 if self._tokenizer else NONE,
                "idf_sha256": self._idf.sha256 if self._idf else NONE,
            }
        return dict(self._facts)


_ALONE = (
    "the query encoder has BM25's stems alone, without a tokenizer and an IDF table. Encode with a "
    "learned encoder, as --encoder l0-tiny --lexical bm25."
)


def _unreadable(queries: Sequence[str]) -> str:
    """Return the first query that UTF-8 cannot hold."""
    return next(one for one in queries if any("\ud800" <= unit <= "\udfff" for unit in one))


def _read_stems(record: object, path: str) -> StemTable | None:
    if record is None:
        return None
    if not isinstance(record, dict):
        raise QueryMismatchError(
            f"{path}: its 'lexical' is {type(record).__name__}, expected an object. {_MEND}"
        )
    return StemTable.read(record, f"{path}: 'lexical'", QueryMismatchError, _MEND)
