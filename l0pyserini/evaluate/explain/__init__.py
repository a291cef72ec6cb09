"""Explaining scores: token by token for a document, and over a whole run."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.evaluate.explain.document import explain
    from l0pyserini.evaluate.explain.effects import token_effects
    from l0pyserini.evaluate.explain.postings import token_costs
    from l0pyserini.evaluate.explain.shares import Explanation, TokenShare

__all__ = ["Explanation", "TokenShare", "explain", "token_costs", "token_effects"]

# What is asked of an encoded collection needs no Java.
__getattr__ = lazy_names(
    __name__,
    {
        "Explanation": "shares",
        "TokenShare": "shares",
        "explain": "document",
        "token_costs": "postings",
        "token_effects": "effects",
    },
)
