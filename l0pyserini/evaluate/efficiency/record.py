"""What a retrieval costs: FLOPS as the papers count it, postings, lengths, and the one schema.

docs/evaluation.md describes the schema field by field.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l0pyserini.base.fields import check_fields
from l0pyserini.base.files import read_json, write_json
from l0pyserini.errors import ResultsError

if TYPE_CHECKING:
    from pandas import DataFrame

FORMAT = "l0pyserini-efficiency-1"

_BINS = 30


@dataclass(frozen=True)
class Efficiency:
    """FLOPS: products a query makes with an average document. nnz: distinct tokens, means."""

    flops: float
    document_nnz: float
    query_nnz: float

    def to_frame(self) -> "DataFrame":
        """Return one row, a column a field."""
        import pandas as pd

        return pd.DataFrame([asdict(self)])


def expected_cost(
    queries: Sequence[Collection[str]], df: Mapping[str, int], documents: int
) -> Efficiency:
    """Count what an average query costs against an average document.

    FLOPS is the dot product of the mean query and mean document activation-count vectors: the
    expected number of tokens that a query and a document share.

    Args:    queries: the distinct tokens of each query. df: documents that hold each token.
             documents: of the whole collection, those without any token too.
    Source:  arXiv 2004.05665, sec. 3; arXiv 2504.14839, sec. 4.1.
    """
    shared = sum(postings_read(queries, df))
    return Efficiency(
        flops=shared / documents / max(len(queries), 1),
        document_nnz=sum(df.values()) / documents,
        query_nnz=sum(map(len, queries)) / max(len(queries), 1),
    )


def postings_read(queries: Iterable[Iterable[str]], df: Mapping[str, int]) -> list[int]:
    """Return for each query the postings of its tokens: what a search without skipping reads."""
    return [sum(df.get(token, 0) for token in query) for query in queries]


@dataclass(frozen=True)
class Spread:
    """How values are spread. Percentiles are interpolated; None: not known.

    histogram: {"edges": bin limits, one more than counts, "counts": values in each bin}.
    """

    mean: float
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None
    histogram: dict[str, list[float]] | None = None


def spread(values: Sequence[float], histogram: bool = False) -> Spread:
    """Return the spread of some values, of which there must be one at least."""
    array = np.asarray(values, dtype=float)
    p50, p95, p99 = np.percentile(array, [50, 95, 99])
    bins = None
    if histogram:
        counts, edges = np.histogram(array, bins=_BINS)
        bins = {"edges": edges.tolist(), "counts": counts.tolist()}
    return Spread(float(array.mean()), float(p50), float(p95), float(p99), float(array.max()), bins)


@dataclass(frozen=True)
class SearchSpeed:
    """Searching, measured. latency_ms: one query at a time on one thread, its encoding included.

    queries_per_second: all topics at once on `threads` threads.
    """

    hits: int
    threads: int
    queries_per_second: float
    latency_ms: Spread


@dataclass(frozen=True)
class EncodeSpeed:
    """Encoding, measured: the whole command but for loading the model."""

    documents: int
    seconds: float

    @property
    def documents_per_second(self) -> float:
        return self.documents / self.seconds


@dataclass(frozen=True)
class EfficiencyRecord:
    """The cost of one retrieval system on one collection; None: not measured.

    postings: of a query's tokens together. document_length, query_length: distinct tokens.
    energy: {"source", "search_joules_per_query", "encode_joules_per_document"}.
    """

    system: str
    kind: str
    index: str
    documents: int
    topics: int
    flops: float
    postings: Spread
    document_length: Spread
    query_length: Spread
    index_bytes: int
    search: SearchSpeed | None = None
    encode: EncodeSpeed | None = None
    energy: dict[str, Any] | None = None
    machine: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the record as JSON takes it."""
        record = {"format": FORMAT, **asdict(self)}
        if self.encode is not None:
            record["encode"]["documents_per_second"] = self.encode.documents_per_second
        return record

    def to_frame(self) -> "DataFrame":
        """Return one row: the fields of the JSON, nested ones as `search.latency_ms.p50`.

        Histograms and what was not measured are left out.
        """
        import pandas as pd

        frame = pd.json_normalize(self.as_json()).dropna(axis="columns", how="all")
        left_out = [name for name in frame if name == "format" or ".histogram." in name]
        return frame.drop(columns=left_out)

    def save(self, path: str | Path) -> None:
        """Write the record, whole or not at all."""
        write_json(path, self.as_json())


_SPREAD = {
    "mean": float,
    **dict.fromkeys(("p50", "p95", "p99", "max"), (float,)),
    "histogram": ({"edges": [float], "counts": [float]},),
}
_FIELDS = {
    "system": str,
    "documents": int,
    "topics": int,
    "flops": float,
    "postings": _SPREAD,
    "document_length": _SPREAD,
    "query_length": _SPREAD,
    "index_bytes": int,
    "search": ({"queries_per_second": float, "latency_ms": _SPREAD},),
    "encode": ({"documents_per_second": float},),
    "energy": ({"search_joules_per_query": (float,), "encode_joules_per_document": (float,)},),
}


def read_efficiency(path: str | Path) -> dict[str, Any]:
    """Read a record as JSON.

    Raises:  ResultsError: if it is missing or no such record.
    """
    mend = "Write one with `python -m l0pyserini.evaluate.efficiency --output`."
    record = read_json(path, ResultsError, mend)
    seen = record.get("format") if isinstance(record, dict) else type(record).__name__
    if seen != FORMAT:
        raise ResultsError(f"{path}: its format is {seen!r}, expected {FORMAT!r}. {mend}")
    check_fields(record, _FIELDS, str(path), ResultsError, mend)
    for name in ("document_length", "query_length"):
        bins = record[name].get("histogram")
        if bins and len(bins["edges"]) != len(bins["counts"]) + 1:
            raise ResultsError(
                f"{path}: the histogram of {name!r} has {len(bins['edges'])} edges and "
                f"{len(bins['counts'])} counts, expected one edge more. {mend}"
            )
    return dict(record)


_SHOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "FLOPS": (("flops",), "{:.2f}"),
    "postings a query": (("postings", "mean"), "{:,.0f}"),
    "tokens a document": (("document_length", "mean"), "{:.1f}"),
    "tokens a document, p95": (("document_length", "p95"), "{:.0f}"),
    "tokens a query": (("query_length", "mean"), "{:.1f}"),
    "index bytes": (("index_bytes",), "{:,}"),
    "queries/s": (("search", "queries_per_second"), "{:,.1f}"),
    "latency p50, ms": (("search", "latency_ms", "p50"), "{:.2f}"),
    "latency p95, ms": (("search", "latency_ms", "p95"), "{:.2f}"),
    "latency p99, ms": (("search", "latency_ms", "p99"), "{:.2f}"),
    "encode docs/s": (("encode", "documents_per_second"), "{:,.1f}"),
    "J a query": (("energy", "search_joules_per_query"), "{:.4f}"),
    "J a document encoded": (("energy", "encode_joules_per_document"), "{:.3f}"),
}


def shown_rows(records: Sequence[Mapping[str, Any] | None]) -> list[list[str]]:
    """Return table rows `name, one cell a record`; rows that no record has are left out."""
    rows = []
    for name, (keys, form) in _SHOWN.items():
        found = [_at(record, keys) for record in records]
        if any(value is not None for value in found):
            rows.append([name, *("-" if value is None else form.format(value) for value in found)])
    return rows


def _at(record: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        record = record.get(key) if isinstance(record, Mapping) else None
    return record
