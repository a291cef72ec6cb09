"""The real trec_eval: the binary in Anserini's jar, or the library built from its source."""

import platform
import subprocess
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from l0pyserini.data.records import Qrels, Run
from l0pyserini.data.runs import read_run
from l0pyserini.errors import EvaluationError, JavaError
from l0pyserini.evaluate.library import by_ir_measures, by_pytrec_eval
from l0pyserini.evaluate.measures import Measure, PerTopic, calls
from l0pyserini.lucene.jvm import fatjar

_SYSTEMS = {"Linux": "linux", "Darwin": "macosx"}
_MACHINES = {"x86_64": ("amd64", "x86_64"), "aarch64": ("aarch64",), "arm64": ("aarch64",)}


@cache
def _own_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="l0pyserini-trec-eval-")


@cache
def binary() -> Path | None:
    """Return this platform's trec_eval, taken out of Anserini's jar once a process.

    Returns: None where the jar has none; the library pytrec_eval then takes its place.
    """
    system = _SYSTEMS.get(platform.system())
    try:
        with zipfile.ZipFile(fatjar()) as jar:
            for machine in _MACHINES.get(platform.machine(), ()):
                try:
                    content = jar.read(f"trec_eval/trec_eval-{system}-{machine}")
                except KeyError:
                    continue
                path = Path(_own_folder().name) / "trec_eval"
                path.write_bytes(content)
                path.chmod(0o700)
                return path
    except (JavaError, OSError, zipfile.BadZipFile):
        pass
    return None


def trec_eval(qrels: Qrels, run: Run, measures: Sequence[Measure]) -> PerTopic:
    """Return four-decimal values of each topic of the run, and under "all" the mean.

    Means are over all topics of the qrels (trec_eval -c); a topic that the run lacks counts 0.

    Raises:  EvaluationError: if trec_eval fails.
    """
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        path = Path(folder) / "run"
        _write_run(path, run)
        return evaluate_file(qrels, path, measures)


def evaluate_file(qrels: Qrels, run: Path, measures: Sequence[Measure]) -> PerTopic:
    """Return the same of a run that lies in a file, which trec_eval reads itself.

    Args:    run: a checked run, not compressed.
    """
    values: PerTopic = {measure.name: {} for measure in measures}
    by_trec_eval = [measure for measure in measures if measure.trec_eval]
    by_others = [measure for measure in measures if not measure.trec_eval]
    if by_trec_eval:
        program = binary()
        if program is not None:
            values.update(by_binary(program, qrels, run, by_trec_eval))
        else:
            values.update(by_pytrec_eval(qrels, read_run(run), by_trec_eval))
    if by_others:
        values.update(by_ir_measures(qrels, read_run(run), by_others))
    return values


def by_binary(program: Path, qrels: Qrels, run: Path, measures: Sequence[Measure]) -> PerTopic:
    """Return the values through the binary."""
    values: PerTopic = {measure.name: {} for measure in measures}
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        path = Path(folder) / "qrels"
        _write_qrels(path, qrels)
        for together in calls(measures):
            printed = {measure.printed: measure.name for measure in together}
            for line in _call(program, together, path, run):
                name, qid, value = line.split()
                values[printed[name]][qid] = float(value)
    return values


def _call(program: Path, measures: Sequence[Measure], qrels: Path, run: Path) -> list[str]:
    first = measures[0]
    command = [str(program), "-c", "-q"]
    command += ["-M", str(first.depth)] if first.depth else []
    command += ["-l", str(first.rel)] if first.rel != 1 else []
    command += ["-J"] if first.judged_only else []
    asked: dict[str, list[str]] = defaultdict(list)
    for measure in measures:
        base, _, parameter = measure.trec_eval.partition(".")
        asked[base] += [parameter] if parameter else []
    for base, parameters in asked.items():
        command += ["-m", f"{base}.{','.join(parameters)}" if parameters else base]
    done = subprocess.run(
        [*command, str(qrels), str(run)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise EvaluationError(
            f"trec_eval failed (exit code {done.returncode}): {done.stderr.strip()[:300]}. "
            "Check the run and the qrels with `python -m l0pyserini.evaluate --debug`."
        )
    return done.stdout.splitlines()


def _write_qrels(path: Path, qrels: Qrels) -> None:
    with open(path, "w", encoding="utf-8") as handle:
        for qid, judged in qrels.items():
            handle.writelines(f"{qid} 0 {docid} {grade}\n" for docid, grade in judged.items())


def _write_run(path: Path, run: Run) -> None:
    # repr gives the shortest digits that read back as the same number.
    with open(path, "w", encoding="utf-8") as handle:
        for qid, hits in run.items():
            handle.writelines(f"{qid} Q0 {hit.docid} 0 {float(hit.score)!r} run\n" for hit in hits)
