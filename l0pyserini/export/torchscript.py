"""The document side as TorchScript: token ids in, weights of the whole vocabulary out."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from l0pyserini.errors import ExportError, first_line
from l0pyserini.model.activation import activate
from l0pyserini.model.checkpoint import Checkpoint
from l0pyserini.model.encoder import DocumentEncoder
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.model.padding import pad

IDS, MASK, OUTPUT = "input_ids", "attention_mask", "output"
"""As ml-commons names them."""

TOLERANCE = 1e-4
"""Weights may differ by so much: sums of float32 in another order."""

TEXTS = (
    "time sharing",
    "An encoder reads a text, and gives weights to the tokens of its vocabulary: 1, 2, 3.",
    "programming languages and operating systems of 1969 " * 60,
)
"""What a traced model is tried with: short, and longer than any encoder reads."""


class DocumentModule(nn.Module):
    """max over tokens, activation, special tokens out; what ml-commons gives and wants.

    Args:    model: a masked LM. kept: [V] float, 0 for special tokens and ids without a token.
    """

    kept: Tensor

    def __init__(self, model: nn.Module, kept: Tensor, activation: str) -> None:
        super().__init__()
        self.model = model
        self.activation = activation
        self.register_buffer("kept", kept)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return {"output": [B, V] float32 >= 0} of {"input_ids", "attention_mask": [B, L]}."""
        mask = inputs[MASK]
        logits = self.model(input_ids=inputs[IDS], attention_mask=mask).logits
        # Padding becomes 0, which no activation lets through.
        maxima = (logits * mask.unsqueeze(-1)).amax(dim=1)
        return {OUTPUT: activate(maxima, self.activation) * self.kept}


def save_traced(checkpoint: Checkpoint, path: Path, max_length: int) -> None:
    """Trace a checkpoint's document side, save it, and hold what was saved against the encoder.

    Attention is computed step by step, without the fused kernels that older TorchScript lacks.

    Raises:  ExportError: if the model cannot be traced, or its vectors differ.
    """
    encoder = DocumentEncoder.from_checkpoint(checkpoint, max_length)
    model: Any = load_masked_lm(checkpoint)
    model.set_attn_implementation("eager")
    size = model.get_output_embeddings().weight.shape[0]
    kept = torch.tensor(checkpoint.tokenizer.kept(size), dtype=torch.float32)
    module = DocumentModule(model, kept, checkpoint.activation).eval()
    ids = encoder.tokenize(TEXTS)
    try:
        with torch.no_grad(), _silence():
            traced = torch.jit.trace(module, inputs_of(ids[:2]), strict=False, check_trace=False)
            torch.jit.save(traced, str(path))
            loaded = torch.jit.load(str(path))
    except Exception as fault:
        raise ExportError(
            f"{checkpoint.name}: cannot be traced as TorchScript ({first_line(fault)}). Expected a "
            "masked LM of transformers as BERT or DistilBERT; OpenSearch serves such ones."
        ) from fault
    _check(checkpoint.name, loaded, encoder, ids)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep quiet what tracing says of sizes that it takes as fixed: _check shows which matter."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)


def inputs_of(ids: Sequence[Sequence[int]]) -> dict[str, Tensor]:
    """Return what a traced model takes of tokenised texts."""
    padded, mask = pad(ids, 0)
    return {IDS: padded, MASK: mask.long()}


def _check(name: str, traced: Any, encoder: DocumentEncoder, ids: Sequence[Sequence[int]]) -> None:
    """Refuse a traced model that holds for the texts alone that it was traced with.

    Raises:  ExportError: if its vectors differ from the encoder's.
    """
    for batch in (ids, ids[:1], ids[1:2], [ids[2], ids[0]]):
        try:
            with torch.no_grad():
                seen = traced(inputs_of(batch))[OUTPUT]
            expected = encoder.weights(batch)
            worst = float((seen - expected).abs().max())
        except RuntimeError as fault:
            raise ExportError(
                f"{name}: as TorchScript it fails on texts of other lengths ({first_line(fault)}). "
                "Its architecture cannot be traced; OpenSearch serves BERT and DistilBERT."
            ) from fault
        if not worst <= TOLERANCE:
            raise ExportError(
                f"{name}: as TorchScript its weights differ by up to {worst:.3g}, expected "
                f"{TOLERANCE:g} at most. Its architecture cannot be traced; OpenSearch serves BERT "
                "and DistilBERT."
            )
