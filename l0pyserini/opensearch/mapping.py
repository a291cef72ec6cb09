"""How an index is made and known again: its fields, and the facts in its mapping's _meta."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from l0pyserini.errors import ImpactIndexError
from l0pyserini.index.facts import check_facts
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.names import check_index_name

DOCID, TEXT, VECTOR, PIECE = "docid", "text", "vector", "piece"
META = "l0pyserini"
FORMAT = "l0pyserini-opensearch-1"
LOADING, COMPLETE = "loading", "complete"

# The vectors stand in the postings alone. A _source would hold them a second time; one without them
# takes the server a third longer, and an update or a reindexing would lose them without a word.
_MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "_source": {"enabled": False},
    "properties": {
        DOCID: {"type": "keyword"},
        TEXT: {"type": "text", "index": False, "norms": False, "store": True},
        VECTOR: {"type": "rank_features"},
        PIECE: {"type": "binary", "store": True},
    },
}

_MEND = "Load the collection again with --overwrite."


@dataclass(frozen=True)
class IndexState:
    """What an index says of itself.

    name: its own, where an alias was asked for. replicas: to have when it is complete.
    pieces: of the files beside the documents: {file: how many}. facts: of the collection, as
    l0pyserini.json of a Lucene index has them.
    """

    name: str
    state: str
    replicas: int
    pieces: Mapping[str, int]
    facts: dict[str, Any]

    def meta(self, state: str) -> dict[str, Any]:
        """Return it as _meta keeps it, with another state."""
        return {
            META: {
                "format": FORMAT,
                "state": state,
                "replicas": self.replicas,
                "pieces": self.pieces,
                "facts": self.facts,
            }
        }


def create_body(made: IndexState, shards: int, replicas: int) -> dict[str, Any]:
    """Return the settings and the mapping of an index that is to be loaded.

    Args:    replicas: while it is loaded.
    """
    index = {
        "number_of_shards": shards,
        "number_of_replicas": replicas,
        # Documents are to be found when all are there; until then refreshing costs for nothing.
        "refresh_interval": "-1",
    }
    return {"settings": {"index": index}, "mappings": {**_MAPPING, "_meta": made.meta(LOADING)}}


def read_state(cluster: Cluster, index: str) -> IndexState | None:
    """Read what an index says of itself; None if there is none.

    Raises:  ImpactIndexError: if it was not loaded by us, or its mapping is another.
    """
    where = f"{cluster.name} index {index!r}"
    found = cluster.request("GET", [check_index_name(index), "_mapping"], ignore=[404])
    if found.get("status") == 404 and "error" in found:
        return None
    if len(found) != 1:
        raise ImpactIndexError(
            f"{where}: stands for {len(found)} indexes ({', '.join(sorted(found))[:200]}), "
            "expected one. Name one of them."
        )
    [(name, one)] = found.items()
    mapping = one["mappings"]
    meta = mapping.get("_meta", {}).get(META)
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise ImpactIndexError(
            f"{where}: was not loaded by `python -m l0pyserini.opensearch index`: its mapping has "
            f"no _meta.{META} of format {FORMAT!r}. Name an index that was, or load under "
            "another name."
        )
    _check_mapping(mapping, where)
    check_facts(meta["facts"], where, _MEND)
    return IndexState(name, meta["state"], meta["replicas"], meta["pieces"], meta["facts"])


def _check_mapping(mapping: Mapping[str, Any], where: str) -> None:
    """Refuse a mapping that another hand has changed."""
    properties = mapping.get("properties", {})
    for field, expected in _MAPPING["properties"].items():
        seen = properties.get(field, {}).get("type")
        if seen != expected["type"]:
            raise ImpactIndexError(
                f"{where}: its field {field!r} is of type {seen!r}, expected "
                f"{expected['type']!r}. Its mapping was changed. {_MEND}"
            )


def stored_text(found: Mapping[str, Any]) -> str | None:
    """Return the text of a document or hit that was asked for with its stored fields."""
    text: str | None = found.get("fields", {}).get(TEXT, [None])[0]
    return text


def complete_state(cluster: Cluster, index: str) -> IndexState:
    """Read the state of an index that is to be searched.

    Raises:  ImpactIndexError: if it is missing, not ours, or not loaded to its end.
    """
    state = read_state(cluster, index)
    if state is None:
        raise ImpactIndexError(
            f"{cluster.name}: has no index {index!r}. Load one with "
            "`python -m l0pyserini.opensearch index`."
        )
    if state.state != COMPLETE:
        raise ImpactIndexError(
            f"{cluster.name} index {index!r}: is being loaded, or its load was interrupted. Wait "
            "for it, or finish it with `python -m l0pyserini.opensearch index --resume`."
        )
    return state
