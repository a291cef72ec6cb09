"""Loading: what lands in an index, resuming, replacing, and whose indexes are left alone."""

import signal
import subprocess
import sys
import time

import pytest

from l0pyserini import IdfQueryEncoder, OpenSearchSearcher
from l0pyserini.errors import (
    CollectionError,
    ImpactIndexError,
    OpenSearchError,
    OutputExistsError,
    QueryMismatchError,
    UsageError,
)
from l0pyserini.opensearch import Cluster, finishing, load_collection, verify_loaded
from l0pyserini.opensearch.mapping import COMPLETE, LOADING, read_state
from tests.helpers import command
from tests.opensearch.conftest import write_foreign
from tests.opensearch.proxy import proxy


def settings_of(cluster, name):
    return cluster.request("GET", [name, "_settings"])[name]["settings"]["index"]


def raw_search(cluster, name, body):
    return cluster.request("POST", [name, "_search"], body)["hits"]["hits"]


def test_what_lands_in_an_index(cluster, name, small):
    done = load_collection(small / "encoded", cluster, name, shards=3, replicas=0, chunk_size=7)
    assert (done.created, done.verified.documents, done.health) == (150, 150, "green")
    assert done.verified.compared == 150
    assert settings_of(cluster, name)["number_of_shards"] == "3"
    assert "refresh_interval" not in settings_of(cluster, name)
    assert read_state(cluster, name).state == COMPLETE
    body = {"stored_fields": ["text"], "docvalue_fields": ["docid"]}
    [hit] = raw_search(cluster, name, {"query": {"term": {"docid": "CACM-0001"}}, **body})
    assert hit["_id"] == "CACM-0001"
    assert hit["fields"]["docid"] == ["CACM-0001"]
    assert hit["fields"]["text"][0].startswith("Preliminary Report")
    # It would lose the vector.
    with pytest.raises(OpenSearchError, match="missing"):
        cluster.request("POST", [name, "_update", "CACM-0001"], {"doc": {"text": "another"}})
    with OpenSearchSearcher(cluster, name) as searcher:
        # The empty document is in no Lucene index either.
        assert searcher.doc("EMPTY-1") is None
        assert searcher.docs(["CACM-0002", "none"])[0].text.startswith("Extraction of Roots")


def test_from_an_object_store(cluster, name, small, capsys):
    url = f"file://{small}/encoded"
    done = load_collection(url, cluster, name, replicas=0)
    assert (done.created, done.verified.compared) == (150, 150)
    assert f"load {url} (150 documents) into" in capsys.readouterr().err
    assert verify_loaded(cluster, name, small / "encoded").compared == 150


def test_without_texts(cluster, name, small):
    load_collection(small / "encoded", cluster, name, replicas=0, store_text=False, sample=3)
    body = {"stored_fields": ["*"], "query": {"term": {"docid": "CACM-0001"}}}
    [hit] = raw_search(cluster, name, body)
    assert "text" not in hit.get("fields", {})
    with (
        OpenSearchSearcher(cluster, name) as searcher,
        pytest.raises(ImpactIndexError, match=r"holds no texts. Load the collection without --no-"),
    ):
        searcher.doc("CACM-0001")


def test_replicas_that_come_late(cluster, name, small):
    done = load_collection(small / "encoded", cluster, name, late_replicas=True, optimize=False)
    # One node has no room for a second copy.
    assert done.health == "yellow"
    assert settings_of(cluster, name)["number_of_replicas"] == "1"


def test_an_index_that_is_there_is_left_alone(cluster, loaded, small):
    for flags in ({}, {"resume": True, "store_text": False}):
        error = OutputExistsError if not flags else ImpactIndexError
        with pytest.raises(error) as told:
            load_collection(small / "encoded", cluster, loaded, **flags)
    assert "its stores_text is True, and False is given" in str(told.value)
    with pytest.raises(OutputExistsError, match=r"exists already \(from docs\) and was left"):
        load_collection(small / "encoded", cluster, loaded)


def test_what_is_finished_has_nothing_to_resume_and_can_be_replaced(cluster, name, small, hybrid):
    load_collection(small / "encoded", cluster, name, replicas=0)
    again = load_collection(small / "encoded", cluster, name, resume=True)
    assert (again.created, again.verified.compared) == (0, 150)
    with pytest.raises(ImpactIndexError, match="--resume, but it was begun with another"):
        load_collection(hybrid / "encoded", cluster, name, resume=True)
    load_collection(hybrid / "encoded", cluster, name, replicas=0, overwrite=True)
    assert verify_loaded(cluster, name, hybrid / "encoded", None).compared == 150
    with pytest.raises(UsageError, match="--resume and --overwrite: give one of them"):
        load_collection(small / "encoded", cluster, name, resume=True, overwrite=True)


def test_another_s_half_loaded_index_is_not_gone_on_with(cluster, name, small, hybrid):
    def full(path):
        return (403, {"error": {"type": "stop", "reason": "here"}}) if "_bulk" in path else None

    with proxy(cluster.urls[0], before=full) as stopped, pytest.raises(Exception, match="stop"):
        load_collection(hybrid / "encoded", Cluster(stopped.url), name, replicas=0)
    assert read_state(cluster, name).state == LOADING
    with pytest.raises(ImpactIndexError, match="is being loaded, or its load was interrupted"):
        OpenSearchSearcher(cluster, name)
    with pytest.raises(ImpactIndexError, match="is being loaded, or its load was interrupted"):
        verify_loaded(cluster, name, hybrid / "encoded")
    with pytest.raises(OutputExistsError, match="is being loaded, or half loaded"):
        load_collection(small / "encoded", cluster, name)
    with pytest.raises(ImpactIndexError, match="--resume, but it was begun with another"):
        load_collection(small / "encoded", cluster, name, resume=True)


