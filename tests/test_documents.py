"""Every command and every example of docs/ that is no matter of hours, run on small inputs."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from l0pyserini import encode_corpus
from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.encode.lexical import Lexical
from l0pyserini.index.api import build_index
from tests.helpers import run_line, write

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
COMMAND = re.compile(r"^ {0,4}((?:python -m l0pyserini[. ]|python benchmarks/).+)$", re.MULTILINE)
COMMANDS = [(page.name, line) for page in PAGES for line in COMMAND.findall(page.read_text())]

ONLY_READ = {
    "--encoder opensearch-project/": "fetches a model",
    "--datasets scifact,nfcorpus,arguana": "whole sets; tests/publish/reproduce has a small one",
    "--datasets cacm,scifact": "whole sets; tests/publish/reproduce has a small one",
    "publish.leaderboard": "wants a filled-in description; tests/publish/leaderboard has them",
    "dense:": "a teacher that is fetched; tests/train has a small one",
    "runs/training-set": "the hours of a whole training",
    "configs/l0-tiny/": "the hours of a whole training",
    "runs/crops": "the hours of a whole training",
    "runs/mix": "the hours of a whole training",
    "runs/l0-mini-5": "wants trained encoders; tests/train/test_average.py has them",
    "runs/l0-tiny-3": "wants trained encoders; tests/train/test_average.py has them",
    "runs/l0-tiny-5": "wants trained encoders; tests/train/test_average.py has them",
    "runs/l0-mini-6": "wants trained encoders; tests/train/test_average.py has them",
    "configs/l0-mini/": "the hours of a whole training",
    "runs/l0-mini-3.130": "wants trained encoders; tests/train/test_average.py has them",
    "l0pyserini.serve": "runs until it is stopped; tests/serve does both",
    "runs/scifact.encoded": "takes the whole of SciFact; `scifact` of conftest.py is the same",
    "$D": "takes the whole of SciFact; `scifact` of conftest.py is the same",
    "l0pyserini.demo": "`cacm` of conftest.py is the same",
    "publish.report": "the README's, run with it",
    "runs/a/encoder runs/b/encoder": "wants trained encoders; tests/train/test_average.py has them",
    "runs/l0-tiny-table": "wants a teacher's vectors; tests/train/test_table.py has them",
    "--scale 80": "minutes; the workplace has such a collection of one document",
    "--steps 20000": "hours; tests/train/test_masks.py has few steps",
    "/shared/": "a disk that machines share; tests/encode/test_on_ray.py has small ones",
    "s3://": "wants an S3 server; tests/encode/test_objects.py has one",
    "--ray local": "starts a cluster; tests/encode/test_on_ray.py does",
    "--url http://": "wants a cluster; tests/opensearch/test_page.py has one",
    "--url https://": "wants a cluster with TLS; tests/opensearch/test_http_faults.py has one",
    "msmarco": "hours; the same commands run on small collections",
    "benchmarks/": "minutes to hours; each names its figures",
}
"""Words of commands that are only read, and why."""


def only_read(line: str) -> bool:
    return any(words in line for words in ONLY_READ)


RUN = [(page, line) for page, line in COMMANDS if not only_read(line)]


def words_of(line: str) -> list[str]:
    """Return a command's words without `python -m`, and without where its output goes."""
    return shlex.split(line.split(" > ")[0])[2:]


@pytest.fixture(scope="module")
def workplace(cacm, tmp_path_factory):
    """What the pages' commands name: the demo's results, and small collections beside them."""
    folder = tmp_path_factory.mktemp("documents")
    shutil.copytree(cacm / "indexes", folder / "indexes")
    shutil.copytree(cacm / "runs", folder / "runs")
    as_beir(folder / "beir/scifact")
    (folder / "beir/arguana").symlink_to("scifact")
    shutil.copytree(folder / "indexes/cacm", folder / "indexes/scifact.bm25")
    names = {"a": "", "b": "bm25.", "dl19": "", "scifact.bm25": "bm25.", "scifact.l0": ""}
    for name, source in (names | {"arguana.bm25": "bm25.", "arguana.l0": ""}).items():
        shutil.copy(folder / f"runs/cacm.{source}txt", folder / f"runs/{name}.txt")
    lines = [f"{qid} 0 {d} 2\n" for qid, grades in read_qrels("cacm").items() for d in grades]
    write(folder / "dl19.txt", "".join(lines))
    for name, docid in (("new", "NEW-1"), ("a", "CACM-0001"), ("b", "CACM-0002")):
        write(folder / f"{name}.jsonl", json.dumps({"id": docid, "text": f"time sharing, {name}"}))
        out, like = folder / f"runs/{name}.encoded", Lexical(like=folder / "indexes/cacm")
        encode_corpus(str(folder / f"{name}.jsonl"), "l0-tiny", out, lexical=like)
    like = Lexical(like=folder / "indexes/cacm")
    encode_corpus(
        str(folder / "a.jsonl"), "l0-tiny", folder / "runs/cacm.8bits", scale=80.0, lexical=like
    )
    for name in ("a", "b"):
        build_index(folder / f"runs/{name}.encoded", folder / f"indexes/{name}", store_text=True)
    return folder


def as_beir(folder: Path) -> None:
    """Write CACM as a BEIR folder whose training and test topics are the same."""
    (folder / "qrels").mkdir(parents=True)
    with open(folder / "corpus.jsonl", "w") as corpus:
        for one in open_corpus("cacm"):
            corpus.write(json.dumps({"_id": one.docid, "title": "", "text": one.text}) + "\n")
    topics = "".join(
        json.dumps({"_id": one.qid, "text": one.text}) + "\n" for one in read_topics("cacm")
    )
    write(folder / "queries.jsonl", topics)
    judged = [
        f"{qid}\t{docid}\t{grade}\n"
        for qid, grades in read_qrels("cacm").items()
        for docid, grade in grades.items()
    ]
    for split in ("train", "test"):
        text = "query-id\tcorpus-id\tscore\n" + "".join(judged)
        write(folder / f"qrels/{split}.tsv", text)


@pytest.mark.parametrize(("page", "line"), RUN)
def test_commands_run(page, line, workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    code, out, err = run_line(capsys, line.split(" > ")[0])
    assert code == 0, (page, err)
    assert out, page


def examples():
    """Return (page, program): the Python blocks of a page, that stand in one another's sight."""
    for page in PAGES:
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
        for block in blocks:
            # Those that plug into other libraries are run by test_readme and test_page.
            plugged = ("LuceneImpactSearcher", "ImpactRetriever", "OpenSearchSearcher")
            if not any(name in block for name in plugged):
                yield page.name, block


BEFORE = """
from l0pyserini import ImpactSearcher
queries, qids = ["time sharing", "operating systems"], ["1", "2"]
"""


@pytest.mark.parametrize(("page", "program"), list(examples()))
def test_examples_run(page, program, workplace):
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + program],
        cwd=workplace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (page, done.stderr)


def test_what_is_only_read_is_there():
    for words in ONLY_READ:
        assert any(words in line for _, line in COMMANDS), words
