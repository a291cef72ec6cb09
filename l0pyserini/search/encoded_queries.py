"""Queries whose vectors are given: Pyserini's pre-encoded queries, and JSON lines."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from l0pyserini.base.files import read_lines
from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.data.jsonl import read_objects, take
from l0pyserini.data.records import ImpactVector
from l0pyserini.data.topics import QID_KEYS
from l0pyserini.errors import TopicsError

_EXPECTED = 'Expected lines `qid TAB token token ...`, or JSON lines {"qid", "vector"}'


def read_encoded_queries(path: str | Path) -> list[tuple[str, ImpactVector]]:
    """Read (qid, {token: impact}) of all queries of a file, plain or .gz.

    A line is `qid TAB token token ...`, each token as often as its impact says, as Pyserini's
    `encode.query` writes it; in .jsonl and .json files it is an object {"qid" or "id", "vector":
    {token: impact}}. A query may be without tokens.

    Raises:  TopicsError: if there are none, or a line is malformed, or a qid comes twice.
    """
    path = Path(path)
    if not path.is_file():
        raise TopicsError(f"{path}: no such encoded queries. {_EXPECTED}.")
    as_json = path.name.removesuffix(".gz").endswith((".jsonl", ".json"))
    queries: dict[str, ImpactVector] = {}
    for where, qid, vector in _read_jsonl(path) if as_json else _read_repeated(path):
        if not qid or any(one.isspace() or one == "\0" for one in qid):
            raise TopicsError(
                f"{where} qid {qid!r}: empty, or with white space or a NUL, which a TREC run "
                "cannot carry. Give each query an id without blanks."
            )
        if qid in queries:
            raise TopicsError(
                f"{where} qid {qid!r}: seen before. Query ids must be unique; remove one."
            )
        queries[qid] = vector
    if not queries:
        raise TopicsError(f"{path}: holds no query. {_EXPECTED}.")
    return list(queries.items())


def _read_repeated(path: Path) -> Iterator[tuple[str, str, ImpactVector]]:
    for number, line in read_lines(path, TopicsError):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        qid, tab, tokens = line.partition("\t")
        if not tab:
            raise TopicsError(f"{where}: no tab in {line[:40]!r}. {_EXPECTED}.")
        yield where, qid.strip(), dict(Counter(tokens.split()))


def _read_jsonl(path: Path) -> Iterator[tuple[str, str, ImpactVector]]:
    for where, record in read_objects(path, TopicsError):
        qid = take(record, QID_KEYS, where, "id", TopicsError)
        vector = record.get("vector")
        if not isinstance(vector, dict):
            raise TopicsError(
                f"{where} qid {qid!r}: the vector is {type(vector).__name__}, expected an object "
                "{token: impact}. Write the weights under 'vector'."
            )
        _check(vector, f"{where} qid {qid!r}")
        yield where, qid, vector


def _check(vector: dict[str, Any], where: str) -> None:
    for token, impact in vector.items():
        if type(impact) is not int or not 1 <= impact <= JAVA_MAX:
            raise TopicsError(
                f"{where}: impact {impact!r} for {token!r} is not an integer from 1 to "
                f"{JAVA_MAX:,}. Quantise weights: multiply all by one number, as 100, round, and "
                "drop zeros."
            )
