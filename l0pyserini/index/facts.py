"""l0pyserini.json: what an index remembers of the collection it was built from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.base.fields import check_fields
from l0pyserini.base.files import write_json
from l0pyserini.encode import vocabulary
from l0pyserini.encode.manifest import SETTINGS
from l0pyserini.encode.vocabulary import TermTotals, read_df, read_vocabulary
from l0pyserini.errors import ImpactIndexError
from l0pyserini.index.settle import LUCENE_MARKER, sidecar

if TYPE_CHECKING:
    from l0pyserini.index.source import Source

FILE_NAME = "l0pyserini.json"
FORMAT = "l0pyserini-index-1"

_COUNTS = ("documents", "empty_documents", "indexed_documents", "terms", "postings", "impacts")
_FIELDS = {
    **dict.fromkeys(_COUNTS, int),
    "nnz": {"mean": float},
    "postings_digest": (str,),
    **{name: kind if isinstance(kind, tuple) else (kind,) for name, kind in SETTINGS.items()},
    "corpus": SETTINGS["corpus"],
}
_MEND = "Build the index again."


def index_facts(source: "Source", builder: str, stores_text: bool) -> dict[str, Any]:
    """Return the facts of an index built from a collection.

    documents counts the whole collection; indexed_documents those Lucene holds, which are the
    ones with at least one token. encoder, query_encoder and scales are None where another tool
    made the vectors and none was chosen.
    """
    return {
        "format": FORMAT,
        "builder": builder,
        "stores_text": stores_text,
        **source.counts,
        "indexed_documents": source.indexed_documents,
        **source.settings,
    }


def changed_facts(
    facts: dict[str, Any],
    documents: int,
    empty_documents: int,
    terms: dict[str, TermTotals],
    digest: str,
) -> dict[str, Any]:
    """Return the facts of an index after its documents have changed.

    Of the statistics of document lengths only the mean is still known.
    """
    postings = sum(totals.df for totals in terms.values())
    return {
        **facts,
        "documents": documents,
        "empty_documents": empty_documents,
        "indexed_documents": documents - empty_documents,
        "terms": len(terms),
        "postings": postings,
        "impacts": sum(totals.impacts for totals in terms.values()),
        "nnz": {"mean": postings / documents if documents else 0.0},
        "postings_digest": digest,
    }


def write_facts(folder: Path, facts: dict[str, Any]) -> None:
    """Write l0pyserini.json into an index."""
    write_json(folder / FILE_NAME, facts)


def read_facts(folder: str | Path) -> dict[str, Any]:
    """Read l0pyserini.json of an index, and add the bytes of its segments.

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
    path = sidecar(folder, FILE_NAME)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ImpactIndexError(
            f"{folder}: a Lucene index without {FILE_NAME}: another tool built it, so its query "
            "encoder is unknown. It can be searched with encoded queries (--queries-encoded), or a "
            "query encoder (--encoder)."
        ) from None
    except OSError as fault:
        raise ImpactIndexError(f"{path}: cannot be read ({fault.strerror}). {_MEND}") from fault
    except (ValueError, RecursionError) as fault:
        raise ImpactIndexError(f"{path}: not valid JSON ({fault}). {_MEND}") from fault
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        seen = facts.get("format") if isinstance(facts, dict) else type(facts).__name__
        raise ImpactIndexError(
            f"{path}: its format is {seen!r}, expected {FORMAT!r}. "
            "Build the index again with this version."
        )
    check_facts(facts, str(path), _MEND)
    # Older versions told whether documents had been put in another order, which no reader minds.
    facts.pop("reordered", None)
    absent = {"stores_text": False, "postings_digest": None, **dict.fromkeys(SETTINGS)}
    return {**absent, **facts, "bytes": lucene_bytes(folder)}


def check_facts(facts: dict[str, Any], where: str, mend: str) -> None:
    """Refuse facts of which one is missing or of another kind.

    Args:    where, mend: as check_fields.
    Raises:  ImpactIndexError: naming the first such fact.
    """
    check_fields(facts, _FIELDS, where, ImpactIndexError, mend)


def lucene_bytes(folder: Path) -> int:
    """Return the size of an index's segments, without what lies beside them."""
    return sum(path.stat().st_size for path in folder.iterdir() if ".json" not in path.name)


def read_index_vocabulary(folder: Path) -> dict[str, TermTotals]:
    """Read df and summed impacts of every token of an index, from beside its segments.

    Raises:  ImpactIndexError: if they are missing or malformed.
    """
    name = sidecar(folder, vocabulary.FILE_NAME).name
    return read_vocabulary(folder, name, ImpactIndexError, _MEND)


def read_index_df(folder: Path) -> dict[str, int]:
    """Read df of every token of an index, from beside its segments.

    Raises:  as read_index_vocabulary.
    """
    return read_df(sidecar(folder, vocabulary.FILE_NAME), ImpactIndexError, _MEND)
