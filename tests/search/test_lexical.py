"""BM25 beside a learned encoder in one index: scores, halves, shards, and growing."""

import json
import math
import shutil

import numpy as np
import pytest

from l0pyserini import ImpactSearcher, build_index, encode_corpus, read_run, read_topics
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.encode.lexical import Lexical
from l0pyserini.errors import QueryMismatchError, UsageError
from l0pyserini.evaluate import evaluate_run
from l0pyserini.evaluate.explain import explain
from l0pyserini.index.append import main as append
from l0pyserini.index.delete import main as delete
from l0pyserini.index.merge import main as merge
from l0pyserini.index.verify import main as verify
from l0pyserini.query import IdfQueryEncoder
from l0pyserini.search.api import search_topics
from tests.helpers import command

QUERY = "a programming language for time sharing systems"


def hits(index, query=QUERY, **options):
    with ImpactSearcher(index, **options) as searcher:
        return searcher.search(query, 1000)


def test_scores_are_dot_products_with_both_halves(hybrid):
    with ImpactSearcher(hybrid / "index") as searcher:
        impacts = searcher.query_encoder.encode(QUERY)
        found = {hit.docid: hit.score for hit in searcher.search(QUERY, 1000)}
    documents = [d for path in shard_paths(hybrid / "encoded") for d in read_shard(path)]
    exact = {d.docid: sum(w * d.vector.get(t, 0) for t, w in impacts.items()) for d in documents}
    assert found == {docid: score for docid, score in exact.items() if score}
    assert {"time", "~time"} <= impacts.keys()


def test_either_half_alone(hybrid, small):
    assert hits(hybrid / "index", lexical_weight=0.0) == hits(small / "index")
    alone = hits(hybrid / "index", lexical_weight=math.inf)
    assert alone == hits(hybrid / "bm25.index")
    assert alone != hits(hybrid / "index")


def test_a_weight_in_a_command(capsys, hybrid, small):
    words = ["search", "--index", hybrid / "index", "--query", QUERY]
    code, both, _ = command(capsys, *words)
    assert code == 0
    code, without, _ = command(capsys, *words, "--lexical-weight", "0")
    assert (code, without != both) == (0, True)
    code, _, err = command(capsys, *words, "--lexical-weight=-1")
    assert (code, "'-1' is not a number from 0" in err) == (2, True)
    code, alone, _ = command(capsys, *words, "--lexical-weight", "inf")
    assert (code, alone not in (both, without)) == (0, True)
    words[2] = small / "index"
    code, _, err = command(capsys, *words, "--lexical-weight", "2")
    assert (code, "encoded without BM25's stems. Leave the flag out" in err) == (1, True), err


def test_bm25_alone_ranks_as_anserini_does(cacm, tmp_path):
    """Every document of every topic against Anserini's own run: correlation above 0.999."""
    encode_corpus("cacm", "bm25", tmp_path / "e")
    build_index(tmp_path / "e", tmp_path / "index")
    search_topics(tmp_path / "index", "cacm", tmp_path / "run.txt", hits=4000)
    theirs = read_run(cacm / "runs/cacm.bm25.txt")
    ours = read_run(tmp_path / "run.txt")
    for qid, ranked in theirs.items():
        scores = {hit.docid: hit.score for hit in ours[qid]}
        pairs = [(hit.score, scores[hit.docid]) for hit in ranked if hit.docid in scores]
        assert len(pairs) == len(ranked)
        if len(pairs) > 2:
            assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.999, qid
    means = [
        evaluate_run("cacm", run, ["nDCG@10"]).means["nDCG@10"]
        for run in (tmp_path / "run.txt", cacm / "runs/cacm.bm25.txt")
    ]
    assert abs(means[0] - means[1]) < 0.001, means


@pytest.fixture(scope="module")
def halves(hybrid, tmp_path_factory):
    """a.jsonl, b.jsonl: the hybrid's documents in two; a, b: their indexes, b's average a's own."""
    folder = tmp_path_factory.mktemp("halves")
    lines = (hybrid / "docs.jsonl").read_text().splitlines(keepends=True)
    (folder / "a.jsonl").write_text("".join(lines[:100]))
    (folder / "b.jsonl").write_text("".join(lines[100:]))
    for name, like in (("a", None), ("b", folder / "a")):
        encode_corpus(
            str(folder / f"{name}.jsonl"),
            "bm25",
            folder / f"{name}.encoded",
            lexical=Lexical(like=like),
        )
        build_index(folder / f"{name}.encoded", folder / name)
    encode_corpus(
        str(hybrid / "docs.jsonl"),
        "bm25",
        folder / "all.encoded",
        lexical=Lexical(like=folder / "a"),
    )
    build_index(folder / "all.encoded", folder / "all")
    return folder


