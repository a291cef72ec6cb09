"""The quantisation planner: its measures by hand, its choice, and the flags that use it."""

import numpy as np
import pytest

from l0pyserini import open_checkpoint, read_qrels, read_topics
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import rank, strictly_falling
from l0pyserini.encode import Manifest, planner
from l0pyserini.encode.planner import Candidate, bits_scale, choose, plan
from l0pyserini.encode.sampling import Sample
from l0pyserini.errors import CollectionError
from l0pyserini.evaluate import parse_measure
from l0pyserini.evaluate.trec_eval import trec_eval
from l0pyserini.index import read_facts
from l0pyserini.query import IdfQueryEncoder
from tests.helpers import command, write


def candidate(**changes):
    facts = {
        "bits": 4, "document_scale": 1.0, "query_scale": 1.0, "kept": 1.0, "overlap": 1.0,
        "ndcg": None, "nnz": 1.0, "impacts": 1.0, "bytes": 1.0,
    }  # fmt: skip
    return Candidate(**(facts | changes))


def test_the_cheapest_that_loses_little_is_chosen():
    cheap, good, dear = (
        candidate(kept=0.99, bytes=1),
        candidate(kept=0.9996, bytes=2),
        candidate(bytes=3),
    )
    assert choose([dear, good, cheap], None) is good
    assert choose([cheap], None) is cheap
    worse = candidate(ndcg=0.6, bytes=1)
    assert choose([worse, candidate(ndcg=0.7, bytes=2)], 0.7).bytes == 2


def test_bits_fill_the_largest_impact():
    vectors = [(np.array([1, 2]), np.array([0.5, 2.0], dtype=np.float32))]
    assert bits_scale(vectors, 4) == 7.5
    with pytest.raises(CollectionError, match="no document of the sample has any token"):
        bits_scale([(np.empty(0, np.int64), np.empty(0, np.float32))], 4)


@pytest.fixture(scope="module")
def sample():
    """Forty CACM documents judged for its topics, with IDF as weights."""
    from l0pyserini.data import open_corpus

    tokenizer = open_checkpoint("splade-tiny").tokenizer
    qrels = read_qrels("cacm")
    judged = {docid for grades in qrels.values() for docid in grades}
    documents = [one for one in open_corpus("cacm") if one.docid in judged][:40]
    vectors = []
    for one in documents:
        tokens = tokenizer.distinct_tokens(one.contents)
        ids = np.array(sorted(tokenizer.vocabulary[token] for token in tokens))
        vectors.append((ids, 1 / np.sqrt(1 + ids % 97).astype(np.float32)))
    topics = [topic for topic in read_topics("cacm") if topic.qid in qrels]
    return Sample([one.docid for one in documents], vectors, topics, qrels)


def test_measures_agree_with_trec_eval_and_get_better_with_bits(sample):
    encoder = IdfQueryEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
    candidates, chosen, float_ndcg = plan(sample, encoder)
    assert len(candidates) == 35
    assert chosen.kept >= 0.9995
    by_bits = {one.bits: one for one in candidates if one.query_scale == 100}
    assert by_bits[2].kept < by_bits[4].kept < by_bits[8].kept <= 1.0
    assert by_bits[2].bytes < by_bits[8].bytes
    assert by_bits[8].nnz == pytest.approx(np.mean([len(ids) for ids, _ in sample.vectors]))

    tokens = encoder.tokenizer.tokens
    run = {}
    for topic in sample.topics:
        weights = encoder.weights(topic.text)
        scores = [
            sum(float(w) * weights.get(tokens[i], 0) for i, w in zip(*vector, strict=True))
            for vector in sample.vectors
        ]
        hits = rank(Hit(d, s) for d, s in zip(sample.docids, scores, strict=True) if s)
        fallen = strictly_falling([hit.score for hit in hits])
        run[topic.qid] = [Hit(hit.docid, s) for hit, s in zip(hits, fallen, strict=True)]
    measured = trec_eval(sample.qrels, run, [parse_measure("nDCG@10")])["nDCG@10"]["all"]
    assert float_ndcg == pytest.approx(measured, abs=2e-3)


def test_the_command_prints_the_table_and_the_choice(small, capsys):
    arguments = ("--corpus", small / "docs.jsonl", "--encoder", "splade-tiny", "--sample", 60)
    code, out, _ = command(capsys, "quantize", *arguments)
    assert code == 0
    assert out.splitlines()[0].split()[:3] == ["bits", "--scale", "--query-scale"]
    assert "* the cheapest that loses at most 0.05% here: encode with --scale" in out
    code, _, err = command(capsys, "quantize", *arguments, "--qrels", "cacm")
    assert code == 2
    assert "--qrels needs --topics" in err
    code, out, _ = command(capsys, "quantize", *arguments, "--topics", "cacm", "--qrels", "cacm")
    assert code == 0
    assert "float scores give nDCG@10 0." in out


def test_the_command_says_where_no_scales_lose_little(small, capsys, monkeypatch):
    monkeypatch.setattr(planner, "MAX_LOSS", -0.01)  # no candidate gains a hundredth
    arguments = ("--corpus", small / "docs.jsonl", "--encoder", "splade-tiny", "--sample", 20)
    code, out, _ = command(capsys, "quantize", *arguments, "--trust-remote-code")
    assert code == 0
    assert "here, the least: none loses at most -1.00%: encode with --scale" in out
    assert "the cheapest" not in out


def test_topics_that_the_qrels_do_not_judge_are_refused(small, tmp_path, capsys):
    topics = write(tmp_path / "t.tsv", "unjudged\tlanguage\n")
    arguments = ("--corpus", small / "docs.jsonl", "--encoder", "splade-tiny", "--topics", topics)
    code, _, err = command(capsys, "quantize", *arguments, "--qrels", "cacm")
    assert code == 1
    assert f"cacm: judges no topic of {topics}. Expected qrels and topics of one" in err


def test_search_takes_the_planned_scale_from_the_index(small, tmp_path, capsys):
    encoded, index = tmp_path / "e", tmp_path / "i"
    arguments = ("--corpus", small / "docs.jsonl", "--encoder", "splade-tiny", "--output", encoded)
    code, _, err = command(capsys, "encode", *arguments, "--bits", "auto")
    assert code == 0
    assert "planned on 151 documents: --scale" in err
    settings = Manifest.load(encoded).settings
    assert settings["document_scale"] != 100
    assert command(capsys, "index", "--input", encoded, "--index", index)[0] == 0
    assert read_facts(index)["query_scale"] == settings["query_scale"]
    assert command(capsys, "search", "--index", index, "--query", "language")[0] == 0
    code, _, _ = command(capsys, "encode", *arguments, "--bits", "4", "--overwrite")
    assert code == 0
    facts = Manifest.load(encoded)
    assert facts.settings["document_scale"] < settings["document_scale"] * 4
    for flags, seen in (
        (("--bits", "4", "--scale", "100"), "--scale 100 with --bits 4, which chooses it"),
        (("--bits", "auto", "--query-scale", "5"), "--query-scale 5 with --bits auto, which"),
    ):
        code, _, err = command(capsys, "encode", *arguments, *flags)
        assert code == 2
        assert seen in err
    code, _, err = command(capsys, "encode", *arguments, "--bits", "17")
    assert code == 2
    assert "'17' is not auto nor a number from 1 to 16" in err
