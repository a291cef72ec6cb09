"""The document encoder: texts in, sparse weights out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from l0pyserini.errors import CheckpointError, UsageError
from l0pyserini.model.activation import activate
from l0pyserini.model.checkpoint import Checkpoint
from l0pyserini.model.head import replace_decoder
from l0pyserini.records import SparseVector
from l0pyserini.tokenization import Tokenizer


class SparseBatch(NamedTuple):
    """Vectors of a batch in compressed rows.

    starts: [B + 1] int64, row i is starts[i]:starts[i + 1]. token_ids: [nnz] int64, ascending
    in each row. weights: [nnz] float32 > 0.
    """

    starts: NDArray[np.int64]
    token_ids: NDArray[np.int64]
    weights: NDArray[np.float32]


class DocumentEncoder:
    """An inference-free document encoder on a device.

    w_j = f(max over tokens i of logit_ij), special tokens out, f the checkpoint's activation.

    Source:  arXiv 2504.14839, sec. 3.1.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: Tokenizer,
        activation: str,
        max_length: int = 256,
        device: str = "cpu",
    ) -> None:
        limit = getattr(model.config, "max_position_embeddings", max_length)
        if max_length > limit:
            raise UsageError(
                f"--max-length {max_length} is more than the model's {limit} positions. "
                f"Give {limit} or less."
            )
        self.tokenizer = tokenizer
        self.activation = activation
        self.max_length = max_length
        self.device = check_device(device)
        self._model: Any = model.eval().to(self.device)
        self._decoder = replace_decoder(model)
        self._kept = self._meaningful_ids()
        self._pad_id = getattr(model.config, "pad_token_id", None) or 0
        self._backend = type(tokenizer)(tokenizer.json_text, tokenizer.name).backend
        self._backend.enable_truncation(max_length)

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: Checkpoint,
        max_length: int = 256,
        device: str = "cpu",
        allow_remote_code: bool = False,
    ) -> "DocumentEncoder":
        """Load a checkpoint's masked LM in float32.

        Raises:  CheckpointError: if the weights are missing, damaged or of another architecture.
        """
        model = load_masked_lm(checkpoint, allow_remote_code)
        return cls(model, checkpoint.tokenizer, checkpoint.activation, max_length, device)

    def _meaningful_ids(self) -> Tensor:
        """Return [V] bool: ids that are a token and no special one.

        A vocabulary padded beyond its tokenizer, as some models have, is cut here too.
        """
        kept = torch.zeros(self._decoder.weight.shape[0], dtype=torch.bool)
        tokens = self.tokenizer.tokens[: len(kept)]
        kept[: len(tokens)] = torch.tensor([token is not None for token in tokens])
        return kept.to(self.device)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, special tokens in, cut at max_length; [] for no text."""
        encoded = self._backend.encode_batch_fast(list(texts))
        return [
            one.ids if any(text) and not text.isspace() else []
            for text, one in zip(texts, encoded, strict=True)
        ]

    @torch.inference_mode()
    def weights(self, ids: Sequence[Sequence[int]]) -> Tensor:
        """Return dense weights of tokenised texts.

        Args:    ids: B lists of token ids, from tokenize().
        Returns: [B, V] float32 >= 0; 0 for special tokens; all 0 for a text without tokens.
        """
        width = max(max(map(len, ids), default=1), 1)
        padded = torch.full((len(ids), width), self._pad_id, dtype=torch.int64)
        mask = torch.zeros((len(ids), width), dtype=torch.bool)
        for row, one in enumerate(ids):
            padded[row, : len(one)] = torch.tensor(one, dtype=torch.int64)
            mask[row, : len(one)] = True
        mask = mask.to(self.device)
        self._decoder.mask = mask
        # A row without tokens would make attention divide by zero; one padding token stands in,
        # and the head leaves it out.
        attended = mask.clone()
        attended[:, 0] = True
        output = self._model(
            input_ids=padded.to(self.device), attention_mask=attended.to(torch.int64)
        )
        weights = activate(output.logits.squeeze(1).float(), self.activation)
        return weights * self._kept

    def encode_ids(self, ids: Sequence[Sequence[int]]) -> SparseBatch:
        """Return the sparse weights of tokenised texts; only non-zeros leave the device."""
        weights = self.weights(ids)
        rows, columns = weights.nonzero(as_tuple=True)
        starts = np.zeros(len(ids) + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows.cpu().numpy(), minlength=len(ids)), out=starts[1:])
        return SparseBatch(starts, columns.cpu().numpy(), weights[rows, columns].cpu().numpy())

    def encode(self, texts: Sequence[str], batch_size: int = 32) -> list[SparseVector]:
        """Encode texts into {token: weight}, in their order.

        Args:    texts: N texts. batch_size: texts that go through the model together.
        Returns: N dicts, weights float > 0.
        """
        vectors: list[SparseVector] = [{} for _ in texts]
        tokens = self.tokenizer.tokens
        ids = self.tokenize(texts)
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        for first in range(0, len(order), batch_size):
            chosen = order[first : first + batch_size]
            batch = self.encode_ids([ids[i] for i in chosen])
            for row, i in enumerate(chosen):
                part = slice(batch.starts[row], batch.starts[row + 1])
                pairs = zip(
                    batch.token_ids[part].tolist(), batch.weights[part].tolist(), strict=True
                )
                vectors[i] = {str(tokens[index]): weight for index, weight in pairs}
        return vectors


def check_device(device: str) -> torch.device:
    """Return the torch device of a name.

    Raises:  UsageError: if torch knows no such device or it is not there.
    """
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as fault:
        raise UsageError(
            f"--device {device}: cannot be used ({str(fault).splitlines()[0]}). "
            "Expected cpu, cuda or cuda:N; `python -m l0pyserini.doctor` tells what is there."
        ) from fault
    return chosen


def load_masked_lm(checkpoint: Checkpoint, allow_remote_code: bool = False) -> torch.nn.Module:
    """Load a checkpoint's masked LM in float32 on the CPU, from safetensors only.

    Raises:  CheckpointError: if it cannot be loaded or weights are missing.
    """
    from transformers import AutoModelForMaskedLM
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        model, report = AutoModelForMaskedLM.from_pretrained(
            checkpoint.document_folder,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=allow_remote_code,
            output_loading_info=True,
        )
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
    return model
