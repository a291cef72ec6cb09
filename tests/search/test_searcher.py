"""ImpactSearcher: exact scores, the API of a searcher, and what it refuses."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from l0pyserini import ImpactSearcher, open_checkpoint
from l0pyserini.data import read_run
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import rank
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.errors import ImpactIndexError, QueryMismatchError, UsageError
from l0pyserini.query import IdfQueryEncoder, IdfTable
from tests.helpers import command, fresh_process, write

QUERY = "a programming language for time sharing systems"


@pytest.fixture(scope="module")
def searcher(small):
    with ImpactSearcher(small / "index") as opened:
        yield opened


@pytest.fixture(scope="module")
def vectors(small):
    return {
        document.docid: document.vector
        for path in shard_paths(small / "encoded")
        for document in read_shard(path)
    }


def oracle(vectors, impacts, k):
    scores = {d: sum(w * v.get(t, 0) for t, w in impacts.items()) for d, v in vectors.items()}
    return rank(Hit(docid, float(score)) for docid, score in scores.items() if score)[:k]


@pytest.mark.parametrize("k", [1, 10, 1000])
def test_hits_are_the_dot_products(searcher, vectors, k):
    impacts = searcher.query_encoder.encode(QUERY)
    assert searcher.search(QUERY, k) == oracle(vectors, impacts, k)


def test_batches_equal_single_queries(searcher):
    texts = [QUERY, "zzzzz qqqq", "compiler", ""]
    found = searcher.batch_search(texts, ["a", "b", "c", "d"], k=5, threads=2)
    assert list(found) == ["a", "b", "c", "d"]
    assert found["d"] == []
    for qid, text in zip(found, texts, strict=True):
        assert found[qid] == searcher.search(text, 5)
    with pytest.raises(UsageError, match="1 queries and 2 qids"):
        searcher.batch_search(["x"], ["1", "2"])
    with pytest.raises(UsageError, match="k is 0, expected a number from 1"):
        searcher.search(QUERY, 0)


def test_more_hits_than_documents_and_a_query_of_all_tokens(searcher, vectors):
    everything = " ".join(sorted({token for vector in vectors.values() for token in vector}))
    impacts = searcher.known(searcher.query_encoder.encode(everything))
    assert len(impacts) > 1024
    assert searcher.search(everything, 10**6) == oracle(vectors, impacts, 10**6)


def test_many_threads_may_use_one_searcher(searcher):
    expected = searcher.search(QUERY, 20)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: searcher.search(QUERY, 20), range(64)))
    assert all(hits == expected for hits in found)


def test_the_query_s_own_document_can_be_left_out(searcher):
    own = searcher.search(QUERY, 3)[0].docid
    (_, kept), (_, all_hits) = searcher.search_topics(
        [(own, QUERY), ("other", QUERY)], k=3, threads=1, batch_size=1, remove_query=True
    )
    assert own not in [hit.docid for hit in kept]
    assert len(kept) == len(all_hits) == 3
    assert kept[0] == all_hits[1]


def test_another_encoder_is_refused(small):
    checkpoint = open_checkpoint("splade-tiny")
    ImpactSearcher(small / "index", IdfQueryEncoder.from_checkpoint(checkpoint)).close()
    table = IdfTable(dict.fromkeys(checkpoint.idf.weights, 1.0), "flat")
    with pytest.raises(QueryMismatchError, match="whose idf_sha256 is"):
        ImpactSearcher(small / "index", IdfQueryEncoder(checkpoint.tokenizer, table))
    with pytest.raises(QueryMismatchError, match=r"query_scale is 100.0, and the one given has 10"):
        ImpactSearcher(small / "index", IdfQueryEncoder.from_checkpoint(checkpoint, 10.0))


def test_an_index_of_another_tool_needs_an_encoder(small, tmp_path, capsys):
    index = shutil.copytree(small / "index", tmp_path / "i")
    for name in ("l0pyserini.json", "query_encoder.json", "vocabulary.json"):
        (index / name).unlink()
    arguments = ("search", "--index", index, "--query", QUERY, "--hits", 3)
    code, _, err = command(capsys, *arguments)
    assert code == 1
    assert "or a query encoder (--encoder" in err
    with ImpactSearcher(index) as searcher, ImpactSearcher(small / "index") as ours:
        assert searcher.search({"language": 3}, 5) == ours.search({"language": 3}, 5)
    code, out, _ = command(capsys, *arguments, "--encoder", "splade-tiny")
    assert code == 0
    assert len(out.splitlines()) == 3


def test_a_damaged_index(small, tmp_path):
    index = shutil.copytree(small / "index", tmp_path / "i")
    next(index.glob("segments_*")).write_bytes(b"nothing")
    with pytest.raises(ImpactIndexError, match="Lucene cannot open this index"):
        ImpactSearcher(index)


def test_the_command_for_a_person(small, capsys):
    code, out, err = command(capsys, "search", "--index", small / "index", "--query", f"{QUERY} ☃")
    assert code == 0
    assert len(out.splitlines()) == 10
    assert out.split()[2].startswith("CACM-")
    code, out, err = command(capsys, "search", "--index", small / "index", "--query", "☃")
    assert (code, out) == (0, "")
    assert "no document holds any token of the query" in err
    code, _, err = command(capsys, "search", "--index", small / "absent", "--query", "x")
    assert code == 1
    assert "no such index" in err


def test_unknown_tokens_are_shown(small, capsys, tmp_path):
    index = shutil.copytree(small / "index", tmp_path / "i")
    record = json.loads((index / "vocabulary.json").read_text())
    del record["terms"]["language"]
    write(index / "vocabulary.json", json.dumps(record))
    _, _, err = command(capsys, "search", "--index", index, "--query", "language systems")
    assert "query tokens the index does not know: language" in err


def test_the_command_for_topics(small, tmp_path, capsys):
    topics = write(tmp_path / "t.tsv", f"1\t{QUERY}\n2\t☃\n")
    arguments = ("search", "--index", small / "index", "--topics", topics)
    code, _, err = command(capsys, *arguments)
    assert code == 2
    assert "--topics needs --output" in err
    output = tmp_path / "runs/r.txt"
    code, out, _ = command(capsys, *arguments, "--output", output, "--hits", 7, "--tag", "mine")
    assert code == 0
    assert "searched 2 topics" in out
    assert "topics without a hit: 1" in out
    run = read_run(output)
    assert [len(hits) for hits in run.values()] == [7]
    assert output.read_text().splitlines()[0].endswith(" mine")
    code, _, err = command(capsys, *arguments, "--output", output)
    assert code == 1
    assert "exists already" in err


def test_searching_loads_no_torch(small):
    program = (
        "import sys; from l0pyserini.search.__main__ import main;"
        f"main(['--index', {str(small / 'index')!r}, '--query', 'language']);"
        "print({'torch', 'transformers', 'pandas', 'scipy'} & set(sys.modules))"
    )
    assert fresh_process("-c", program).stdout.splitlines()[-1] == "set()"


def test_paths_are_this_process_s_and_not_the_jvm_s(small, monkeypatch):
    """The JVM keeps the folder it was started in."""
    monkeypatch.chdir(small)
    with ImpactSearcher("index") as searcher:
        assert searcher.search("algebraic language", k=1)
