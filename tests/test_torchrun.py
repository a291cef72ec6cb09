from l0pyserini.torchrun import launched_rank


def test_the_rank_is_torchruns_or_the_first(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    assert launched_rank() == 0
    monkeypatch.setenv("RANK", "3")
    assert launched_rank() == 3
