"""A cluster of one node for all test processes, and small collections in it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from l0pyserini.opensearch import Cluster, load_collection
from tests.opensearch.nodes import CannotStartError, Nodes


def started(nodes: int) -> Nodes:
    """Start a cluster, or skip the test that asks for it."""
    try:
        return Nodes.start(nodes)
    except CannotStartError as fault:
        pytest.skip(f"no OpenSearch can be started here: {fault}")


@pytest.fixture(scope="session")
def one(once: Callable[[str, Callable[[Path], None]], Path]) -> str:
    """The URL of a cluster of one node; tests/conftest.py ends it after the last test."""

    def build(folder: Path) -> None:
        (folder / "place").write_text(str(started(1).folder))

    place = once("opensearch-one", build) / "place"
    return Nodes.running(Path(place.read_text())).urls[0]


@pytest.fixture
def cluster(one: str) -> Iterator[Cluster]:
    """A connection to it."""
    opened = Cluster(one, patience=60)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def loaded(one: str, small: Path, once: Callable[[str, Callable[[Path], None]], Path]) -> str:
    """The name of an index of `small` on two shards, which no test changes."""

    def build(_: Path) -> None:
        load_collection(small / "encoded", Cluster(one), "small", shards=2, replicas=0)

    once("opensearch-small", build)
    return "small"


@pytest.fixture
def name(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for an index of the test's own, which goes with it."""
    chosen = f"t-{abs(hash(request.node.nodeid)):x}"
    yield chosen
    cluster.request("DELETE", [chosen], ignore=[404])


def write_foreign(folder: Path, documents: dict[str, dict[str, int]]) -> Path:
    """Write a JsonVectorCollection as another tool would."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (
        json.dumps({"id": docid, "contents": f"text of {docid}", "vector": vector}) + "\n"
        for docid, vector in documents.items()
    )
    (folder / "vectors.jsonl").write_text("".join(lines))
    return folder
