"""Explaining scores: token by token for a document, and over a whole run."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from l0pyserini.explain.document import explain
    from l0pyserini.explain.effects import token_effects
    from l0pyserini.explain.postings import token_costs
    from l0pyserini.explain.shares import Explanation, TokenShare

__all__ = ["Explanation", "TokenShare", "explain", "token_costs", "token_effects"]

_HOMES = {
    "Explanation": "shares",
    "TokenShare": "shares",
    "explain": "document",
    "token_costs": "postings",
    "token_effects": "effects",
}


def __getattr__(name: str) -> Any:
    # What is asked of an encoded collection needs no Java.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"l0pyserini.explain.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
