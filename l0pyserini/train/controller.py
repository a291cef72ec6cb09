"""Steering lambda to a target, and noticing that sparsity has collapsed."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from l0pyserini.errors import TrainingError
from l0pyserini.train.config import AUTO, AUTO_SHARE, RegularizerConfig
from l0pyserini.train.regularizers import ramp

FIRST_LAMBDA = 1e-4
"""Where the controller begins when no weight is given: documents grow short faster than long."""

MEMORY = 0.9
"""Of the running mean of the measured length or FLOPS, a step."""

INTEGRAL = 0.03
PROPORTIONAL = 0.5
"""How far lambda's logarithm moves for an error of one (in the logarithm of length / target)."""

LARGEST_ERROR = 1.0
"""Errors are cut to it: far from the target lambda grows e-fold in 33 steps and no faster."""

NEAR = 0.05
"""Share by which documents may be longer than their target and still count as having reached it."""

PATIENCE = 50
"""Steps that a collapse must last before training stops."""


@dataclass
class _State:
    """What survives a resume. log_lambda is of the controller without its proportional part."""

    log_lambda: float
    mean: float | None = None
    collapsed: int = 0


class SparsityController:
    """Tells each step its lambda and threshold, and learns what came of it.

    Without a target lambda is the configured weight, ramped quadratically over T steps. With one
    the ramp is the same and lambda is steered by the running mean of what the batches measure: its
    logarithm integrates the error, and moves with it at once (a PI controller).
    """

    def __init__(self, config: RegularizerConfig, vocabulary: int) -> None:
        self._config = config
        self._vocabulary = vocabulary
        self._target = config.target_length or config.target_flops
        self._state = _State(math.log(config.weight or FIRST_LAMBDA))

    @property
    def threshold(self) -> float:
        """t of the l0 mask."""
        if self._config.threshold == AUTO:
            return AUTO_SHARE * (self._config.target_length or 0.0)
        return self._config.threshold

    def strength(self, step: int) -> float:
        """Return lambda at a step, counted from 0."""
        share = ramp(step, self._config.ramp_steps)
        if self._target is None:
            return self._config.weight * share
        return math.exp(self._state.log_lambda + PROPORTIONAL * self._error) * share

    @property
    def on_target(self) -> bool:
        """Whether documents are as short as was asked; always without a target."""
        if self._target is None or self._state.mean is None:
            return self._target is None
        return self._state.mean <= (1 + NEAR) * self._target

    @property
    def _error(self) -> float:
        """log(measured / target), cut; 0 before anything was measured."""
        if self._target is None or self._state.mean is None:
            return 0.0
        error = math.log(max(self._state.mean, 1e-3) / self._target)
        return max(-LARGEST_ERROR, min(LARGEST_ERROR, error))

    def observe(self, step: int, length: float, flops: float) -> None:
        """Take in what a step measured.

        Args:    length: mean active tokens of a document. flops: as sparsity() measures it.
        Raises:  TrainingError: if all or no tokens have been active for PATIENCE steps.
        """
        self._watch_collapse(step, length)
        if self._target is None:
            return
        value = flops if self._config.target_flops else length
        mean = self._state.mean
        self._state.mean = value if mean is None else MEMORY * mean + (1 - MEMORY) * value
        # While the ramp rises lambda is not at its strength, and an error is no news.
        self._state.log_lambda += INTEGRAL * self._error * ramp(step, self._config.ramp_steps)

    def _watch_collapse(self, step: int, length: float) -> None:
        nothing = length < 1
        everything = length > 0.95 * self._vocabulary and step > self._config.ramp_steps
        self._state.collapsed = self._state.collapsed + 1 if nothing or everything else 0
        if self._state.collapsed < PATIENCE:
            return
        if nothing:
            advice = (
                "no token is active. Lower regularizer.weight or learning_rate, raise "
                "ramp_steps, or set a target_length"
            )
        else:
            advice = (
                "nearly every token is active. Raise regularizer.weight, or set a target_length"
            )
        raise TrainingError(
            f"step {step}: documents have {length:.1f} of {self._vocabulary:,} tokens active, for "
            f"{PATIENCE} steps: {advice}. The last checkpoint is kept."
        )

    def state(self) -> dict[str, Any]:
        """Return what a resumed run needs."""
        return asdict(self._state)

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self._state = _State(**state)
