"""The command: an encoder with a learned table, whose documents are what they were."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from l0pyserini import DocumentEncoder, open_checkpoint
from l0pyserini.data import open_corpus
from l0pyserini.encode.prune import Pruning
from l0pyserini.errors import CheckpointError, OutputExistsError, TrainingDataError
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.model.saving import save_with_table
from l0pyserini.query.table import IdfTable
from l0pyserini.train.embeddings import write_embeddings
from l0pyserini.train.query_table import learn_query_table
from l0pyserini.train.table_lesson import read_lesson
from tests.helpers import command

MODULE = "query_0_SparseStaticEmbedding/model.safetensors"
TABLES = {"idf.json", MODULE}
COUNT = 24


def made_up(texts, _):
    """A vector of hashed words: a text is near those that it shares words with."""
    vectors = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for word in text.lower().split():
            row[sum(word.encode()) % 64] += 1
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """corpus.jsonl, topics.tsv, rows.jsonl of ids of CACM, and vectors of them."""
    folder = tmp_path_factory.mktemp("table")
    read = [one for _, one in zip(range(COUNT), open_corpus("cacm"), strict=False)]
    texts = {one.docid: one.contents for one in read}
    docids = list(texts)
    queries = {f"q{i}": " ".join(texts[one].split()[:4]) for i, one in enumerate(docids[:12])}
    with open(folder / "corpus.jsonl", "w") as corpus:
        corpus.writelines(json.dumps({"id": d, "contents": t}) + "\n" for d, t in texts.items())
    with open(folder / "topics.tsv", "w") as topics:
        topics.writelines(f"{qid}\t{text}\n" for qid, text in queries.items())
    with open(folder / "rows.jsonl", "w") as rows:
        for i, qid in enumerate(queries):
            row = {"qid": qid, "docids": [docids[i], docids[i + 12], docids[(i + 1) % 12]]}
            rows.write(json.dumps(row) + "\n")
    lookup = {
        "queries": lambda ids: [queries[one] for one in ids],
        "documents": lambda ids: [texts[one] for one in ids],
    }
    keys = {"queries": list(queries), "documents": docids}
    write_embeddings(folder / "vectors", {"teacher": "t"}, lookup, keys, made_up, False, False)
    return folder


def words_of(place, output, *more, encoder="l0-tiny"):
    return (
        "table", "--encoder", encoder, "--rows", place / "rows.jsonl", "--corpus",
        place / "corpus.jsonl", "--topics", place / "topics.tsv", "--embeddings",
        place / "vectors", "--max-length", 16, "--batch-size", 8, "--sample", 16,
        "--epochs", 8, "--learning-rate", 0.05, "--output", output, *more,
    )  # fmt: skip


def lesson_of(place, **changes):
    parts = {"documents": 100, "max_length": 16, "seed": 42} | changes
    return read_lesson(
        open_checkpoint("l0-tiny"), str(place / "rows.jsonl"), str(place / "vectors"),
        str(place / "corpus.jsonl"), str(place / "topics.tsv"), **parts,
    )  # fmt: skip


@pytest.fixture(scope="module")
def lesson(place):
    return lesson_of(place)


@pytest.fixture(scope="module")
def learned(place):
    """The encoder that the command writes, and what it prints."""
    from contextlib import redirect_stdout
    from io import StringIO

    from l0pyserini.train.table import main

    output = place / "learned"
    with redirect_stdout(StringIO()) as printed:
        assert main([str(word) for word in words_of(place, output)[1:]]) == 0
    return output, printed.getvalue()


def test_the_summary(learned):
    output, printed = learned
    first, second, third = printed.splitlines()
    assert first.startswith("12 queries and 24 documents: read and encoded in ")
    before, after = (float(word) for word in second.split()[1:4:2])
    assert after < before
    assert second.endswith(" tokens have another weight")
    assert third == f"encoder: {output}"


def test_all_but_the_table_is_as_it_was_byte_for_byte(learned):
    before, after = embedded_encoders()["l0-tiny"], learned[0]
    files = {str(path.relative_to(before)) for path in before.rglob("*") if path.is_file()}
    saved = {str(path.relative_to(after)) for path in after.rglob("*") if path.is_file()}
    assert saved == files - {"README.md"}
    for name in saved:
        same = (before / name).read_bytes() == (after / name).read_bytes()
        assert same == (name not in TABLES), name
    assert (
        open_checkpoint(str(after)).weights_sha256() == open_checkpoint("l0-tiny").weights_sha256()
    )


def test_tokens_of_queries_alone_have_another_weight(place, learned):
    own, table = open_checkpoint("l0-tiny"), open_checkpoint(str(learned[0]))
    text = (place / "topics.tsv").read_text()
    asked = {token for line in text.splitlines() for token in own.tokenizer.distinct_tokens(line)}
    moved = {t for t, weight in table.idf.weights.items() if weight != own.idf.weights[t]}
    assert table.idf.weights.keys() == own.idf.weights.keys()
    assert 10 < len(moved) <= len(asked)
    assert moved <= asked
    assert all(table.idf.weights[token] > 0 for token in moved)
    assert table.idf.sha256 != own.idf.sha256


def test_both_places_of_the_table_say_the_same(learned):
    checkpoint = open_checkpoint(str(learned[0]))
    written = IdfTable.load(learned[0] / "idf.json")
    assert written.sha256 == checkpoint.idf.sha256
    names = list(IdfTable.load(embedded_encoders()["l0-tiny"] / "idf.json").weights)
    assert list(written.weights) == names


def test_sentence_transformers_has_the_same_query_vectors(learned):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    checkpoint = open_checkpoint(str(learned[0]))
    theirs = sentence_transformers.SparseEncoder(str(learned[0]), device="cpu")
    text = "preliminary report on the international algebraic language"
    [found] = theirs.encode_query([text], convert_to_sparse_tensor=False)
    expected = torch.zeros(len(found))
    for token in checkpoint.tokenizer.distinct_tokens(text):
        expected[checkpoint.tokenizer.vocabulary[token]] = checkpoint.idf.weights[token]
    assert (found.cpu() > 0).sum() > 5
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-6, atol=0)


def test_documents_are_encoded_as_a_collection_is(place, lesson):
    checkpoint = open_checkpoint("l0-tiny")
    texts = {one.docid: one.contents for one in open_corpus(str(place / "corpus.jsonl"))}
    encoder = DocumentEncoder.from_checkpoint(checkpoint, 16, backend="auto")
    pruning = Pruning(min_weight=checkpoint.min_weight)
    expected = {
        tuple(ids): weights
        for ids, weights in map(pruning.apply, encoder.encode_arrays(texts.values()))
    }
    assert lesson.documents.shape == (24, len(checkpoint.tokenizer.tokens))
    for place_of in range(24):
        row = lesson.documents[[place_of]]
        np.testing.assert_allclose(row.data, expected[tuple(row.indices)], rtol=1e-3, atol=1e-3)
    asked = lesson.queries[[0]]
    assert asked.data.tolist() == [1.0] * asked.nnz


def test_fewer_documents_leave_queries_without_their_own(place, lesson):
    some = lesson_of(place, documents=9)
    assert len(some.query_vectors) == some.queries.shape[0] == 12
    assert len(some.document_vectors) == some.documents.shape[0] == 9
    # Only relevant ones, which go before the twelve others.
    assert [len(own) for own in lesson.relevant] == [1] * 12
    assert sum(len(own) for own in some.relevant) == 9
    texts = [one.contents for one in open_corpus(str(place / "corpus.jsonl"))]
    for text, own in zip(texts, some.relevant, strict=False):
        for one in own:
            assert (some.document_vectors[one] == made_up([text], None)[0]).all()
    with pytest.raises(TrainingDataError, match=r"rows.jsonl: 1 document to compare .*two or more"):
        lesson_of(place, documents=1)


def test_an_encoder_in_8_bits_stays_one(tmp_path):
    from l0pyserini.model.convert import convert_encoder

    convert_encoder("l0-tiny", str(tmp_path / "packed"), "int8")
    before = open_checkpoint(str(tmp_path / "packed"))
    table = IdfTable({t: w * 2 for t, w in before.idf.weights.items()}, "other")
    save_with_table(tmp_path / "out", before, table)
    after = open_checkpoint(str(tmp_path / "out"))
    assert after.weights_file.name == "model-int8.safetensors"
    assert after.weights_sha256() == before.weights_sha256()
    assert after.min_weight == before.min_weight
    assert after.idf.sha256 == IdfTable.load(tmp_path / "out/idf.json").sha256


def test_a_folder_without_a_query_module_gets_its_idf_json_alone(tmp_path):
    folder = shutil.copytree(embedded_encoders()["l0-tiny"], tmp_path / "plain")
    for name in ("router_config.json", "modules.json"):
        (folder / name).unlink()
    shutil.rmtree(folder / "query_0_SparseStaticEmbedding")
    before = open_checkpoint(str(folder))
    save_with_table(tmp_path / "out", before, IdfTable({"time": 2.5}, "other"))
    after = open_checkpoint(str(tmp_path / "out"))
    assert after.idf.weights == {"time": 2.5}
    assert not (tmp_path / "out/query_0_SparseStaticEmbedding").exists()


def test_a_padded_query_module_keeps_its_length(tmp_path):
    folder = shutil.copytree(embedded_encoders()["l0-tiny"], tmp_path / "padded")
    weight = load_file(folder / MODULE)["weight"]
    longer = torch.cat([weight, torch.full((6,), 7.0)]).half()
    save_file({"weight": longer}, folder / MODULE)
    before = open_checkpoint(str(folder))
    table = IdfTable(before.idf.weights | {"time": 3.3}, "other")
    save_with_table(tmp_path / "out", before, table)
    saved = load_file(tmp_path / "out" / MODULE)["weight"]
    assert saved.dtype == torch.float32
    assert saved[-6:].tolist() == [7.0] * 6
    place = before.tokenizer.vocabulary["time"]
    assert saved[place].item() == pytest.approx(3.3)
    longer[place] = saved[place] = 0
    assert torch.equal(saved, longer.float())


def test_texts_without_a_vector_are_told_of_before_anything_is_encoded(place, tmp_path, capsys):
    (tmp_path / "topics.tsv").write_text(
        (place / "topics.tsv").read_text().replace("q3\t", "q3\tx ")
    )
    words = [tmp_path / "topics.tsv" if word == place / "topics.tsv" else word
             for word in words_of(place, tmp_path / "out")]  # fmt: skip
    code, _, told = command(capsys, *words)
    assert code == 1
    assert "holds no vector of the text 'x " in told
    assert "among its queries" in told
    assert not (tmp_path / "out").exists()


def test_outputs_in_use_and_unknown_inputs(place, learned, tmp_path, capsys):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("kept")
    rows, vectors = str(place / "rows.jsonl"), str(place / "vectors")
    with pytest.raises(OutputExistsError, match="kept: exists already"):
        learn_query_table("l0-tiny", rows, vectors, kept)
    checkpoint = open_checkpoint("l0-tiny")
    with pytest.raises(OutputExistsError, match=r"kept: holds no config.json"):
        save_with_table(kept, checkpoint, checkpoint.idf, overwrite=True)
    with pytest.raises(CheckpointError, match="none: no such encoder"):
        learn_query_table("none", rows, vectors, tmp_path / "out")
    with pytest.raises(TrainingDataError, match="none: no such rows"):
        learn_query_table("l0-tiny", "none", vectors, tmp_path / "out")
    with pytest.raises(TrainingDataError, match=r"kept: holds no embeddings.json"):
        learn_query_table("l0-tiny", rows, str(kept), tmp_path / "out")
    # Ids without the corpus are taken for texts.
    with pytest.raises(TrainingDataError, match="no vector of the text 'q0' among its queries"):
        learn_query_table("l0-tiny", rows, vectors, tmp_path / "out")
    again = shutil.copytree(learned[0], tmp_path / "again")
    assert command(capsys, *words_of(place, again))[0] == 1
    assert command(capsys, *words_of(place, again, "--overwrite", "--epochs", 1))[0] == 0
