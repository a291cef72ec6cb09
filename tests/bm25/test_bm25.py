"""BM25: the index is reused, refused when it is another's, and flags reach Anserini."""

import shutil

import pytest

from l0pyserini import read_run, run_bm25
from l0pyserini.bm25.searcher import Bm25Searcher
from l0pyserini.bm25.tokens import bm25_tokens
from l0pyserini.errors import ImpactIndexError, OutputExistsError
from l0pyserini.serve.documents import shown
from tests.helpers import command, write


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bm25")
    lines = [f'{{"id": "d{i}", "text": "cat {"dog " * i}"}}' for i in range(5)]
    write(folder / "docs.jsonl", "\n".join([*lines, '{"id": "none", "text": ""}']) + "\n")
    write(folder / "topics.tsv", "d3\tdogs\nq2\tcat\n")
    return folder


def test_index_once_search_often(corpus, tmp_path, capsys):
    arguments = ["--corpus", corpus / "docs.jsonl", "--index", tmp_path / "i"]
    arguments += ["--topics", corpus / "topics.tsv"]
    code, out, _ = command(capsys, "bm25", *arguments, "--output", tmp_path / "r.txt")
    assert code == 0
    assert "6 documents (1 without text)" in out
    code, out, _ = command(
        capsys, "bm25", *arguments, "--output", tmp_path / "s.txt", "--remove-query", "--hits", 2
    )
    assert code == 0
    assert "was there already" in out
    first, second = read_run(tmp_path / "r.txt"), read_run(tmp_path / "s.txt")
    assert {hit.docid for hit in first["d3"]} == {"d1", "d2", "d3", "d4"}
    assert "d3" not in {hit.docid for hit in second["d3"]}
    assert len(second["q2"]) == 2


def test_an_index_of_another_corpus_is_refused(corpus, small, tmp_path):
    arguments = (tmp_path / "i", str(corpus / "topics.tsv"))
    run_bm25(str(corpus / "docs.jsonl"), *arguments, tmp_path / "r.txt")
    with pytest.raises(ImpactIndexError, match="is an index of 'docs'"):
        run_bm25(str(small / "docs.jsonl"), *arguments, tmp_path / "s.txt")
    shutil.copytree(small / "index", tmp_path / "impact")
    with pytest.raises(ImpactIndexError, match="not the BM25 index of 'docs'"):
        run_bm25(
            str(corpus / "docs.jsonl"),
            tmp_path / "impact",
            str(corpus / "topics.tsv"),
            tmp_path / "s.txt",
        )


@pytest.mark.parametrize("flags", [(), ("--fields", "contents=1", "title=1")])
def test_texts_are_kept_where_they_are_asked_for(tmp_path, capsys, flags):
    line = '{"id": "a", "title": "On cats", "text": "They \\"sleep\\"."}'
    docs = write(tmp_path / "docs.jsonl", line + "\n")
    topics = write(tmp_path / "topics.tsv", "q\tcats\n")
    words = ["bm25", "--corpus", docs, "--topics", topics, "--overwrite", *flags]
    words += ["--index", tmp_path / "i", "--output", tmp_path / "r.txt"]
    assert command(capsys, *words)[0] == 0
    bare = (tmp_path / "r.txt").read_text()
    code, _, err = command(capsys, *words[:-1], tmp_path / "s.txt", "--store-text")
    assert (code, (tmp_path / "s.txt").read_text()) == (0, bare), err
    with Bm25Searcher(tmp_path / "i") as searcher:
        (kept,) = searcher.texts(["a"])
    fields = {"title": "On cats", "text": 'They "sleep".'}
    together = 'On cats They "sleep".'
    assert shown(kept, True, None) == (fields if flags else together)


def test_an_index_with_texts_is_reused_and_one_without_refused(corpus, tmp_path, capsys):
    words = ["bm25", "--corpus", corpus / "docs.jsonl", "--topics", corpus / "topics.tsv"]
    words += ["--index", tmp_path / "i", "--output"]
    assert command(capsys, *words, tmp_path / "1.txt")[0] == 0
    code, _, err = command(capsys, *words, tmp_path / "2.txt", "--store-text")
    assert code == 1
    assert "is the BM25 index of 'docs' without texts, and --store-text asks for them" in err
    remade = (tmp_path / "i/l0pyserini.json").read_text().replace("false", "true")
    (tmp_path / "i/l0pyserini.json").write_text(remade)
    for name, more in (("3.txt", ["--store-text"]), ("4.txt", [])):
        code, out, _ = command(capsys, *words, tmp_path / name, *more)
        assert code == 0
        assert "was there already" in out


