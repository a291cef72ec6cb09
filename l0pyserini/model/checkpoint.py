"""What a model folder says of itself, read without torch: weights, activation, tokenizer, IDF."""

import math
import os
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from l0pyserini.base.fields import is_kind
from l0pyserini.base.files import sha256
from l0pyserini.errors import CheckpointError, IdfError, RemoteCodeError, first_line
from l0pyserini.model.activation import log_count
from l0pyserini.model.layout import read_layout, read_object
from l0pyserini.query.table import IdfTable
from l0pyserini.query.tokenizer import Tokenizer

DEFAULT_ENCODER = "l0-tiny"
DEFAULT_MAX_LENGTH = 256
OWN_SETTINGS = "l0pyserini_encoder.json"
"""What no other loader knows of an encoder: its activation by our names, BM25's weight beside it,
and the least weight of a document's tokens."""

EIGHT_BITS = "model-int8.safetensors"
"""Weights as model.eight_bits stores them, under a name that transformers never looks for."""

_WEIGHTS = "model.safetensors"
_IDF = "idf.json"
_HUB_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
_MEND = "Fetch or save the checkpoint again."


@dataclass(frozen=True)
class Checkpoint:
    """An inference-free encoder on disk.

    folder: the whole. document_folder: the masked LM. activation: a name of LOG_COUNTS.
    max_length: tokens of a document that it reads unless another number is asked for.
    lexical_weight: of BM25 beside it; min_weight: lighter tokens of a document are left out when a
    corpus is encoded; None where it says none.
    """

    name: str
    folder: Path
    document_folder: Path
    activation: str
    idf_file: Path | None
    query_weights_file: Path | None
    max_length: int = DEFAULT_MAX_LENGTH
    lexical_weight: float | None = None
    min_weight: float | None = None

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The document tokenizer, which is the query tokenizer too."""
        return Tokenizer.from_folder(self.document_folder)

    @cached_property
    def idf(self) -> IdfTable:
        """The query table: the trained or frozen weights of the query module, else idf.json.

        Raises:  CheckpointError: if the folder has neither.
        """
        if self.query_weights_file is not None:
            return IdfTable.from_safetensors(self.query_weights_file, self.tokenizer)
        if self.idf_file is not None:
            return IdfTable.load(self.idf_file)
        raise CheckpointError(
            f"{self.folder}: has no IDF table (idf.json or a SparseStaticEmbedding). "
            "Name one with --idf; `python -m l0pyserini.idf` counts one over a corpus."
        )

    @property
    def weights_file(self) -> Path:
        """The masked LM's weights; where they lie there twice, those that other loaders take."""
        return _weights_file(self.document_folder) or self.document_folder / _WEIGHTS

    def weights_sha256(self) -> str:
        """Return the digest of what makes document vectors, which tells encoders apart."""
        return sha256(self.weights_file)


def embedded_encoders() -> dict[str, Path]:
    """Return the encoders shipped inside the package, by name."""
    root = Path(str(resources.files("l0pyserini") / "resources" / "encoders"))
    return {path.name: path for path in sorted(root.iterdir()) if path.is_dir()}


def find_idf(spec: str) -> Path:
    """Return the file of a query table: an embedded encoder's, by its name, or a path.

    Raises:  IdfError: if there is neither.
    """
    embedded = embedded_encoders()
    if spec in embedded:
        return embedded[spec] / _IDF
    path = Path(spec)
    if not path.exists():
        raise IdfError(
            f"{spec}: no such IDF table. Expected a file, or an embedded encoder's name for its "
            f"table: {', '.join(embedded)}. `python -m l0pyserini.idf` counts one over a corpus."
        )
    return path


def open_checkpoint(
    spec: str,
    activation: str | None = None,
    idf: str | None = None,
    allow_remote_code: bool = False,
) -> Checkpoint:
    """Find and read what --encoder names: an embedded encoder, a folder, or a hub name.

    Folders are those of sentence-transformers (SparseEncoder with or without a Router), of
    OpenSearch's doc models, and plain masked LMs, for which the activation must be given.
    idf: a table instead of the model's own, as find_idf takes it.

    Raises:  CheckpointError: if there is no such model, or its layout is none of these.
             IdfError: if there is no such table.
             RemoteCodeError: if it wants its own code to run and that was not allowed.

    Example:
        >>> from l0pyserini import open_checkpoint
        >>> checkpoint = open_checkpoint("l0-tiny")
        >>> checkpoint.activation, checkpoint.max_length
        ('log1p_relu', 256)
    """
    folder = _resolve(spec, allow_remote_code)
    document_folder, pooled, query_folder = read_layout(folder)
    config = read_object(document_folder / "config.json")
    _check_masked_lm(document_folder, config, allow_remote_code)
    idf_file = find_idf(idf) if idf else _existing(folder / _IDF)
    weights = _existing(query_folder / _WEIGHTS) if query_folder and not idf else None
    own = _own_settings(folder)
    # What was chosen for weights of one activation does not fit those of another.
    said = own if activation in (None, own.get("activation")) else {}
    return Checkpoint(
        name=Path(spec).name if Path(spec).is_dir() else spec,
        folder=folder,
        document_folder=document_folder,
        activation=_activation(folder, activation or own.get("activation"), pooled),
        idf_file=idf_file,
        query_weights_file=weights,
        max_length=_max_length(document_folder),
        lexical_weight=said.get("lexical_weight"),
        min_weight=said.get("min_weight"),
    )


