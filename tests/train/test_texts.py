import json
import pickle
import resource

import pytest

from l0pyserini.errors import DiskError, TrainingDataError, UsageError
from l0pyserini.train.sources import text_stores
from l0pyserini.train.texts import TextStore, repair_latin1


def test_texts_are_found_by_id_in_the_order_asked(tmp_path):
    store = TextStore.build(tmp_path / "t.sqlite", [("a", "one"), ("b", "zwei ü")], "document")
    assert store.get(["b", "a", "b"], "here") == ["zwei ü", "one", "zwei ü"]
    assert pickle.loads(pickle.dumps(store)).get(["a"], "here") == ["one"]


def test_a_sample_is_taken_evenly(tmp_path):
    rows = [(f"{i:02d}", f"text {i}") for i in range(10)]
    store = TextStore.build(tmp_path / "t.sqlite", rows, "document")
    assert list(store.sample(5)) == [f"text {i}" for i in (0, 2, 4, 6, 8)]
    assert len(list(store.sample(100))) == 10


def test_a_store_that_another_machine_wrote_is_missed_by_name(tmp_path):
    store = TextStore.build(tmp_path / "t.sqlite", [("a", "one")], "document")
    (tmp_path / "t.sqlite").unlink()
    with pytest.raises(TrainingDataError, match="t.sqlite: is not there.*that all machines share"):
        store.get(["a"], "here")


def test_a_full_disk_leaves_no_store(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    rows = ((str(i), "text " * 50) for i in range(100_000))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        with pytest.raises(DiskError, match="t.sqlite: the texts cannot be stored.*Free some"):
            TextStore.build(tmp_path / "t.sqlite", rows, "document")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_id_is_named_with_its_row(tmp_path):
    store = TextStore.build(tmp_path / "t.sqlite", [("a", "one")], "document")
    with pytest.raises(TrainingDataError, match=r"rows:3: document 'x' is unknown"):
        store.get(["a", "x"], "rows:3")


@pytest.mark.parametrize(
    ("damaged", "text"),
    [
        ("cafÃ©", "café"),
        ("/\u00cb\u0088wa\u00c9\u00aa/", "/\u02c8wa\u026a/"),
        ("café", "café"),
        ("日本", "日本"),
        ("plain", "plain"),
    ],
)
def test_latin1_damage_is_mended_and_nothing_else(damaged, text):
    assert repair_latin1(damaged) == text


def test_a_corpus_and_its_topics(tmp_path):
    folder = tmp_path / "beir"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text('{"_id": "d", "title": "T", "text": "cafÃ©"}\n')
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "ask"}) + "\n")
    texts, queries = text_stores(str(folder), str(folder), tmp_path / "stores")
    assert texts.get(["d"], "") == ["T café"]
    assert queries.get(["q"], "") == ["ask"]
    with pytest.raises(UsageError, match="want topics too"):
        text_stores(str(folder), None, tmp_path / "stores")


def test_a_corpus_of_the_hubs_form_is_read_from_a_local_copy(tmp_path, monkeypatch):
    pytest.importorskip("datasets")
    from l0pyserini.train import sources

    (tmp_path / "corpus.jsonl").write_text('{"_id": "7", "title": "", "text": "Wi-Fi cafÃ©"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "1", "title": "", "text": "wifi"}\n')
    from datasets import load_dataset

    def local(name, part, split):
        assert (name, split) == ("BeIR/msmarco", part)
        return load_dataset("json", data_files=str(tmp_path / f"{part}.jsonl"), split="train")

    monkeypatch.setattr(sources, "load_data_set", local)
    texts, queries = text_stores("BeIR/msmarco", "BeIR/msmarco", tmp_path / "stores")
    assert texts.get(["7"], "") == ["Wi-Fi café"]
    assert queries.get(["1"], "") == ["wifi"]
