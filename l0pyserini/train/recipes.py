"""Reading a recipe: a YAML file and key=value words, checked before anything runs."""

import dataclasses
import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

from l0pyserini.errors import UsageError
from l0pyserini.model import backend
from l0pyserini.model.activation import log_count
from l0pyserini.model.head import HEADS
from l0pyserini.train.config import (
    AUTO,
    Bm25Config,
    LossConfig,
    RegularizerConfig,
    TrainConfig,
)
from l0pyserini.train.regularizers import REGULARIZERS

PRECISIONS = ("float32", "bfloat16", "float16")
DRAWS = ("spread",)
LOSSES = ("kl", "margin_mse", "infonce", "in_batch_kl", "query_kl")
SAVED = (*PRECISIONS, "int8")


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a YAML recipe and lay key=value words (section.key=value) over it.

    Raises:  UsageError: for an unknown key, a value of the wrong type or out of its range.
    """
    import yaml

    try:
        values = _parse_yaml(Path(path).read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise UsageError(f"--config {path}: no such file.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as fault:
        raise UsageError(f"--config {path}: cannot be read as YAML ({fault}).") from fault
    if not isinstance(values, dict):
        raise UsageError(f"--config {path}: holds no keys. Expected `key: value` lines.")
    for word in overrides:
        key, equals, text = word.partition("=")
        if not equals:
            raise UsageError(f"{word!r}: expected key=value, for example learning_rate=1e-4.")
        try:
            value = _parse_yaml(text) if text else None
        except (yaml.YAMLError, RecursionError) as fault:
            raise UsageError(
                f"{word!r}: its value cannot be read as YAML ({fault}). Expected key=value, for "
                "example learning_rate=1e-4."
            ) from fault
        _lay(values, key, value, word)
    return check_config(_build(TrainConfig, values, str(path)))


def _parse_yaml(text: str) -> Any:
    import yaml

    return yaml.safe_load(text)


def _lay(values: dict[str, Any], key: str, value: Any, word: str) -> None:
    *sections, last = key.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise UsageError(f"{word!r}: {section!r} is no section of the configuration.")
    values[last] = value


def _build(kind: type[Any], values: Mapping[str, Any], where: str) -> Any:
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            near = difflib.get_close_matches(str(key), hints, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(hints)}."
            raise UsageError(f"{where}: unknown key {key!r}. {hint}")
    built = {}
    for key, value in values.items():
        place = f"{where}: {key}"
        if dataclasses.is_dataclass(hints[key]):
            if not isinstance(value, dict):
                raise UsageError(f"{place}: is {value!r}, expected a section of keys.")
            built[key] = _build(hints[key], value, place)
        else:
            built[key] = _typed(value, hints[key], place)
    return kind(**built)


def _typed(value: Any, hint: Any, place: str) -> Any:
    allowed = get_args(hint) if type(None) in get_args(hint) else (hint,)
    if value is None and type(None) in allowed:
        return None
    if value == "auto" and place.endswith("threshold"):
        return AUTO
    if float in allowed and not isinstance(value, bool):
        try:
            return float(value)  # YAML takes 2e-5 for text.
        except (TypeError, ValueError):
            pass
    for one in allowed:
        plain = list if one == list[str] else one
        if isinstance(value, plain) and (plain is bool or not isinstance(value, bool)):
            return value
    names = " or ".join(getattr(one, "__name__", str(one)) for one in allowed)
    raise UsageError(f"{place}: is {value!r}, expected {names.replace('NoneType', 'nothing')}.")


def check_config(config: TrainConfig) -> TrainConfig:
    """Return a recipe that can work.

    Raises:  UsageError: naming the key, its value and what was expected.
    """
    sparse = config.regularizer
    _require(bool(config.model), "model", config.model, "an encoder or masked LM to start from")
    _require(bool(config.output), "output", config.output, "a folder to write to")
    _require(bool(config.data.rows), "data.rows", config.data.rows, "training rows")
    _require(config.data.documents >= 2, "data.documents", config.data.documents, "2 or more")
    _check_draw(config.data.draw, config.loss)
    for key in ("steps", "batch_size", "gradient_accumulation", "log_every", "save_every", "keep"):
        _require(getattr(config, key) >= 1, key, getattr(config, key), "a number from 1")
    _require(config.max_length >= 1, "max_length", config.max_length, "a number from 1")
    length = config.encode_max_length
    _require(length is None or length >= 1, "encode_max_length", length, "a number from 1")
    start = config.start_length
    _require(
        start is None or 0 < start < math.inf, "start_length", start, "a number above 0 or nothing"
    )
    _check_loss(config.loss, config.bm25)
    _require(
        not config.loss.embedded or bool(config.data.embeddings),
        "data.embeddings", config.data.embeddings,
        "a folder of a dense teacher's embeddings, or a list of them, which loss.in_batch_kl and "
        "loss.query_kl learn from (`python -m l0pyserini.train.embed` writes it)",
    )  # fmt: skip
    _require(config.dev.every >= 1, "dev.every", config.dev.every, "a number from 1")
    _require(0 <= config.seed < 2**32, "seed", config.seed, "a number from 0 and below 2^32")
    for key in ("warmup_steps", "weight_decay", "max_grad_norm"):
        _not_negative(key, getattr(config, key) or 0)
    dropout = config.dropout
    _require(dropout is None or 0 <= dropout < 1, "dropout", dropout, "a number from 0, below 1")
    for key, rate in (
        ("learning_rate", config.learning_rate),
        ("query.learning_rate", config.query.learning_rate),
        ("teacher.scale", config.teacher.scale),
        ("teacher.cosine_scale", config.teacher.cosine_scale),
        ("bm25.learning_rate", config.bm25.learning_rate),
    ):
        _require(0 < rate < math.inf, key, rate, "a number above 0")
    _not_negative("teacher.bm25_scale", config.teacher.bm25_scale)
    _require(
        config.teacher.bm25_scale == 0 or config.bm25.weight > 0,
        "bm25.weight", config.bm25.weight,
        "a number above 0 where teacher.bm25_scale lets the teacher count BM25 too",
    )  # fmt: skip
    _not_negative("regularizer.weight", sparse.weight)
    _not_negative("regularizer.ramp_steps", sparse.ramp_steps)
    if sparse.threshold != AUTO:
        _not_negative("regularizer.threshold", sparse.threshold)
    _check_target(sparse)
    _check_bm25(config.bm25)
    _one_of("regularizer.name", sparse.name, REGULARIZERS)
    _one_of("precision", config.precision, PRECISIONS)
    _one_of("head_precision", config.head_precision, (backend.AUTO, *HEADS))
    _one_of("save_dtype", config.save_dtype, SAVED)
    log_count(config.activation)
    if sparse.activation is not None:
        log_count(sparse.activation)
    return config


def _check_draw(draw: str | None, loss: LossConfig) -> None:
    if draw is not None:
        _one_of("data.draw", draw, DRAWS)
        _require(
            loss.infonce == 0,
            "data.draw", draw,
            "nothing with loss.infonce, which wants each row's relevant document",
        )  # fmt: skip


def _check_loss(loss: LossConfig, bm25: Bm25Config) -> None:
    for key in (*LOSSES, "memory"):
        _not_negative(f"loss.{key}", getattr(loss, key))
    _require(
        loss.memory == 0 or loss.in_batch_kl > 0,
        "loss.in_batch_kl", loss.in_batch_kl, "above 0 where loss.memory is",
    )  # fmt: skip
    _require(
        any(getattr(loss, key) > 0 for key in LOSSES),
        "loss", loss, f"a weight above 0 for one of {', '.join(LOSSES)}",
    )  # fmt: skip
    _require(
        not (loss.level_queries and bm25.weight > 0),
        "loss.level_queries", True, "false where bm25.weight is above 0: BM25 is not levelled",
    )  # fmt: skip
    for key in ("scale", "temperature"):
        value = getattr(loss, key)
        _require(0 < value < math.inf, f"loss.{key}", value, "above 0 and finite")


def _check_bm25(bm25: Bm25Config) -> None:
    _not_negative("bm25.weight", bm25.weight)
    _require(
        bm25.weight > 0 or not bm25.train,
        "bm25.weight", bm25.weight, "a number above 0 where it is learned (bm25.train)",
    )  # fmt: skip
    _require(0 < bm25.k1 < math.inf, "bm25.k1", bm25.k1, "a number above 0")
    _require(0 <= bm25.b <= 1, "bm25.b", bm25.b, "a number from 0 to 1")


def _check_target(sparse: RegularizerConfig) -> None:
    both = sparse.target_length is not None and sparse.target_flops is not None
    _require(not both, "regularizer", "two targets", "target_length or target_flops, not both")
    for key in ("target_length", "target_flops"):
        value = getattr(sparse, key)
        _require(value is None or value > 0, f"regularizer.{key}", value, "a number above 0")
    if sparse.threshold == AUTO:
        _require(
            sparse.target_length is not None,
            "regularizer.threshold", "auto", "target_length beside it",
        )  # fmt: skip
    elif sparse.target_length is not None:
        _require(
            sparse.threshold < sparse.target_length,
            "regularizer.threshold", sparse.threshold,
            f"less than target_length ({sparse.target_length:g}): documents as short as t are "
            "not made shorter",
        )  # fmt: skip


def _require(holds: bool, key: str, value: Any, expected: str) -> None:
    if not holds:
        raise UsageError(f"configuration: {key} is {value!r}, expected {expected}.")


def _not_negative(key: str, value: float) -> None:
    _require(value >= 0 and math.isfinite(value), key, value, "a number from 0")


def _one_of(key: str, value: str, known: Sequence[str] | Mapping[str, Any]) -> None:
    _require(value in known, key, value, f"one of {', '.join(known)}")
