"""Saving an encoder in the layout that sentence-transformers loads."""

import json
import shutil
import stat
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from l0pyserini.base.files import write_json
from l0pyserini.base.folders import atomic_folder
from l0pyserini.errors import CheckpointError
from l0pyserini.model.activation import SPLADE_POOLING_NAMES
from l0pyserini.model.checkpoint import EIGHT_BITS, OWN_SETTINGS, Checkpoint
from l0pyserini.model.eight_bits import write_eight_bits
from l0pyserini.model.finite import parameter_fault
from l0pyserini.model.head import silence
from l0pyserini.query.table import IdfTable
from l0pyserini.query.tokenizer import Tokenizer

_MODULES = "sentence_transformers.sparse_encoder.models."
QUERY_MODULE = "query_0_SparseStaticEmbedding"
_POOLING = "document_1_SpladePooling"
_MODEL_CARD = "README.md"


def save_checkpoint(
    folder: str | Path,
    model: torch.nn.Module,
    tokenizer: Tokenizer,
    tokenizer_files: Path,
    activation: str,
    idf: IdfTable,
    dtype: torch.dtype = torch.float32,
    overwrite: bool = False,
    max_length: int | None = None,
    lexical_weight: float | None = None,
    min_weight: float | None = None,
) -> None:
    """Save an encoder as a SparseEncoder folder in OpenSearch's doc-v3 layout.

    The masked LM lies in the folder itself, so that plain transformers loads it too; the query
    table is saved as the query module's weights and as idf.json. Special tokens are silenced
    in the weights, because other loaders know no exclusion. Activations without or with three
    logarithms, which sentence-transformers has no name for, are written beside it for our loader.

    Args:    model: a masked LM with its own output layer. tokenizer: written as tokenizer.json.
             tokenizer_files: the folder whose tokenizer_config.json is copied, where it has one.
             dtype: of the saved weights. int8 is for our loader alone: model.eight_bits.
             max_length: tokens of a document that loaders read unless told otherwise.
             lexical_weight: of BM25 beside it in a search, where the encoder says one.
             min_weight: of a document's tokens, where the encoder says one.
    Raises:  OutputExistsError: if the folder holds something and overwrite is False.
             CheckpointError: if the output layer has no bias to silence special tokens with, or
             a number is not finite in that dtype.

    Example:
        >>> from l0pyserini import open_checkpoint, save_checkpoint
        >>> from l0pyserini.model.loading import load_masked_lm
        >>> tiny = open_checkpoint("splade-tiny")
        >>> model, files = load_masked_lm(tiny), tiny.document_folder
        >>> save_checkpoint("saved", model, tiny.tokenizer, files, tiny.activation, tiny.idf)
        >>> open_checkpoint("saved").activation
        'log1p_relu'
    """
    decoder = model.get_output_embeddings()  # type: ignore[operator]
    if decoder.bias is None:
        raise CheckpointError(
            f"{folder}: the model's output layer has no bias, so special tokens cannot be "
            "silenced for other loaders. Use a model with a decoder bias (decoder_bias=true)."
        )
    silence(decoder, list(tokenizer.special_tokens.values()))
    with atomic_folder(folder, overwrite, "config.json") as place:
        _save_weights(place, model, dtype)
        _set_dtype(place / "config.json")
        for target in (place, place / QUERY_MODULE):
            target.mkdir(exist_ok=True)
            save_tokenizer(target, tokenizer, tokenizer_files)
        idf.save(place / "idf.json")
        save_file(
            {"weight": torch.tensor(idf.by_id(tokenizer))},
            place / QUERY_MODULE / "model.safetensors",
        )
        write_json(place / QUERY_MODULE / "config.json", {"frozen": True})
        _write_layout(place, activation)
        own: dict[str, str | float] = {"activation": activation}
        said = {"lexical_weight": lexical_weight, "min_weight": min_weight}
        own |= {name: value for name, value in said.items() if value is not None}
        write_json(place / OWN_SETTINGS, own)
        reading = {"do_lower_case": False} | ({"max_seq_length": max_length} if max_length else {})
        write_json(place / "sentence_bert_config.json", reading)
        share_weights(place)


