"""What another hand changes in an index is found and told."""

import pytest

from l0pyserini import OpenSearchSearcher
from l0pyserini.errors import ImpactIndexError
from l0pyserini.opensearch import Cluster, load_collection, verify_loaded
from tests.opensearch.conftest import write_foreign

DOCUMENTS = {
    f"d{place}": {"even" if place % 2 else "odd": place + 1, "all.": 9} for place in range(30)
}


@pytest.fixture
def encoded(tmp_path, cluster, name):
    folder = write_foreign(tmp_path / "encoded", DOCUMENTS)
    load_collection(folder, cluster, name, shards=2, replicas=0)
    return folder


def put(cluster, name, which, **changed):
    vector = {token.replace(".", "%2E"): one for token, one in DOCUMENTS[which].items()}
    document = {"docid": which, "text": f"text of {which}", "vector": vector}
    path = [name, "_doc", changed.pop("id", which)]
    document["vector"] |= changed.pop("vector", {})
    cluster.request("PUT", path, document | changed, {"refresh": "true"})


CHANGES = {
    "another impact": (
        {"vector": {"odd": 8}},
        r"docid 'd4': token 'odd' has impact 8, and the collection promises 5",
    ),
    "a token less": (
        {"vector": {"all%2E": 1}},
        r"docid 'd4': token 'all.' has impact 1, and the collection promises 9",
    ),
    "a token more": (
        {"vector": {"even": 3}},
        r"docid 'd4': holds tokens that the collection does not promise",
    ),
    "another text": (
        {"text": "changed"},
        r"docid 'd4': its text is 'changed', and the collection promises 'text of d4'",
    ),
    "a document twice": ({"id": "other"}, r"holds 31 documents, and the collection promises 30"),
    "another docid": ({"docid": "e4"}, r"lacks docid 'd4', though the number of documents is"),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_changed_document(change, cluster, name, encoded):
    changed, message = CHANGES[change]
    put(cluster, name, "d4", **changed)
    with pytest.raises(ImpactIndexError, match=message):
        verify_loaded(cluster, name, encoded, None)


def test_a_lost_document_is_told_by_searches_too(cluster, name, encoded):
    cluster.request("DELETE", [name, "_doc", "d7"], params={"refresh": "true"})
    with pytest.raises(ImpactIndexError, match="holds 29 documents, and the collection promises"):
        verify_loaded(cluster, name, encoded)
    with pytest.raises(ImpactIndexError, match="its facts promise 30 documents, and it holds 29"):
        OpenSearchSearcher(Cluster(cluster.urls), name)


@pytest.mark.usefixtures("encoded")
def test_a_lost_piece(cluster, name):
    piece = "l0pyserini:vocabulary:0"
    cluster.request("DELETE", [name, "_doc", piece], params={"refresh": "true"})
    with pytest.raises(ImpactIndexError, match=rf"its vocabulary, which stands in {piece}, is mi"):
        OpenSearchSearcher(cluster, name)


def test_another_collection(cluster, loaded, encoded):
    with pytest.raises(ImpactIndexError, match=r"was loaded from another collection \(postings"):
        verify_loaded(cluster, loaded, encoded)


MAPPINGS = {
    "not ours": (
        {"properties": {"vector": {"type": "rank_features"}}},
        r"was not loaded by `python -m l0pyserini.opensearch index`: its mapping has no _meta",
    ),
    "no mapping": ({}, r"was not loaded by"),
}


@pytest.mark.parametrize("mapping", list(MAPPINGS))
def test_an_index_that_is_not_ours_is_refused_and_stays(mapping, cluster, name, encoded):
    body, message = MAPPINGS[mapping]
    other = f"{name}-other"
    cluster.request("PUT", [other], {"mappings": body})
    try:
        for flags in ({}, {"overwrite": True}, {"resume": True}):
            with pytest.raises(ImpactIndexError, match=message):
                load_collection(encoded, cluster, other, **flags)
        with pytest.raises(ImpactIndexError, match=message):
            OpenSearchSearcher(cluster, other)
        assert other in cluster.request("GET", [other])
    finally:
        cluster.request("DELETE", [other])


@pytest.mark.usefixtures("encoded")
def test_an_index_whose_fields_are_of_other_types_is_refused(cluster, name):
    other = f"{name}-other"
    meta = cluster.request("GET", [name, "_mapping"])[name]["mappings"]["_meta"]
    properties = {"vector": {"type": "rank_features"}, "docid": {"type": "text"}}
    cluster.request("PUT", [other], {"mappings": {"_meta": meta, "properties": properties}})
    try:
        with pytest.raises(ImpactIndexError, match="its field 'docid' is of type 'text', expected"):
            OpenSearchSearcher(cluster, other)
    finally:
        cluster.request("DELETE", [other])


def test_aliases(cluster, name, loaded, encoded):
    alias = f"{name}-alias"

    def point(*names):
        actions = [{"add": {"index": one, "alias": alias}} for one in names]
        cluster.request("POST", ["_aliases"], {"actions": actions})

    point(name)
    with pytest.raises(ImpactIndexError, match=f"is an alias of '{name}'. Name that index"):
        load_collection(encoded, cluster, alias, overwrite=True)
    with OpenSearchSearcher(Cluster(cluster.urls), alias) as searcher:
        assert searcher.search({"odd": 1}, 1)[0].docid == "d28"
    point(loaded)
    with pytest.raises(ImpactIndexError, match="stands for 2 indexes"):
        OpenSearchSearcher(cluster, alias)
    remove = {"actions": [{"remove": {"index": loaded, "alias": alias}}]}
    cluster.request("POST", ["_aliases"], remove)
