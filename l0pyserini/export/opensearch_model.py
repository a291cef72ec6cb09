"""export_opensearch_model: an encoder as two models of OpenSearch's ml-commons.

The document side is a TorchScript model with its tokenizer (SPARSE_ENCODING), the query side a
tokenizer and a table of weights (SPARSE_TOKENIZE): the layout of OpenSearch's own pretrained zips.

Source:  docs.opensearch.org, "Custom local models"; opensearch-py-ml.
"""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

from l0pyserini.base.files import sha256, write_json
from l0pyserini.base.folders import atomic_folder
from l0pyserini.errors import ExportError, RemoteCodeError
from l0pyserini.export.opensearch_readme import readme_of
from l0pyserini.model.checkpoint import Checkpoint, open_checkpoint
from l0pyserini.query.table import IdfTable
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.version import __version__

MODEL_VERSION = "1.0.0"
MAX_QUERY_WEIGHT = 64
"""neural_sparse refuses a heavier token."""

NOTHING = 1e-6
"""For tokens without a weight: ml-commons would give them 1, and neural_sparse refuses 0."""

_DATE = (1980, 1, 1, 0, 0, 0)
_LICENSES = ("LICENSE", "LICENSE.txt", "LICENSE.md")


def export_opensearch_model(
    encoder: str,
    output: str | Path,
    max_length: int | None = None,
    overwrite: bool = False,
) -> str:
    """Write an encoder as ml-commons registers it: two zips, a body to register each, a README.

    The traced model is loaded again and held against the encoder. Only a checkpoint's weights are
    taken, no code of its own.

    Args:    encoder: as encode takes it. max_length: tokens of a document; None = the encoder's.
    Returns: what was written, in lines for a person.
    Raises:  CheckpointError, IdfError: if it is no encoder, or has code of its own.
             ExportError: if it cannot be traced, or its query weights are too large.
             OutputExistsError: if the output holds something and overwrite is False.
    """
    checkpoint = _open(encoder)
    checkpoint.idf.check_tokenizer(checkpoint.tokenizer)
    length = max_length or checkpoint.max_length
    name = Path(checkpoint.name).name
    weights = query_weights(checkpoint.idf, checkpoint.tokenizer)
    from l0pyserini.export.torchscript import save_traced

    with atomic_folder(output, overwrite, "register-document.json") as place:
        model = place / f"{name}.pt"
        save_traced(checkpoint, model, length)
        documents, queries = place / f"{name}-document.zip", place / f"{name}-query.zip"
        rules = _rules(checkpoint.tokenizer)
        texts = {"LICENSE": text} if (text := _license(checkpoint)) else {}
        cut = {"direction": "Right", "max_length": length, "strategy": "LongestFirst", "stride": 0}
        _write_zip(documents, texts | {"tokenizer.json": _json(rules | {"truncation": cut})}, model)
        model.unlink()
        idf = {"tokenizer.json": _json(rules), "idf.json": _json(weights)}
        _write_zip(queries, texts | idf)
        about = f"of {name}, exported by l0pyserini {__version__}"
        write_json(
            place / "register-document.json",
            _register(documents, f"{name}-document", "SPARSE_ENCODING", f"Document side {about}"),
        )
        write_json(
            place / "register-query.json",
            _register(queries, f"{name}-query", "SPARSE_TOKENIZE", f"Query side {about}"),
        )
        for file, content in texts.items():
            (place / file).write_text(content, encoding="utf-8")
        readme = readme_of(checkpoint, name, length, bool(texts))
        (place / "README.md").write_text(readme, encoding="utf-8")
        sizes = [path.stat().st_size / 1e6 for path in (documents, queries)]
    return (
        f"document side: {documents.name}, {sizes[0]:.1f} MB, vectors equal to the encoder's\n"
        f"query side: {queries.name}, {sizes[1]:.1f} MB\n"
        f"how to register them: {Path(output) / 'README.md'}"
    )


def _open(encoder: str) -> Checkpoint:
    try:
        return open_checkpoint(encoder)
    except RemoteCodeError as fault:
        raise RemoteCodeError(
            f"{encoder}: runs its own Python code, which is never run here. Expected an encoder of "
            "an architecture of transformers' own, as BERT or DistilBERT."
        ) from fault


def query_weights(idf: IdfTable, tokenizer: Tokenizer) -> dict[str, float]:
    """Return the weight of each token under the name by which ml-commons looks it up.

    That is the token's id decoded, which differs from its name with byte-level tokenizers; where
    several tokens share a name, the largest weight holds.

    Raises:  ExportError: if a weight is larger than OpenSearch takes.
    """
    weights: dict[str, float] = {}
    for index, token in enumerate(tokenizer.tokens):
        decoded = tokenizer.backend.decode([index]) if token is not None else ""
        if token is None or not decoded:
            continue
        weight = idf.weights.get(token, 0.0)
        if weight > MAX_QUERY_WEIGHT:
            raise ExportError(
                f"{idf.name}: token {token!r} has weight {weight:g}, and OpenSearch's queries take "
                f"{MAX_QUERY_WEIGHT} at most. Divide the table by one number; ranks stay the same."
            )
        weights[decoded] = max(weights.get(decoded, 0.0), weight, NOTHING)
    return weights


def _rules(tokenizer: Tokenizer) -> dict[str, Any]:
    """Return a tokenizer.json that neither cuts nor pads."""
    rules: dict[str, Any] = json.loads(tokenizer.json_text)
    return rules | {"truncation": None, "padding": None}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _license(checkpoint: Checkpoint) -> str | None:
    """Return the licence that lies beside the weights, where one does."""
    paths = [checkpoint.folder / name for name in _LICENSES]
    found = next((path for path in paths if path.is_file()), None)
    return found.read_text(encoding="utf-8", errors="replace") if found else None


def _write_zip(path: Path, texts: dict[str, str], model: Path | None = None) -> None:
    """Write texts, and a model's file, under fixed dates: the same content gives the same bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in sorted(texts.items()):
            archive.writestr(_entry(name), text.encode(), zipfile.ZIP_DEFLATED)
        if model is not None:
            entry = _entry(model.name)
            entry.file_size = model.stat().st_size
            with open(model, "rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = 0o644 << 16
    return entry


def _register(path: Path, name: str, function: str, description: str) -> dict[str, Any]:
    """Return the body of a call to _register, all but where the zip can be fetched."""
    return {
        "name": name,
        "version": MODEL_VERSION,
        "description": description,
        "model_format": "TORCH_SCRIPT",
        "function_name": function,
        "model_content_hash_value": sha256(path),
        "model_content_size_in_bytes": path.stat().st_size,
    }
