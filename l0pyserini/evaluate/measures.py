"""Names of measures: the field's, as ir_measures writes them, and trec_eval's own.

trec_eval computes what it knows; ir_measures' library computes the rest of its measures.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from l0pyserini.errors import UsageError
from l0pyserini.evaluate.names import (
    ALIASES,
    DECIMALS,
    FIELD,
    LISTED,
    NICKNAMES,
    PREFERENCES,
    TREC_EVAL_ONLY,
    UNCOUNTED,
)

_WRITTEN = re.compile(r"([^\W\d]\w*?)(?:\((.*)\))?(?:@([\d.]+))?")
_TREC_EVAL = re.compile(r"(\d*[^\W\d]\w*?)(?:[._](-?[\d.].*))?")
_TRUTH = {"True": True, "False": False}

PerTopic = dict[str, dict[str, float]]
"""{measure name: {qid: value}}; measures of a whole run (gm_map, num_q) have no topic's value."""

ALL = "all"
"""What trec_eval calls the mean over all judged topics."""


@dataclass(frozen=True)
class Measure:
    """A measure as it is shown and as it is computed.

    trec_eval: what -m takes; "" where ir_measures' library computes it. depth: documents a topic
    that trec_eval may see (-M), for measures without a cut-off of their own. rel: the lowest
    grade that is relevant (-l). judged_only: unjudged documents are taken out first (-J).
    """

    name: str
    trec_eval: str
    depth: int | None = None
    rel: int = 1
    judged_only: bool = False

    @property
    def printed(self) -> str:
        """The name in trec_eval's output."""
        base, dot, parameter = self.trec_eval.partition(".")
        if base in DECIMALS:
            return f"{base}_{float(parameter):.2f}"
        return f"{base}_{parameter}" if dot else base

    @property
    def base(self) -> str:
        """trec_eval's name without its parameter."""
        return self.trec_eval.partition(".")[0]

    @property
    def is_count(self) -> bool:
        """Whether trec_eval sums the measure over the topics instead of averaging it."""
        return self.trec_eval.startswith("num_")


def calls(measures: Iterable[Measure]) -> Iterator[list[Measure]]:
    """Put measures together that one call of trec_eval can compute.

    Its options hold for the whole call, and of a measure that takes no list it computes only the
    first variant it is asked for.
    """
    groups: dict[tuple[object, ...], list[list[Measure]]] = defaultdict(list)
    for measure in measures:
        groups_here = groups[measure.depth, measure.rel, measure.judged_only]
        for group in groups_here:
            if measure.base in LISTED or all(one.base != measure.base for one in group):
                group.append(measure)
                break
        else:
            groups_here.append([measure])
    for some in groups.values():
        yield from some


def parse_measures(texts: Sequence[str]) -> list[Measure]:
    """Return the measures that names stand for, each once.

    Lists of cut-offs (ndcg_cut.5,10) and trec_eval's nicknames (official, all_trec, set) give
    several. Left out of the nicknames: runid and relstring, which are
    no numbers.

    Raises:  UsageError: as parse_measure.
    """
    found: dict[str, Measure] = {}
    for text in texts:
        for single in _singles(text):
            measure = parse_measure(single)
            found.setdefault(measure.name, measure)
    return list(found.values())


def _singles(text: str) -> list[str]:
    if text in NICKNAMES:
        return list(NICKNAMES[text])
    match = _TREC_EVAL.fullmatch(text)
    several = match and match[2] and "," in match[2] and "(" not in text
    if not match or not several or match[1] not in LISTED:
        return [text]
    return [f"{match[1]}.{cut}" for cut in match[2].split(",")]


def parse_measure(text: str) -> Measure:
    """Return the measure of a name: nDCG@10, AP(rel=2), ndcg_cut.10, Rprec_mult.0.2, ERR@20.

    Raises:  UsageError: if the name is unknown, lacks its cut-off or has one too many.
    """
    if match := _WRITTEN.fullmatch(text):
        name = _field_name(match[1])
        parameters = _parameters(match[2])
        if name is not None and parameters is not None:
            measure = _field_measure(text, name, parameters, match[3])
            if measure is not None:
                return measure
    if measure := _trec_eval_measure(text):
        return measure
    return _library_measure(text)


def _field_name(base: str) -> str | None:
    lowered = {name.lower(): name for name in FIELD}
    return ALIASES.get(base.lower()) or lowered.get(base.lower())


