"""The mean of encoders: their weights, query tables and BM25's weight; others are refused."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

from l0pyserini import DocumentEncoder, open_checkpoint, save_checkpoint
from l0pyserini.errors import CheckpointError, OutputExistsError, UsageError
from l0pyserini.model.convert import convert_encoder
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.query.table import IdfTable
from l0pyserini.train.averaging import average_encoders, average_tables
from tests.helpers import command

TABLE = "query_0_SparseStaticEmbedding/model.safetensors"


def save_moved(folder, seed, weight=None):
    """Save splade-tiny with all weights and the query table moved a little."""
    tiny = open_checkpoint("splade-tiny")
    model = load_masked_lm(tiny)
    torch.manual_seed(seed)
    with torch.no_grad():
        for one in model.parameters():
            one.add_(torch.randn_like(one) * 0.01)
    table = IdfTable({t: w * (1 + seed / 10) for t, w in tiny.idf.weights.items()}, "moved")
    parts = model, tiny.tokenizer, tiny.document_folder, tiny.activation, table
    save_checkpoint(folder, *parts, max_length=99, lexical_weight=weight)
    return str(folder)


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    root = tmp_path_factory.mktemp("encoders")
    return [save_moved(root / f"{seed}/encoder", seed, 2.0**seed) for seed in (1, 2, 3)]


def test_weights_and_tables_are_means(three, tmp_path):
    saved = average_encoders(three, tmp_path / "mean")
    own = [load_file(f"{folder}/model.safetensors") for folder in three]
    mean = load_file(saved.document_folder / "model.safetensors")
    assert mean.keys() == own[0].keys()
    for name, weight in mean.items():
        expected = torch.stack([one[name].double() for one in own]).mean(dim=0)
        torch.testing.assert_close(weight.double(), expected, rtol=1e-7, atol=1e-9)
    tables = [load_file(f"{folder}/{TABLE}")["weight"] for folder in three]
    expected = torch.stack(tables).mean(dim=0)
    torch.testing.assert_close(load_file(saved.folder / TABLE)["weight"], expected)
    assert saved.lexical_weight == pytest.approx(4.0)
    assert (saved.activation, saved.max_length) == ("log1p_relu", 99)
    assert saved.tokenizer.sha256 == open_checkpoint("splade-tiny").tokenizer.sha256
    assert DocumentEncoder.from_checkpoint(saved).encode(["time sharing systems"])[0]["sharing"] > 0


def test_an_encoder_is_its_own_mean(three, tmp_path):
    saved = average_encoders([three[0]] * 3, tmp_path / "mean")
    before = load_file(f"{three[0]}/model.safetensors")
    after = load_file(saved.document_folder / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert saved.idf.weights == open_checkpoint(three[0]).idf.weights


def test_encoders_in_8_bits_are_averaged_too(three, tmp_path):
    convert_encoder(three[1], str(tmp_path / "packed"), "int8")
    convert_encoder(str(tmp_path / "packed"), str(tmp_path / "plain"))
    packed = average_encoders([three[0], str(tmp_path / "packed")], tmp_path / "a")
    plain = average_encoders([three[0], str(tmp_path / "plain")], tmp_path / "b")
    assert packed.weights_sha256() == plain.weights_sha256()


def test_without_a_weight_of_one_the_mean_says_none(three, tmp_path):
    other = save_moved(tmp_path / "other", 4)
    assert average_encoders([three[0], other], tmp_path / "mean").lexical_weight is None


def changed(three, tmp_path, file, **changes):
    copy = shutil.copytree(three[1], tmp_path / "other")
    path = copy / file
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return str(copy)


@pytest.mark.parametrize(
    ("file", "changes", "message"),
    [
        (
            "l0pyserini_encoder.json",
            {"activation": "log1p_relu_2"},
            "other: activation: is 'log1p_relu_2', expected 'log1p_relu' as of .*1/encoder. Aver",
        ),
        (
            "sentence_bert_config.json",
            {"max_seq_length": 64},
            "other: max_length: is 64, expected 99 as of .*1/encoder. Average encoders that were",
        ),
        (
            "config.json",
            {"num_attention_heads": 4},
            "other: config 'num_attention_heads': is 4, expected 2 as of .*1/encoder. Average en",
        ),
        (
            "config.json",
            {"model_type": "roberta", "architectures": ["RobertaForMaskedLM"]},
            "other: .* weights are missing, such as",
        ),
        (
            "tokenizer.json",
            {"normalizer": None},
            r"other: tokenizer \(its digest\): is '\w{12}', expected '\w{12}' as of .*1/encoder. A",
        ),
    ],
)
def test_encoders_that_differ_are_refused(three, tmp_path, file, changes, message):
    other = changed(three, tmp_path, file, **changes)
    with pytest.raises(CheckpointError, match=message):
        average_encoders([three[0], other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_what_changes_no_output_may_differ(three, tmp_path):
    other = changed(three, tmp_path, "config.json", hidden_dropout_prob=0.0, use_cache=False)
    assert average_encoders([three[0], other], tmp_path / "mean").folder == tmp_path / "mean"


def test_query_tables_of_another_kind_or_other_tokens_are_refused(three, tmp_path):
    copy = shutil.copytree(three[1], tmp_path / "other")
    router = json.loads((copy / "router_config.json").read_text())
    router["structure"]["query"] = []
    (copy / "router_config.json").write_text(json.dumps(router))
    message = "other: query table: is 'idf.json', expected 'a query module' as of .*1/encoder. Aver"
    with pytest.raises(CheckpointError, match=message):
        average_encoders([three[0], str(copy)], tmp_path / "mean")
    tables = [IdfTable({"a": 1.0, "b": 2.0}, "one"), IdfTable({"a": 3.0}, "two")]
    with pytest.raises(
        CheckpointError, match="two: its query table and that of one differ in 1 to"
    ):
        average_tables(tables)
    assert average_tables([tables[0], IdfTable({"b": 1.0, "a": 2.0}, "x")]).weights == {
        "a": 1.5,
        "b": 1.5,
    }


def test_one_encoder_and_an_output_in_use(three, tmp_path):
    with pytest.raises(UsageError, match="--encoder .*: names 1, expected two or more"):
        average_encoders(three[:1], tmp_path / "mean")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("kept")
    with pytest.raises(OutputExistsError, match="kept: exists already"):
        average_encoders(three, tmp_path / "kept")


def test_the_command(three, tmp_path, capsys):
    words = ("average", "--encoder", *three, "--output", tmp_path / "mean")
    code, out, _ = command(capsys, *words)
    assert code == 0
    assert out == (
        f"the mean of 3 encoders, with BM25 of weight 4 beside it\nencoder: {tmp_path}/mean\n"
    )
    assert command(capsys, *words)[0] == 1
    code, out, _ = command(
        capsys, "average", "--encoder", three[0], three[0], "--output", tmp_path / "mean",
        "--overwrite",
    )  # fmt: skip
    assert code == 0
    assert "weight 2 beside it" in out
