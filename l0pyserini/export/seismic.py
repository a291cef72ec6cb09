"""export_seismic: the JSON lines that Seismic builds its index from.

Weights are impacts, whole numbers: Seismic keeps 16-bit floats, which hold whole numbers up to
2,048 exactly, and fractions as 0.93 not. Ranks are those of the weights.

Source:  Bruch, Nardini, Rulli and Venturini 2024, arXiv 2404.18812; github.com/TusKANNy/seismic.
"""

from collections.abc import Iterable
from pathlib import Path

import orjson

from l0pyserini.base.files import atomic_write
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import ExportError
from l0pyserini.export.ciff import Done
from l0pyserini.export.collection import Exported, open_exported
from l0pyserini.export.queries import Query, check_given, encoded_topics, refuse_outputs

MAX_TOKEN_LENGTH = 30
MAX_EXACT = 2**11


def export_seismic(
    input_folder: str | Path,
    output: str | Path,
    topics: str | None = None,
    queries: str | Path | None = None,
    split: str = "test",
    learned_only: bool = False,
    overwrite: bool = False,
) -> Done:
    """Write an encoded collection, and topics, as lines {"id", "content", "vector"}.

    Documents without any token are left out, as nothing finds them.

    Args:    topics, queries: topics to encode, and the file for their vectors. learned_only: leave
             BM25's stems out.
    Raises:  CollectionError: if the collection is not what its manifest says, or has a fault.
             ExportError: if a token is too long or an impact too large for Seismic.
             OutputExistsError: if an output exists and overwrite is False.
    """
    watch, target = Stopwatch(), Path(output)
    check_given(topics, queries)
    refuse_outputs(target, queries, overwrite)
    exported = open_exported(input_folder, learned_only)
    _check_tokens(exported)
    asked = encoded_topics(exported, topics, split) if topics is not None else []
    largest = 0
    with atomic_write(target) as handle:
        for docid, contents, vector in exported.documents():
            if vector:
                largest = max(largest, *vector.values())
                _check_impacts(docid, vector)
                handle.write(_line(docid, contents, vector))
    if queries is not None:
        write_queries(Path(queries), asked)
    return Done.of(exported, largest, watch.seconds)


def _check_tokens(exported: Exported) -> None:
    for token in exported.terms:
        if len(token) > MAX_TOKEN_LENGTH:
            raise ExportError(
                f"{exported.source.folder}: token {token!r} has {len(token)} characters, and "
                f"Seismic cuts them at {MAX_TOKEN_LENGTH}. Leave BM25's stems out with "
                "--learned-only if it is one; else mark it as special in tokenizer.json, and "
                "encode again."
            )


def _check_impacts(docid: str, vector: ImpactVector) -> None:
    if max(vector.values()) > MAX_EXACT:
        token = max(vector, key=vector.__getitem__)
        raise ExportError(
            f"docid {docid!r}: impact {vector[token]} for {token!r}, and Seismic's 16-bit floats "
            f"are exact up to {MAX_EXACT:,}. Encode with a smaller --scale."
        )


def write_queries(path: Path, queries: Iterable[Query]) -> None:
    """Write topics as lines {"id", "content", "vector"}."""
    count = 0
    with atomic_write(path) as handle:
        for query in queries:
            handle.write(_line(query.qid, query.text, query.vector))
            count += 1
    say(f"{count:,} queries in {path}")


def _line(name: str, content: str, vector: ImpactVector) -> bytes:
    record = {"id": name, "content": content, "vector": vector}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
