"""The names that trec_eval and ir_measures give to measures, as tables."""

from typing import NamedTuple

DEFAULT_MEASURES = ("nDCG@10", "AP", "P@30", "R@100", "RR@10")


class Form(NamedTuple):
    """trec_eval's name without a cut-off and with one (None: no such form), and parameters.

    Where both names are the same, a cut-off is made by showing trec_eval fewer documents.
    """

    plain: str | None
    at_cut: str | None
    parameters: frozenset[str] = frozenset()
    example: str = "10"


_REL = frozenset({"rel"})
_JUDGED = frozenset({"judged_only"})
_BOTH = _REL | _JUDGED

FIELD: dict[str, Form] = {
    "nDCG": Form("ndcg", "ndcg_cut", _JUDGED),
    "AP": Form("map", "map_cut", _BOTH),
    "P": Form(None, "P", _BOTH),
    "R": Form(None, "recall", _BOTH),
    "RR": Form("recip_rank", "recip_rank", _BOTH),
    "Success": Form(None, "success", _BOTH),
    "Rprec": Form("Rprec", None, _BOTH),
    "Bpref": Form("bpref", None, _REL),
    "infAP": Form("infAP", None, _REL),
    "IPrec": Form(None, "iprec_at_recall", _BOTH, "0.1"),
    "NumQ": Form("num_q", None),
    "NumRet": Form("num_ret", None, _REL),
    "NumRel": Form("num_rel", None, _REL),
    "NumRelRet": Form("num_rel_ret", None, _REL),
    "SetP": Form("set_P", None, _BOTH | {"relative"}),
    "SetR": Form("set_recall", None, _REL),
    "SetF": Form("set_F", None, _BOTH | {"beta"}),
    "SetAP": Form("set_map", None, _BOTH),
}
"""The field's names, as ir_measures writes them."""

ALIASES = {
    "map": "AP",
    "mrr": "RR",
    "ndcg": "nDCG",
    "recall": "R",
    "precision": "P",
    "recip_rank": "RR",
}

TREC_EVAL_ONLY = frozenset(
    {
        "gm_map", "gm_bpref", "Rprec_mult", "utility", "11pt_avg", "binG", "G", "ndcg", "ndcg_rel",
        "Rndcg", "relative_P", "set_relative_P", "set_F", "num_nonrel_judged_ret", "yaap",
    }
)  # fmt: skip
"""Measures that are shown under trec_eval's name, for want of another."""

UNCOUNTED = {"runid": "is the run's tag, not a number", "relstring": "is a text, not a number"}

PREFERENCES = "prefs_"
"""How the names of measures begin that need preference judgements, which qrels do not hold."""

LISTED = frozenset({form.at_cut for form in FIELD.values()} | {"relative_P", "Rprec_mult"})
"""Measures to which trec_eval takes a list of cut-offs, and names each in its output."""

DECIMALS = frozenset({"iprec_at_recall", "Rprec_mult"})
"""Measures whose cut-off trec_eval prints with two decimals."""

_CUTS = (5, 10, 15, 20, 30, 100, 200, 500, 1000)
_RECALLS = tuple(f"{tenth / 10:.2f}" for tenth in range(11))


def _at(name: str, cuts: tuple[int | str, ...] = _CUTS) -> tuple[str, ...]:
    return tuple(f"{name}.{cut}" for cut in cuts)


_COUNTS = ("num_q", "num_ret", "num_rel", "num_rel_ret")
_SET = ("set_P", "set_relative_P", "set_recall", "set_map", "set_F")

NICKNAMES: dict[str, tuple[str, ...]] = {
    "official": (
        *_COUNTS, "map", "gm_map", "Rprec", "bpref", "recip_rank",
        *_at("iprec_at_recall", _RECALLS), *_at("P"),
    ),
    "set": (*_COUNTS, "utility", *_SET),
    "all_trec": (
        *_COUNTS, "map", "gm_map", "Rprec", "bpref", "recip_rank",
        *_at("iprec_at_recall", _RECALLS), *_at("P"), *_at("recall"), "infAP", "gm_bpref",
        *_at("Rprec_mult", tuple(f"{fifth / 5:.2f}" for fifth in range(1, 11))),
        "utility", "11pt_avg", "binG", "G", "ndcg", "ndcg_rel", "Rndcg",
        *_at("ndcg_cut"), *_at("map_cut"), *_at("relative_P"), *_at("success", (1, 5, 10)),
        *_SET, "num_nonrel_judged_ret",
    ),
}  # fmt: skip
"""trec_eval's sets of measures, without runid and relstring, which are no numbers."""
