"""Reading a part of a corpus: the same documents, line numbers and faults, nothing else parsed."""

import gzip
import json

import pytest

from l0pyserini.base.files import Span
from l0pyserini.data import open_corpus
from l0pyserini.errors import CorpusError
from tests.helpers import write

LINES = [
    '\ufeff{"id": "a", "text": "é"}',
    "",
    '{"id": "b", "text": "x"}\r',
    " \t ",
    "\u00a0",
    ' {"id": "c", "text": "x"}',
    '{"id": "d", "text": "日本"}',
    '{"id": "e", "text": "x"}',
    "",
]
JSONL = "\n".join(LINES).encode()
TSV = "\n".join(f"{n}\ttext é {n}" if n % 3 else "" for n in range(1, 9)).encode() + b"\n\n"


def located(corpus, spans):
    return list(corpus.read(spans))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("d.jsonl", JSONL, 5),
        ("d.jsonl.gz", gzip.compress(JSONL, mtime=0), 5),
        ("d.tsv", TSV, 6),
        ("d.tsv.gz", gzip.compress(TSV, mtime=0), 6),
        ("d.jsonl", b'{"id": "a", "text": "no newline at the end"}', 1),
    ],
)
def test_spans_together_are_the_file(tmp_path, size, name, content, count):
    corpus = open_corpus(str(write(tmp_path / name, content)))
    whole = located(corpus, [Span()])
    total, spans = corpus.spans(size)
    assert total == len(whole) == count
    assert [len(located(corpus, [span])) for span in spans[:-1]] == [size] * (len(spans) - 1)
    assert located(corpus, spans) == whole
    assert located(corpus, spans[::2]) + located(corpus, spans[1::2]) == [
        one for first in (0, 1) for at, one in enumerate(whole) if at // size % 2 == first
    ]


def test_pages_of_the_embedded_collection():
    corpus = open_corpus("cacm")
    total, spans = corpus.spans(1000)
    whole = located(corpus, [Span()])
    assert (total, len(spans)) == (3204, 4)
    assert located(corpus, [spans[1], spans[3]]) == whole[1000:2000] + whole[3000:]


@pytest.mark.parametrize("packed", [False, True])
def test_lines_between_the_spans_are_not_parsed(tmp_path, packed):
    lines = [json.dumps({"id": str(n), "text": "x"}) for n in range(9)]
    lines[1] = "no JSON"
    lines[6] = b"\xff".decode("latin-1")
    content = "\n".join(lines).encode("latin-1")
    path = tmp_path / ("d.jsonl.gz" if packed else "d.jsonl")
    corpus = open_corpus(str(write(path, gzip.compress(content) if packed else content)))
    _, spans = corpus.spans(3)
    assert [one.docid for one in corpus.documents([spans[1]])] == ["3", "4", "5"]
    with pytest.raises(CorpusError, match=r"d.jsonl(.gz)?:2: malformed JSON"):
        list(corpus.documents(spans[:1]))
    with pytest.raises(CorpusError, match=r"d.jsonl(.gz)?:7: byte 0 of the line, 0xff, is not"):
        list(corpus.documents([spans[2]]))


def test_no_document_at_all(tmp_path):
    with pytest.raises(CorpusError, match="d.tsv: holds no document"):
        open_corpus(str(write(tmp_path / "d.tsv", "\n\n"))).spans(3)


def test_a_truncated_file_is_found_when_it_is_cut(tmp_path):
    path = write(tmp_path / "d.jsonl.gz", gzip.compress(JSONL)[:-9])
    with pytest.raises(CorpusError, match="d.jsonl.gz:.*the gzip stream is broken here"):
        open_corpus(str(path)).spans(3)
