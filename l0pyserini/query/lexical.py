"""BM25 as impacts: stems in documents' vectors, and what they weigh in queries.

BM25's score is a sum over a query's stems of idf * tf / (tf + k1 (1 - b + b dl / avgdl)). The
second factor is the document's alone, an impact; the first is looked up. So BM25 and a learned
sparse encoder stand in one index, and a query asks for both:

    score = learned score + balance * BM25

Source:  Robertson and Zaragoza 2009, sec. 3.4, as Lucene writes it: without (k1 + 1).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from l0pyserini.base.fields import check_fields
from l0pyserini.data.impacts import MAX_EXACT
from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import L0Error, UsageError
from l0pyserini.query.stems import Stemmed, is_stem
from l0pyserini.query.table import idf_weight

K1 = 0.9
B = 0.4
SCALE = 255
"""The impact of a stem whose saturation is whole: one byte."""

BALANCE = 5.0
"""Of BM25's score beside a learned one, where an encoder does not say its own."""

SETTINGS = {"k1": float, "b": float, "average_length": float, "scale": int}
_STATISTICS = {
    "documents": int,
    "df": dict,
    "largest": int,
    "document_scale": float,
    "balance": float,
}


def saturation(text: Stemmed, k1: float, b: float, average_length: float) -> dict[str, float]:
    """Return {stem: tf / (tf + k1 (1 - b + b norm / average_length))}."""
    slope = k1 * (1 - b + b * text.norm / average_length)
    return {stem: tf / (tf + slope) for stem, tf in text.counts.items()}


@dataclass(frozen=True)
class Bm25Impacts:
    """How stems become impacts of a document.

    k1, b: BM25's. average_length: stems of a document, a mean over the whole corpus.
    scale: the impact of a whole saturation.
    """

    k1: float
    b: float
    average_length: float
    scale: int = SCALE

    def of(self, text: Stemmed) -> ImpactVector:
        """Return {stem: impact}; a stem has 1 at least, as BM25 gives every one a score."""
        exact = saturation(text, self.k1, self.b, self.average_length)
        return {stem: max(1, round(self.scale * share)) for stem, share in exact.items()}

    def facts(self) -> dict[str, Any]:
        """Return what documents must share to be searched together, for the manifest."""
        return asdict(self)


@dataclass(frozen=True)
class StemTable:
    """What stems weigh in queries.

    impacts: of the documents. document_scale: of the learned weights beside them. documents: N.
    df: of each stem. largest: impact of any token. balance: of BM25 beside the learned score;
    0 asks for no stem, infinity for stems alone.
    """

    impacts: Bm25Impacts
    document_scale: float
    balance: float = BALANCE
    documents: int = 0
    df: Mapping[str, int] = field(default_factory=dict)
    largest: int = 0

    def __post_init__(self) -> None:
        if not self.balance >= 0:
            raise UsageError(f"--lexical-weight {self.balance}: expected a number from 0, or inf.")

    def counted(self, documents: int, terms: Mapping[str, int], largest: int) -> Self:
        """Return the table of other documents.

        Args:    documents: those indexed. terms: df of stems, and of other tokens, which do not
                 count. largest: impact of any token.
        """
        df = {token: df for token, df in terms.items() if is_stem(token)}
        return replace(self, documents=documents, df=df, largest=largest)

    def balanced(self, balance: float | None) -> Self:
        """Return the table with another balance; None leaves it.

        Raises:  UsageError: if it is below 0, or no number.
        """
        return self if balance is None else replace(self, balance=balance)

    @property
    def asks_tokens(self) -> bool:
        """Whether queries ask for the learned tokens too."""
        return self.balance < math.inf

    @property
    def asks_stems(self) -> bool:
        """Whether queries ask for stems."""
        return self.balance > 0

    def weights(self, query: Stemmed, query_scale: float) -> dict[str, float]:
        """Return {stem: impact before rounding}; a stem counts as often as the query repeats it.

        A stem that no document holds is left out: nothing can be found by it.

        Args:    query_scale: of the learned tokens beside them.
        """
        balance = self.balance if self.asks_tokens else BALANCE
        unit = balance * self.document_scale * query_scale / self.impacts.scale
        return {
            stem: unit * tf * idf_weight(self.documents, df)
            for stem, tf in query.counts.items()
            if (df := self.df.get(stem, 0)) > 0
        }

    def together(self, tokens: ImpactVector, stems: Mapping[str, float]) -> ImpactVector:
        """Return the impacts of a query, all lowered alike where a score could be inexact.

        Lucene adds in float32, which holds whole numbers up to 2^24. Ranks stay what they are.
        """
        bound = self.largest * sum(tokens.values()) + self.impacts.scale * sum(stems.values())
        share = min(1.0, (MAX_EXACT - len(stems) * self.impacts.scale) / bound) if bound else 1.0
        lowered = tokens if share == 1 else {t: int(share * one) for t, one in tokens.items()}
        whole = lowered | {stem: round(share * weight) for stem, weight in stems.items()}
        return {token: impact for token, impact in whole.items() if impact > 0}

    def record(self) -> dict[str, Any]:
        """Return it as query_encoder.json keeps it."""
        return {
            **self.impacts.facts(),
            "document_scale": self.document_scale,
            "balance": self.balance,
            "documents": self.documents,
            "df": dict(sorted(self.df.items())),
            "largest": self.largest,
        }

    @classmethod
    def read(cls, record: dict[str, Any], where: str, error: type[L0Error], mend: str) -> Self:
        """Take it out of a query_encoder.json.

        Raises:  error: if something is missing, of another kind or out of its range.
        """
        check_fields(record, SETTINGS | _STATISTICS, where, error, mend)
        df = record["df"]
        for stem, count in df.items():
            if type(count) is not int or count < 1:
                raise error(f"{where}: stem {stem!r} has df {count!r}, expected one from 1. {mend}")
        impacts = Bm25Impacts(**{name: record[name] for name in SETTINGS})
        check_bm25(impacts.k1, impacts.b, error, f"{where}: ", mend)
        for name in ("average_length", "scale", "document_scale", "balance"):
            if not 0 < record[name] < math.inf:
                raise error(f"{where}: {name} is {record[name]}, expected a number above 0. {mend}")
        names = ("document_scale", "balance", "documents", "df", "largest")
        return cls(impacts, **{name: record[name] for name in names})


def check_bm25(k1: float, b: float, error: type[L0Error], flag: str, mend: str) -> None:
    """Refuse settings that BM25 does not have.

    Args:    flag: what stands before the setting's name in the message.
    Raises:  error: if k1 is below 0 or infinite, or b is not from 0 to 1.
    """
    if not 0 <= k1 < math.inf:
        raise error(f"{flag}k1 {k1}: expected a number from 0. {mend}")
    if not 0 <= b <= 1:
        raise error(f"{flag}b {b}: expected a number from 0 to 1. {mend}")
