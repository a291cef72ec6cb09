"""Whole corpora as pieces of token ids on disk, and in which batches an epoch takes them."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import batched
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.files import atomic_write
from l0pyserini.base.progress import progress_bar
from l0pyserini.data import open_corpus
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.train.texts import repair_latin1

TOKENS, STARTS = "tokens.bin", "starts.npy"
READ = 1000
"""Documents tokenised together."""

WINDOW = 64
"""Batches among whose pieces those of similar length go together, so that little is padding."""


class TokenPieces:
    """The pieces of corpora: no more than so many tokens each, special tokens at both ends.

    Args:    folder: where build wrote them.
    """

    def __init__(self, folder: Path) -> None:
        self._starts: NDArray[np.int64] = np.load(folder / STARTS)
        self._tokens = np.memmap(folder / TOKENS, dtype=np.uint32, mode="r")
        self.lengths = np.diff(self._starts)

    @classmethod
    def build(
        cls, folder: Path, corpora: Sequence[str], tokenizer: Tokenizer, max_length: int
    ) -> "TokenPieces":
        """Tokenise corpora into a folder, or open what a run before this one made there."""
        if not (folder / STARTS).is_file():
            starts = array("q", [0])
            folder.mkdir(parents=True, exist_ok=True)
            with atomic_write(folder / TOKENS) as handle:
                for ids in _pieces(corpora, tokenizer, max_length):
                    handle.write(np.array(ids, dtype=np.uint32).tobytes())
                    starts.append(starts[-1] + len(ids))
            # Written last: without it the tokens are made again.
            with atomic_write(folder / STARTS) as handle:
                np.save(handle, np.array(starts, dtype=np.int64))
        return cls(folder)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> NDArray[np.uint32]:
        return self._tokens[self._starts[index] : self._starts[index + 1]]


def _pieces(
    corpora: Sequence[str], tokenizer: Tokenizer, max_length: int
) -> Iterator[Sequence[int]]:
    backend = type(tokenizer)(tokenizer.json_text, tokenizer.name).backend
    backend.enable_truncation(max_length)
    kept = np.array(tokenizer.kept(len(tokenizer.tokens)))
    with progress_bar(None, "tokenise", "docs") as bar:
        for spec in corpora:
            for documents in batched(open_corpus(spec), READ):
                texts = [repair_latin1(one.contents) for one in documents]
                for encoded in backend.encode_batch_fast(texts):
                    for piece in (encoded, *encoded.overflowing):
                        if kept[piece.ids].any():
                            yield piece.ids
                bar.update(len(documents))


def epoch_batches(
    lengths: NDArray[np.int64], batch_size: int, seed: int, epoch: int
) -> NDArray[np.int64]:
    """Return an epoch's batches of pieces, [n, batch_size]; the same whenever they are asked for.

    Every piece comes once, but for fewer than batch_size that fill no batch.

    Args:    lengths: of the pieces, in tokens.
    """
    chance = np.random.default_rng([seed, epoch])
    count = len(lengths) // batch_size
    order = chance.permutation(len(lengths))[: count * batch_size]
    for start in range(0, len(order), WINDOW * batch_size):
        part = order[start : start + WINDOW * batch_size]
        order[start : start + len(part)] = part[np.argsort(lengths[part], kind="stable")]
    return order.reshape(count, batch_size)[chance.permutation(count)]
