"""Encoding a corpus into JsonVectorCollection files."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.encode.api import encode_corpus, summary
    from l0pyserini.encode.collection import read_shard, shard_paths
    from l0pyserini.encode.manifest import Manifest
    from l0pyserini.encode.vocabulary import read_vocabulary

__all__ = [
    "Manifest",
    "encode_corpus",
    "read_shard",
    "read_vocabulary",
    "shard_paths",
    "summary",
]

# Reading a collection must not load the encoder's modules, nor a search those that read one.
__getattr__ = lazy_names(
    __name__,
    {
        "Manifest": "manifest",
        "encode_corpus": "api",
        "read_shard": "collection",
        "read_vocabulary": "vocabulary",
        "shard_paths": "collection",
        "summary": "api",
    },
)
