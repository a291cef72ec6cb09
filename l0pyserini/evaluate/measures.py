"""Names of measures: the field's, as ir_measures writes them, and trec_eval's own."""

import re
from dataclasses import dataclass

from l0pyserini.errors import UsageError

# The field's name: trec_eval's name without a cut-off, and with one. None: there is no such form.
_NAMES: dict[str, tuple[str | None, str | None]] = {
    "nDCG": ("ndcg", "ndcg_cut"),
    "AP": ("map", "map_cut"),
    "P": (None, "P"),
    "R": (None, "recall"),
    "RR": ("recip_rank", "recip_rank"),
    "Success": (None, "success"),
    "Rprec": ("Rprec", None),
    "Bpref": ("bpref", None),
    "infAP": ("infAP", None),
    "NumRet": ("num_ret", None),
    "NumRel": ("num_rel", None),
    "NumRelRet": ("num_rel_ret", None),
    "SetP": ("set_P", None),
    "SetR": ("set_recall", None),
    "SetF": ("set_F", None),
}
_ALIASES = {
    "ndcg": "nDCG",
    "map": "AP",
    "mrr": "RR",
    "mAP": "AP",
    "recall": "R",
    "recip_rank": "RR",
}
_WRITTEN = re.compile(r"([A-Za-z_]+?)(?:[@.](\d+))?")


@dataclass(frozen=True)
class Measure:
    """A measure as it is shown and as trec_eval takes it.

    depth: documents a topic that trec_eval may see, for measures that know no cut-off themselves.
    """

    name: str
    trec_eval: str
    depth: int | None = None

    @property
    def printed(self) -> str:
        """The name in trec_eval's output."""
        return self.trec_eval.replace(".", "_")

    @property
    def is_count(self) -> bool:
        """Whether trec_eval sums the measure over the topics instead of averaging it."""
        return self.trec_eval.startswith("num_")


def parse_measure(text: str) -> Measure:
    """Return the measure a name stands for: nDCG@10, AP, P@30, R@100, RR@10, or ndcg_cut.10.

    Raises:  UsageError: if the name is unknown or lacks its cut-off.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise UsageError(_unknown(text))
    base, cut = match[1], match[2]
    name = _field_name(base)
    if name is None:
        raise UsageError(_unknown(text))
    plain, at_cut = _NAMES[name]
    if cut is None:
        if plain is None:
            raise UsageError(f"measure {text!r} needs a cut-off, as in {name}@10.")
        return Measure(name, plain)
    if at_cut is None or int(cut) < 1:
        raise UsageError(f"measure {text!r}: {name} takes no such cut-off.")
    if at_cut == "recip_rank":
        return Measure(f"{name}@{cut}", at_cut, depth=int(cut))
    return Measure(f"{name}@{cut}", f"{at_cut}.{cut}")


def _field_name(base: str) -> str | None:
    if base in _NAMES:
        return base
    for name, forms in _NAMES.items():
        if base in forms:
            return name
    lowered = {name.lower(): name for name in _NAMES}
    return _ALIASES.get(base) or _ALIASES.get(base.lower()) or lowered.get(base.lower())


def _unknown(text: str) -> str:
    return (
        f"measure {text!r} is unknown. Expected one of {', '.join(_NAMES)}, most with a cut-off "
        "as in nDCG@10, or trec_eval's own names (ndcg_cut.10, map, recall.100, recip_rank)."
    )
