"""The tokenizer: distinct tokens, special tokens out, a digest of its meaning."""

import json

import pytest

from l0pyserini.errors import CheckpointError
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.query.tokenizer import Tokenizer
from tests.helpers import write

FOLDER = embedded_encoders()["splade-tiny"]


def test_distinct_tokens_in_order_without_special_ones():
    tokenizer = Tokenizer.from_folder(FOLDER)
    assert tokenizer.distinct_tokens("the cat [SEP] The dog [MASK]") == ["the", "cat", "dog"]
    assert tokenizer.distinct_tokens("") == []
    assert tokenizer.distinct_tokens_batch(["a b a", ""]) == [["a", "b"], []]


def test_kept_ids_are_tokens_and_no_special_ones():
    tokenizer = Tokenizer.from_folder(FOLDER)
    kept = tokenizer.kept(len(tokenizer.tokens) + 2)
    assert kept[-2:] == [False, False]
    assert not any(kept[index] for index in tokenizer.special_tokens.values())
    assert kept[tokenizer.vocabulary["cat"]]
    assert len(tokenizer.kept(7)) == 7


def test_the_digest_ignores_truncation_only():
    text = (FOLDER / "tokenizer.json").read_text()
    plain = Tokenizer(text, "a")
    cut = json.loads(text) | {"truncation": {"max_length": 9, "strategy": "LongestFirst"}}
    other = json.loads(text)
    other["normalizer"]["lowercase"] = False
    assert Tokenizer(json.dumps(cut), "b").sha256 == plain.sha256
    assert Tokenizer(json.dumps(other), "c").sha256 != plain.sha256


def test_old_files_make_the_same_tokenizer(tmp_path):
    tokenizer = Tokenizer.from_folder(FOLDER)
    vocabulary = sorted(tokenizer.vocabulary, key=tokenizer.vocabulary.__getitem__)
    write(tmp_path / "vocab.txt", "\n".join(vocabulary) + "\n")
    write(tmp_path / "config.json", '{"model_type": "bert"}')
    write(tmp_path / "tokenizer_config.json", '{"tokenizer_class": "BertTokenizer"}')
    text = "Unbelievable embeddings, 1958!"
    assert Tokenizer.from_folder(tmp_path).distinct_tokens(text) == tokenizer.distinct_tokens(text)


def test_a_tokenizer_that_is_not_utf_8(tmp_path):
    write(tmp_path / "tokenizer.json", b'{"\xe9": 1}')
    with pytest.raises(CheckpointError, match=r"tokenizer.json: cannot be read as UTF-8 .*0xe9"):
        Tokenizer.from_folder(tmp_path)


def test_old_files_that_are_damaged(tmp_path):
    write(tmp_path / "spiece.model", "nothing")
    write(tmp_path / "config.json", "{")
    with pytest.raises(CheckpointError, match="no tokenizer.json can be made from its files"):
        Tokenizer.from_folder(tmp_path)
