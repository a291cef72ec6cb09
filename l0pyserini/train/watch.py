"""Watching a training: means between two log lines, the progress line, a log file."""

from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from l0pyserini.base.progress import progress_bar, say
from l0pyserini.train.log import append_log, mend_log

SHOWN = ("loss", "length", "length_p95", "flops", "masked", "lambda")


class Watch:
    """Sums what each step measured and gives its means."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._steps = 0

    def add(self, measured: dict[str, float]) -> None:
        """Take in one step."""
        for name, value in measured.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._steps += 1

    def take(self) -> dict[str, float]:
        """Return the means since the last time and begin anew."""
        means = {name: total / self._steps for name, total in self._sums.items()}
        self._sums, self._steps = {}, 0
        return means

    def state(self) -> dict[str, Any]:
        """Return what a resumed run needs."""
        return {"sums": self._sums, "steps": self._steps}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self._sums, self._steps = dict(state["sums"]), state["steps"]


class ProgressLine(TrainerCallback):
    """A bar with the last logged values, and every logged line in a JSONL file."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._bar: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Open the bar at the step a run goes on from; forget lines it will write again."""
        if not state.is_world_process_zero:
            return
        self._bar = progress_bar(state.max_steps, "train", "steps")
        self._bar.update(state.global_step)
        mend_log(self._log, state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Move the bar."""
        if self._bar is not None:
            self._bar.update()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Show and write a logged line."""
        if self._bar is None or "length" not in logs:
            return
        shown = "  ".join(f"{name} {logs[name]:.4g}" for name in SHOWN if name in logs)
        self._bar.set_postfix_str(shown, refresh=False)
        self.write({"step": state.global_step, **logs})

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()

    def write(self, record: dict[str, Any]) -> None:
        """Append a line to the log file."""
        append_log(self._log, record)

    def tell(self, line: str) -> None:
        """Print a line without breaking the bar."""
        if self._bar is not None:
            self._bar.clear()
        say(line)
