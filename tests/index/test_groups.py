"""Indexes of groups of shards: searched as one or merged they are the index of the whole."""

import pytest

from l0pyserini import ImpactSearcher
from l0pyserini.data import read_topics
from l0pyserini.errors import ClusterError, UsageError
from l0pyserini.index.facts import read_facts
from l0pyserini.index.fill import IndexOptions
from l0pyserini.index.groups import GroupIndexer, _shared_out, build_groups
from l0pyserini.index.grow import merge_indexes
from l0pyserini.index.source import open_source
from l0pyserini.query import encoder as query
from l0pyserini.query.encoder import IdfQueryEncoder
from tests.helpers import command, names

OPTIONS = IndexOptions(threads=1)
COUNTS = ("documents", "empty_documents", "indexed_documents", "postings", "impacts")


@pytest.fixture(scope="module")
def parts(hybrid, tmp_path_factory):
    """Two indexes of the three shards of `hybrid`."""
    folder = tmp_path_factory.mktemp("groups") / "parts"
    build_groups(hybrid / "encoded", folder, 2, OPTIONS)
    return [folder / name for name in names(folder)]


def hits(*indexes):
    topics = [topic.text for topic in read_topics("cacm")][:20]
    with ImpactSearcher(list(indexes)) as searcher:
        return [[(hit.docid, hit.score) for hit in searcher.search(one, k=50)] for one in topics]


def test_searched_as_one_they_give_the_hits_and_scores_of_one_index(hybrid, parts):
    assert [path.name for path in parts] == ["part-0", "part-1"]
    assert hits(*parts) == hits(hybrid / "index")
    whole = read_facts(hybrid / "index")
    both = [read_facts(path) for path in parts]
    assert [one["documents"] for one in both] == [60, 91]
    for name in COUNTS:
        assert sum(one[name] for one in both) == whole[name]


def test_merged_they_are_one_index(hybrid, parts, tmp_path):
    merge_indexes(parts, tmp_path / "merged")
    merged, whole = read_facts(tmp_path / "merged"), read_facts(hybrid / "index")
    for name in (*COUNTS, "terms", "postings_digest"):
        assert merged[name] == whole[name]
    one, other = (
        IdfQueryEncoder.load(place / query.FILE_NAME).stems
        for place in (tmp_path / "merged", hybrid / "index")
    )
    assert one == other


def test_on_ray_they_are_the_same(small, tmp_path, capsys):
    pytest.importorskip("ray")
    words = ("--input", small / "encoded", "--threads", "1", "--groups", "2")
    code, here, _ = command(capsys, "index", *words, "--index", tmp_path / "here")
    assert code == 0
    assert "indexed 150 of 151 documents in " in here
    assert "into 2 indexes, " in here
    code, out, err = command(capsys, "index", *words, "--index", tmp_path / "ray", "--ray", "local")
    assert code == 0, err
    assert "into 2 indexes" in out
    assert "index on Ray: " in err
    assert hits(tmp_path / "ray/part-0", tmp_path / "ray/part-1") == hits(small / "index")
    for number in range(2):
        facts = [read_facts(tmp_path / place / f"part-{number}") for place in ("here", "ray")]
        assert facts[0]["postings_digest"] == facts[1]["postings_digest"]


def test_what_has_no_groups(small, tmp_path):
    with pytest.raises(UsageError, match=r"--groups 4: .*encoded has 3 files of vectors"):
        build_groups(small / "encoded", tmp_path / "i", 4, OPTIONS)
    with pytest.raises(UsageError, match="--groups: only --builder direct takes some shards"):
        build_groups(small / "encoded", tmp_path / "i", 2, IndexOptions(builder="anserini"))
    assert names(tmp_path) == []


def test_a_node_that_does_not_see_the_paths(small, tmp_path):
    [group] = _shared_out(open_source(small / "encoded"), 1)
    with pytest.raises(ClusterError, match=r"node [\d.]+ \(.*\): does not see .*nowhere\. Give"):
        GroupIndexer().build(group, tmp_path / "nowhere", OPTIONS)
