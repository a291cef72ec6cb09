import pytest

from l0pyserini.errors import TrainingError, first_line
from l0pyserini.train import teachers


def test_the_first_line_of_another_package_s_error():
    assert first_line(OSError("one\ntwo")) == "OSError: one"
    assert first_line(OSError("")) == "OSError: OSError('')"
    assert first_line(KeyError()) == "KeyError: KeyError()"


def test_an_error_without_a_message_is_told(monkeypatch):
    def fails(*_):
        raise OSError("")

    monkeypatch.setitem(teachers.KINDS, "dense", fails)
    with pytest.raises(TrainingError, match=r"'dense:m': cannot be loaded \(OSError: "):
        teachers.open_teacher("dense:m")
