"""Shared parts: real collections, and a chain built once for all test processes."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from l0pyserini.data import open_corpus
from tests.s3 import JAR, CannotStartError, S3Server, fetch_jar

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two processes with two spinning threads each on two cores would wait for one another.
    os.environ["OMP_NUM_THREADS"] = "1"

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers that the test processes share, once all of them are done."""
    if hasattr(config, "workerinput") or not hasattr(config, "_tmp_path_factory"):
        return
    # Nothing is started where no test asked for a temporary folder.
    base = config._tmp_path_factory._basetemp
    for place in base.glob("once-opensearch-*/place") if base else ():
        from tests.opensearch.nodes import Nodes

        Nodes.running(Path(place.read_text())).stop()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of collections beside the project."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent: it holds the collections that this test measures on")
    return SHARED


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Return a function that makes a folder once, whichever test process asks first."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if root.name.startswith("popen-") else root

    def make(name: str, build: Callable[[Path], None]) -> Path:
        folder = root / f"once-{name}"
        with _alone(root / f"{name}.lock"):
            if not (folder / ".done").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                build(folder)
                (folder / ".done").touch()
        return folder

    return make


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what is fetched out of the user's cache; processes that a test starts do so too."""
    os.environ["L0PYSERINI_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("L0PYSERINI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def memory() -> Iterator[Any]:
    """The object store of fsspec in this process's memory, which is empty."""
    system = pytest.importorskip("fsspec").filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


@pytest.fixture(scope="session")
def s3_server(
    once: Callable[[str, Callable[[Path], None]], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[S3Server]:
    """A real S3 server, or the reason why there is none."""
    pytest.importorskip("s3fs")
    try:
        jar = once("s3proxy", fetch_jar) / JAR
        server = S3Server(jar, tmp_path_factory.mktemp("s3"))
    except CannotStartError as fault:
        pytest.skip(f"no S3 server can be had here: {fault}")
    yield server
    server.kill()


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, which this process can reach; its bucket is empty."""
    import s3fs

    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    bucket = s3fs.S3FileSystem()
    for name in bucket.find("bucket"):
        bucket.rm_file(name)
    return s3_server


@pytest.fixture(scope="session")
def small(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A folder with 150 CACM documents and one empty one, encoded and indexed.

    docs.jsonl, encoded/, index/
    """

    def build(folder: Path) -> None:
        from l0pyserini import build_index, encode_corpus

        write_small_corpus(folder / "docs.jsonl")
        encode_corpus(str(folder / "docs.jsonl"), "splade-tiny", folder / "encoded", shard_size=60)
        build_index(folder / "encoded", folder / "index")

    return once("small", build)


@pytest.fixture(scope="session")
def hybrid(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The documents of `small` by the same encoder with BM25 beside it, and by BM25 alone.

    docs.jsonl, encoded/, index/; bm25/, bm25.index/
    """

    def build(folder: Path) -> None:
        from l0pyserini import build_index, encode_corpus
        from l0pyserini.encode.lexical import Lexical

        write_small_corpus(folder / "docs.jsonl")
        corpus = str(folder / "docs.jsonl")
        encode_corpus(corpus, "splade-tiny", folder / "encoded", shard_size=60, lexical=Lexical())
        encode_corpus(corpus, "bm25", folder / "bm25")
        build_index(folder / "encoded", folder / "index")
        build_index(folder / "bm25", folder / "bm25.index")

    return once("hybrid", build)


def write_small_corpus(path: Path, documents: int = 150) -> None:
    """Write the first CACM documents and an empty one as JSONL."""
    with open(path, "w", encoding="utf-8") as handle:
        for number, document in enumerate(open_corpus("cacm")):
            if number == documents:
                break
            handle.write(json.dumps({"id": document.docid, "text": document.text}) + "\n")
        handle.write('{"id": "EMPTY-1", "text": "  "}\n')


@pytest.fixture(scope="session")
def cacm(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The whole demo, run once. indexes/, runs/, table.txt"""

    def build(folder: Path) -> None:
        from l0pyserini.demo import demo_table, run_demo

        systems = run_demo(folder / "indexes", folder / "runs")
        (folder / "table.txt").write_text(demo_table(systems))

    return once("cacm", build)


@pytest.fixture(scope="session")
def scifact(shared: Path, once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The first 64 tokens of SciFact's documents by splade-tiny in float32 and one logarithm.

    encoded/, index/, run.txt
    """

    def build(folder: Path) -> None:
        from l0pyserini import build_index, encode_corpus
        from l0pyserini.search.api import search_topics

        data = str(shared / "data/scifact")
        encode_corpus(
            data,
            str(shared / "models/splade-tiny"),
            folder / "encoded",
            activation="log1p_relu",
            idf=str(shared / "reference/idf.json"),
            max_length=64,
        )
        build_index(folder / "encoded", folder / "index")
        search_topics(folder / "index", data, folder / "run.txt")

    return once("scifact", build)


@pytest.fixture(scope="session")
def bm25_matrix(shared: Path, once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """SciFact and NFCorpus by BM25 over one field and over two: the folder of `reproduce`."""

    def build(folder: Path) -> None:
        from l0pyserini.publish.reproduce import DATASETS, reproduce
        from l0pyserini.publish.reproduce.systems import EncoderOptions, chosen_systems

        datasets = [DATASETS[name] for name in ("scifact", "nfcorpus")]
        systems = chosen_systems(["flat", "multifield"], [], EncoderOptions())
        reproduce(datasets, systems, shared / "data", folder / "out")

    return once("reproduce", build) / "out"
