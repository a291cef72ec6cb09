"""The embedded encoders give the same vectors in sentence-transformers, with no code of theirs.

Those stored in 8 bits, once `convert` has unpacked them.
"""

from itertools import islice

import pytest
import torch

from l0pyserini import DocumentEncoder, open_checkpoint
from l0pyserini.data import open_corpus
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.model.convert import convert_encoder


@pytest.fixture(scope="module")
def texts():
    return [d.contents for d in islice(open_corpus("cacm"), 40)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Folders of the embedded encoders that sentence-transformers opens."""
    folders = dict(embedded_encoders())
    for name, folder in embedded_encoders().items():
        if not (folder / "model.safetensors").is_file():
            folders[name] = tmp_path_factory.mktemp("plain") / name
            convert_encoder(name, folders[name])
    return folders


def both(name, texts, plain):
    """Return our weights and theirs."""
    from sentence_transformers import SparseEncoder

    checkpoint = open_checkpoint(name)
    theirs = SparseEncoder(str(plain[name]), device="cpu")
    ours = DocumentEncoder.from_checkpoint(checkpoint)
    expected = theirs.encode_document(texts, convert_to_sparse_tensor=False).cpu()
    return ours.weights(ours.tokenize(texts)), expected


@pytest.mark.parametrize("name", embedded_encoders())
def test_document_vectors_are_those_of_sentence_transformers(name, texts, plain):
    found, expected = both(name, texts[:8], plain)
    assert (found > 0).sum() > 100
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_l0_tiny_reads_as_much_there(texts, plain):
    found, expected = both("l0-tiny", [" ".join(texts)], plain)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    checkpoint = open_checkpoint("l0-tiny")
    ids = DocumentEncoder.from_checkpoint(checkpoint).tokenize([" ".join(texts)])
    assert len(ids[0]) == checkpoint.max_length == 256


@pytest.mark.parametrize("name", embedded_encoders())
def test_query_weights_are_those_of_sentence_transformers(name, plain):
    from sentence_transformers import SparseEncoder

    checkpoint = open_checkpoint(name)
    theirs = SparseEncoder(str(plain[name]), device="cpu")
    query = theirs.encode_query(["time sharing systems"], convert_to_sparse_tensor=False)[0]
    for token in ("time", "sharing", "systems"):
        found = query[checkpoint.tokenizer.vocabulary[token]].item()
        assert found == pytest.approx(checkpoint.idf.weights[token], rel=1e-4)


def test_no_embedded_encoder_brings_code():
    for folder in embedded_encoders().values():
        assert "l0pyserini." not in (folder / "router_config.json").read_text()
        assert not list(folder.rglob("*.py"))
