"""Small indexes and parts of Java made in this process, and what a search must find, by numpy."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from l0pyserini.data.records import Hit, ImpactVector
from l0pyserini.lucene.jvm import java_class, start_jvm

Documents = Sequence[tuple[str, ImpactVector]]


def build(folder: Path, parts: Sequence[Documents], deleted: Sequence[str] = ()) -> Path:
    """Build an index with a segment for each part, then delete documents."""
    files = []
    for number, documents in enumerate(parts):
        files.append(folder.parent / f"{folder.name}.{number}.jsonl")
        lines = (json.dumps({"id": docid, "vector": vector}) for docid, vector in documents)
        files[-1].write_text("".join(line + "\n" for line in lines))
    first, *others = map(str, files)
    java_class("io.l0pyserini.ImpactIndexer").main([str(folder), "1", "false", "false", first])
    for file in others:
        _change(folder, lambda grower, file=file: grower.append(file, 1, False))
    if deleted:
        _change(folder, lambda grower: grower.delete(list(deleted)))
    return folder


def _change(folder: Path, change: Callable[[Any], None]) -> None:
    grower = java_class("io.l0pyserini.ImpactGrower")(str(folder))
    change(grower)
    grower.prepare()
    grower.commit()
    grower.close()


def made(name: str, constructor: str, methods: dict[str, str], *given: Any) -> Any:
    """Return an object of a class of ours whose constructor is for its package alone.

    Args:    constructor: its signature. methods: signatures by name.
    """
    start_jvm()
    from jnius import JavaClass, JavaMethod, MetaJavaClass

    known = {method: JavaMethod(signature) for method, signature in methods.items()}
    known |= {
        "__javaclass__": f"io/l0pyserini/{name}",
        "__javaconstructor__": ((constructor, False),),
    }
    return MetaJavaClass(name, (JavaClass,), known)(*given)


def best(documents: Documents, query: ImpactVector, k: int) -> list[Hit]:
    """Return the hits of a query by a product of matrices; ties by docid in byte order."""
    tokens = {token: column for column, token in enumerate(query)}
    matrix = np.zeros((len(documents), len(tokens)), dtype=np.int64)
    for row, (_, vector) in enumerate(documents):
        for token in vector.keys() & tokens.keys():
            matrix[row, tokens[token]] = vector[token]
    scores = matrix @ np.array(list(query.values()), dtype=np.int64)
    docids = np.array([docid.encode() for docid, _ in documents], dtype=object)
    rows = [row for row in np.lexsort((docids, -scores)) if scores[row] > 0][:k]
    return [Hit(documents[row][0], float(np.float32(scores[row]))) for row in rows]
