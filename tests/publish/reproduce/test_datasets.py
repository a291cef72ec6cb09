"""The registry, counting what is on disk against it, and fetching what is not."""

import hashlib
import json
import shutil
import threading
import zipfile
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from l0pyserini.errors import CorpusError, QrelsError, TopicsError, UsageError
from l0pyserini.publish.reproduce import DATASETS, Dataset
from l0pyserini.publish.reproduce.datasets import check_dataset, chosen_datasets, fingerprints
from l0pyserini.publish.reproduce.download import download
from l0pyserini.publish.reproduce.published import scores
from tests.helpers import command, write

MINI = Dataset("mini", documents=3, topics=2, qrels=3)


@pytest.fixture
def mini(tmp_path):
    folder = tmp_path / "data" / "mini"
    (folder / "qrels").mkdir(parents=True)
    documents = [{"_id": f"d{i}", "title": "cat", "text": "dog " * i} for i in range(3)]
    write(folder / "corpus.jsonl", "".join(json.dumps(one) + "\n" for one in documents))
    queries = [{"_id": f"q{i}", "text": "dog"} for i in range(4)]
    write(folder / "queries.jsonl", "".join(json.dumps(one) + "\n" for one in queries))
    write(
        folder / "qrels/test.tsv", "query-id\tcorpus-id\tscore\nq0\td0\t1\nq0\td1\t0\nq1\td2\t1\n"
    )
    return folder


def test_the_thirteen_sets_of_the_paper_are_registered():
    beir = chosen_datasets("all")
    assert len(beir) == 13
    assert {one.name for one in beir} == set(scores())
    assert all(one.md5 and len(one.md5) == 32 for one in beir)
    assert not DATASETS["cacm"].in_beir


# Topics and documents as BEIR's README has them; it rounds the latter.
README = {
    "trec-covid": (50, 171_000),
    "nfcorpus": (323, 3_600),
    "nq": (3_452, 2_680_000),
    "hotpotqa": (7_405, 5_230_000),
    "fiqa": (648, 57_000),
    "arguana": (1_406, 8_670),
    "webis-touche2020": (49, 382_000),
    "dbpedia-entity": (400, 4_630_000),
    "scidocs": (1_000, 25_000),
    "fever": (6_666, 5_420_000),
    "climate-fever": (1_535, 5_420_000),
    "scifact": (300, 5_000),
    "quora": (10_000, 523_000),
}


@pytest.mark.parametrize("name", README)
def test_counts_are_those_of_beirs_table(name):
    topics, documents = README[name]
    assert DATASETS[name].topics == topics
    assert DATASETS[name].documents == pytest.approx(documents, rel=0.04)


@pytest.mark.parametrize("name", ["scifact", "nfcorpus", "arguana"])
def test_the_sets_at_hand_are_as_registered(shared, name):
    check_dataset(DATASETS[name], str(shared / "data" / name))


def test_the_embedded_collection_is_as_registered(shared):
    check_dataset(DATASETS["cacm"], "cacm")
    assert fingerprints(DATASETS["cacm"], "cacm")["corpus"] == (
        hashlib.sha256((shared / "data/cacm/cacm.tar.gz").read_bytes()).hexdigest()
    )


def test_names_are_checked():
    with pytest.raises(UsageError, match="'scifacts' is not registered"):
        chosen_datasets("scifacts")
    with pytest.raises(UsageError, match="a name comes twice"):
        chosen_datasets("scifact, scifact")


@pytest.mark.parametrize(
    ("other", "error", "message"),
    [
        ({"documents": 4}, CorpusError, "holds 3 documents, and the registered dataset has 4"),
        ({"topics": 5}, TopicsError, "holds 2 topics, and the registered dataset has 5"),
        ({"qrels": 2}, QrelsError, "holds 3 judgements, and the registered dataset has 2"),
    ],
)
def test_counts_that_differ_are_refused(mini, other, error, message):
    check_dataset(MINI, str(mini))
    with pytest.raises(error, match=message):
        check_dataset(replace(MINI, **other), str(mini))


def test_a_changed_file_has_another_fingerprint(mini):
    before = fingerprints(MINI, str(mini))
    assert set(before) == {"corpus", "qrels", "queries.jsonl"}
    write(mini / "qrels/test.tsv", "q0\td0\t1\n")
    assert fingerprints(MINI, str(mini)) != before


def test_nothing_is_scored_before_all_sets_are_counted(shared, tmp_path, capsys):
    data = tmp_path / "data"
    shutil.copytree(shared / "data/nfcorpus", data / "nfcorpus")
    qrels = data / "nfcorpus/qrels/test.tsv"
    qrels.chmod(0o644)
    qrels.parent.chmod(0o755)
    write(qrels, "".join(qrels.read_text().splitlines(keepends=True)[:-1]))
    words = ["reproduce", "--datasets", "cacm,nfcorpus", "--data-dir", data]
    code, _, err = command(capsys, *words, "--output", tmp_path / "out")
    assert code == 1
    assert "holds 12,333 judgements, and the registered dataset has 12,334" in err
    assert not (tmp_path / "out/cacm/bm25-flat").exists()


def test_a_missing_folder_is_said(tmp_path, capsys):
    words = ["reproduce", "--datasets", "quora", "--data-dir", tmp_path, "--output", tmp_path / "o"]
    code, _, err = command(capsys, *words)
    assert code == 1
    assert "quora: no such folder" in err
    assert "--download" in err


@pytest.fixture
def server(mini, tmp_path):
    """An archive of the dataset behind HTTP; gives its address and md5."""
    with zipfile.ZipFile(tmp_path / "mini.zip", "w") as packed:
        for file in sorted(mini.rglob("*")):
            packed.write(file, f"mini/{file.relative_to(mini)}")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        md5 = hashlib.md5((tmp_path / "mini.zip").read_bytes()).hexdigest()
        yield f"http://127.0.0.1:{http.server_port}/{{name}}.zip", md5
        http.shutdown()


def test_a_download_is_checked_and_unpacked(server, tmp_path):
    address, md5 = server
    fetched = download(replace(MINI, md5=md5), tmp_path / "new", address)
    check_dataset(MINI, str(fetched))
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["mini"]


def test_a_download_of_another_archive_is_thrown_away(server, tmp_path):
    address, _ = server
    with pytest.raises(CorpusError, match="what came has md5 .*, and BEIR's archive 00"):
        download(replace(MINI, md5="00"), tmp_path / "new", address)
    assert not list((tmp_path / "new").iterdir())


def test_an_archive_without_the_folder_is_refused(server, tmp_path):
    address, md5 = server
    other = address.replace("{name}", "mini")
    with pytest.raises(CorpusError, match="holds no folder other"):
        download(Dataset("other", 1, 1, 1, md5=md5), tmp_path / "new", other)


def test_a_dead_network_is_said(tmp_path):
    with pytest.raises(CorpusError, match="cannot be fetched"):
        download(MINI, tmp_path, "http://127.0.0.1:9/{name}.zip")
