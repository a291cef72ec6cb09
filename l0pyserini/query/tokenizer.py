"""The tokenizer of queries and documents: the fast `tokenizers` library, no torch."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from l0pyserini.errors import CheckpointError

if TYPE_CHECKING:
    import tokenizers


OLD_FILES = ("vocab.txt", "vocab.json", "*.model")


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """A tokenizer.json and what we ask of it. Safe to share between threads."""

    json_text: str
    name: str

    @classmethod
    def from_folder(cls, folder: Path) -> "Tokenizer":
        """Read a model folder's tokenizer.json; build one where only older files are there.

        Raises:  CheckpointError: if the folder has no tokenizer, or it cannot be read.
        """
        path = folder / "tokenizer.json"
        if not path.is_file():
            return cls(_json_of_old_files(folder), str(folder))
        try:
            return cls(path.read_text(encoding="utf-8"), str(folder))
        except (OSError, UnicodeDecodeError) as fault:
            raise CheckpointError(
                f"{path}: cannot be read as UTF-8 ({fault}). Save the tokenizer again."
            ) from fault

    @cached_property
    def backend(self) -> "tokenizers.Tokenizer":
        """The tokenizer itself, without truncation and padding."""
        from tokenizers import Tokenizer as Backend

        try:
            backend = Backend.from_str(self.json_text)
        except Exception as fault:
            raise CheckpointError(
                f"{self.name}: its tokenizer.json cannot be read ({fault}). Save it again."
            ) from fault
        backend.no_truncation()
        backend.no_padding()
        return backend

    @cached_property
    def sha256(self) -> str:
        """The digest of its meaning: vocabulary, merges and rules, not truncation or padding."""
        rules = json.loads(self.json_text)
        for setting in ("truncation", "padding"):
            rules.pop(setting, None)
        return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """{token: id}, added tokens included."""
        return self.backend.get_vocab(with_added_tokens=True)

    @cached_property
    def special_tokens(self) -> dict[str, int]:
        """{token: id} of the special tokens, which carry no meaning in a vector."""
        added = self.backend.get_added_tokens_decoder()
        return {token.content: index for index, token in added.items() if token.special}

    @cached_property
    def tokens(self) -> list[str | None]:
        """Token of each id; None for special tokens and ids without a token."""
        size = max(self.vocabulary.values()) + 1
        tokens: list[str | None] = [None] * size
        for token, index in self.vocabulary.items():
            tokens[index] = token
        for index in self.special_tokens.values():
            tokens[index] = None
        return tokens

    def kept(self, size: int) -> list[bool]:
        """Return of each id below size whether it is a token and no special one.

        A model's vocabulary may be padded beyond its tokenizer's.
        """
        known = [token is not None for token in self.tokens[:size]]
        return known + [False] * (size - len(known))

    def distinct_tokens(self, text: str) -> list[str]:
        """Return the distinct tokens of a text in order of appearance, special tokens out."""
        encoded = self.backend.encode(text, add_special_tokens=False)
        return self._distinct(encoded.ids)

    def distinct_tokens_batch(self, texts: Sequence[str]) -> list[list[str]]:
        """Return distinct_tokens of each text, in parallel."""
        encoded = self.backend.encode_batch_fast(list(texts), add_special_tokens=False)
        return [self._distinct(one.ids) for one in encoded]

    def _distinct(self, ids: list[int]) -> list[str]:
        names = self._names
        return [token for index in dict.fromkeys(ids) if (token := names[index]) is not None]

    @cached_property
    def _names(self) -> "_Names":
        return _Names(self)


class _Names(dict[int, str | None]):
    """What `tokens` holds, of those ids that were asked for: one query needs few."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__(dict.fromkeys(tokenizer.special_tokens.values()))
        self._backend = tokenizer.backend

    def __missing__(self, index: int) -> str | None:
        token = self[index] = self._backend.id_to_token(index)
        return token


def _json_of_old_files(folder: Path) -> str:
    """Return the tokenizer.json that transformers makes of a checkpoint's older files."""
    # transformers makes an empty tokenizer where there is no file at all.
    if not any(any(folder.glob(pattern)) for pattern in OLD_FILES):
        raise CheckpointError(
            f"{folder}: has no tokenizer.json, nor {' or '.join(OLD_FILES)} to make one from. "
            "Save the tokenizer with the model."
        )
    try:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(folder).backend_tokenizer.to_str()
    except Exception as fault:
        raise CheckpointError(
            f"{folder}: no tokenizer.json can be made from its files ({fault}). "
            "Save the tokenizer with the model."
        ) from fault
