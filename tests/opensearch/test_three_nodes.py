"""Three nodes: the same hits, and nodes that are killed while documents come or are looked for."""

import threading
import time

import pytest

from l0pyserini import ImpactSearcher, OpenSearchSearcher, read_topics
from l0pyserini.errors import OpenSearchError
from l0pyserini.opensearch import Cluster, load_collection, verify_loaded
from tests.opensearch.conftest import started
from tests.opensearch.nodes import Nodes
from tests.opensearch.proxy import proxy
from tests.opensearch.test_exact import same_runs

PATIENCE = 120


@pytest.fixture(scope="module")
def three():
    nodes = started(3)
    yield nodes
    nodes.stop()


@pytest.fixture
def cluster(three: Nodes):
    opened = Cluster(three.urls, patience=PATIENCE)
    yield opened
    opened.close()


@pytest.mark.parametrize("shards", [1, 6])
def test_all_topics_of_cacm(shards, three, cluster, cacm, tmp_path):
    name = f"cacm-{shards}"
    done = load_collection(cacm / "runs/cacm.encoded", cluster, name, shards=shards)
    assert done.health == "green"
    for k in (10, 1000):
        same_runs(three.urls, name, cacm / "indexes/cacm", "cacm", tmp_path, k)


@pytest.mark.parametrize("shards", [1, 6])
def test_all_topics_of_scifact(shards, three, cluster, scifact, shared, tmp_path):
    name = f"scifact-{shards}"
    load_collection(scifact / "encoded", cluster, name, shards=shards)
    topics = str(shared / "data/scifact")
    for k in (10, 1000):
        same_runs(three.urls, name, scifact / "index", topics, tmp_path, k)


def test_a_node_killed_while_documents_come(three, cluster, small):
    killed = []

    def before(path):
        if "_bulk" in path and len(killed) < 4:
            killed.append(path)
            if len(killed) == 4:
                three.kill(2)

    try:
        with proxy(three.urls[0], before=before) as first:
            through = Cluster([first.url], patience=PATIENCE)
            flags = {"shards": 6, "chunk_size": 5, "threads": 2}
            done = load_collection(small / "encoded", through, "killed", **flags)
    finally:
        three.revive(2)
    assert len(killed) == 4
    assert done.verified.documents == 150
    assert verify_loaded(cluster, "killed", small / "encoded", None).compared == 150


def test_a_node_killed_while_documents_are_looked_for(three, small):
    asked = [(f"{turn}-{one.qid}", one.text) for turn in range(6) for one in read_topics("cacm")]
    load_collection(small / "encoded", Cluster(three.urls), "searched", shards=6, optimize=False)
    with ImpactSearcher(small / "index") as here:
        expected = dict(here.search_topics(asked, 50, 1, 512))
    # The first URL is the node that goes.
    urls = [three.urls[1], three.urls[0], three.urls[2]]
    killer = threading.Thread(target=lambda: (time.sleep(0.5), three.kill(1)))
    with OpenSearchSearcher(Cluster(urls, patience=PATIENCE), "searched") as searcher:
        killer.start()
        try:
            found = dict(searcher.search_topics(asked, 50, 2, 16))
            killer.join()
            again = dict(searcher.search_topics(asked[:64], 50, 2, 16))
        finally:
            killer.join()
            three.revive(1)
    assert found == expected
    assert again == {qid: expected[qid] for qid, _ in asked[:64]}


def block(cluster, value):
    settings = {"persistent": {"cluster.blocks.read_only": value}}
    cluster.request("PUT", ["_cluster", "settings"], settings)


def test_a_cluster_that_is_read_only(cluster, small):
    block(cluster, True)
    try:
        with pytest.raises(OpenSearchError) as told:
            load_collection(small / "encoded", cluster, "blocked")
    finally:
        block(cluster, None)
    for part in ("cluster_block_exception", "It is read-only", "cluster.blocks.read_only to null"):
        assert part in str(told.value)


def test_an_index_that_is_read_only(cluster, small):
    load_collection(small / "encoded", cluster, "fixed", sample=1)
    state = {"index": {"blocks.write": True}}
    cluster.request("PUT", ["fixed", "_settings"], state)
    with OpenSearchSearcher(Cluster(cluster.urls), "fixed") as searcher:
        assert searcher.search("time sharing")
    cluster.request("PUT", ["fixed", "_settings"], {"index": {"blocks.read_only": True}})
    with pytest.raises(OpenSearchError, match=r"It is read-only: lift the block, as by setting"):
        load_collection(small / "encoded", cluster, "fixed", overwrite=True)
    cluster.request("PUT", ["fixed", "_settings"], {"index": {"blocks.read_only": None}})


def test_a_cluster_that_is_red(three, small):
    # Without replicas a node takes its shards along.
    hasty = Cluster(three.urls[0], patience=3)
    load_collection(small / "encoded", hasty, "red", shards=6, replicas=0, sample=1)
    three.kill(2)
    try:
        with pytest.raises(OpenSearchError, match="copies of its shards are on no node. Start the"):
            load_collection(small / "encoded", hasty, "red", resume=True, optimize=False)
        with pytest.raises(OpenSearchError, match="shards did not answer|is missing"):
            OpenSearchSearcher(hasty, "red")
    finally:
        three.revive(2)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if hasty.request("GET", ["_cluster", "health", "red"])["status"] == "green":
            break
        time.sleep(0.5)
    assert verify_loaded(Cluster(three.urls), "red", small / "encoded", None).compared == 150
