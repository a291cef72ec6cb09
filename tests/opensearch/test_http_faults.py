"""Passwords, certificates, full queues and lost connections, by a real proxy before a cluster."""

import shutil
import subprocess

import pytest

from l0pyserini import OpenSearchSearcher
from l0pyserini.errors import OpenSearchError, UsageError
from l0pyserini.opensearch import (
    Cluster,
    client,
    finishing,
    load_collection,
    queries,
    verify_loaded,
)
from tests.helpers import command, fresh_process, write
from tests.opensearch.proxy import proxy

SECRET = "correct-horse"
BUSY = {"error": {"type": "rejected_execution_exception", "reason": "queue is full"}}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing: it makes the certificate that this test needs")
    folder = tmp_path_factory.mktemp("certificate")
    paths = folder / "cert.pem", folder / "key.pem"
    made = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]]
    subprocess.run(["openssl", *made.split(), *names], check=True, capture_output=True)
    return paths


@pytest.fixture
def secured(one, certificate):
    with proxy(one, password=f"reader:{SECRET}", certificate=certificate) as opened:
        yield opened.url


def test_a_password_and_a_certificate(secured, loaded, certificate, tmp_path, capsys, monkeypatch):
    words = ("opensearch", "search", "--url", secured, "--index", loaded, "--query", "time sharing")
    trust = ("--ca-cert", certificate[0], "--user", "reader")
    file = ("--password-file", write(tmp_path / "password", f"{SECRET}\n"))
    code, out, err = command(capsys, *words, *trust, *file)
    assert (code, "CACM-" in out) == (0, True), err
    monkeypatch.setenv("L0PYSERINI_OPENSEARCH_PASSWORD", SECRET)
    assert command(capsys, *words, *trust)[0] == 0
    monkeypatch.setenv("L0PYSERINI_OPENSEARCH_PASSWORD", "wrong-horse")
    code, _, err = command(capsys, *words, *trust)
    assert code == 1
    assert f"{secured}: refuses the user's name or password (401). Check --user" in err
    assert "horse" not in err
    code, _, err = command(capsys, *words, *trust[:2])
    assert (code, "refuses the user's name" in err) == (1, True)
    code, _, err = command(capsys, *words, *trust[2:])
    assert code == 1
    assert f"{secured}: its TLS certificate is not trusted" in err
    assert "Give --ca-cert" in err
    assert "horse" not in err


def test_a_password_is_shown_nowhere(secured, certificate, tmp_path):
    password = write(tmp_path / "password", SECRET + "x")
    flags = ["--ca-cert", certificate[0], "--user", "reader", "--password-file", password]
    words = ["search", "--url", secured, "--index", "i", "--query", "q", "--debug", *flags]
    done = fresh_process("-m", "l0pyserini.opensearch", *words)
    assert done.returncode == 1
    assert "401" in done.stderr
    assert "horse" not in done.stdout + done.stderr


def test_urls_and_files_that_cannot_serve(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="--url: holds an @") as told:
        Cluster(f"https://reader:{SECRET}@host:9200")
    assert SECRET not in str(told.value)
    for url in ("localhost:9200", "ftp://x", "http://", "http://x:port", "http://x?y"):
        with pytest.raises(UsageError, match="is no URL of a cluster. Expected one such as"):
            Cluster(url)
    with pytest.raises(UsageError, match=r"--ca-cert nowhere: no such file. Give the PEM file"):
        Cluster("https://127.0.0.1:1", ca_cert="nowhere")
    with pytest.raises(UsageError, match=r"--password-file .*: cannot be read \(No such file"):
        client.password_of(str(tmp_path / "none"))
    monkeypatch.delenv("L0PYSERINI_OPENSEARCH_PASSWORD", raising=False)
    assert client.password_of(None) is None


def test_the_extra_is_named_where_it_is_missing():
    program = (
        "import sys; sys.modules['opensearchpy'] = None;"
        "from l0pyserini.opensearch.__main__ import main;"
        "sys.exit(main(['search', '--url', 'http://x', '--index', 'i', '--query', 'q']))"
    )
    done = fresh_process("-c", program)
    assert done.returncode == 1
    assert "opensearch-py is not installed" in done.stderr
    assert "pip install 'l0pyserini[opensearch]'" in done.stderr


def test_a_cluster_that_is_not_there():
    with pytest.raises(OpenSearchError, match=r"127.0.0.1:9: cannot be reached .* Is OpenSearch"):
        Cluster("http://127.0.0.1:9")


def test_one_node_of_those_named_is_enough(one, loaded):
    with OpenSearchSearcher(Cluster(["http://127.0.0.1:9", one], patience=20), loaded) as searcher:
        assert searcher.search("time sharing")


def busy_at_first(word, times):
    left = [times]

    def before(path):
        left[0] -= word in path
        return (429, BUSY) if word in path and left[0] >= 0 else None

    return before


def test_a_full_queue_is_waited_for(one, cluster, name, small, monkeypatch):
    pauses = []
    wait = client.threading.Event.wait
    monkeypatch.setattr(
        client.threading.Event,
        "wait",
        lambda self, pause=None: (pauses.append(pause), wait(self, 0.01))[1],
    )
    with proxy(one, before=busy_at_first("_bulk", 5)) as full:
        busy = Cluster(full.url)
        load_collection(small / "encoded", busy, name, replicas=0, threads=1)
        assert full.times("_bulk") == 6
    growing = [pause for pause in pauses if pause in (0.25, 0.5, 1.0, 2.0, 4.0)]
    assert growing[-5:] == [0.25, 0.5, 1.0, 2.0, 4.0]
    assert verify_loaded(cluster, name, small / "encoded", None).compared == 150


