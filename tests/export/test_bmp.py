"""BMP: its search of the exported index against ours, and what does not fit."""

import json
import subprocess
import sys
from collections import Counter
from itertools import starmap

import pytest

from l0pyserini import ImpactSearcher, evaluate_run, read_topics
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import write_run
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.errors import ExportError, TopicsError, UsageError
from l0pyserini.export import bmp, export_bmp
from l0pyserini.export.bmp import fitted_weights, write_queries
from l0pyserini.export.queries import Query
from l0pyserini.query import IdfQueryEncoder
from tests.helpers import command, names, write

SEARCH = "import sys, bmp; print(bmp.search(sys.argv[1], sys.argv[2], int(sys.argv[3]), 1.0, 1.0))"


def bmp_run(index, queries, k):
    """Return {qid: {docid: score}} of BMP's own search."""
    words = [sys.executable, "-c", SEARCH, index, queries, str(k)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    run = {}
    for line in done.stdout.splitlines():
        if line.strip():
            qid, _, docid, _, score, _ = line.split()
            run.setdefault(qid, {})[docid] = float(score)
    return run


def read_queries(path):
    pairs = (line.split(":", 1) for line in path.read_text().splitlines())
    return {qid: dict(Counter(tokens.split())) for qid, tokens in pairs}


def check_hits(index, queries, run, blocks, k):
    """Hold a run of BMP against ours for the same vectors; return how many topics lack documents.

    Scores are the same. BMP stops before the last block it would visit, so that documents may be
    missing, all of one block.
    """
    missing = 0
    with ImpactSearcher(index) as searcher:
        for qid, vector in queries.items():
            ours = {hit.docid: hit.score for hit in searcher.search(vector, 4000)}
            theirs = run.get(qid, {})
            assert theirs == {docid: ours[docid] for docid in theirs}
            best = list(ours.items())[:k]
            floor = best[-1][1] if len(best) == k else 0
            lost = {blocks[d] for d, score in best if score > floor and d not in theirs}
            assert len(lost) <= 1
            missing += bool(lost)
    return missing


def test_hits_on_the_whole_of_cacm(cacm, whole, tmp_path):
    index, queries = tmp_path / "x.bmp", tmp_path / "q.txt"
    export_bmp(whole / "encoded", index)
    encoder = IdfQueryEncoder.load(cacm / "runs/cacm.encoded/query_encoder.json")
    topics = read_topics("cacm")
    vectors = dict(
        zip((t.qid for t in topics), encoder.encode_batch([t.text for t in topics]), strict=True)
    )
    write_queries(queries, [Query(qid, "", vector) for qid, vector in vectors.items()], 255)
    fitted = read_queries(queries)
    [path] = shard_paths(whole / "encoded") or [whole / "encoded/docs.jsonl"]
    docids = [docid for docid, _, _ in read_shard(path)]
    blocks = {docid: number // 32 for number, docid in enumerate(docids)}
    ten, hundred = (bmp_run(index, queries, k) for k in (10, 100))
    assert check_hits(whole / "index", fitted, ten, blocks, 10) == 0
    assert check_hits(whole / "index", fitted, hundred, blocks, 100) <= 2
    # Lowered to 32 steps, queries find nearly what they find whole.
    with ImpactSearcher(whole / "index") as searcher:
        exact = {qid: searcher.search(vector, 10) for qid, vector in vectors.items()}
    found = {qid: list(starmap(Hit, scores.items())) for qid, scores in ten.items()}
    runs = {"ours": exact, "bmp": found}
    means = {}
    for name, run in runs.items():
        write_run(tmp_path / name, run.items(), "x")
        means[name] = evaluate_run("cacm", tmp_path / name, ["nDCG@10"]).means["nDCG@10"]
    assert abs(means["ours"] - means["bmp"]) < 0.01, means


@pytest.mark.parametrize("learned_only", [False, True])
def test_topics_of_the_command(capsys, eight_bits, tmp_path, learned_only):
    index, queries = tmp_path / "x.bmp", tmp_path / "q.txt"
    topics = write(tmp_path / "t.tsv", "1\ttime sharing systems\n2\t\u4e2d\n3\tlanguage\n")
    words = ["export", "bmp", "--input", eight_bits / "encoded", "--output", index]
    flags = ["--topics", topics, "--queries", queries, *["--learned-only"][: int(learned_only)]]
    code, out, err = command(capsys, *words, *flags)
    assert code == 0, err
    assert "exported 151 documents" in out
    fitted = read_queries(queries)
    assert set(fitted) == {"1", "3"}
    assert "1 topics have no token that a document holds, such as '2'" in err
    assert any(t.startswith("~") for t in fitted["1"]) != learned_only
    assert max(fitted["1"].values()) == 32
    blocks = {}
    for path in shard_paths(eight_bits / "encoded"):
        for document in read_shard(path):
            blocks[document.docid] = len(blocks) // 32
    check_hits(eight_bits / "index", fitted, bmp_run(index, queries, 10), blocks, 10)
    assert names(tmp_path) == ["q.txt", "t.tsv", "x.bmp"]


def test_the_same_bytes_each_time(eight_bits, tmp_path):
    for name in ("a", "b"):
        export_bmp(eight_bits / "encoded", tmp_path / name, block_size=256)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_impacts_of_more_than_8_bits_are_refused(small, tmp_path):
    with pytest.raises(
        ExportError, match=r"docid 'CACM-\d+': impact \d+ for .* is the largest"
    ) as e:
        export_bmp(small / "encoded", tmp_path / "x")
    assert "BMP keeps 8 bits, so 255 at most. Encode with a smaller --scale (" in str(e.value)
    assert names(tmp_path) == []


def test_more_terms_than_16_bits_number_are_refused(eight_bits, small, tmp_path, monkeypatch):
    monkeypatch.setattr(bmp, "MAX_TERMS", 100)
    with pytest.raises(
        ExportError, match=r"terms, and BMP numbers them in 16 bits, so 100 at"
    ) as e:
        export_bmp(eight_bits / "encoded", tmp_path / "x")
    assert "Leave BM25's stems out with --learned-only" in str(e.value)
    with pytest.raises(ExportError, match=r"Encode with a tokenizer of fewer tokens, or export to"):
        export_bmp(small / "encoded", tmp_path / "x")
    assert names(tmp_path) == []


def test_65536_terms_fit(tmp_path):
    (tmp_path / "in").mkdir()
    tokens = [f"t{number}" for number in range(2**16)]
    lines = [
        json.dumps({"id": f"d{i}", "vector": dict.fromkeys(tokens[i * 2048 : (i + 1) * 2048], 7)})
        for i in range(32)
    ]
    lines += [json.dumps({"id": f"e{i}", "vector": {"t65535": 1 + i}}) for i in range(64)]
    write(tmp_path / "in/x.jsonl", "\n".join(lines) + "\n")
    export_bmp(tmp_path / "in", tmp_path / "x.bmp")
    write(tmp_path / "q", "1: t65535\n2: t0 t0\n")
    # The one block that holds t0 is the last to be visited, and BMP leaves it out.
    run = bmp_run(tmp_path / "x.bmp", tmp_path / "q", 100)
    assert list(run) == ["1"]
    assert list(run["1"].items())[:2] == [("e63", 64.0), ("e62", 63.0)]


@pytest.mark.parametrize("size", [0, 257])
def test_other_blocks_are_refused(small, tmp_path, size):
    with pytest.raises(UsageError, match=rf"--block-size {size}: expected 1 to 256"):
        export_bmp(small / "encoded", tmp_path / "x", block_size=size)


def test_one_of_topics_and_queries_is_refused(small, tmp_path):
    with pytest.raises(UsageError, match=r"--topics needs --queries: topics are read"):
        export_bmp(small / "encoded", tmp_path / "x", topics="cacm")
    with pytest.raises(UsageError, match=r"--queries needs --topics"):
        export_bmp(small / "encoded", tmp_path / "x", queries="q")


def test_a_failure_of_bmp_is_told(eight_bits, tmp_path, monkeypatch):
    monkeypatch.setattr(bmp, "_CONVERT", "import sys; sys.exit('ERROR: no such thing')")
    with pytest.raises(ExportError, match=r"BMP could not make .*1: ERROR: no such thing\)"):
        export_bmp(eight_bits / "encoded", tmp_path / "x")
    assert names(tmp_path) == []


def test_fitted_weights():
    assert fitted_weights({"a": 32, "b": 1}, 255) == {"a": 32, "b": 1}
    assert fitted_weights({"a": 640, "b": 100, "c": 1}, 255) == {"a": 32, "b": 5, "c": 1}
    many = {f"t{number}": 300 for number in range(300)}
    lowered = fitted_weights(many, 255)
    assert sum(lowered.values()) * 255 <= 65535
    assert set(lowered.values()) == {1}
    heavy = {f"t{number}": 300 for number in range(10)}
    assert sum(fitted_weights(heavy, 255).values()) * 255 <= 65535
    assert min(fitted_weights(heavy, 255).values()) == 25


def test_scores_of_16_bits_do_not_overflow(tmp_path):
    (tmp_path / "in").mkdir()
    tokens = [f"t{number}" for number in range(40)]
    lines = [json.dumps({"id": f"d{i}", "vector": dict.fromkeys(tokens, 255)}) for i in range(40)]
    lines += [json.dumps({"id": f"e{i}", "vector": {"t1": 3}}) for i in range(40)]
    write(tmp_path / "in/x.jsonl", "\n".join(lines) + "\n")
    export_bmp(tmp_path / "in", tmp_path / "x.bmp")
    write_queries(tmp_path / "q", [Query("1", "", dict.fromkeys(tokens, 500))], 255)
    run = bmp_run(tmp_path / "x.bmp", tmp_path / "q", 5)["1"]
    weight = read_queries(tmp_path / "q")["1"]["t1"]
    assert set(run.values()) == {40 * 255 * weight}


def test_a_qid_with_a_colon_is_refused(tmp_path):
    with pytest.raises(TopicsError, match=r"qid 'a:b': has a colon, where BMP's query file ends"):
        write_queries(tmp_path / "q", [Query("a:b", "", {"t": 1})], 255)
