"""Stems: what Anserini's analysis gives, under names that nothing else has."""

import pytest

from l0pyserini import open_checkpoint
from l0pyserini.errors import UsageError
from l0pyserini.lucene import java_class
from l0pyserini.query.stems import MAX_UNITS, Stemmed, count_stems, is_stem, stem_name, stems_of


def anserinis(text):
    analyzer = java_class("io.anserini.index.IndexCollection").DEFAULT_ANALYZER
    return list(java_class("io.anserini.analysis.AnalyzerUtils").analyze(analyzer, text).toArray())


def test_stems_are_anserinis_counted_and_in_order():
    text = "The U.S. systems: a system's systems, and sharing shared memories\n\tof 3.14 \U0001f600"
    (found,) = stems_of([text])
    stems = anserinis(text)
    assert list(found.counts) == list(dict.fromkeys(map(stem_name, stems)))
    assert found.counts["~system"] == 3
    assert "~3~14" in found.counts
    assert found.length == len(stems) == sum(found.counts.values())


def test_many_texts_in_one_call():
    texts = ["time sharing", "", "of the", "caf\u00e9 \U00020000 time"]
    together = stems_of(texts)
    assert together == [stems_of([text])[0] for text in texts]
    assert together[1] == Stemmed(0, 0, {}) == together[2]
    assert stems_of([]) == []
    lengths = [one.length for one in together]
    assert count_stems(texts) == (2, sum(lengths))


@pytest.mark.parametrize("length", [1, 39, 40, 41, 200, 1000])
def test_the_norm_is_lucenes(length):
    small_float = java_class("org.apache.lucene.util.SmallFloat")
    (found,) = stems_of(["word " * length])
    assert found.length == length
    assert found.norm == small_float.byte4ToInt(small_float.intToByte4(length))


def test_names_are_no_tokens_and_survive():
    assert stem_name("u.s") == "~u~s"
    assert all(map(is_stem, ("~u~s", "~7", "~\U0001f600")))
    assert not any(map(is_stem, ("~", "~~", "u", "##~", "")))
    for name in ("l0-tiny", "splade-tiny"):
        assert not any(map(is_stem, filter(None, open_checkpoint(name).tokenizer.tokens)))


def test_a_long_stem_is_cut_to_what_lucene_keeps():
    name = stem_name("\U00020000" * 200)
    assert len(name.encode("utf-16-le")) // 2 == MAX_UNITS
    assert len(stem_name("a" * 255)) == MAX_UNITS
    (found,) = stems_of(["a" * 254 + " " + "a" * 255])
    assert sum(found.counts.values()) == found.length


def test_a_text_that_utf8_cannot_hold():
    with pytest.raises(UsageError, match="no text that UTF-8 can hold. Give it in UTF-8"):
        stems_of(["a \ud800"])