def test_documents_that_are_turned_away_come_again(one, cluster, name, small):
    turned = []

    def after(path, answer):
        # The cluster has taken them, and says it has not: as where an answer is lost.
        if "_bulk" in path and len(turned) < 3:
            turned.append(path)
            for item in answer["items"][::2]:
                item["create"] = {"status": 429, "error": BUSY["error"]}
        return answer

    with proxy(one, after=after) as full:
        load_collection(small / "encoded", Cluster(full.url), name, replicas=0, threads=2)
    assert len(turned) == 3
    assert verify_loaded(cluster, name, small / "encoded", None).compared == 150


def test_a_queue_that_stays_full_is_given_up(one, name, small):
    with proxy(one, before=busy_at_first("_bulk", 10**9)) as full:
        with pytest.raises(OpenSearchError) as told:
            load_collection(small / "encoded", Cluster(full.url, patience=0.5), name, replicas=0)
        assert full.times("_bulk") > 2
    for part in (full.url, "queue is full (429)", "It stayed too busy", "fewer --threads"):
        assert part in str(told.value)


def test_a_document_that_is_refused_is_named(one, name, small):
    def after(path, answer):
        if "_bulk" in path:
            error = {"type": "mapper_parsing_exception", "reason": "no"}
            answer["items"][3]["create"] = {"status": 400, "error": error}
        return answer

    with proxy(one, after=after) as proxied, pytest.raises(OpenSearchError) as told:
        load_collection(small / "encoded", Cluster(proxied.url), name, replicas=0)
    assert "docid 'CACM-0004': mapper_parsing_exception: no (400)" in str(told.value)


LOST = {"type": "node_disconnected_exception", "reason": "[node-1] disconnected"}


@pytest.mark.parametrize(
    "turned_away",
    [
        {"status": 503, "error": BUSY["error"]},
        # A node that goes while it fetches hits is an error of the server to OpenSearch.
        {"status": 500, "error": {"type": "search_phase", "reason": "", "root_cause": [LOST]}},
    ],
)
def test_searches_that_are_turned_away_come_again(one, loaded, turned_away):
    turned = []

    def after(path, answer):
        if "_msearch" in path and len(turned) < 3:
            turned.append(path)
            answer["responses"][0] = turned_away
        return answer

    queries, qids = ["time sharing", "language", "algebra"], ["1", "2", "3"]
    with OpenSearchSearcher(Cluster(one), loaded) as searcher:
        expected = searcher.batch_search(queries, qids)
    with (
        proxy(one, after=after, before=busy_at_first("_msearch", 2)) as full,
        OpenSearchSearcher(Cluster(full.url), loaded) as searcher,
    ):
        assert searcher.batch_search(queries, qids) == expected
    assert len(turned) == 3


def test_a_request_that_is_too_large_or_not_allowed(one, loaded):
    answers = {
        413: ({"error": "too large"}, "a request was too large (413). Give a smaller --chunk-size"),
        403: ({"error": {"type": "security_exception", "reason": "no permissions"}},
              "security_exception: no permissions (403). This user may not do that"),
        400: ({"error": {"type": "odd", "reason": "x"}}, "odd: x (400). OpenSearch refused"),
    }  # fmt: skip
    for status, (answer, message) in answers.items():

        def before(path, given=(status, answer)):
            return given if "_count" in path else None

        with proxy(one, before=before) as refusing, pytest.raises(OpenSearchError) as told:
            OpenSearchSearcher(Cluster(refusing.url), loaded)
        assert message in str(told.value)


def test_a_searcher_that_is_closed(one, loaded):
    searcher = OpenSearchSearcher(Cluster(one), loaded)
    searcher.close()
    searcher.close()
    for method in (searcher.search, searcher.doc):
        with pytest.raises(UsageError, match="this searcher is closed. Open another OpenSearchSe"):
            method("x")
    with pytest.raises(UsageError, match="closed"), searcher:
        pass


@pytest.mark.parametrize("index", ["", "A", "*", "a,b", "_all", "-x", ".x", "a b", "x" * 256])
def test_names_that_are_no_index(index, small, one):
    with pytest.raises(UsageError, match="is no name of an index. Expected lower-case letters"):
        load_collection(small / "encoded", Cluster(one), index, overwrite=True)


def test_an_index_that_is_not_there(cluster):
    with pytest.raises(Exception, match="has no index 'nowhere'. Load one with"):
        OpenSearchSearcher(cluster, "nowhere")


def test_a_shard_that_no_node_holds(one, name):
    place = {
        "number_of_shards": 2,
        "number_of_replicas": 0,
        "routing.allocation.require._name": "nowhere",
    }
    hasty = Cluster(one, patience=1)
    body = {"settings": {"index": place}}
    hasty.request("PUT", [name], body, {"wait_for_active_shards": "0"})
    with pytest.raises(OpenSearchError, match="2 of its shards did not answer|is missing"):
        queries.count(hasty, name)
    with pytest.raises(OpenSearchError, match="is red, 2 copies of its shards are on no node"):
        finishing.wait_for_shards(hasty, name)
    body = queries.page({"a": 1}, 3)
    with pytest.raises(OpenSearchError, match=r"\(503\). A node or a shard is missing"):
        queries.ask(hasty, name, [body], queries.HITS)