def test_an_output_that_exists_is_kept(tmp_path):
    write(tmp_path / "r.txt", "mine")
    with pytest.raises(OutputExistsError, match="exists already"):
        run_bm25("cacm", tmp_path / "i", "cacm", tmp_path / "r.txt")
    assert (tmp_path / "r.txt").read_text() == "mine"


@pytest.mark.parametrize("flags", [("--b", 0), ("--k1", 0), ("--b", 1, "--k1", 2)])
def test_the_ends_of_the_parameters(corpus, tmp_path, capsys, flags):
    arguments = ["--corpus", corpus / "docs.jsonl", "--index", tmp_path / "i"]
    arguments += ["--topics", corpus / "topics.tsv", "--output", tmp_path / "r.txt"]
    assert command(capsys, "bm25", *arguments, *flags)[0] == 0
    scores = {hit.docid: round(hit.score, 4) for hit in read_run(tmp_path / "r.txt")["q2"]}
    # Each document holds "cat" once: without their length, or the count of words, all are equal.
    assert len(set(scores.values())) == (5 if 1 in flags else 1)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--b", "1.1"), "'1.1' is not a number from 0 to 1"),
        (("--b", "-0.1"), "'-0.1' is not a number from 0 to 1"),
        (("--b", "nan"), "'nan' is not a number from 0 to 1"),
        (("--k1", "-1"), "'-1' is not a number from 0"),
        (("--k1", "inf"), "'inf' is not a number from 0"),
        (("--k1", "x"), "'x' is not a number from 0"),
    ],
)
def test_parameters_that_are_none(tmp_path, capsys, flags, message):
    arguments = ["--corpus", "cacm", "--index", tmp_path / "i", "--topics", "cacm"]
    code, _, err = command(capsys, "bm25", *arguments, "--output", tmp_path / "r.txt", *flags)
    assert code == 2
    assert message in err


def test_a_failing_search_is_shown(corpus, tmp_path):
    arguments = (str(corpus / "docs.jsonl"), tmp_path / "i", str(corpus / "topics.tsv"))
    run_bm25(*arguments, tmp_path / "r.txt")
    next((tmp_path / "i").glob("segments_*")).write_bytes(b"nothing")
    with pytest.raises(ImpactIndexError, match="SearchCollection failed"):
        run_bm25(*arguments, tmp_path / "s.txt")
    assert not (tmp_path / "s.txt").exists()


def test_tokens_are_stemmed_and_stopped():
    assert bm25_tokens(["The running dogs", ""]) == [{"run", "dog"}, set()]


def test_two_fields_are_indexed_apart_and_their_scores_summed(tmp_path, capsys):
    lines = [
        '{"id": "title", "title": "cats", "text": "about birds"}',
        '{"id": "text", "title": "birds", "text": "cats"}',
        '{"id": "both", "title": "cats", "text": "cats"}',
    ]
    docs = write(tmp_path / "docs.jsonl", "\n".join(lines) + "\n")
    topics = write(tmp_path / "topics.tsv", "q\tcats\n")
    words = ["bm25", "--corpus", docs, "--topics", topics, "--index", tmp_path / "i"]

    def scores(title):
        output = tmp_path / f"{title}.txt"
        fields = ["--fields", "contents=1", f"title={title}"]
        assert command(capsys, *words, "--output", output, *fields)[0] == 0
        return {hit.docid: hit.score for hit in read_run(output)["q"]}

    once, twice = scores(1), scores(2)
    assert once["both"] == pytest.approx(once["title"] + once["text"], abs=3e-4)
    assert twice["title"] == pytest.approx(2 * once["title"], abs=3e-4)
    assert twice["text"] == pytest.approx(once["text"], abs=3e-4)
    code, _, err = command(capsys, *words, "--output", tmp_path / "flat.txt")
    assert code == 1
    assert "fields ['contents', 'title']), not the BM25 index" in err


@pytest.mark.parametrize("fields", [["contents=1"], ["contents=1", "body=2"]])
def test_fields_that_are_not_there_are_refused(tmp_path, capsys, fields):
    words = ["bm25", "--corpus", "cacm", "--index", tmp_path / "i", "--topics", "cacm"]
    code, _, err = command(capsys, *words, "--output", tmp_path / "r", "--fields", *fields)
    assert code == 2
    assert "expected contents and title, each with a weight above 0" in err
    code, _, err = command(capsys, *words, "--output", tmp_path / "r", "--fields", "contents=x")
    assert code == 2
    assert "'x' is not a number above 0" in err