def test_a_killed_driver_is_resumed_without_doubles(one, cluster, name, small):
    def slowly(path):
        if "_bulk" in path:
            time.sleep(0.3)

    with proxy(one, before=slowly) as slow:
        words = ("index", "--input", small / "encoded", "--url", slow.url, "--index", name)
        flags = ("--replicas", 0, "--chunk-size", 10, "--threads", 1)
        driver = subprocess.Popen(
            [sys.executable, "-m", "l0pyserini.opensearch", *map(str, (*words, *flags))],
            stderr=subprocess.DEVNULL,
        )
        while slow.times("_bulk") < 4 and driver.poll() is None:
            time.sleep(0.05)
        driver.send_signal(signal.SIGKILL)
        assert driver.wait() == -signal.SIGKILL
    done = load_collection(small / "encoded", cluster, name, resume=True, chunk_size=10)
    assert 0 < done.created < 150
    assert verify_loaded(cluster, name, small / "encoded", None).compared == 150


def test_impacts_that_would_be_changed_are_refused(cluster, name, tmp_path):
    vectors = {"a": {"x": 512}, "b : 9999": {"x": 513}}
    write_foreign(tmp_path, {docid.replace(" ", ""): one for docid, one in vectors.items()})
    with pytest.raises(CollectionError) as told:
        load_collection(tmp_path, cluster, name)
    for part in ("vectors.jsonl:2 docid 'b:9999'", "impact 513 for 'x' is above 512", "--scale"):
        assert part in str(told.value)
    assert read_state(cluster, name) is None
    load_collection(write_foreign(tmp_path / "small", {"a": {"x": 1}}), cluster, name, replicas=0)
    with pytest.raises(CollectionError, match="is above 512"):
        load_collection(tmp_path, cluster, name, overwrite=True)
    assert read_state(cluster, name).state == COMPLETE


def test_vectors_of_another_tool(cluster, name, tmp_path, small):
    encoded = write_foreign(tmp_path, {"a": {"time": 3, "x": 512}, "b": {"sharing": 4}})
    load_collection(encoded, cluster, name, replicas=0)
    with OpenSearchSearcher(cluster, name) as searcher:
        assert [hit.docid for hit in searcher.search({"time": 2, "sharing": 1})] == ["a", "b"]
        assert searcher.unknown_tokens({"time": 2, "y": 1}) == ["y"]
        with pytest.raises(QueryMismatchError, match="without a query encoder"):
            searcher.search("time")
    encoder = IdfQueryEncoder.load(small / "encoded/query_encoder.json")
    with OpenSearchSearcher(Cluster(cluster.urls), name, encoder) as searcher:
        assert len(searcher.search("time sharing")) == 2
    load_collection(encoded, cluster, name, replicas=0, query_encoder=encoder, overwrite=True)
    with OpenSearchSearcher(cluster, name) as searcher:
        assert len(searcher.search("time sharing")) == 2


def test_another_query_encoder_is_refused(cluster, loaded, small):
    path = small / "encoded/query_encoder.json"
    other = IdfQueryEncoder.load(path, 50.0)
    with pytest.raises(QueryMismatchError, match="whose query_scale is 100.0, and the one given"):
        OpenSearchSearcher(cluster, loaded, other)
    with OpenSearchSearcher(cluster, loaded, IdfQueryEncoder.load(path)) as searcher:
        assert searcher.search("time sharing", 1)


def test_the_commands(one, name, small, tmp_path, capsys):
    where = ("--url", one, "--index", name)
    step = ("opensearch", "index", "--input", small / "encoded", *where)
    code, out, err = command(capsys, *step, "--replicas", 0)
    assert code == 0, err
    assert "which holds 150 documents" in out
    assert "150 documents with" in out
    code, out, _ = command(capsys, *step, "--resume")
    assert (code, out[:18]) == (0, "loaded 0 documents")
    code, out, _ = command(capsys, "opensearch", "search", *where, "--query", "time zzyzx")
    assert code == 0
    assert "CACM-" in out
    topics = ("--topics", "cacm", "--output", tmp_path / "run.txt", "--hits", 5)
    code, out, _ = command(capsys, "opensearch", "search", *where, *topics)
    assert code == 0
    assert f"320 lines in {tmp_path / 'run.txt'}" in out
    step = ("opensearch", "verify", "--input", small / "encoded", *where)
    for flags, compared in (([], 150), (["--sample", 9], 9), (["--all"], 150)):
        code, out, _ = command(capsys, *step, *flags)
        assert code == 0
        assert f"150 documents, as promised; {compared} of them" in out


def test_a_large_index_gives_up_its_second_store(one, cluster, name, cacm, monkeypatch):
    """Documents are stored whole beside their postings until every copy has told it has them."""

    def refresh(path):
        # A merge needs several segments.
        if "_bulk" in path:
            cluster.request("POST", [name, "_refresh"], ignore=[404])

    flags = {"replicas": 0, "store_text": False}
    encoded = cacm / "runs/cacm.encoded"

    def loaded(least):
        monkeypatch.setattr(finishing, "HISTORY_BYTES", least)
        with proxy(one, before=refresh) as slow:
            load_collection(encoded, Cluster(slow.url), name, overwrite=True, **flags)
        with OpenSearchSearcher(Cluster(one), name) as searcher:
            return searcher.stored_bytes()

    whole = loaded(1 << 40)
    # A busy node may tell of its copies only after it has merged.
    assert any(loaded(0) < 0.7 * whole for _ in range(4))
    assert verify_loaded(cluster, name, encoded, None).compared == 3204
