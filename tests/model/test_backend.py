"""The choice of a precision: by given stopwatch readings, and on this machine."""

import pytest
import torch

from l0pyserini.errors import UsageError
from l0pyserini.model import backend as module
from l0pyserini.model import head as head_module
from l0pyserini.model.backend import (
    AUTO,
    LAYERS,
    Backend,
    choose_backend,
    choose_layers,
    fastest,
    head_speeds,
    layer_speeds,
    parse_backend,
    race,
    warn_of_slow_layers,
)
from l0pyserini.model.head import HEADS, int8_products_are_exact

CPU = torch.device("cpu")

READINGS = {
    "AVX2 alone": (
        {"float32": 25.0, "bfloat16": 0.4, "int8": 1.3, "fbgemm": 41.0},
        {"float32": 25.0, "bfloat16": 0.4},
        "fbgemm",
    ),
    "AVX2 where fbgemm gains nothing": (
        {"float32": 25.0, "bfloat16": 0.4, "int8": 1.3, "fbgemm": 26.0},
        {"float32": 25.0, "bfloat16": 0.4},
        "float32",
    ),
    "AVX-512 with VNNI and bfloat16": (
        {"float32": 72.0, "bfloat16": 180.0, "int8": 390.0, "fbgemm": 150.0},
        {"float32": 72.0, "bfloat16": 180.0},
        "int8",
    ),
    "VNNI without bfloat16": (
        {"float32": 72.0, "bfloat16": 5.6, "int8": 390.0, "fbgemm": 150.0},
        {"float32": 72.0, "bfloat16": 5.6},
        "int8/float32",
    ),
    "no fbgemm": (
        {"float32": 30.0, "bfloat16": 90.0, "int8": 2.0},
        {"float32": 30.0, "bfloat16": 90.0},
        "bfloat16",
    ),
}


def readings(monkeypatch, head, layers):
    monkeypatch.setattr(
        module, "head_speeds", lambda _, names=tuple(head): {n: head[n] for n in names}
    )
    monkeypatch.setattr(module, "layer_speeds", lambda _: dict(layers))


@pytest.mark.parametrize(("head", "layers", "expected"), READINGS.values(), ids=READINGS)
def test_auto_takes_the_fastest_of_given_readings(monkeypatch, head, layers, expected):
    readings(monkeypatch, head, layers)
    told = []
    chosen = choose_backend(AUTO, 128, CPU, told.append)
    assert chosen.name == expected
    assert chosen.measured == {"head": head, "layers": layers}
    assert told[0].startswith(f"backend auto: {expected} (head GFLOP/s: float32 ")
    assert choose_layers(128, CPU) == chosen.layers


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("int8", "its head at 1.3 GFLOP/s where float32 has 25.0 and its layers at 0.4 GFLOP/s"),
        ("int8/float32", "it computes its head at 1.3 GFLOP/s where float32 has 25.0. Backend"),
        ("bfloat16", "its head at 0.4 GFLOP/s"),
    ],
)
def test_a_named_backend_that_is_slower_runs_with_both_speeds_told(monkeypatch, asked, seen):
    head, layers, _ = READINGS["AVX2 alone"]
    readings(monkeypatch, head, layers)
    told = []
    chosen = choose_backend(asked, 128, CPU, told.append)
    assert chosen.name == asked
    assert len(told) == 1
    assert told[0].startswith(f"warning: backend {asked} is slower than float32 here")
    assert seen in told[0]
    assert chosen.measured["head"] == {n: head[n] for n in ("float32", chosen.head)}


@pytest.mark.parametrize("asked", ["float32", "fbgemm"])
def test_a_named_backend_that_is_not_slower_runs_without_a_word(monkeypatch, asked):
    head, layers, _ = READINGS["AVX2 alone"]
    readings(monkeypatch, head, layers)
    told = []
    assert choose_backend(asked, 128, CPU, told.append).name == asked
    assert told == []


def test_slow_layers_of_a_training_are_told(monkeypatch):
    head, layers, _ = READINGS["AVX2 alone"]
    readings(monkeypatch, head, layers)
    told = []
    warn_of_slow_layers("bfloat16", 128, CPU, told.append)
    assert told == [
        "warning: precision bfloat16 is slower than float32 here: "
        "0.4 GFLOP/s where float32 has 25.0."
    ]
    for precision, device in (("float32", "cpu"), ("float16", "cpu"), ("bfloat16", "cuda")):
        warn_of_slow_layers(precision, 128, torch.device(device), pytest.fail)


