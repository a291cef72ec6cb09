"""Masked-language-model training on whole corpora: what a sparse encoder is trained from."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from l0pyserini.base.files import disk_errors, read_json, write_json
from l0pyserini.base.folders import atomic_folder
from l0pyserini.base.locks import hold
from l0pyserini.base.progress import Stopwatch, progress_bar, say
from l0pyserini.errors import OutputExistsError, TrainingError, UsageError
from l0pyserini.model.backend import autocast, warn_of_slow_layers
from l0pyserini.model.checkpoint import open_checkpoint
from l0pyserini.model.encoder import check_device
from l0pyserini.model.finite import parameter_fault
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.model.saving import save_tokenizer, share_weights
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.train.log import LOG, append_log, mend_log
from l0pyserini.train.masking import MaskedLinear, Masking, guess
from l0pyserini.train.pieces import TokenPieces, epoch_batches
from l0pyserini.train.resume import accept_recipe
from l0pyserini.train.sparse_max import replace_output
from l0pyserini.train.watch import Watch

MODEL, CHECKPOINT, TOKENS = "model", "checkpoint", "tokens"
STATE, MOMENTS = "state.json", "optimizer.safetensors"
MAX_GRAD_NORM = 1.0
_MEND = "Begin anew with another output."


@dataclass(frozen=True)
class MasksRecipe:
    """model: a masked LM or encoder to start from. corpus: specs. max_length: tokens of a piece.
    mask_share: of the tokens that are to be guessed. precision: float32 or bfloat16 (autocast)."""

    model: str
    corpus: list[str]
    output: str
    steps: int
    batch_size: int = 32
    max_length: int = 128
    learning_rate: float = 5e-4
    warmup_steps: int = 0
    weight_decay: float = 0.01
    mask_share: float = 0.2
    precision: str = "float32"
    device: str = "cpu"
    seed: int = 42
    log_every: int = 50
    save_every: int = 500


@dataclass(frozen=True)
class MasksSummary:
    """What a training on masks did. loss, accuracy: means of the last line of the log."""

    model: Path
    pieces: int
    steps: int
    seconds: float
    loss: float
    accuracy: float


def train_masks(recipe: MasksRecipe, resume: bool = False) -> MasksSummary:
    """Train a masked LM on whole corpora; write it to output/model.

    20 % of the tokens are to be guessed, AdamW, linear decay after a warm-up, gradients cut to
    length 1, no dropout. The folder also holds the newest checkpoint, the tokens, the recipe and
    log.jsonl. A killed training goes on to the same curve: batches and masks depend on the seed and
    the step alone.

    Raises:  UsageError, CorpusError, CheckpointError.
             TrainingError: if the loss breaks down, or a resume does not fit.
             OutputExistsError: if the output holds a training and resume is False.
    """
    output, watch = Path(recipe.output), Stopwatch()
    device = check_device(recipe.device)
    with disk_errors(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        with hold(output):
            state = _begun(output, resume)
            source = recipe.model if state is None else str(output / CHECKPOINT / MODEL)
            training = _Training(recipe, source, device)
            # Nothing is written before what can be refused has been looked at.
            output.mkdir(exist_ok=True)
            accept_recipe(output, asdict(recipe))
            mend_log(output / LOG, state["step"] if state else 0)
            training.read_corpora()
            if state is not None:
                training.restore(state)
            training.run()
            training.save_model(output / MODEL)
    return MasksSummary(
        output / MODEL, len(training.pieces), training.step, watch.seconds, **training.last
    )


def _begun(output: Path, resume: bool) -> dict[str, Any] | None:
    """Return the state of the checkpoint to go on from, None without one."""
    if not resume and output.is_dir() and any(output.iterdir()):
        raise OutputExistsError(
            f"{output}: holds a training already. Give --resume to go on with it, or another "
            "--output."
        )
    path = output / CHECKPOINT / STATE
    return read_json(path, TrainingError, _MEND) if path.is_file() else None


class _Training:
    """A training between two steps."""

    def __init__(self, recipe: MasksRecipe, source: str, device: torch.device) -> None:
        self._recipe = recipe
        self._output = Path(recipe.output)
        self._device = device
        # A plain masked LM does not say its activation, which is of no account here.
        checkpoint = open_checkpoint(source, activation="log1p_relu")
        self._files = checkpoint.document_folder
        self._tokenizer: Tokenizer = checkpoint.tokenizer
        # In evaluation mode nothing drops out; gradients flow all the same.
        self._model: Any = load_masked_lm(checkpoint).eval().to(device)
        self._head = replace_output(self._model, MaskedLinear)
        _check_length(recipe, self._model)
        if recipe.precision != "float32":
            warn_of_slow_layers(recipe.precision, self._head.in_features, device, say)
        pad_id = getattr(self._model.config, "pad_token_id", None) or 0
        size = self._head.out_features
        self._masking = Masking(self._tokenizer, size, recipe.mask_share, pad_id)
        self._optimizer = _adamw(self._model, recipe)
        self._watch = Watch()
        self.step = 0
        self.last = {"loss": math.nan, "accuracy": math.nan}

    def read_corpora(self) -> None:
        """Tokenise the corpora, or take the tokens that a run before this one left.

        Raises:  UsageError: if they do not fill a step. CorpusError: as their readers.
        """
        recipe = self._recipe
        self.pieces = TokenPieces.build(
            self._output / TOKENS, recipe.corpus, self._tokenizer, recipe.max_length
        )
        self._epoch_steps = len(self.pieces) // recipe.batch_size
        if self._epoch_steps == 0:
            raise UsageError(
                f"--corpus {' '.join(recipe.corpus)}: {len(self.pieces)} pieces of text, expected "
                f"at least the {recipe.batch_size} of one step. Lower --batch-size and give "
                "another --output."
            )

    def run(self) -> None:
        """Take the steps that are left."""
        recipe, epoch, batches = self._recipe, -1, np.empty((0, 0), dtype=np.int64)
        with progress_bar(recipe.steps, "masks", "steps") as bar:
            bar.update(self.step)
            while self.step < recipe.steps:
                if self.step // self._epoch_steps != epoch:
                    epoch = self.step // self._epoch_steps
                    lengths = self.pieces.lengths
                    batches = epoch_batches(lengths, recipe.batch_size, recipe.seed, epoch)
                self._take_step(batches[self.step % self._epoch_steps])
                self.step += 1
                bar.update()
                if self.step % recipe.log_every == 0 or self.step == recipe.steps:
                    self._log(bar)
                if self.step % recipe.save_every == 0 and self.step < recipe.steps:
                    self._save()
        self._save()

    def _take_step(self, chosen: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        recipe = self._recipe
        chance = np.random.default_rng([recipe.seed, 1, self.step])
        batch = self._masking([self.pieces[i] for i in chosen], chance).to(self._device)
        rate = recipe.learning_rate * schedule(self.step, recipe.warmup_steps, recipe.steps)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with autocast(recipe.precision, self._device):
            loss, right = guess(self._model, self._head, batch)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = float(nn.utils.clip_grad_norm_(self._model.parameters(), MAX_GRAD_NORM))
        value = float(loss.detach())
        if not (math.isfinite(value) and math.isfinite(norm)):
            raise TrainingError(
                f"step {self.step}: the loss is {value} and the norm of its gradients {norm}. "
                "Expected finite numbers. Lower --learning-rate or raise --warmup-steps; the last "
                "checkpoint is kept."
            )
        self._optimizer.step()
        measured = {"loss": value, "accuracy": float(right), "grad_norm": norm}
        self._watch.add(measured | {"learning_rate": rate})

    def _log(self, bar: Any) -> None:
        means = self._watch.take()
        self.last = {"loss": means["loss"], "accuracy": means["accuracy"]}
        shown = "  ".join(f"{name} {value:.4g}" for name, value in means.items())
        bar.set_postfix_str(shown, refresh=False)
        append_log(self._output / LOG, {"step": self.step, **means})

    def _save(self) -> None:
        with atomic_folder(self._output / CHECKPOINT, True, STATE) as place:
            self._write_model(place / MODEL)
            moments = {}
            for name, parameter in self._model.named_parameters():
                for moment, value in self._optimizer.state.get(parameter, {}).items():
                    moments[f"{moment} {name}"] = value
            save_file(moments, place / MOMENTS)
            state = {"step": self.step, "watch": self._watch.state(), "last": self.last}
            write_json(place / STATE, state)

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from the checkpoint whose model this one began with."""
        self.step, self.last = state["step"], state["last"]
        self._watch.restore(state["watch"])
        saved = load_file(self._output / CHECKPOINT / MOMENTS, device=str(self._device))
        parameters = dict(self._model.named_parameters())
        for key, value in saved.items():
            moment, _, name = key.partition(" ")
            self._optimizer.state[parameters[name]][moment] = value

    def save_model(self, folder: Path) -> None:
        """Write the model as transformers loads it, replacing an older one whole."""
        with atomic_folder(folder, True, "config.json") as place:
            self._write_model(place)

    def _write_model(self, place: Path) -> None:
        if fault := parameter_fault(self._model):
            raise TrainingError(
                f"{place.parent}: was not saved: {fault}. Lower --learning-rate or raise "
                "--warmup-steps; the last checkpoint is kept."
            )
        self._model.save_pretrained(place)
        save_tokenizer(place, self._tokenizer, self._files)
        share_weights(place)


def schedule(step: int, warmup_steps: int, steps: int) -> float:
    """Return the share of the learning rate at a step, counted from 0: up linearly, then down."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (steps - step) / max(1, steps - warmup_steps)


def _adamw(model: nn.Module, recipe: MasksRecipe) -> torch.optim.Optimizer:
    """Return AdamW; biases and norms do not decay."""
    parameters = [one for one in model.parameters() if one.requires_grad]
    groups = [
        {"params": [one for one in parameters if (one.ndim > 1) == decays], "weight_decay": decay}
        for decays, decay in ((True, recipe.weight_decay), (False, 0.0))
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate)


def _check_length(recipe: MasksRecipe, model: Any) -> None:
    limit = getattr(model.config, "max_position_embeddings", recipe.max_length)
    if not 3 <= recipe.max_length <= limit:
        raise UsageError(
            f"--max-length {recipe.max_length}: expected a number from 3, for a token between two "
            f"special ones, up to the model's {limit} positions."
        )
