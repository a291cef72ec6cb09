"""What `python -m l0pyserini.evaluate` does: evaluate all runs, print, and write files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from l0pyserini.base.files import atomic_write, refuse_existing, write_json
from l0pyserini.base.progress import say
from l0pyserini.base.tables import Table
from l0pyserini.errors import UsageError
from l0pyserini.evaluate.efficiency.record import read_efficiency
from l0pyserini.evaluate.evaluation import Evaluation, evaluate_run
from l0pyserini.evaluate.tables import (
    evaluations_csv,
    macro_table,
    per_topic_table,
    side_by_side,
)

PLACE = "{dataset}"


def evaluate_and_write(
    qrels: str,
    runs: Sequence[str],
    measures: Sequence[str],
    datasets: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    split: str = "test",
    remove_query: bool = False,
    per_topic: bool = False,
    efficiency: Sequence[str] | None = None,
    outputs: Mapping[str, str | None] | None = None,
    overwrite: bool = False,
) -> None:
    """Evaluate runs, print tables on stdout and notes on stderr, and write files.

    Args:    outputs: {"json", "csv", "markdown", "latex": path or None}.
             All others as the flags of the command.
    Raises:  UsageError: if names, efficiency files or {dataset} do not fit the runs.
             OutputExistsError, and all that evaluate_run and read_efficiency raise.
    """
    _check(qrels, runs, datasets, names, efficiency, measures)
    written = {form: Path(path) for form, path in (outputs or {}).items() if path is not None}
    for path in written.values():
        refuse_existing(path, overwrite)
    shown = list(names or runs)
    costs: list[str | None] = [*efficiency] if efficiency else [None] * len(runs)
    systems = [
        [
            _evaluate(qrels, run, cost, dataset, measures, split, remove_query)
            for dataset in (datasets if datasets else (None,))
        ]
        for run, cost in zip(runs, costs, strict=True)
    ]
    tables = _tables(systems, shown, datasets, per_topic)
    print("\n\n".join(table.as_text() for table in tables))
    flat = [one for system in systems for one in system]
    for one in flat:
        for note in one.notes():
            say(note)
    flat_names = [name for name, system in zip(shown, systems, strict=True) for _ in system]
    _write(written, tables, flat, flat_names, per_topic)


def _check(
    qrels: str,
    runs: Sequence[str],
    datasets: Sequence[str] | None,
    names: Sequence[str] | None,
    efficiency: Sequence[str] | None,
    measures: Sequence[str],
) -> None:
    for flag, given in (("--names", names), ("--efficiency", efficiency)):
        if given is not None and len(given) != len(runs):
            raise UsageError(f"{flag} has {len(given)} and --run {len(runs)}; expected as many.")
    seen = {"measure", *measures}
    for name in names or runs:
        if name in seen:
            raise UsageError(
                f"{name!r} would name two columns of a table; tell the runs apart with --names."
            )
        seen.add(name)
    if datasets is None:
        return
    if efficiency:
        raise UsageError(
            "--efficiency: costs are of one dataset, and --datasets shows a table over "
            f"{','.join(datasets)}. Evaluate one dataset at a time to see them."
        )
    if not all(datasets) or len(set(datasets)) != len(datasets):
        raise UsageError(f"--datasets {','.join(datasets)!r}: expected different names, as in a,b.")
    for pattern in (qrels, *runs):
        if PLACE not in pattern:
            raise UsageError(
                f"{pattern!r} has no {PLACE}, and with --datasets each path needs one, "
                f"as in 'runs/{PLACE}.txt'."
            )


def _evaluate(
    qrels: str,
    run: str,
    cost: str | None,
    dataset: str | None,
    measures: Sequence[str],
    split: str,
    remove_query: bool,
) -> Evaluation:
    def named(pattern: str) -> str:
        return pattern if dataset is None else pattern.replace(PLACE, dataset)

    done = evaluate_run(named(qrels), named(run), measures, split, remove_query, dataset)
    return done if cost is None else replace(done, efficiency=read_efficiency(cost))


def _tables(
    systems: Sequence[Sequence[Evaluation]],
    names: Sequence[str],
    datasets: Sequence[str] | None,
    per_topic: bool,
) -> list[Table]:
    measures = list(systems[0][0].means)
    tables = []
    if datasets is None:
        tables.append(side_by_side([system[0] for system in systems], names))
    else:
        tables += [macro_table(datasets, systems, names, name) for name in measures]
    if per_topic:
        for place in range(len(systems[0])):
            here = [system[place] for system in systems]
            tables += [per_topic_table(here, names, name) for name in measures]
    return tables


def _write(
    written: Mapping[str, Path],
    tables: Sequence[Table],
    evaluations: Sequence[Evaluation],
    names: Sequence[str],
    per_topic: bool,
) -> None:
    texts = {
        "csv": lambda: evaluations_csv(evaluations, names, per_topic),
        "markdown": lambda: "\n\n".join(table.as_markdown() for table in tables) + "\n",
        "latex": lambda: "\n\n".join(table.as_latex() for table in tables) + "\n",
    }
    for form, path in written.items():
        if form == "json":
            records = [one.as_json() for one in evaluations]
            write_json(path, records[0] if len(records) == 1 else records)
        else:
            with atomic_write(path) as handle:
                handle.write(texts[form]().encode())