def test_a_gpu_takes_bfloat16_where_it_has_it(monkeypatch):
    for has, expected in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda has=has, **_: has)
        chosen = choose_backend(AUTO, 128, torch.device("cuda"), pytest.fail)
        assert (chosen.name, chosen.measured) == (expected, {})


@pytest.mark.parametrize("name", [*HEADS, "int8/float32", "fbgemm/bfloat16"])
def test_names_are_read_back(name):
    assert parse_backend(name).name == name


def test_every_head_has_usual_layers():
    assert LAYERS.keys() == HEADS.keys()


@pytest.mark.parametrize("name", ["int4", "int8/int8", "", "float32/x"])
def test_unknown_names_are_refused(name):
    with pytest.raises(UsageError, match="expected auto or one of float32, bfloat16, int8, fbge"):
        parse_backend(name)


@pytest.mark.parametrize("asked", ["int8", "fbgemm"])
def test_whole_numbers_stay_on_the_cpu(asked):
    with pytest.raises(UsageError, match=f"backend '{asked}' runs on the CPU, and the device is m"):
        choose_backend(asked, 128, torch.device("meta"), pytest.fail)


def test_a_named_backend_that_torch_lacks_is_refused(monkeypatch):
    def lacking(*_):
        raise RuntimeError("Didn't find engine for operation quantized::linear_prepack")

    monkeypatch.setitem(HEADS, "fbgemm", lacking)
    with pytest.raises(UsageError, match="backend 'fbgemm': torch does not have it on this mach"):
        # No other test has this width, whose speeds would be remembered.
        choose_backend("fbgemm", 24, CPU, pytest.fail)


def test_an_equal_speed_keeps_the_exact_result():
    assert fastest({"float32": 10.0, "fbgemm": 10.9}) == "float32"
    assert fastest({"float32": 10.0, "fbgemm": 11.0}) == "fbgemm"


def test_a_race_gives_up_what_crawls_and_takes_the_best_of_what_is_left():
    rows, now = [], [0.0]
    # What is fast may be slow at first, and while other work has the processor.
    seconds = {
        "float32": iter([0, 90.0, 1.0, 9.0, 2.0, 9.0]),
        "disturbed": iter([0, 0.09, 0.001, 0.05, 3.0, 3.0, 5.0]),
        "crawls": iter([0, 30.0, 40.0]),
    }

    def product(name):
        def run(given):
            rows.append((name, len(given)))
            now[0] += next(seconds[name])

        return run

    found = race({name: product(name) for name in seconds}, 4, lambda: now[0])
    flop = 2 * 4 * module.TILE_VOCABULARY
    assert found["crawls"] == pytest.approx(flop * module.FIRST_LOOK / 30 / 1e9)
    assert found["float32"] == pytest.approx(flop * module.LOOK / 2 / 1e9)
    assert found["disturbed"] == pytest.approx(flop * module.LOOK / 3 / 1e9)
    assert [n for name, n in rows if name == "crawls"] == [8, module.FIRST_LOOK, module.FIRST_LOOK]


def test_this_machine_is_measured_once(monkeypatch):
    head, layers = head_speeds(64), layer_speeds(64)
    assert {"float32", "bfloat16"} <= head.keys()
    assert ("int8" in head) == int8_products_are_exact()
    assert layers.keys() == {"float32", "bfloat16"}
    assert all(speed > 0 for speed in [*head.values(), *layers.values()])
    monkeypatch.setattr(module, "race", pytest.fail)
    assert head_speeds(64) == head
    assert layer_speeds(64) == layers


def test_a_head_whose_products_are_wrong_is_no_choice(monkeypatch):
    monkeypatch.setattr(head_module, "int8_products_are_exact", lambda: False)
    assert "int8" not in head_speeds(32)
    with pytest.raises(UsageError, match="backend 'int8': torch does not have it on this machine"):
        choose_backend("int8", 32, CPU, pytest.fail)


def test_the_context_of_layers():
    with Backend("int8", "bfloat16").autocast(CPU):
        assert torch.is_autocast_enabled("cpu")
    with Backend("int8", "float32").autocast(CPU):
        assert not torch.is_autocast_enabled("cpu")
