"""A training recipe: what a YAML file and key=value words may say, checked before anything runs."""

import dataclasses
import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

from l0pyserini.errors import UsageError
from l0pyserini.model import backend
from l0pyserini.model.activation import log_count
from l0pyserini.model.head import HEADS
from l0pyserini.train.regularizers import REGULARIZERS

PRECISIONS = ("float32", "bfloat16", "float16")
AUTO = -1.0
"""A threshold of `auto`: AUTO_SHARE of the target length."""

AUTO_SHARE = 0.75


@dataclass
class DataConfig:
    """rows: JSONL or a data set's name. corpus, topics: where the rows hold ids. documents: of a
    row that a step takes, its relevant one included; the others are drawn anew each epoch."""

    rows: str = ""
    corpus: str | None = None
    topics: str | None = None
    documents: int = 2


@dataclass
class TeacherConfig:
    """models: kind:model, asked while training where rows have no scores. scale: of the averaged
    scores."""

    models: list[str] = field(default_factory=list)
    scale: float = 30.0
    device: str | None = None


@dataclass
class LossConfig:
    """The weight of each loss; 0 leaves it out. scale: of the student's scores in all of them: a
    student whose scores spread wider than its teacher's would else learn to weigh all tokens less.
    temperature: of student and teacher."""

    kl: float = 0.0
    margin_mse: float = 0.0
    infonce: float = 0.0
    scale: float = 1.0
    temperature: float = 1.0
    in_batch_negatives: bool = False

    @property
    def taught(self) -> bool:
        """Whether a loss compares with a teacher's scores."""
        return self.kl > 0 or self.margin_mse > 0


@dataclass
class RegularizerConfig:
    """weight: lambda; with a target it is only where the controller begins. threshold: t of the
    l0 mask, 0 = none, `auto` = three quarters of target_length. ramp_steps: T. activation: of the
    regulariser alone (decoupled); none = that of the scores."""

    name: str = "flops"
    weight: float = 0.0
    threshold: float = 0.0
    ramp_steps: int = 0
    activation: str | None = None
    target_length: float | None = None
    target_flops: float | None = None


@dataclass
class QueryConfig:
    """idf: a table; none = the checkpoint's own. train: whether its weights are learned."""

    idf: str | None = None
    train: bool = False
    learning_rate: float = 1e-3


@dataclass
class LexicalConfig:
    """The lexical term (see model.lexical) that joins the finished encoder; it is no part of the
    training. weight: of tf saturation beside the model's weights; none = the checkpoint's own term,
    0 = without one. k1, b: as BM25's. average_length: tokens of a usual document. min_idf: of the
    tokens that have it. min_weight: lighter tokens of a document are left out."""

    weight: float | None = None
    k1: float = 0.9
    b: float = 0.4
    average_length: float = 200.0
    min_idf: float = 3.0
    min_weight: float = 0.0


@dataclass
class DevConfig:
    """data: BEIR folders whose mean nDCG@10 chooses the best checkpoint. every: steps."""

    data: list[str] = field(default_factory=list)
    split: str = "test"
    every: int = 500


@dataclass
class TrainConfig:
    """A recipe. batch_size counts the queries of one process; a step takes batch_size times
    gradient_accumulation of them in each process. max_length: tokens of a document in training;
    encode_max_length: that the finished encoder reads, none = as many."""

    model: str = ""
    output: str = ""
    activation: str = "log1p_relu"
    max_length: int = 256
    encode_max_length: int | None = None
    steps: int = 1000
    batch_size: int = 16
    gradient_accumulation: int = 1
    learning_rate: float = 2e-5
    weight_decay: float = 0.01
    warmup_steps: int = 0
    max_grad_norm: float | None = None
    dropout: float | None = None
    precision: str = "float32"
    head_precision: str = backend.AUTO
    device: str | None = None
    seed: int = 42
    log_every: int = 50
    save_every: int = 500
    keep: int = 1
    save_dtype: str = "float32"
    data: DataConfig = field(default_factory=DataConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    regularizer: RegularizerConfig = field(default_factory=RegularizerConfig)
    query: QueryConfig = field(default_factory=QueryConfig)
    lexical: LexicalConfig = field(default_factory=LexicalConfig)
    dev: DevConfig = field(default_factory=DevConfig)


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
    for key in ("steps", "batch_size", "gradient_accumulation", "log_every", "save_every", "keep"):
        _require(getattr(config, key) >= 1, key, getattr(config, key), "a number from 1")
    _require(config.max_length >= 1, "max_length", config.max_length, "a number from 1")
    length = config.encode_max_length
    _require(length is None or length >= 1, "encode_max_length", length, "a number from 1")
    for key in ("kl", "margin_mse", "infonce"):
        _not_negative(f"loss.{key}", getattr(config.loss, key))
    _require(
        config.loss.kl + config.loss.margin_mse + config.loss.infonce > 0,
        "loss", config.loss, "a weight above 0 for one of kl, margin_mse, infonce",
    )  # fmt: skip
    for key in ("scale", "temperature"):
        value = getattr(config.loss, key)
        _require(0 < value < math.inf, f"loss.{key}", value, "above 0 and finite")
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
    ):
        _require(0 < rate < math.inf, key, rate, "a number above 0")
    _not_negative("regularizer.weight", sparse.weight)
    _not_negative("regularizer.ramp_steps", sparse.ramp_steps)
    if sparse.threshold != AUTO:
        _not_negative("regularizer.threshold", sparse.threshold)
    _check_target(sparse)
    _check_lexical(config.lexical)
    _one_of("regularizer.name", sparse.name, REGULARIZERS)
    _one_of("precision", config.precision, PRECISIONS)
    _one_of("head_precision", config.head_precision, (backend.AUTO, *HEADS))
    _one_of("save_dtype", config.save_dtype, PRECISIONS)
    log_count(config.activation)
    if sparse.activation is not None:
        log_count(sparse.activation)
    return config


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


def _check_lexical(lexical: LexicalConfig) -> None:
    _not_negative("lexical.weight", lexical.weight or 0.0)
    _not_negative("lexical.min_idf", lexical.min_idf)
    _not_negative("lexical.min_weight", lexical.min_weight)
    _require(0 < lexical.k1 < math.inf, "lexical.k1", lexical.k1, "a number above 0")
    _require(0 <= lexical.b <= 1, "lexical.b", lexical.b, "a number from 0 to 1")
    length = lexical.average_length
    _require(0 < length < math.inf, "lexical.average_length", length, "a number above 0")


def _require(holds: bool, key: str, value: Any, expected: str) -> None:
    if not holds:
        raise UsageError(f"configuration: {key} is {value!r}, expected {expected}.")


def _not_negative(key: str, value: float) -> None:
    _require(value >= 0 and math.isfinite(value), key, value, "a number from 0")


def _one_of(key: str, value: str, known: Sequence[str] | Mapping[str, Any]) -> None:
    _require(value in known, key, value, f"one of {', '.join(known)}")
