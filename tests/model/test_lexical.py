"""The lexical term equals BM25's formula, is saved, and sentence-transformers adds it too."""

import json
from collections import Counter
from itertools import islice

import pytest
import torch

from l0pyserini import DocumentEncoder, open_checkpoint, save_checkpoint
from l0pyserini.data import open_corpus
from l0pyserini.errors import CheckpointError
from l0pyserini.model.encoder import load_masked_lm
from l0pyserini.model.lexical import LexicalTerm
from l0pyserini.model.padding import pad

TEXTS = ["hello world", "sparse vectors query query", "a b c d e f g hello", "xyz", "world", ""]
SETTINGS = {"k1": 0.9, "b": 0.4, "average_length": 6.0, "min_weight": 0.1}


@pytest.fixture
def lexical(tiny, idf):
    tokenizer = open_checkpoint(str(tiny), "log1p_relu").tokenizer
    return LexicalTerm.from_idf(idf, tokenizer, 37, weight=1.5, min_idf=1.7, **SETTINGS)


@pytest.fixture
def saved(tiny, idf, lexical, tmp_path):
    plain = open_checkpoint(str(tiny), "log1p_relu")
    model = load_masked_lm(plain)
    folder = tmp_path / "saved"
    save_checkpoint(folder, model, plain.tokenizer, tiny, "log1p_relu", idf, lexical=lexical)
    return folder


def by_hand(ids, idf, tokens):
    """{token: 1.5 * tf / (tf + k1 (1 - b + b |d| / mean))} of the tokens with idf >= 1.7."""
    norm = 0.9 * (0.6 + 0.4 * len(ids) / 6)
    counts = Counter(tokens[i] for i in ids if tokens[i] is not None)
    return {t: 1.5 * n / (n + norm) for t, n in counts.items() if idf.weights[t] >= 1.7}


def test_the_term_is_bm25s_saturation(tiny, idf, lexical):
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint(str(tiny), "log1p_relu"), 64)
    ids = encoder.tokenize(TEXTS)
    tokens = encoder.tokenizer.tokens
    for one, row in zip(ids, lexical.term(*pad(ids, 0)), strict=True):
        found = {tokens[i]: row[i].item() for i in row.nonzero().squeeze(1)}
        assert found == pytest.approx(by_hand(one, idf, tokens))


def test_light_tokens_are_left_out(lexical, tiny):
    lexical.min_weight = 1.0
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint(str(tiny), "log1p_relu"), 64)
    ids = encoder.tokenize(TEXTS)
    weights = encoder.weights(ids)
    joined = lexical.join(weights, *pad(ids, 0))
    expected = weights + lexical.term(*pad(ids, 0))
    assert ((expected > 0) & (expected < 1.0)).any()
    torch.testing.assert_close(joined, torch.where(expected < 1.0, 0.0, expected))


def test_the_encoder_adds_it(tiny, saved, lexical):
    checkpoint = open_checkpoint(str(saved))
    with_term = DocumentEncoder.from_checkpoint(checkpoint, 64)
    without = DocumentEncoder.from_checkpoint(open_checkpoint(str(tiny), "log1p_relu"), 64)
    ids = without.tokenize(TEXTS)
    expected = lexical.join(without.weights(ids), *pad(ids, 0))
    torch.testing.assert_close(with_term.weights(ids), expected)
    batch = with_term.encode_ids(ids)
    sparse = torch.zeros_like(expected)
    for row, (first, last) in enumerate(zip(batch.starts, batch.starts[1:], strict=False)):
        weights = torch.from_numpy(batch.weights[first:last])
        sparse[row, torch.from_numpy(batch.token_ids[first:last])] = weights
    torch.testing.assert_close(sparse, expected)
    assert not expected[-1].any()


def test_it_tells_encoders_apart(saved):
    checkpoint = open_checkpoint(str(saved))
    before = checkpoint.weights_sha256()
    config = checkpoint.lexical / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"k1": 1.2}))
    assert checkpoint.weights_sha256() != before


def test_sentence_transformers_adds_it(saved):
    from sentence_transformers import SparseEncoder

    theirs = SparseEncoder(str(saved), trust_remote_code=True)
    ours = DocumentEncoder.from_checkpoint(open_checkpoint(str(saved)), 64)
    texts = [text for text in TEXTS if text]
    expected = theirs.encode_document(texts, convert_to_sparse_tensor=False).cpu()
    torch.testing.assert_close(ours.weights(ours.tokenize(texts)), expected, rtol=0, atol=1e-5)
    with pytest.raises(ValueError, match="trust_remote_code=True"):
        SparseEncoder(str(saved))


def test_batches_without_padding_are_refused(lexical):
    features = {
        "input_ids": torch.zeros(1, 9, dtype=torch.int64),
        "sentence_embedding": torch.zeros(2, 37),
    }
    with pytest.raises(CheckpointError, match=r"1 rows of tokens for 2 documents; expected padded"):
        lexical(features)


def test_a_damaged_term_is_named(saved):
    lexical = open_checkpoint(str(saved)).lexical
    (lexical / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="the lexical term cannot be read"):
        LexicalTerm.load(lexical)


def test_an_unknown_module_after_pooling_is_refused(saved):
    path = saved / "router_config.json"
    router = json.loads(path.read_text())
    router["types"]["document_2_LexicalTerm"] = "other.SparseAutoEncoder"
    path.write_text(json.dumps(router))
    with pytest.raises(CheckpointError, match="is followed by other.SparseAutoEncoder, expected"):
        open_checkpoint(str(saved))


def test_the_embedded_encoder_reads_as_much_in_sentence_transformers():
    from sentence_transformers import SparseEncoder

    texts = [d.contents for d in islice(open_corpus("cacm"), 40)]
    long = [" ".join(texts), texts[0]]
    checkpoint = open_checkpoint("l0-tiny")
    theirs = SparseEncoder(str(checkpoint.folder), device="cpu", trust_remote_code=True)
    ours = DocumentEncoder.from_checkpoint(checkpoint)
    assert len(ours.tokenize(long)[0]) == 512
    expected = theirs.encode_document(long, convert_to_sparse_tensor=False).cpu()
    torch.testing.assert_close(ours.weights(ours.tokenize(long)), expected, rtol=0, atol=1e-4)
