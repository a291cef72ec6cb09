"""Topics: every format, and a clear message for every fault."""

import gzip

import pytest

from l0pyserini.data import read_topics
from l0pyserini.data.records import Topic
from l0pyserini.errors import QrelsError, TopicsError
from tests.helpers import write

TREC = """<top>
<num> Number: 051
<title> Topic: first query
runs on
<desc> Description:
not this
</top>

<top>
<num> Number: Q2
<title> second </title>
</top>
"""


def test_tsv_plain_and_compressed(tmp_path):
    plain = write(tmp_path / "t.tsv", "1\tfirst query\n2\tsecond\n")
    packed = write(tmp_path / "t.tsv.gz", gzip.compress(plain.read_bytes()))
    expected = [Topic("1", "first query"), Topic("2", "second")]
    assert read_topics(str(plain)) == read_topics(str(packed)) == expected


def test_jsonl(tmp_path):
    path = write(tmp_path / "t.jsonl", '{"_id": "1", "text": "a"}\n{"qid": 2, "query": "b"}\n')
    assert read_topics(str(path)) == [Topic("1", "a"), Topic("2", "b")]


def test_trec_topics_give_the_title(tmp_path):
    path = write(tmp_path / "topics.txt", TREC)
    assert read_topics(str(path)) == [Topic("51", "first query runs on"), Topic("Q2", "second")]


def test_cacm_topics():
    topics = read_topics("cacm")
    assert len(topics) == 64
    assert topics[0].text.startswith("What articles exist which deal with TSS")


def test_a_beir_folder_gives_only_the_split_s_topics(tmp_path):
    write(tmp_path / "queries.jsonl", '{"_id": "1", "text": "a"}\n{"_id": "2", "text": "b"}\n')
    (tmp_path / "qrels").mkdir()
    write(tmp_path / "qrels/test.tsv", "query-id\tcorpus-id\tscore\n2\td\t1\n")
    assert read_topics(str(tmp_path)) == [Topic("2", "b")]
    with pytest.raises(QrelsError, match=r"no such split. The folder's splits are \['test'\]"):
        read_topics(str(tmp_path), split="dev")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.tsv", "", "holds no topic"),
        ("t.tsv", "no tab here\n", "t.tsv:1: no tab in 'no tab here'"),
        ("t.tsv", "1\ta\n1\tb\n", "t.tsv:2 qid '1': seen before"),
        ("t.tsv", "a b\tx\n", "t.tsv:1 qid 'a b': empty, or with white space"),
        ("t.jsonl", '{"_id": "1"}\n', "t.jsonl:1: no query text"),
        ("t.jsonl", "{\n", "t.jsonl:1: malformed JSON"),
        ("t.txt", "just words\n", "t.txt:1: begins 'just words'"),
        ("t.txt", "<top>\n<num> 1\n</top>\n", "t.txt:3: the topic that ends here has no <num>"),
    ],
)
def test_faults_say_where_and_what(tmp_path, name, content, message):
    path = write(tmp_path / name, content)
    with pytest.raises(TopicsError, match=message):
        read_topics(str(path))


def test_missing_topics(tmp_path):
    with pytest.raises(TopicsError, match="no such topics"):
        read_topics(str(tmp_path / "absent.tsv"))
    with pytest.raises(QrelsError, match="no such split"):
        read_topics(str(tmp_path))
    (tmp_path / "qrels").mkdir()
    write(tmp_path / "qrels/test.tsv", "1\td\t1\n")
    with pytest.raises(TopicsError, match=r"without queries.jsonl"):
        read_topics(str(tmp_path))


def test_real_topic_files(shared):
    assert len(read_topics(str(shared / "reference/msmarco-dev-queries.tsv"))) == 6980
    assert len(read_topics(str(shared / "data/scifact"))) == 300
