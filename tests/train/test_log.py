"""The log of a training as a frame."""

import pytest

from l0pyserini.errors import ResultsError
from l0pyserini.train import read_log
from l0pyserini.train.log import mend_log, whole_records
from tests.helpers import fresh_process, write

LINES = (
    '{"step": 0, "backend": "float32", "measured": null}\n'
    '{"step": 20, "loss": 0.5, "flops": 1.25}\n'
    '{"step": 20, "dev": 0.25}\n'
    '{"step": 40, "loss": 0.25, "flops": 1.0}\n'
)


def test_a_log_as_a_frame(tmp_path):
    path = write(tmp_path / "log.jsonl", LINES)
    frame = read_log(path)
    assert frame["step"].tolist() == [0, 20, 20, 40]
    curve = frame.dropna(subset="loss")
    assert curve[["step", "loss", "flops"]].to_numpy().tolist() == [
        [20, 0.5, 1.25],
        [40, 0.25, 1.0],
    ]
    assert frame["dev"].dropna().tolist() == [0.25]
    assert read_log(tmp_path).equals(frame)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"step": 60, "lo', r"log\.jsonl:5: not valid JSON \(.*mends it when it goes on"),
        ("[1]\n", r"log\.jsonl:5: '\[1\]'; expected an object with a whole 'step'"),
        ('{"step": 1.5}\n', r"log\.jsonl:5: .*expected an object with a whole 'step'"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, message):
    with pytest.raises(ResultsError, match=message):
        read_log(write(tmp_path / "log.jsonl", LINES + line))


@pytest.mark.parametrize("tail", ['{"step": 60, "lo', '{"step": 6', "\0\0", b"\xff\n", "[1]\n"])
def test_a_half_written_line_is_left_out_and_mended(tmp_path, tail):
    path = write(tmp_path / "log.jsonl", LINES)
    tail = tail if isinstance(tail, bytes) else tail.encode()
    write(path, LINES.encode() + tail)
    assert [one["step"] for one in whole_records(path)] == [0, 20, 20, 40]
    mend_log(path)
    assert path.read_text() == LINES
    mend_log(path, 20)
    assert path.read_text() == "".join(LINES.splitlines(keepends=True)[:3])
    assert whole_records(tmp_path / "none.jsonl") == []


def test_a_log_that_is_not_there(tmp_path):
    with pytest.raises(ResultsError, match="log.jsonl: "):
        read_log(tmp_path / "log.jsonl")


def test_reading_needs_no_torch(tmp_path):
    path = write(tmp_path / "log.jsonl", LINES)
    program = (
        "import sys; from l0pyserini.train import read_log;"
        "print(len(read_log(sys.argv[1])), 'torch' in sys.modules)"
    )
    assert fresh_process("-c", program, path).stdout.split() == ["4", "False"]