def query_side(index):
    return json.loads((index / "query_encoder.json").read_text())["lexical"]


def test_shards_are_searched_with_the_df_of_all(halves):
    together = [halves / "a", halves / "b"]
    assert hits(together) == hits(halves / "all")
    assert hits(halves / "a") != [h for h in hits(halves / "all") if h in hits(halves / "a")]


def test_appended_merged_and_deleted_as_built_anew(capsys, halves, tmp_path):
    grown = shutil.copytree(halves / "a", tmp_path / "grown")
    assert append(["--input", str(halves / "b.encoded"), "--index", str(grown)]) == 0
    assert query_side(grown) == query_side(halves / "all")
    assert hits(grown) == hits(halves / "all")
    assert verify([str(grown)]) == 0

    merged = tmp_path / "merged"
    assert merge(["--input", str(halves / "a"), str(halves / "b"), "--index", str(merged)]) == 0
    assert query_side(merged) == query_side(halves / "all")
    assert hits(merged) == hits(halves / "all")

    docids = [json.loads(line)["id"] for line in (halves / "b.jsonl").read_text().splitlines()]
    held = [docid for docid in docids if docid != "EMPTY-1"]
    assert delete(["--index", str(grown), "--docids", *held]) == 0
    left, first = query_side(grown), query_side(halves / "a")
    assert (left["df"], left["documents"]) == (first["df"], first["documents"])
    assert hits(grown) == hits(halves / "a")
    capsys.readouterr()


def test_another_average_is_refused(capsys, hybrid, halves, tmp_path):
    grown = shutil.copytree(halves / "a", tmp_path / "grown")
    code = append(["--input", str(hybrid / "bm25"), "--index", str(grown)])
    err = capsys.readouterr().err
    assert (code, "its lexical is" in err, f"(--lexical-like {grown})" in err) == (1, True, True)
    assert hits(grown) == hits(halves / "a")
    with pytest.raises(QueryMismatchError, match="whose lexical is"):
        ImpactSearcher([halves / "a", hybrid / "bm25.index"])
    with pytest.raises(QueryMismatchError, match="whose"):
        ImpactSearcher([hybrid / "index", hybrid / "bm25.index"])


def test_a_query_encoder_without_stems_asks_for_none(hybrid, small):
    learned = IdfQueryEncoder.load(small / "index/query_encoder.json")
    assert hits(hybrid / "index", query_encoder=learned) == hits(small / "index")
    both = IdfQueryEncoder.load(hybrid / "index/query_encoder.json", lexical_weight=3.0)
    expected = hits(hybrid / "index", lexical_weight=3.0)
    assert hits(hybrid / "index", query_encoder=both) == expected


def test_vectors_of_another_tool_take_no_query_side_with_stems(hybrid, tmp_path):
    (tmp_path / "v").mkdir()
    (tmp_path / "v/docs.jsonl").write_text('{"id": "a", "contents": "", "vector": {"time": 3}}\n')
    encoder = IdfQueryEncoder.load(hybrid / "index/query_encoder.json")
    with pytest.raises(UsageError, match="asks for BM25's stems too, which .* does not have"):
        build_index(tmp_path / "v", tmp_path / "i", query_encoder=encoder)


def test_explained_shares_tell_stems_from_tokens(hybrid):
    best = hits(hybrid / "index")[0]
    (found,) = explain(hybrid / "index", QUERY, [best.docid], str(hybrid / "docs.jsonl"))
    assert found.score == best.score
    kinds = {share.token: share.kind for share in found.tokens if share.document_impact}
    assert kinds["~time"] == "stem"
    assert {"text", "expansion"} & set(kinds.values())
    assert 0 < found.of_kind("stem") < found.score


def test_topics_by_both_halves(hybrid, tmp_path):
    done = search_topics(hybrid / "index", "cacm", tmp_path / "run.txt", hits=10)
    run = read_run(tmp_path / "run.txt")
    topic = read_topics("cacm")[0]
    assert done.topics == 64
    assert run[topic.qid] == hits(hybrid / "index", topic.text)[:10]
