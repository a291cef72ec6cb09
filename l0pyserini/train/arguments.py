"""A recipe as transformers' TrainingArguments, on the device that it names."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from l0pyserini.base.torchrun import local_rank
from l0pyserini.errors import UsageError
from l0pyserini.model.encoder import check_device
from l0pyserini.train.config import TrainConfig

GROUP_SECONDS = 6 * 3600
"""How long processes wait for one another: the first one stores the corpus and evaluates alone."""


def training_device(recipe: TrainConfig) -> torch.device:
    """Return where this process trains: the recipe's device, or the GPU of its local rank.

    Raises:  UsageError: if there is no such device, or an index is given to several processes.
    """
    named = recipe.device or ("cuda" if torch.cuda.is_available() else "cpu")
    place = local_rank()
    if place is not None and ":" in named:
        raise UsageError(
            f"configuration: device is {named!r}, and torchrun gives each process the GPU of its "
            "own place on the machine. Give device=cuda, and choose GPUs by CUDA_VISIBLE_DEVICES."
        )
    if named == "cuda":
        named = f"cuda:{place or 0}"
    return check_device(named)


def training_arguments(recipe: TrainConfig, checkpoints: Path) -> Any:
    """Return the arguments; processes that torchrun started have met when this returns.

    Raises:  UsageError: as training_device, or if the precision does not go with the device.
    """
    from transformers import TrainingArguments

    device = training_device(recipe)
    on_cpu = device.type == "cpu"
    if on_cpu and recipe.precision == "float16":
        raise UsageError("precision float16 needs a GPU. Give precision=bfloat16 or float32.")
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.batch_size * recipe.gradient_accumulation,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup_steps,
        lr_scheduler_type="linear",
        max_grad_norm=recipe.max_grad_norm or 0.0,
        bf16=recipe.precision == "bfloat16",
        fp16=recipe.precision == "float16",
        use_cpu=on_cpu,
        ddp_backend="gloo" if on_cpu and "WORLD_SIZE" in os.environ else None,
        ddp_find_unused_parameters=False,
        ddp_timeout=GROUP_SECONDS,
        seed=recipe.seed,
        logging_steps=recipe.log_every,
        save_strategy="steps",
        save_steps=recipe.save_every,
        dataloader_drop_last=True,
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to=["tensorboard"] if find_spec("tensorboard") else [],
    )
    if device.type == "cuda" and local_rank() is None:
        put_on(arguments, device)
    return arguments


def put_on(arguments: Any, device: torch.device) -> None:
    """Have a training of one process use one GPU; by itself transformers takes the first, or all.

    Args:    arguments: TrainingArguments. device: with an index.
    """
    _ = arguments.device  # Asking for it sets up what is changed here.
    torch.cuda.set_device(device)
    arguments.__dict__["_setup_devices"] = device
    arguments.distributed_state.device = device  # Shared with every Accelerator made from now on.
    arguments._n_gpu = 1
