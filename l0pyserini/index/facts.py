"""l0pyserini.json: what an index remembers of the collection it was built from."""

import json
from pathlib import Path
from typing import Any

from l0pyserini.encode.manifest import Manifest
from l0pyserini.errors import ImpactIndexError
from l0pyserini.files import write_json

FILE_NAME = "l0pyserini.json"
FORMAT = "l0pyserini-index-1"

LUCENE_MARKER = "segments_*"
"""A folder with such a file is a Lucene index."""


def index_facts(manifest: Manifest, builder: str, bytes_on_disk: int) -> dict[str, Any]:
    """Return the facts of an index built from a collection.

    documents counts the whole collection; indexed_documents those Lucene holds, which are the
    ones with at least one token.
    """
    return {
        "format": FORMAT,
        "builder": builder,
        "documents": manifest.documents,
        "empty_documents": manifest.empty_documents,
        "indexed_documents": manifest.documents - manifest.empty_documents,
        "terms": manifest.terms,
        "postings": manifest.postings,
        "impacts": manifest.impacts,
        "nnz": manifest.nnz,
        "bytes": bytes_on_disk,
        **manifest.settings,
    }


def write_facts(folder: Path, facts: dict[str, Any]) -> None:
    """Write l0pyserini.json into an index."""
    write_json(folder / FILE_NAME, facts)


def read_facts(folder: str | Path) -> dict[str, Any]:
    """Read l0pyserini.json of an index.

    Raises:  ImpactIndexError: if the folder is missing, is no index, or is not one of ours.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ImpactIndexError(
            f"{folder}: no such index. Build one with `python -m l0pyserini.index`."
        )
    if not any(folder.glob(LUCENE_MARKER)):
        raise ImpactIndexError(
            f"{folder}: is no Lucene index (it holds no segments_N file). "
            "Give the folder that `python -m l0pyserini.index --index` named."
        )
    path = folder / FILE_NAME
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ImpactIndexError(
            f"{folder}: a Lucene index without {FILE_NAME}: another tool built it, so its query "
            "encoder is unknown. Name the encoder with --encoder to search it all the same."
        ) from None
    except ValueError as fault:
        raise ImpactIndexError(
            f"{path}: not valid JSON ({fault}). Build the index again."
        ) from fault
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        seen = facts.get("format") if isinstance(facts, dict) else type(facts).__name__
        raise ImpactIndexError(
            f"{path}: its format is {seen!r}, expected {FORMAT!r}. "
            "Build the index again with this version."
        )
    return facts
