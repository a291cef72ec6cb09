"""An archive of each kind, read by others: trec_eval, beir, mteb, the official MS MARCO script."""

import bz2
import importlib.util
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from l0pyserini import evaluate_run, read_qrels, read_topics
from l0pyserini.publish.leaderboard import pack_msmarco, pack_trec
from l0pyserini.publish.leaderboard.mteb import tasks
from tests.helpers import command, fresh_process, write
from tests.publish.leaderboard.conftest import unpack


def whole(folder: Path) -> dict:
    """Check the sums with sha256sum; return submission.json."""
    subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, check=True, capture_output=True
    )
    summed = {line.split("  ", 1)[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert there == summed | {"SHA256SUMS"}
    record = json.loads((folder / "submission.json").read_text())
    assert record["format"] == "l0pyserini-submission-1"
    assert record["versions"]["pyserini"] == "2.3.0"
    return record


def graded_run(qrels: dict, path: Path, tag: str = "l0", seed: int = 1) -> Path:
    """Write a run of judged documents in a random order, up to 100 a topic."""
    shuffler = random.Random(seed)
    with open(path, "w") as handle:
        for qid, judged in qrels.items():
            docids = shuffler.sample(sorted(judged), min(100, len(judged)))
            handle.writelines(
                f"{qid} Q0 {docid} {place} {200 - place} {tag}\n"
                for place, docid in enumerate(docids, start=1)
            )
    return path


def test_trec_runs_of_the_deep_learning_track(shared, tmp_path, describe, capsys):
    reference = shared / "reference/trec-dl"
    qrels = reference / "qrels.dl19-passage.txt"
    judged = read_qrels(str(qrels))
    runs = [graded_run(judged, tmp_path / f"{tag}.txt", tag, seed)
            for seed, tag in enumerate(("first", "second-1.0_b"))]  # fmt: skip
    commands = write(tmp_path / "commands", "#!/bin/sh\npython -m l0pyserini.search --index i\n")
    output = tmp_path / "dl19.zip"
    call = ["leaderboard", "trec", "--run", *runs, "--topics",
            reference / "topics.dl19-passage.txt", "--qrels", qrels, "--description",
            describe("trec"), "--output", output, "--commands", commands]  # fmt: skip
    code, out, _ = command(capsys, *call)
    assert code == 0
    assert "second-1.0_b: nDCG@10 0." in out
    folder = unpack(output)
    record = whole(folder)
    for run, tag in zip(runs, ("first", "second-1.0_b"), strict=True):
        # trec_eval reads the packed file and finds the recorded scores.
        packed = folder / "runs" / tag
        found = evaluate_run(str(qrels), packed, list(record["scores"][tag])).means
        assert found == record["scores"][tag] == evaluate_run(str(qrels), run, list(found)).means
        assert [line.split() for line in packed.open()] == [line.split() for line in run.open()]
    assert record["commands"][0] == "python -m l0pyserini.search --index i"
    assert record["commands"][1].startswith("python -m l0pyserini.publish.leaderboard trec --run ")
    assert (folder / "commands.sh").read_text().count("\n") == 4
    assert json.loads((folder / "description.json").read_text())["track"] == "deep learning 2019"
    assert command(capsys, *call)[0] == 1  # exists already


@pytest.fixture
def marco(shared, tmp_path):
    """A run of the real dev queries: judged passages at random places among others."""
    reference = shared / "reference"
    qrels = read_qrels(str(reference / "msmarco-dev-qrels.txt"))
    topics = [topic.qid for topic in read_topics(str(reference / "msmarco-dev-queries.tsv"))]
    shuffler = random.Random(2)
    with open(tmp_path / "dev.run", "w") as handle:
        for qid in topics[:-3]:  # three queries without a hit count 0
            docids = shuffler.sample(range(8_841_823), 20)
            for docid in qrels[qid]:
                docids[shuffler.randrange(20)] = int(docid)
            docids = list(dict.fromkeys(docids))
            handle.writelines(
                f"{qid} Q0 {docid} {place} {30 - place} l0\n"
                for place, docid in enumerate(docids, start=1)
            )
    return reference, tmp_path / "dev.run"


def test_msmarco(marco, tmp_path, describe):
    reference, run = marco
    qrels = reference / "msmarco-dev-qrels.txt"
    dev = str(reference / "msmarco-dev-queries.tsv")
    output = tmp_path / "m.zip"
    done = pack_msmarco(output, "20261123-l0", describe("msmarco"), run, dev, str(qrels),
                        run, dev, ["echo"])  # fmt: skip
    folder = unpack(output)
    record = whole(folder)
    submission = folder / "submissions/20261123-l0"
    metadata = json.loads((folder / "submissions/20261123-l0-metadata.json").read_text())
    assert metadata.keys() == {"team", "model_description", "paper", "code", "type"}
    found = record["scores"]["dev"]
    assert found["queries"] == 6977
    assert "3 topics have no hit and count 0" in done.notes[0]
    packed = bz2.decompress((submission / "dev.txt.bz2").read_bytes())
    lines = packed.decode().splitlines()
    assert len(lines) == found["lines"]
    assert (submission / "eval.txt.bz2").is_file()
    # trec_eval, from qid, pid and rank alone.
    back = tmp_path / "back.run"
    back.write_text("".join("{0} Q0 {1} {2} -{2} x\n".format(*line.split("\t")) for line in lines))
    mean = evaluate_run(str(qrels), back, ["RR@10"]).means["RR@10"]
    assert found["MRR@10"] == pytest.approx(mean, abs=5.01e-5)
    # The official script, where Pyserini has fetched it.
    cache = Path(os.environ.get("PYSERINI_CACHE", Path.home() / ".cache/pyserini"))
    script = cache / "eval/msmarco_passage_eval.py"
    if script.is_file():
        plain = write(tmp_path / "dev.tsv", "\n".join(lines) + "\n")
        official = fresh_process(script, qrels, plain)
        assert f"MRR @10: {found['MRR@10']}"[:20] in official.stdout, official.stderr
        assert "QueriesRanked: 6977" in official.stdout


def test_msmarco_without_eval_says_so(marco, tmp_path, describe):
    reference, run = marco
    done = pack_msmarco(tmp_path / "m.zip", "20261123-l0", describe("msmarco"), run,
                        str(reference / "msmarco-dev-queries.tsv"),
                        str(reference / "msmarco-dev-qrels.txt"))  # fmt: skip
    assert "no eval run: the leaderboard takes dev and eval together" in done.notes


def test_beir(nfcorpus, shared, tmp_path, describe, capsys):
    output = tmp_path / "b.zip"
    code, out, err = command(
        capsys, "leaderboard", "beir", "--datasets", "nfcorpus", "--qrels",
        shared / "data/{dataset}", "--run", nfcorpus.parents[2] / "{dataset}/bm25-flat/run.txt",
        "--description", describe("beir"), "--output", output,
    )  # fmt: skip
    assert code == 0
    assert "nfcorpus: nDCG@10 0.3218" in out
    assert "15 topics have no hit and count 0" in err
    folder = unpack(output)
    whole(folder)
    results = json.loads((folder / "results.json").read_text())
    assert results["model"] == "BM25"
    assert results["NDCG@10"] == 0.3218
    program = """
import json, sys
from beir.retrieval.evaluation import EvaluateRetrieval as E
qrels, run = {}, {}
for line in open(sys.argv[1]).read().splitlines()[1:]:
    q, d, g = line.split()
    qrels.setdefault(q, {})[d] = int(g)
run = {q: {} for q in qrels}
for line in open(sys.argv[2]):
    q, _, d, _, s, _ = line.split()
    run[q][d] = float(s)
found = {}
for part in E.evaluate(qrels, run, [1, 3, 5, 10, 20, 100, 1000]):
    found |= part
found |= E.evaluate_custom(qrels, run, [1, 3, 5, 10, 20, 100, 1000], metric="mrr")
print("FOUND", json.dumps(found))
"""
    qrels = shared / "data/nfcorpus/qrels/test.tsv"
    done = fresh_process("-c", program, qrels, folder / "runs/nfcorpus.txt")
    found = json.loads(done.stdout.split("FOUND", 1)[1])
    assert found == pytest.approx(results["results"]["nfcorpus"], abs=1.01e-4)


@pytest.fixture
def mteb_archive(nfcorpus, shared, tmp_path, describe, capsys):
    output = tmp_path / "m.zip"
    code, out, _ = command(
        capsys, "leaderboard", "mteb", "--datasets", "nfcorpus", "--qrels",
        shared / "data/nfcorpus", "--run", nfcorpus,
        "--description", describe("mteb"), "--output", output,
    )  # fmt: skip
    assert code == 0
    assert "NFCorpus: nDCG@10 0.3218" in out
    return unpack(output)


def test_mteb_as_its_schema_says(mteb_archive):
    whole(mteb_archive)
    folder = mteb_archive / "results/l0__bm25/r1"
    meta = json.loads((folder / "model_meta.json").read_text())
    assert (meta["name"], meta["revision"], meta["model_type"]) == ("l0/bm25", "r1", ["sparse"])
    result = json.loads((folder / "NFCorpus.json").read_text())
    assert result["task_name"] == "NFCorpus"
    assert result["dataset_revision"] == tasks()["nfcorpus"]["revision"]
    assert {"mteb_version", "evaluation_time"} <= result.keys()
    (entry,) = result["scores"]["test"]
    assert entry["main_score"] == entry["ndcg_at_10"] == 0.3218
    assert entry["hf_subset"] == "default"
    assert entry["languages"] == ["eng-Latn"]


LOAD = """
import json, sys, warnings
from pathlib import Path
from mteb.cache import ResultCache
from mteb.models.model_meta import ModelMeta
from mteb.results import TaskResult
root = Path(sys.argv[1])
folder = root / "results/l0__bm25/r1"
ModelMeta(**json.loads((folder / "model_meta.json").read_text()))
one = TaskResult.from_disk(folder / "NFCorpus.json", load_historic_data=False)
assert one.dataset_revision == one.task.metadata.revision
(model,) = ResultCache(root).load_results(tasks=["NFCorpus"]).model_results
print("FOUND", model.model_name, one.get_score(), len(model.task_results))
"""


def test_mteb_s_own_loader(mteb_archive):
    """Set MTEB_PYTHON to the Python of an environment that has mteb."""
    python = os.environ.get("MTEB_PYTHON")
    if python is None and importlib.util.find_spec("mteb") is None:
        pytest.skip("mteb is not installed, and MTEB_PYTHON names no Python that has it")
    done = subprocess.run(
        [python or sys.executable, "-c", LOAD, mteb_archive],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "FOUND l0/bm25 0.3218 1" in done.stdout, done.stderr


def test_the_same_files_give_the_same_archive(shared, tmp_path, describe):
    reference = shared / "reference/trec-dl"
    run = graded_run(read_qrels(str(reference / "qrels.dl20-passage.txt")), tmp_path / "r")
    topics = write(tmp_path / "t.tsv", "".join(
        f"{qid}\tx\n" for qid in read_qrels(str(reference / "qrels.dl20-passage.txt"))
    ))  # fmt: skip
    for name in ("a.zip", "b.zip"):
        pack_trec(tmp_path / name, describe("trec"), [run], str(topics))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
