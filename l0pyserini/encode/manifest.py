"""The manifest of an encoded collection: what it promises, and how it was made."""

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from l0pyserini.data.sidecar import read_sidecar, write_sidecar
from l0pyserini.errors import CollectionError
from l0pyserini.query import lexical

FILE_NAME = "manifest.json"
FORMAT = "l0pyserini-encoded-1"

_SHARD_NAME = re.compile(r"docs-\d+\.jsonl(\.gz)?", re.ASCII)
SETTINGS = {
    "corpus": {"name": str, "sha256": str},
    "encoder": {"weights_sha256": str, "activation": str, "backend": (str,)},
    "query_encoder": {"tokenizer_sha256": str, "idf_sha256": str},
    "document_scale": float,
    "query_scale": float,
    "lexical": (lexical.SETTINGS,),
}
"""The settings that later stages rely on. lexical: only where BM25's stems stand in the vectors."""

_COUNTS = ("documents", "empty_documents", "terms", "postings", "impacts")
SHARD = {"documents": int, "bytes": int, "sha256": str}
_FIELDS = {
    **dict.fromkeys(_COUNTS, int),
    "shards": [SHARD],
    "settings": SETTINGS,
    "postings_digest": (str,),
}

_MEND = (
    "Expected a folder that `python -m l0pyserini.encode` finished; an interrupted one is "
    "continued with --resume, any other encoded again."
)


def is_shard_name(name: str) -> bool:
    """Tell whether encode gives a file of vectors this name."""
    return _SHARD_NAME.fullmatch(name) is not None


@dataclass(frozen=True)
class Shard:
    """One file of vectors."""

    file: str
    documents: int
    bytes: int
    sha256: str

    @classmethod
    def read(cls, record: dict[str, Any], where: Path) -> "Shard":
        """Take a shard out of a manifest or journal.

        Raises:  CollectionError: for a name that leads out of the folder, or is no shard's.
                 KeyError, TypeError: if something is missing.
        """
        facts = {name: record[name] for name in cls.__dataclass_fields__}
        if not is_shard_name(str(facts["file"])):
            raise CollectionError(
                f"{where}: names a file {facts['file']!r}, expected one beside it such as "
                "docs-00000.jsonl. It was not written by encode; encode again."
            )
        return cls(**facts)


@dataclass(frozen=True)
class Manifest:
    """The facts of an encoded collection.

    settings: what made it (corpus, encoder, scales). documents: all, empty ones too.
    terms, postings, impacts: distinct tokens, (document, token) pairs, and the sum of all impacts.
    postings_digest: of all (docid, token, impact), see digest.py; older versions wrote none.
    nnz: statistics of the number of tokens in a document. mass_kept: the share of all weights that
    pruning left. measured: GFLOP/s of what `--backend auto` chose from, or a named backend beside
    float32.
    """

    settings: dict[str, Any]
    documents: int
    empty_documents: int
    terms: int
    postings: int
    impacts: int
    nnz: dict[str, float]
    mass_kept: float
    shards: list[Shard]
    vocabulary_sha256: str
    postings_digest: str | None = None
    agreement: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    measured: dict[str, dict[str, float]] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write it into an encoded folder."""
        write_sidecar(folder / FILE_NAME, {"format": FORMAT, **asdict(self)}, indent=True)

    @classmethod
    def load(cls, folder: Path) -> "Manifest":
        """Read the manifest of an encoded folder.

        Raises:  CollectionError: if it is missing, damaged or of another format.
        """
        path = folder / FILE_NAME
        record = read_sidecar(path, FORMAT, CollectionError, _MEND, _FIELDS)
        facts = {name: record[name] for name in cls.__dataclass_fields__ if name in record}
        try:
            shards = [Shard.read(shard, path) for shard in record["shards"]]
            return cls(**{**facts, "shards": shards})
        except (KeyError, TypeError) as fault:
            raise CollectionError(f"{path}: incomplete ({fault}). Encode again.") from fault