def _resolve(spec: str, allow_remote_code: bool) -> Path:
    embedded = embedded_encoders()
    if spec in embedded:
        return embedded[spec]
    if Path(spec).is_dir():
        return Path(spec)
    if spec.count("/") != 1 or spec.startswith((".", "/", "~")):
        raise CheckpointError(
            f"{spec}: no such encoder. Expected a folder, a hub name (owner/name), "
            f"or an embedded encoder: {', '.join(embedded)}."
        )
    return _download(spec, allow_remote_code)


def _download(name: str, allow_remote_code: bool) -> Path:
    # Importing the hub client costs half a second; folders must not pay for it.
    from huggingface_hub import snapshot_download

    patterns = [*_HUB_FILES, "*.py"] if allow_remote_code else list(_HUB_FILES)
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except Exception as fault:
        raise CheckpointError(
            f"{name}: is no folder here and could not be fetched from the model hub "
            f"({first_line(fault)}). Check the name and the "
            "network, or download it elsewhere and give its folder."
        ) from fault


def _check_masked_lm(folder: Path, config: dict[str, Any], allow_remote_code: bool) -> None:
    if "auto_map" in config and not allow_remote_code:
        raise RemoteCodeError(
            f"{folder}: this checkpoint runs its own Python code ({config['auto_map']}). "
            "Read that code, then allow it with --trust-remote-code."
        )
    if _weights_file(folder) is None:
        others = sorted(path.name for path in folder.glob("*.bin"))
        raise CheckpointError(
            f"{folder}: has no {_WEIGHTS}, nor {EIGHT_BITS} (found {others or 'no weights'}). Only "
            "safetensors are loaded, because other formats can run code; convert the weights first."
        )
    architectures = config.get("architectures") or []
    if architectures and not any(
        "MaskedLM" in name or "auto_map" in config for name in architectures
    ):
        raise CheckpointError(
            f"{folder}: its architecture is {', '.join(architectures)}, expected a masked LM "
            "(...ForMaskedLM). Other models have no vocabulary head to weigh tokens with."
        )


def _weights_file(folder: Path) -> Path | None:
    return _existing(folder / _WEIGHTS) or _existing(folder / EIGHT_BITS)


def _activation(folder: Path, named: str | None, pooled: str | None) -> str:
    # OpenSearch's doc-v1 and doc-v2 folders (masked LM and idf.json) were trained with one log,
    # whatever table is used instead of theirs.
    opensearch = "log1p_relu" if (folder / _IDF).is_file() else None
    activation = named or pooled or opensearch
    if activation is None:
        raise CheckpointError(
            f"{folder}: a plain masked LM, which does not say its activation. "
            "Give --activation log1p_relu (SPLADE, one log) or log1p_relu_2 (l0, two logs)."
        )
    log_count(activation)
    return activation


def _own_settings(folder: Path) -> dict[str, Any]:
    path = folder / OWN_SETTINGS
    settings: dict[str, Any] = read_object(path) if path.is_file() else {}
    activation = settings.get("activation")
    if not isinstance(activation, str | None):
        raise CheckpointError(f"{path}: its activation is {activation!r}, expected a name. {_MEND}")
    for name in ("lexical_weight", "min_weight"):
        weight = settings.get(name)
        if weight is not None and not (is_kind(weight, float) and 0 < weight < math.inf):
            raise CheckpointError(
                f"{path}: its {name} is {weight!r}, expected a number above 0. {_MEND}"
            )
    return settings


def _max_length(folder: Path) -> int:
    """Return the length that sentence-transformers saved, where it saved one."""
    path = folder / "sentence_bert_config.json"
    saved = read_object(path).get("max_seq_length") if path.is_file() else None
    if saved is not None and not (is_kind(saved, int) and saved > 0):
        raise CheckpointError(
            f"{path}: its max_seq_length is {saved!r}, expected a whole number from 1. "
            "Fetch or save the checkpoint again."
        )
    return saved or DEFAULT_MAX_LENGTH


def _existing(path: str | os.PathLike[str]) -> Path | None:
    return Path(path) if Path(path).is_file() else None
