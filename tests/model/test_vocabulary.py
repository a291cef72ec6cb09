"""Models and tokenizers of different vocabularies."""

import shutil

import pytest
from transformers import BertForMaskedLM

from l0pyserini.errors import CheckpointError
from l0pyserini.model import DocumentEncoder, open_checkpoint

TEXTS = ["hello world", "sparse vectors", "query"]


def test_the_vocabulary_may_be_larger_than_the_tokenizer(tiny, tmp_path):
    shutil.copytree(tiny, tmp_path / "padded")
    model = BertForMaskedLM.from_pretrained(tiny)
    model.resize_token_embeddings(64)
    model.save_pretrained(tmp_path / "padded")
    encoder = DocumentEncoder.from_checkpoint(
        open_checkpoint(str(tmp_path / "padded"), "log1p_relu"), 64
    )
    assert encoder.weights(encoder.tokenize(TEXTS))[:, 37:].sum() == 0
    assert all(encoder.encode(TEXTS))


def test_a_tokenizer_larger_than_the_model(tiny, tmp_path):
    """Only a text that has such a token is refused."""
    shutil.copytree(tiny, tmp_path / "short")
    model = BertForMaskedLM.from_pretrained(tiny)
    model.resize_token_embeddings(36)
    model.save_pretrained(tmp_path / "short")
    encoder = DocumentEncoder.from_checkpoint(
        open_checkpoint(str(tmp_path / "short"), "log1p_relu"), 64
    )
    assert encoder.encode(["hello world"])[0]
    message = "short: its tokenizer makes token 'query' with id 36, and the model has 36 tokens"
    with pytest.raises(CheckpointError, match=message):
        encoder.encode(["hello query"])
