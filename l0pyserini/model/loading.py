"""A checkpoint's masked language model, whole and finite, or an error."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from l0pyserini.errors import CheckpointError
from l0pyserini.model.checkpoint import EIGHT_BITS, Checkpoint
from l0pyserini.model.eight_bits import read_eight_bits
from l0pyserini.model.finite import parameter_fault


def load_masked_lm(checkpoint: Checkpoint, allow_remote_code: bool = False) -> torch.nn.Module:
    """Load a checkpoint's masked LM in float32 on the CPU, from safetensors only.

    Weights stored in 8 bits are unpacked first, so that the model can be trained on like any other.

    Raises:  CheckpointError: if it cannot be loaded, or weights are missing, NaN or infinite.
    """
    from transformers.utils import logging

    in_bits = checkpoint.weights_file.name == EIGHT_BITS
    weights = read_eight_bits(checkpoint.weights_file) if in_bits else None
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        model, report = _from_pretrained(checkpoint.document_folder, allow_remote_code, weights)
    except Exception as fault:
        raise CheckpointError(
            f"{checkpoint.document_folder}: cannot be loaded as a masked LM "
            f"({type(fault).__name__}: {fault}). Fetch or save the checkpoint again."
        ) from fault
    finally:
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()
    if missing := sorted(report["missing_keys"]):
        raise CheckpointError(
            f"{checkpoint.document_folder}: {len(missing)} weights are missing, such as "
            f"{missing[0]!r}; they would be random. The folder is of another architecture."
        )
    if seen := parameter_fault(model):
        raise CheckpointError(
            f"{checkpoint.document_folder}: {seen}, expected finite ones. Fetch or save the "
            "checkpoint again; an older one of the same training may be sound."
        )
    return model


def _from_pretrained(
    folder: Path, allow_remote_code: bool, weights: dict[str, Tensor] | None
) -> tuple[torch.nn.Module, Any]:
    """Load a folder's masked LM with its own weights or given ones; return a report of it too."""
    from transformers import AutoConfig, AutoModelForMaskedLM

    allowed = {"local_files_only": True, "trust_remote_code": allow_remote_code}
    asked: dict[str, Any] = {"dtype": torch.float32, "output_loading_info": True}
    if weights is None:
        asked |= {"use_safetensors": True} | allowed
        return AutoModelForMaskedLM.from_pretrained(folder, **asked)
    config = AutoConfig.from_pretrained(folder, **allowed)
    # Only the class of a model takes weights that lie in no folder, and only a model tells it.
    with torch.device("meta"):
        kind = type(AutoModelForMaskedLM.from_config(config, trust_remote_code=allow_remote_code))
    return kind.from_pretrained(None, config=config, state_dict=weights, **asked)