def share_weights(place: Path) -> None:
    """Let those read the weights who may read the other files: safetensors writes for one alone."""
    mode = (place / "config.json").stat().st_mode
    for path in place.rglob("*.safetensors"):
        path.chmod(stat.S_IMODE(mode))


def save_with_table(
    folder: str | Path, checkpoint: Checkpoint, table: IdfTable, overwrite: bool = False
) -> None:
    """Save an encoder with another query table, and every other file byte for byte as it is.

    The table goes where the encoder has its own: idf.json, and its query module where it has one.
    A model card stays behind, for its figures are those of the other table.

    Args:    table: of the same tokens.
    Raises:  OutputExistsError: if the folder holds something and overwrite is False.
    """
    marker = (checkpoint.document_folder / "config.json").relative_to(checkpoint.folder)
    with atomic_folder(folder, overwrite, str(marker)) as place:
        for path in checkpoint.folder.rglob("*"):
            target = place / path.relative_to(checkpoint.folder)
            if path.is_file() and target != place / _MODEL_CARD:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        table.save(place / "idf.json")
        if (module := checkpoint.query_weights_file) is not None:
            tensors = load_file(module)
            # That of a padded model is longer than its tokenizer's vocabulary.
            weight = tensors["weight"].float()
            known = table.by_id(checkpoint.tokenizer)
            weight[: len(known)] = torch.tensor(known)
            tensors["weight"] = weight
            save_file(tensors, place / module.relative_to(checkpoint.folder))


def _save_weights(place: Path, model: torch.nn.Module, dtype: torch.dtype) -> None:
    """Save the masked LM in float32, a half precision, or 8 bits."""
    in_bits = dtype == torch.int8
    model.to(torch.float32 if in_bits else dtype)
    if fault := parameter_fault(model):
        raise CheckpointError(
            f"{place.parent}: no encoder was saved: as {dtype}, {fault}, expected finite ones. "
            "Save it in float32, or one of an earlier step of its training."
        )
    model.save_pretrained(place)  # type: ignore[operator]
    model.to(torch.float32)
    if in_bits:
        # transformers knows under which names weights are stored, and which of them are others'.
        plain = place / "model.safetensors"
        write_eight_bits(place / EIGHT_BITS, load_file(plain))
        plain.unlink()


def save_tokenizer(folder: Path, tokenizer: Tokenizer, files: Path) -> None:
    """Write a tokenizer into a folder, with the settings that lie in the folder it came from."""
    # The tokenizer may have been made from older files, where there is none to copy.
    (folder / "tokenizer.json").write_text(tokenizer.json_text, encoding="utf-8")
    settings = files / "tokenizer_config.json"
    if settings.is_file():
        shutil.copyfile(settings, folder / settings.name)


def _set_dtype(config: Path) -> None:
    # Half-precision weights are for storage; loaders compute in float32 when the config says so.
    settings = json.loads(config.read_text(encoding="utf-8"))
    write_json(config, settings | {"dtype": "float32"})


def _write_layout(place: Path, activation: str) -> None:
    write_json(
        place / "modules.json",
        [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Router"}],
    )
    write_json(
        place / "router_config.json",
        {
            "types": {
                QUERY_MODULE: f"{_MODULES}SparseStaticEmbedding",
                "": f"{_MODULES}MLMTransformer",
                _POOLING: f"{_MODULES}SpladePooling",
            },
            "structure": {"query": [QUERY_MODULE], "document": ["", _POOLING]},
            "parameters": {"default_route": "document", "allow_empty_key": True},
        },
    )
    write_json(
        place / "config_sentence_transformers.json",
        {
            "model_type": "SparseEncoder",
            "prompts": {"query": "", "document": ""},
            "default_prompt_name": None,
            "similarity_fn_name": "dot",
        },
    )
    # Without a name for ours, the nearest: our loader reads the settings written below.
    names = {own: theirs for theirs, own in SPLADE_POOLING_NAMES.items()}
    write_json(
        place / _POOLING / "config.json",
        {
            "pooling_strategy": "max",
            "activation_function": names.get(activation, "log1p_relu"),
            "word_embedding_dimension": None,
        },
    )
