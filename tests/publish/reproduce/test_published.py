"""Published scores: what stands beside what, and the verdicts."""

import csv

import pytest

from l0pyserini.errors import UsageError
from l0pyserini.publish.reproduce import DATASETS
from l0pyserini.publish.reproduce.published import (
    Published,
    check_column,
    column_of,
    facts,
    published,
    scores,
)
from l0pyserini.publish.reproduce.systems import EncoderOptions, System, chosen_systems

SCIFACT = DATASETS["scifact"]


def test_the_packaged_table_is_the_one_with_the_sources(shared):
    with open(shared / "reference/beir_published.csv") as file:
        rows = {row.pop("dataset"): row for row in csv.DictReader(file)}
    assert scores() == rows
    columns = set(next(iter(rows.values())))
    assert set(facts()["columns"]) == columns
    assert all(one["source"] and one["title"] for one in facts()["columns"].values())


@pytest.mark.parametrize(
    ("score", "verdict"),
    [(0.6789, "equal"), (0.6790, "within"), (0.6799, "within"), (0.6778, "differs")],
)
def test_verdicts(score, verdict):
    assert published(SCIFACT, "bm25-flat").verdict(score) == verdict


def test_three_decimals_are_compared_as_three():
    three = Published(0.725, 3, "x", "y", 0.005, own=True)
    assert three.verdict(0.7254) == "equal"
    assert three.verdict(0.7256) == "within"


def test_a_checkpoint_finds_its_column_by_name():
    name = "opensearch-neural-sparse-encoding-doc-v3-distill"
    assert column_of(f"opensearch-project/{name}") == "os_doc_v3_distill"
    assert column_of(f"/models/{name}/") == "os_doc_v3_distill"
    assert column_of("splade-tiny") is None
    found = published(SCIFACT, f"opensearch-project/{name}")
    assert (found.score, found.decimals, found.own) == (0.708, 3, True)


def test_a_reference_stands_where_there_is_no_own_score():
    found = published(SCIFACT, "splade-tiny", "os_doc_v1")
    assert found.score == 0.716
    assert found.verdict(0.716) == "reference"
    assert published(SCIFACT, "bm25-flat", "os_doc_v1").score == 0.6789
    assert published(SCIFACT, "splade-tiny") is None
    assert published(DATASETS["cacm"], "bm25-flat").score == 0.3123
    assert published(DATASETS["cacm"], "splade-tiny", "os_doc_v1") is None
    with pytest.raises(UsageError, match="--reference 'os' is unknown"):
        check_column("os")


def test_systems_and_their_names():
    options = EncoderOptions()
    made = chosen_systems(["flat"], ["splade-tiny", "b=/models/x"], options)
    assert [one.name for one in made] == ["bm25-flat", "splade-tiny", "b"]
    assert made[2] == System("b", "/models/x", options)
    with pytest.raises(UsageError, match="two systems are called 'x'"):
        chosen_systems([], ["/a/x", "/b/x"], options)
    with pytest.raises(UsageError, match="cannot name a folder"):
        chosen_systems([], ["a b=/x"], options)
    fused = chosen_systems(["flat"], ["splade-tiny"], options, "rrf")[-1]
    assert (fused.name, fused.fused) == ("splade-tiny+bm25-flat", ("bm25-flat", "splade-tiny"))
    for bm25, encoders in (["multifield"], ["x"]), (["flat"], []):
        with pytest.raises(UsageError, match="--fuse needs --bm25 flat and an --encoder"):
            chosen_systems(bm25, encoders, options, "rrf")
    with pytest.raises(UsageError, match="nothing to run"):
        chosen_systems([], [], options)
