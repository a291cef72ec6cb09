"""ir_datasets as a source: its own readers on its own cache, and a clear message for each fault."""

import sys

import pytest

from l0pyserini.base.files import Span
from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.data.records import Document, Topic
from l0pyserini.data.topics import stream_topics
from l0pyserini.errors import CorpusError, QrelsError, TopicsError
from l0pyserini.train.hub import is_data_set
from l0pyserini.train.sources import text_stores
from tests.helpers import fresh_process, write

pytestmark = pytest.mark.usefixtures("irds_home")


def test_documents_topics_and_qrels_of_a_cached_data_set():
    assert list(open_corpus("irds:vaswani")) == [
        Document("1", "compact memories\nhave capacities\n"),
        Document("2", "an analogue computer\n"),
        Document("3", "proof techniques\n"),
    ]
    topics = [Topic("1", "COMPACT MEMORIES"), Topic("2", "PROOF")]
    assert read_topics("irds:vaswani") == list(stream_topics("irds:vaswani")) == topics
    assert read_qrels("irds:vaswani") == {"1": {"1": 1, "2": 1}, "2": {"3": 1}}


def test_a_beir_data_set_is_the_beir_folder(irds_home, tmp_path):
    import zipfile

    zipfile.ZipFile(irds_home / "beir/scifact/source.zip").extractall(tmp_path)
    name, folder = "irds:beir/scifact/test", str(tmp_path / "scifact")
    assert list(open_corpus(name)) == list(open_corpus(folder))
    assert read_topics(name) == read_topics(folder) == [Topic("q1", "first")]
    assert read_qrels(name) == read_qrels(folder) == {"q1": {"d1": 2}}


def test_spans_are_counted_and_chosen():
    corpus = open_corpus("irds:vaswani")
    assert corpus.spans(2) == (3, [Span(0, 0, 2), Span(0, 2, 1)])
    assert [one.docid for one in corpus.documents([Span(0, 1, 1)])] == ["2"]


def test_the_fingerprint_follows_the_texts(irds_home):
    file = irds_home / "vaswani/docs.txt"
    before, text = open_corpus("irds:vaswani").fingerprint(), file.read_text()
    assert open_corpus("irds:vaswani").fingerprint() == before
    try:
        write(file, text.replace("analogue", "digital"))
        assert open_corpus("irds:vaswani").fingerprint() != before
    finally:
        write(file, text)


@pytest.mark.parametrize(
    ("read", "error"),
    [(open_corpus, CorpusError), (read_topics, TopicsError), (read_qrels, QrelsError)],
)
class TestFaults:
    def test_an_unknown_data_set(self, read, error):
        with pytest.raises(error, match=r"irds:nope: ir_datasets .* knows no data set 'nope'"):
            read("irds:nope")

    def test_a_data_set_without_the_part(self, read, error):
        with pytest.raises(error, match=r"irds:beir: the data set has no (docs|queries|qrels); it"):
            read("irds:beir")

    def test_files_that_cannot_be_fetched(self, read, error):
        with pytest.raises(error, match=r"irds:cranfield: ir_datasets could not read its .*folder"):
            list(read("irds:cranfield"))

    def test_a_damaged_file(self, read, error):
        with pytest.raises(error, match="irds:beir/fiqa/test: .*BadZipFile"):
            list(read("irds:beir/fiqa/test"))

    def test_the_package_is_missing(self, read, error, monkeypatch):
        monkeypatch.setitem(sys.modules, "ir_datasets", None)
        with pytest.raises(error, match=r"not installed .*pip install 'l0pyserini\[irds\]'"):
            read("irds:vaswani")


def test_what_the_data_set_has_is_told():
    with pytest.raises(QrelsError, match="irds:beir/fiqa: the data set has no qrels; it has docs "):
        read_qrels("irds:beir/fiqa")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\nx\n   /\n1\ny\n   /\n", "document '1' docid '1': this docid was seen before"),
        ("a b\nx\n   /\n", "document 'a b' docid 'a b': has white space"),
        ("\nx\n   /\n", "document '': the document has an empty id"),
        ("", "irds:vaswani: holds no document"),
    ],
)
def test_documents_are_checked_as_those_of_files(irds_home, text, message):
    file = irds_home / "vaswani/docs.txt"
    sound = file.read_text()
    try:
        write(file, text)
        with pytest.raises(CorpusError, match=message):
            list(open_corpus("irds:vaswani"))
    finally:
        write(file, sound)


def test_half_a_surrogate_pair_is_refused(monkeypatch):
    import ir_datasets

    text = ir_datasets.formats.GenericDoc("1", "a \ud800")
    monkeypatch.setattr(ir_datasets.load("vaswani"), "docs_iter", lambda: iter([text]))
    with pytest.raises(CorpusError, match="document '1': character 2 of its text is half of a"):
        list(open_corpus("irds:vaswani"))


def test_no_source_is_imported_before_it_is_named():
    program = (
        "import sys, l0pyserini.data;"
        "print({'ir_datasets', 'datasets', 'pyarrow', 'pandas', 'torch'} & set(sys.modules))"
    )
    assert fresh_process("-c", program).stdout.strip() == "set()"


def test_training_reads_them_too(tmp_path):
    name = "irds:beir/scifact"
    texts, queries = text_stores(f"{name}/test", f"{name}/test", tmp_path)
    assert texts.get(["d1"], "") == ["A title a text"]
    assert queries.get(["q1"], "") == ["first"]
    assert not is_data_set(name)
