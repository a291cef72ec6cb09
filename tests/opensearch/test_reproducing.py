"""reproduce, efficiency and PyTerrier on a cluster: as on the same vectors in Lucene."""

import json

import pytest

from l0pyserini import OpenSearchSearcher
from l0pyserini.evaluate import read_efficiency
from l0pyserini.opensearch import Cluster
from l0pyserini.publish.reproduce import DATASETS, read_matrix
from tests.helpers import command, run_line
from tests.publish.reproduce.tiny import write_tiny


@pytest.fixture
def words(small, tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS, "tiny", write_tiny(small, tmp_path / "data"))
    words = ["reproduce", "--datasets", "tiny", "--data-dir", tmp_path / "data", "--bm25", "flat"]
    return [*words, "--encoder", "t=splade-tiny", "--fuse", "rrf"]


def test_cells_are_those_of_lucene(words, one, cluster, tmp_path, capsys):
    here, there = tmp_path / "here", tmp_path / "there"
    assert command(capsys, *words, "--output", here)[0] == 0
    beside = [*words, "--url", one, "--cost", "--output", there]
    try:
        code, shown, err = command(capsys, *beside)
        assert code == 0, err
        cells = read_matrix(there)["cells"]
        for cell, expected in zip(cells, read_matrix(here)["cells"], strict=True):
            assert cell["score"] == expected["score"]
            run = f"tiny/{cell['system']}/run.txt"
            assert (there / run).read_bytes() == (here / run).read_bytes()
        [encoder] = [cell for cell in cells if cell["system"] == "t"]
        assert set(encoder["seconds"]) == {"encode", "load and search"}
        record = json.loads((there / "tiny/t/cell.json").read_text())
        assert record["result"]["index_bytes"] > 0
        assert not (there / "tiny/t/index").exists()
        assert read_efficiency(there / "tiny/t/cost.json")["search"]["queries_per_second"] > 0
        # A load that is there is gone on with, and a run that is there is not made again.
        (there / "tiny/t/run.txt").unlink()
        (there / "tiny/t/cell.json").unlink()
        assert command(capsys, *beside)[1] == shown
        for line in encoder["commands"]:
            by_hand = line.replace(str(there), str(tmp_path / "by-hand"))
            by_hand = by_hand.replace("--index l0pyserini-tiny-t", "--index tiny-by-hand")
            code, _, err = run_line(capsys, by_hand)
            assert code == 0, err
        run = "tiny/t/run.txt"
        assert (tmp_path / "by-hand" / run).read_bytes() == (there / run).read_bytes()
        code, _, err = command(capsys, *words, "--output", there)
        assert code == 1
        assert "was made with engine 'opensearch', and now it is None" in err
    finally:
        for name in ("l0pyserini-tiny-t", "tiny-by-hand"):
            cluster.request("DELETE", [name], ignore=[404])


def test_costs_are_those_of_the_same_vectors(one, cluster, loaded, small, tmp_path, capsys):
    words = ["efficiency", "--topics", "cacm", "--hits", "10", "--repeats", "1"]
    beside = ["--lengths", small / "encoded", "--output"]
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    code, _, err = command(capsys, *words, "--index", small / "index", *beside, here)
    assert code == 0, err
    code, _, err = command(capsys, *words, "--url", one, "--index", loaded, *beside, there)
    assert code == 0, err
    expected, found = read_efficiency(here), read_efficiency(there)
    for key in ("flops", "postings", "document_length", "query_length", "documents", "kind"):
        assert found[key] == expected[key], key
    assert found["index_bytes"] != expected["index_bytes"]
    assert found["search"]["queries_per_second"] > 0
    held = cluster.request("GET", [loaded, "_stats", "store"])["_all"]["primaries"]["store"]
    assert found["index_bytes"] == held["size_in_bytes"]


def test_pyterrier_takes_its_searcher(one, loaded, small):
    from l0pyserini.search.pyterrier import ImpactRetriever

    with OpenSearchSearcher(Cluster(one), loaded) as searcher:
        found = ImpactRetriever(searcher, k=3).search("time sharing")
    expected = ImpactRetriever(small / "index", k=3).search("time sharing")
    assert len(found) == 3
    assert found.equals(expected)
