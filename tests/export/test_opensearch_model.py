"""Models for OpenSearch: the traced document side gives our vectors, in ml-commons' layout."""

import hashlib
import json
import zipfile

import pytest
import torch
from tokenizers import Tokenizer as Backend

from l0pyserini import DocumentEncoder, open_checkpoint
from l0pyserini.data import open_corpus
from l0pyserini.errors import ExportError, UsageError
from l0pyserini.export import export_opensearch_model, torchscript
from l0pyserini.export.opensearch_model import NOTHING, query_weights
from l0pyserini.model.activation import LOG_COUNTS
from l0pyserini.query.table import IdfTable
from l0pyserini.query.tokenizer import Tokenizer
from tests.helpers import fresh_process, names


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "m"
    export_opensearch_model("l0-tiny", folder, max_length=64)
    return folder


def unpacked(folder, side, target):
    with zipfile.ZipFile(folder / f"l0-tiny-{side}.zip") as archive:
        archive.extractall(target)
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
    return target


def test_layout(exported, tmp_path):
    assert names(exported) == [
        "README.md",
        "l0-tiny-document.zip",
        "l0-tiny-query.zip",
        "register-document.json",
        "register-query.json",
    ]
    assert names(unpacked(exported, "document", tmp_path / "d")) == ["l0-tiny.pt", "tokenizer.json"]
    assert names(unpacked(exported, "query", tmp_path / "q")) == ["idf.json", "tokenizer.json"]
    for side, function in (("document", "SPARSE_ENCODING"), ("query", "SPARSE_TOKENIZE")):
        body = json.loads((exported / f"register-{side}.json").read_text())
        content = (exported / f"l0-tiny-{side}.zip").read_bytes()
        assert body.pop("description")
        assert body == {
            "name": f"l0-tiny-{side}",
            "version": "1.0.0",
            "model_format": "TORCH_SCRIPT",
            "function_name": function,
            "model_content_hash_value": hashlib.sha256(content).hexdigest(),
            "model_content_size_in_bytes": len(content),
        }
    page = (exported / "README.md").read_text()
    assert open_checkpoint("l0-tiny").weights_sha256() in page
    assert '"prune_type": "abs_value", "prune_ratio": 0.3' in page


def test_vectors_are_the_encoders(exported, tmp_path):
    """By the zip's own tokenizer and model alone, for batches of any size and length."""
    place = unpacked(exported, "document", tmp_path)
    model = torch.jit.load(str(place / "l0-tiny.pt"))
    backend = Backend.from_file(str(place / "tokenizer.json"))
    backend.enable_padding()
    texts = [one.text for _, one in zip(range(40), open_corpus("cacm"), strict=False)]
    texts += ["[SEP] [MASK]", "x", "a b c " * 100]
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint("l0-tiny"), max_length=64)
    special = list(encoder.tokenizer.special_tokens.values())
    for size in (1, 7, 43):
        for first in range(0, len(texts), size):
            batch = texts[first : first + size]
            read = backend.encode_batch(batch)
            assert max(len(one.ids) for one in read) <= 64
            inputs = {
                "input_ids": torch.tensor([one.ids for one in read]),
                "attention_mask": torch.tensor([one.attention_mask for one in read]),
            }
            with torch.no_grad():
                output = model(inputs)["output"]
            expected = encoder.weights(encoder.tokenize(batch))
            torch.testing.assert_close(output, expected, atol=1e-4, rtol=1e-4)
            assert not output[:, special].any()
        if size == 1:
            texts = texts[:20] + texts[-3:]


def test_queries_weigh_what_ours_weigh(exported, tmp_path):
    place = unpacked(exported, "query", tmp_path)
    weights = json.loads((place / "idf.json").read_text())
    backend = Backend.from_file(str(place / "tokenizer.json"))
    checkpoint = open_checkpoint("l0-tiny")
    for text in ("time sharing, systems!", "Zürich " * 300, "programming languages"):
        ids = dict.fromkeys(backend.encode(text).ids)
        decoded = [name for i in ids if (name := backend.decode([i], skip_special_tokens=True))]
        expected = checkpoint.tokenizer.distinct_tokens(text)
        assert decoded == expected
        assert [weights[name] for name in decoded] == [checkpoint.idf.weights[t] for t in expected]


@pytest.fixture
def tiny_table():
    return open_checkpoint("l0-tiny").tokenizer, dict(open_checkpoint("l0-tiny").idf.weights)


def test_tokens_without_a_weight_count_nothing(tiny_table):
    tokenizer, table = tiny_table
    table["time"] = 0.0
    del table["sharing"]
    weights = query_weights(IdfTable(table, "t"), tokenizer)
    assert weights["time"] == weights["sharing"] == NOTHING
    assert weights["systems"] == table["systems"]


def test_a_weight_that_opensearch_refuses(tiny_table):
    tokenizer, table = tiny_table
    table["time"] = 65.0
    with pytest.raises(ExportError, match=r"t: token 'time' has weight 65, and OpenSearch's"):
        query_weights(IdfTable(table, "t"), tokenizer)


def test_byte_level_tokens_are_named_as_they_are_decoded():
    from tokenizers import decoders, models, pre_tokenizers

    made = Backend(models.BPE({"Ġtime": 0, "time": 1, "Ã": 2, "Â": 3}, []))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    table = IdfTable({"Ġtime": 3.0, "time": 2.0, "Ã": 4.0, "Â": 5.0}, "t")
    weights = query_weights(table, Tokenizer(made.to_str(), "t"))
    assert weights == {" time": 3.0, "time": 2.0, "\ufffd": 5.0}


@pytest.mark.parametrize("activation", list(LOG_COUNTS))
def test_each_activation(tmp_path, activation):
    from dataclasses import replace

    checkpoint = replace(open_checkpoint("splade-tiny"), activation=activation)
    torchscript.save_traced(checkpoint, tmp_path / "x.pt", 32)


def test_a_model_that_tracing_fixes_is_refused(tmp_path, monkeypatch):
    def fixed(_, inputs):
        rows, length = inputs["input_ids"].shape
        return {"output": torch.zeros(rows, 30522) + int(length)}

    monkeypatch.setattr(torchscript.DocumentModule, "forward", fixed)
    with pytest.raises(ExportError, match=r"l0-tiny: as TorchScript its weights differ by up to"):
        torchscript.save_traced(open_checkpoint("l0-tiny"), tmp_path / "x.pt", 32)


def test_more_tokens_than_the_model_reads_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"--max-length 513 is more than the model's 512"):
        export_opensearch_model("l0-tiny", tmp_path / "x", max_length=513)
    assert names(tmp_path) == []


def test_a_licence_beside_the_weights_goes_along_and_bytes_are_the_same(tmp_path):
    import shutil

    shutil.copytree(open_checkpoint("splade-tiny").folder, tmp_path / "mine")
    (tmp_path / "mine/LICENSE").write_text("do good")
    words = ["-m", "l0pyserini", "export", "opensearch-model", "--encoder", tmp_path / "mine"]
    for name in ("a", "b"):
        done = fresh_process(*words, "--output", tmp_path / name)
        assert done.returncode == 0, done.stderr
        assert "mine-document.zip" in done.stdout
    assert (tmp_path / "a/LICENSE").read_text() == "do good"
    with zipfile.ZipFile(tmp_path / "a/mine-document.zip") as archive:
        assert archive.read("LICENSE") == b"do good"
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
