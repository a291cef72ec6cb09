"""Correcting p-values for many comparisons."""

from collections.abc import Callable, Sequence


def _bonferroni(ordered: Sequence[float]) -> list[float]:
    return [min(1.0, p * len(ordered)) for p in ordered]


def _holm(ordered: Sequence[float]) -> list[float]:
    """Source: Holm, Scandinavian Journal of Statistics 6, 1979."""
    adjusted, greatest = [], 0.0
    for place, p in enumerate(ordered):
        greatest = max(greatest, min(1.0, p * (len(ordered) - place)))
        adjusted.append(greatest)
    return adjusted


def _benjamini_hochberg(ordered: Sequence[float]) -> list[float]:
    """Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57, 1995."""
    adjusted, smallest = [], 1.0
    for place, p in reversed(list(enumerate(ordered, start=1))):
        smallest = min(smallest, p * len(ordered) / place)
        adjusted.append(smallest)
    return adjusted[::-1]


CORRECTIONS: dict[str, Callable[[Sequence[float]], list[float]]] = {
    "holm": _holm,
    "bonferroni": _bonferroni,
    "bh": _benjamini_hochberg,
    "none": list,
}
"""By name: p-values in rising order -> adjusted ones."""


def adjust(p_values: Sequence[float], method: str) -> list[float]:
    """Return adjusted p-values of one family, in the order given.

    Args:    method: holm or bonferroni (the chance of any false claim), bh (the share of false
             claims), or none.
    """
    places = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = CORRECTIONS[method]([p_values[place] for place in places])
    back = dict(zip(places, adjusted, strict=True))
    return [back[place] for place in range(len(p_values))]
