"""BM25 beside a learned encoder: the same vectors and more, however they are made."""

import json
import shutil

import numpy as np
import pytest

from l0pyserini import encode_corpus, open_corpus
from l0pyserini.data.corpus import Corpus
from l0pyserini.data.records import Document
from l0pyserini.encode import Manifest, read_shard, shard_paths
from l0pyserini.encode.journal import Part
from l0pyserini.encode.lexical import Lexical, average_length, check_tokens
from l0pyserini.encode.output import work_folder
from l0pyserini.encode.prune import Pruning
from l0pyserini.errors import CheckpointError, CorpusError, UsageError
from l0pyserini.query import IdfQueryEncoder
from l0pyserini.query.stems import is_stem, stems_of
from l0pyserini.query.tokenizer import Tokenizer
from tests.encode.helpers import contents
from tests.helpers import command, fresh_process, write


def vectors(folder):
    return {one.docid: one for path in shard_paths(folder) for one in read_shard(path)}


def test_the_learned_half_is_as_without_and_stems_are_bm25s(hybrid, small):
    both, learned = vectors(hybrid / "encoded"), vectors(small / "encoded")
    texts = [one.contents for one in both.values()]
    found = stems_of(texts)
    lengths = np.array([one.length for one in found])
    average = lengths[lengths > 0].mean()
    for docid, stems in zip(both, found, strict=True):
        vector = both[docid].vector
        assert {t: w for t, w in vector.items() if not is_stem(t)} == learned[docid].vector
        tf = np.array(list(stems.counts.values()))
        impacts = np.rint(255 * tf / (tf + 0.9 * (0.6 + 0.4 * stems.norm / average)))
        own = {t: w for t, w in vector.items() if is_stem(t)}
        assert own == dict(zip(stems.counts, impacts.astype(int).tolist(), strict=True))
    settings = Manifest.load(hybrid / "encoded").settings
    assert settings["lexical"] == {"k1": 0.9, "b": 0.4, "average_length": average, "scale": 255}
    assert both["EMPTY-1"].vector == {}


def test_the_query_side_counts_the_collection(hybrid):
    stems = IdfQueryEncoder.load(hybrid / "encoded/query_encoder.json").stems
    held = vectors(hybrid / "encoded").values()
    assert stems.documents == sum(1 for one in held if one.vector) == 150
    assert stems.df["~system"] == sum("~system" in one.vector for one in held)
    assert all(map(is_stem, stems.df))
    assert stems.largest == max(max(one.vector.values(), default=0) for one in held)


def test_bm25_alone_loads_no_torch(hybrid, tmp_path):
    words = ["--corpus", hybrid / "docs.jsonl", "--encoder", "bm25", "--output", tmp_path / "e"]
    program = (
        "import sys; from l0pyserini.encode.__main__ import main; code = main(sys.argv[1:]); "
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules; sys.exit(code)"
    )
    done = fresh_process("-c", program, *words)
    assert done.returncode == 0, done.stderr
    alone, both = vectors(tmp_path / "e"), vectors(hybrid / "encoded")
    for docid, one in alone.items():
        assert one.vector == {t: w for t, w in both[docid].vector.items() if is_stem(t)}
    assert contents(tmp_path / "e") == contents(hybrid / "bm25")


def test_parts_and_resumed_runs_write_the_same(hybrid, tmp_path):
    corpus = str(hybrid / "docs.jsonl")
    for number in (1, 0):
        encode_corpus(corpus, "bm25", tmp_path / "e", shard_size=60, part=Part(number, 2))
    whole = tmp_path / "w"
    encode_corpus(corpus, "bm25", whole, shard_size=60)
    assert contents(tmp_path / "e") == contents(whole)

    manifest = Manifest.load(whole)
    begun = work_folder(tmp_path / "r")
    begun.mkdir()
    shutil.copy(whole / manifest.shards[0].file, begun)
    done = {**vars(manifest.shards[0]), "mass": [0.0, 0.0]}
    record = {"settings": manifest.settings, "shards": [done], "done": False}
    write(begun / "encoding-0-of-1.journal", json.dumps(record))
    encode_corpus(corpus, "bm25", tmp_path / "r", shard_size=60, resume=True)
    assert contents(tmp_path / "r") == contents(whole)


def test_a_resumed_run_counts_no_average_again(hybrid, tmp_path, monkeypatch):
    corpus, output = str(hybrid / "docs.jsonl"), tmp_path / "e"
    shutil.copytree(hybrid / "bm25", output)
    monkeypatch.setattr("l0pyserini.encode.lexical.average_length", lambda _: 1 / 0)
    manifest, seconds = encode_corpus(corpus, "bm25", output, resume=True)
    assert (manifest.documents, seconds) == (151, 0.0)


