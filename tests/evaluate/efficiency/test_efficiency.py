"""Measuring indexes: counts equal those taken from the collections themselves."""

import json

import numpy as np
import orjson
import pytest

from l0pyserini import run_bm25
from l0pyserini.data import read_topics
from l0pyserini.errors import CollectionError
from l0pyserini.evaluate import read_efficiency
from l0pyserini.evaluate.efficiency import measure_efficiency
from l0pyserini.evaluate.efficiency.energy import EnergyMeter, energy_facts
from l0pyserini.query.encoder import IdfQueryEncoder
from tests.helpers import command, write


def test_counts_are_those_of_the_collection_itself(cacm, tmp_path, capsys):
    output = tmp_path / "cost.json"
    index, encoded = cacm / "indexes/cacm", cacm / "runs/cacm.encoded"
    call = ["efficiency", "--index", index, "--topics", "cacm", "--hits", "10", "--repeats", "1",
            "--lengths", encoded, "--output", output]  # fmt: skip
    code, out, _ = command(capsys, *call)
    assert code == 0
    record = read_efficiency(output)
    lines = [line for shard in encoded.glob("docs-*.jsonl") for line in shard.open()]
    documents = [orjson.loads(line)["vector"].keys() for line in lines]
    queries = IdfQueryEncoder.load(index / "query_encoder.json")
    tokens = [queries.encode(topic.text).keys() for topic in read_topics("cacm")]
    vocabulary = {token: place for place, token in enumerate({t for one in documents for t in one})}

    def mean_vector(sets):
        mean = np.zeros(len(vocabulary))
        for one in sets:
            for token in one:
                if token in vocabulary:
                    mean[vocabulary[token]] += 1 / len(sets)
        return mean

    flops = mean_vector(tokens) @ mean_vector(documents)
    assert record["flops"] == pytest.approx(flops)
    assert record["postings"]["mean"] == pytest.approx(flops * len(documents))
    lengths = [len(one) for one in documents]
    assert record["document_length"]["p99"] == pytest.approx(np.percentile(lengths, 99))
    assert sum(record["document_length"]["histogram"]["counts"]) == len(documents)
    assert record["query_length"]["max"] == max(map(len, tokens))
    assert record["search"]["queries_per_second"] > 0
    latency = record["search"]["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"]
    assert record["encode"] is None
    assert record["machine"]["cores"] >= 1
    assert f"{record['flops']:.2f}" in out
    code, _, err = command(capsys, *call)
    assert code == 1
    assert "exists already" in err


def test_bm25_is_measured_the_same_way(cacm):
    record = measure_efficiency(cacm / "indexes/cacm.bm25", "cacm", repeats=1, hits=10,
                                lengths="cacm")  # fmt: skip
    mean_only = measure_efficiency(cacm / "indexes/cacm.bm25", "cacm", repeats=0)
    assert record.kind == "bm25"
    assert record.flops == pytest.approx(0.78, abs=0.005)
    # Lengths by analysing each document, and df summed over the index, are two ways to one mean.
    assert record.document_length.mean == pytest.approx(mean_only.document_length.mean)
    assert mean_only.document_length.p95 is None
    assert mean_only.search is None
    assert record.search.latency_ms.p50 > 0


def test_bm25_over_two_fields(tmp_path):
    """Each field has posting lists of its own: counted by hand."""
    documents = [("a", "red fox", "fox"), ("b", "red hen", ""), ("c", "blue", "red")]
    lines = [json.dumps({"_id": i, "text": text, "title": title}) for i, text, title in documents]
    corpus = write(tmp_path / "docs.jsonl", "\n".join(lines) + "\n")
    topics = write(tmp_path / "t.tsv", "1\tred fox\n2\thens\n")
    run_bm25(str(corpus), tmp_path / "index", str(topics), tmp_path / "run",
             fields={"contents": 1.0, "title": 1.0})  # fmt: skip
    record = measure_efficiency(tmp_path / "index", str(topics), repeats=1, lengths=str(corpus))
    # red: 2 texts and 1 title; fox: 1 and 1; hen: 1 and 0.
    assert record.postings.mean == (5 + 1) / 2
    assert record.flops == pytest.approx(3 / 3)
    assert record.document_length.mean == pytest.approx((3 + 2 + 2) / 3)
    assert record.document_length.max == 3
    assert record.query_length.mean == (4 + 2) / 2
    assert record.search.queries_per_second > 0


def test_encoding_is_timed(small):
    record = measure_efficiency(
        small / "index", "cacm", repeats=0, corpus=str(small / "docs.jsonl"),
        encoder="splade-tiny", encode_documents=5, system="tiny",
    )  # fmt: skip
    assert record.system == "tiny"
    assert record.encode.documents == 5
    assert record.as_json()["encode"]["documents_per_second"] == pytest.approx(
        5 / record.encode.seconds
    )
    assert json.loads(json.dumps(record.as_json()))["documents"] == 151


def test_another_collection_s_lengths_are_refused(small, cacm):
    with pytest.raises(CollectionError, match=r"holds 3,204 documents, and the index was built "):
        measure_efficiency(small / "index", "cacm", repeats=0, lengths=cacm / "runs/cacm.encoded")


def test_encoding_needs_both_flags(small, capsys):
    code, _, err = command(capsys, "efficiency", "--index", small / "index", "--topics", "cacm",
                           "--corpus", "cacm")  # fmt: skip
    assert code == 2
    assert "--corpus and --encoder time encoding together" in err


def test_no_index(tmp_path, capsys):
    code, _, err = command(capsys, "efficiency", "--index", tmp_path / "x", "--topics", "cacm")
    assert code == 1
    assert "no such index" in err


def test_energy_counters_as_the_kernel_shows_them(tmp_path):
    for zone, energy in (("intel-rapl:0", 1_000_000), ("intel-rapl:1", 9_000_000)):
        (tmp_path / zone).mkdir()
        write(tmp_path / zone / "energy_uj", str(energy))
        write(tmp_path / zone / "max_energy_range_uj", "10000000")
    (tmp_path / "intel-rapl:0:0").mkdir()  # a part of the package, counted in it already
    write(tmp_path / "intel-rapl:0:0/energy_uj", "77")
    meter = EnergyMeter(tmp_path)
    write(tmp_path / "intel-rapl:0/energy_uj", "3000000")
    write(tmp_path / "intel-rapl:1/energy_uj", "500000")  # it ran over
    assert meter.joules() == pytest.approx(2.0 + 1.5)
    assert energy_facts(3.5, 7, None, 0)["search_joules_per_query"] == 0.5


def test_a_machine_that_tells_no_energy(tmp_path):
    assert EnergyMeter(tmp_path / "absent").joules() is None
    (tmp_path / "intel-rapl:0").mkdir()
    assert EnergyMeter(tmp_path).joules() is None
    assert energy_facts(None, 7, None, 0) is None
