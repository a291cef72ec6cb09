"""The document encoder: texts in, sparse weights out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from l0pyserini.base.progress import say
from l0pyserini.data.records import ArrayVector, SparseVector
from l0pyserini.errors import CheckpointError, NotFiniteError, UsageError, first_line
from l0pyserini.model.activation import activate
from l0pyserini.model.backend import Backend, choose_backend
from l0pyserini.model.checkpoint import DEFAULT_MAX_LENGTH, Checkpoint
from l0pyserini.model.finite import not_finite
from l0pyserini.model.head import replace_decoder
from l0pyserini.model.linear import pack_linears
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.model.padding import attended, pad
from l0pyserini.query.tokenizer import Tokenizer

LONG_TOKEN = 200
"""Characters a token may have on average before a text is tokenised beyond its beginning."""

_NOTHING: ArrayVector = (np.empty(0, np.int64), np.empty(0, np.float32))


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
    The model is taken over: its layers are replaced by faster ones, which cannot be trained.

    Source:  arXiv 2504.14839, sec. 3.1.

    Example:
        >>> from l0pyserini import DocumentEncoder, open_checkpoint
        >>> encoder = DocumentEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
        >>> [vector] = encoder.encode(["time sharing systems"])
        >>> vector["sharing"] > 1, vector["network"] > 0.5
        (True, True)
    """

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: Tokenizer,
        activation: str,
        max_length: int = DEFAULT_MAX_LENGTH,
        device: str = "cpu",
        backend: str | Backend = "float32",
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
        width = model.get_output_embeddings().weight.shape[1]  # type: ignore[operator]
        self.computes = (
            choose_backend(backend, width, self.device, say)
            if isinstance(backend, str)
            else backend
        )
        self._decoder = replace_decoder(model, self.computes.head)
        if self.computes.layers == "float32":
            pack_linears(model)
        self._kept = torch.tensor(tokenizer.kept(self._decoder.vocabulary), device=self.device)
        self._pad_id = getattr(model.config, "pad_token_id", None) or 0
        self._backend = type(tokenizer)(tokenizer.json_text, tokenizer.name).backend
        self._backend.enable_truncation(max_length)

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: Checkpoint,
        max_length: int | None = None,
        device: str = "cpu",
        allow_remote_code: bool = False,
        backend: str | Backend = "float32",
    ) -> "DocumentEncoder":
        """Load a checkpoint's masked LM in float32.

        Args:    max_length: tokens of a document, none = what the checkpoint says.
                 backend: auto or a name as parse_backend takes it, or one chosen before.
        Raises:  CheckpointError: if the weights are missing, damaged or of another architecture.
        """
        model = load_masked_lm(checkpoint, allow_remote_code)
        tokenizer, activation = checkpoint.tokenizer, checkpoint.activation
        length = max_length or checkpoint.max_length
        return cls(model, tokenizer, activation, length, device, backend)

    @property
    def backend(self) -> str:
        """The name of the backend, also where `auto` chose it."""
        return self.computes.name

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, special tokens in, cut at max_length; [] for no text."""
        # Tokenising a whole book to keep its first page costs minutes and gigabytes.
        limit = self.max_length * LONG_TOKEN
        encoded = self._backend.encode_batch_fast([text[:limit] for text in texts])
        ids = []
        for text, one in zip(texts, encoded, strict=True):
            if len(text) > limit and len(one.ids) < self.max_length:
                one = self._backend.encode(text)  # noqa: PLW2901
            ids.append(one.ids if text and not text.isspace() else [])
        return ids

    @torch.inference_mode()
    def _run(self, ids: Sequence[Sequence[int]]) -> Tensor:
        """Return [B, V] maximal logits, -inf for a text without tokens."""
        padded, mask = pad(ids, self._pad_id)
        self._check_ids(int(padded.max()))
        padded, real = padded.to(self.device), mask.to(self.device)
        self._decoder.mask = real
        with self.computes.autocast(self.device):
            output = self._model(input_ids=padded, attention_mask=attended(real))
        maxima = output.logits.squeeze(1).float()
        if rows := not_finite(maxima):
            raise self._not_finite(rows)
        return maxima

    def _not_finite(self, rows: Sequence[int]) -> NotFiniteError:
        return NotFiniteError(
            f"{self.tokenizer.name}: logits are NaN or infinite in {self.backend} (text "
            f"{rows[0] + 1} of those given); expected finite numbers. Fetch the checkpoint again, "
            "or encode with --backend float32 where another one overflows.",
            rows,
        )

    def _check_ids(self, largest: int) -> None:
        size, tokenizer = self._decoder.vocabulary, self.tokenizer
        if largest >= size:
            raise CheckpointError(
                f"{tokenizer.name}: its tokenizer makes token {tokenizer.tokens[largest]!r} with "
                f"id {largest}, and the model has {size} tokens. "
                "Give the model the tokenizer that it was trained with."
            )

    def weights(self, ids: Sequence[Sequence[int]]) -> Tensor:
        """Return dense weights of tokenised texts.

        Args:    ids: B lists of token ids, from tokenize().
        Returns: [B, V] float32 >= 0; 0 for special tokens; all 0 for a text without tokens.
        """
        return activate(self._run(ids), self.activation) * self._kept

    @torch.inference_mode()
    def encode_ids(self, ids: Sequence[Sequence[int]]) -> SparseBatch:
        """Return the sparse weights of tokenised texts; only non-zeros leave the device."""
        # Logarithms of the few active logits alone.
        logits = self._run(ids)
        rows, columns = ((logits > 0) & self._kept).nonzero(as_tuple=True)
        weights = activate(logits[rows, columns], self.activation)
        starts = np.zeros(len(ids) + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows.cpu().numpy(), minlength=len(ids)), out=starts[1:])
        return SparseBatch(starts, columns.cpu().numpy(), weights.cpu().numpy())

    def encode_arrays(self, texts: Sequence[str], batch_size: int = 32) -> list[ArrayVector]:
        """Encode texts into (token ids ascending, weights > 0), in the texts' order.

        Texts of similar length go through the model together, so that little is padding.
        """
        return self.encode_tokenized(self.tokenize(texts), batch_size)

    def encode_tokenized(
        self, ids: Sequence[Sequence[int]], batch_size: int = 32
    ) -> list[ArrayVector]:
        """Encode texts that tokenize() has cut up; see encode_arrays.

        Raises:  NotFiniteError: if logits are NaN or infinite; its rows are places in ids.
        """
        vectors: list[ArrayVector] = [_NOTHING] * len(ids)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        for first in range(0, len(order), batch_size):
            chosen = order[first : first + batch_size]
            try:
                batch = self.encode_ids([ids[i] for i in chosen])
            except NotFiniteError as fault:
                rows = [chosen[row] for row in fault.rows]
                raise self._not_finite(self._broken_alone(ids, rows)) from fault
            for row, i in enumerate(chosen):
                part = slice(batch.starts[row], batch.starts[row + 1])
                vectors[i] = (batch.token_ids[part], batch.weights[part])
        return vectors

    def _broken_alone(self, ids: Sequence[Sequence[int]], rows: Sequence[int]) -> list[int]:
        """Return those of some texts that break by themselves: padding hands NaN on to others."""
        broken = []
        for row in sorted(rows):
            try:
                self.encode_ids([ids[row]])
            except NotFiniteError:
                broken.append(row)
        return broken or sorted(rows)

    def encode(self, texts: Sequence[str], batch_size: int = 32) -> list[SparseVector]:
        """Encode texts into {token: weight}, in their order.

        Args:    texts: N texts. batch_size: texts that go through the model together.
        Returns: N dicts, weights float > 0.
        """
        return [self.named(vector) for vector in self.encode_arrays(texts, batch_size)]

    def named(self, vector: ArrayVector) -> SparseVector:
        """Return a vector under its tokens' names."""
        tokens = self.tokenizer.tokens
        pairs = zip(vector[0].tolist(), vector[1].tolist(), strict=True)
        return {str(tokens[index]): weight for index, weight in pairs}


def check_device(device: str) -> torch.device:
    """Return the torch device of a name.

    Raises:  UsageError: if torch knows no such device or it is not there.
    """
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as fault:
        raise UsageError(
            f"--device {device}: cannot be used ({first_line(fault)}). "
            "Expected cpu, cuda or cuda:N; `python -m l0pyserini.doctor` tells what is there."
        ) from fault
    return chosen