def test_documents_to_append_take_the_average_of_others(hybrid, tmp_path):
    write(tmp_path / "new.jsonl", '{"id": "n1", "text": "time sharing systems"}\n')
    encode_corpus(
        str(tmp_path / "new.jsonl"), "bm25", tmp_path / "e", lexical=Lexical(like=hybrid / "index")
    )
    ours = Manifest.load(tmp_path / "e").settings["lexical"]
    assert ours == Manifest.load(hybrid / "encoded").settings["lexical"]


def test_bits_bound_stems_too(tmp_path):
    write(tmp_path / "new.jsonl", '{"id": "n1", "text": "time sharing time systems"}\n')
    manifest, _ = encode_corpus(
        str(tmp_path / "new.jsonl"), "splade-tiny", tmp_path / "e", bits=4, lexical=Lexical()
    )
    assert manifest.settings["lexical"]["scale"] == 15
    vector = vectors(tmp_path / "e")["n1"].vector
    assert max(vector.values()) <= 15
    assert max(w for t, w in vector.items() if is_stem(t)) > 4


def test_the_average_of_documents_without_stems():
    class Corpus(list):
        pass

    texts = ["", "the of", "time sharing", "time"]
    documents = Corpus(Document(str(number), text) for number, text in enumerate(texts))
    assert average_length(documents) == 1.5
    assert average_length(documents[:2]) == 1.0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--k1", "1.2"], "--k1: is of BM25. Give --lexical bm25 beside it"),
        (["--lexical-like", "x"], "--lexical-like: is of BM25. Give --lexical bm25 beside it"),
        (["--lexical", "bm25", "--b", "0", "--lexical-like", "x"], "--b: --lexical-like x names"),
    ],
)
def test_flags_that_do_not_go_together(capsys, hybrid, tmp_path, words, told):
    base = ["--corpus", hybrid / "docs.jsonl", "--encoder", "splade-tiny", "--output"]
    code, _, err = command(capsys, "encode", *base, tmp_path / "e", *words)
    assert (code, told in err) == (2, True), err
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        ({"max_length": 9}, "--max-length"),
        ({"activation": "relu"}, "--activation"),
        ({"idf": "x"}, "--idf"),
        ({"backend": "int8"}, "--backend"),
        ({"pruning": Pruning(max_nnz=3)}, "--max-nnz"),
        ({"bits": 4}, "--bits"),
    ],
)
def test_what_means_nothing_for_bm25_alone(hybrid, tmp_path, options, flag):
    with pytest.raises(UsageError, match=f"{flag}.*means nothing for --encoder bm25"):
        encode_corpus(str(hybrid / "docs.jsonl"), "bm25", tmp_path / "e", **options)


def test_settings_that_bm25_does_not_have():
    with pytest.raises(UsageError, match=r"--k1 -1: expected a number from 0. BM25's usual"):
        Lexical(k1=-1)
    with pytest.raises(UsageError, match=r"--b 1.5: expected a number from 0 to 1"):
        Lexical(b=1.5)


def test_another_half_is_not_known(hybrid, tmp_path):
    with pytest.raises(UsageError, match="lexical 'bm42': expected 'bm25', its settings, or noth"):
        encode_corpus(str(hybrid / "docs.jsonl"), "bm25", tmp_path / "e", lexical="bm42")


def test_a_folder_without_stems_has_no_average_to_take(small, tmp_path):
    corpus = open_corpus(str(small / "docs.jsonl"))
    with pytest.raises(UsageError, match="--lexical-like .*encoded: has no stems. Expected an ind"):
        Lexical(like=small / "encoded").impacts(corpus)
    with pytest.raises(UsageError, match=r"--lexical-like .*none: .*query_encoder.json"):
        Lexical(like=tmp_path / "none").impacts(corpus)


def test_a_tokenizer_whose_tokens_look_like_stems():
    rules = {
        "version": "1.0",
        "model": {"type": "WordLevel", "vocab": {"~ab": 0, "~": 1, "x": 2}, "unk_token": "x"},
    }
    with pytest.raises(CheckpointError, match=r"toy: its tokenizer has 1 tokens .*'~ab'.*fuse"):
        check_tokens(Tokenizer(json.dumps(rules), "toy"))


def test_a_corpus_is_parsed_twice_where_stems_are_counted(tmp_path, monkeypatch):
    """Once for their average length, which checks it too, and once to encode it."""
    lines = [f'{{"id": "d{number}", "text": "word number {number}"}}\n' for number in range(5)]
    path = write(tmp_path / "docs.jsonl", "".join(lines))
    documents, passes = Corpus.documents, []
    monkeypatch.setattr(
        Corpus, "documents", lambda self, spans: (passes.append(spans), documents(self, spans))[1]
    )
    encode_corpus(str(path), "bm25", tmp_path / "encoded", shard_size=2)
    assert len(passes) == 2
    write(path, "".join([*lines, lines[0]]))
    with pytest.raises(CorpusError, match="docid 'd0': this docid was seen before"):
        encode_corpus(str(path), "bm25", tmp_path / "again")
    assert not (tmp_path / "again").exists()