def _parameters(text: str | None) -> dict[str, object] | None:
    """Parse `rel=2,judged_only=True`; None where it is of another form."""
    found: dict[str, object] = {}
    for part in (text or "").split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not part.strip():
            continue
        if not equals or not (value in _TRUTH or re.fullmatch(r"\d+(\.\d+)?", value)):
            return None
        found[name] = _TRUTH[value] if value in _TRUTH else _number(value)
    return found


def _number(text: str) -> float | int:
    return float(text) if "." in text else int(text)


def _field_measure(
    text: str, name: str, given: dict[str, object], cut: str | None
) -> Measure | None:
    """Return a measure by the field's name; None where trec_eval has no such variant."""
    form = FIELD[name]
    if not given.keys() <= form.parameters:
        return None
    if cut is None and form.plain is None:
        raise UsageError(f"measure {text!r} needs a cut-off, as in {name}@{form.example}.")
    if cut is not None and (form.at_cut is None or not _fits(cut, form.at_cut)):
        raise UsageError(f"measure {text!r}: {name} takes no such cut-off.")
    _check_numbers(text, given)
    by_depth = cut is not None and form.at_cut == form.plain
    if by_depth and given.get("judged_only"):
        return None
    argument = form.plain if cut is None or by_depth else f"{form.at_cut}.{cut}"
    if name == "SetF" and "beta" in given:
        argument = f"set_F.{given['beta']}"
    if given.get("relative"):
        argument = "set_relative_P"
    if name == "NumRet" and "rel" in given:
        argument = "num_rel_ret"
    shown = ",".join(f"{key}={value}" for key, value in given.items())
    return Measure(
        name + (f"({shown})" if shown else "") + (f"@{cut}" if cut else ""),
        str(argument),
        depth=int(cut) if cut and by_depth else None,
        rel=int(str(given.get("rel", 1))),
        judged_only=bool(given.get("judged_only", False)),
    )


def _check_numbers(text: str, given: dict[str, object]) -> None:
    if type(given.get("rel", 1)) is not int:
        raise UsageError(f"measure {text!r}: rel is {given['rel']}, expected a whole grade.")
    if isinstance(given.get("beta"), bool):
        raise UsageError(f"measure {text!r}: beta is {given['beta']}, expected a number.")


def _fits(cut: str, at_cut: str) -> bool:
    if at_cut in DECIMALS:
        return re.fullmatch(r"\d*\.?\d+", cut) is not None
    return cut.isdigit() and int(cut) >= 1


def _trec_eval_measure(text: str) -> Measure | None:
    """Return a measure by trec_eval's name, with `.` or `_` before its parameter."""
    match = _TREC_EVAL.fullmatch(text)
    if match is None:
        return None
    base, parameter = match[1], match[2]
    if base in UNCOUNTED:
        raise UsageError(f"measure {text!r}: {UNCOUNTED[base]}, so it cannot stand in a table.")
    if base.startswith(PREFERENCES):
        raise UsageError(f"measure {text!r} needs preference judgements; qrels hold grades.")
    for name, form in FIELD.items():
        if base == form.at_cut and (parameter is not None or form.plain is None):
            return _field_measure(text, name, {}, parameter)
        if base == form.plain and parameter is None:
            return _field_measure(text, name, {}, None)
    if base not in TREC_EVAL_ONLY or (parameter is None and base in LISTED):
        return None
    if parameter is not None and base in LISTED and not _fits(parameter, base):
        kind = "a number" if base in DECIMALS else "a whole number from 1"
        raise UsageError(f"measure {text!r}: its cut-off is {parameter!r}, expected {kind}.")
    name = base if parameter is None else f"{base}.{parameter}"
    return Measure(name, name)


def _library_measure(text: str) -> Measure:
    """Return a measure that only ir_measures' library computes."""
    try:
        import ir_measures
    except ImportError:
        raise UsageError(f"{_unknown(text)} More come with `pip install ir_measures`.") from None
    try:
        measure = ir_measures.parse_measure(text)
        supported = ir_measures.DefaultPipeline.supports(measure)
    except Exception:  # its parser raises NameError, ValueError, AssertionError and SyntaxError
        raise UsageError(_unknown(text)) from None
    if not supported:
        raise UsageError(
            f"measure {text!r}: ir_measures knows it, but no library that computes it is installed."
        )
    return Measure(str(measure), "")


def _unknown(text: str) -> str:
    return (
        f"measure {text!r} is unknown. Expected one of {', '.join(FIELD)}, most with a cut-off "
        "as in nDCG@10, or trec_eval's own names (ndcg_cut.10, map, recall.100, recip_rank)."
    )
