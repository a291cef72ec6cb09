"""Encoding a corpus into JsonVectorCollection files."""

from typing import TYPE_CHECKING, Any

from l0pyserini.encode.collection import read_shard, shard_paths
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.vocabulary import read_vocabulary

if TYPE_CHECKING:
    from l0pyserini.encode.api import encode_corpus, summary

__all__ = [
    "Manifest",
    "encode_corpus",
    "read_shard",
    "read_vocabulary",
    "shard_paths",
    "summary",
]


def __getattr__(name: str) -> Any:
    # Reading a collection must not load the encoder's modules.
    if name in ("encode_corpus", "summary"):
        from l0pyserini.encode import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
