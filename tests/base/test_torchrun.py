import pytest

from l0pyserini.base.torchrun import launched_count, launched_rank, local_rank
from l0pyserini.errors import UsageError


def test_the_rank_is_torchruns_or_the_first(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    assert launched_rank() == 0
    monkeypatch.setenv("RANK", "3")
    assert launched_rank() == 3


def test_the_place_on_the_machine_is_torchruns_or_none(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert local_rank() is None
    monkeypatch.setenv("LOCAL_RANK", "2")
    assert local_rank() == 2


def test_the_count_is_torchruns_or_one(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert launched_count() == 1
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert launched_count() == 4


@pytest.mark.parametrize(
    ("name", "read"),
    [("RANK", launched_rank), ("WORLD_SIZE", launched_count), ("LOCAL_RANK", local_rank)],
)
def test_what_is_no_number_is_refused(monkeypatch, name, read):
    monkeypatch.setenv(name, "x")
    with pytest.raises(UsageError, match=f"{name}: the environment says 'x', expected a whole"):
        read()
