from l0pyserini.base.torchrun import launched_rank, local_rank


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
