"""What holds for impacts of documents and queries alike."""

from l0pyserini.errors import UsageError

MAX_EXACT = 2**24
"""Lucene scores in float32, which holds whole numbers up to here exactly."""


def check_scale(scale: float, flag: str) -> None:
    """Refuse a scale that cannot give impacts.

    Raises:  UsageError: if it is not above 0 and below the range of exact scores.
    """
    if not 0 < scale < MAX_EXACT:
        raise UsageError(f"{flag} {scale}: expected a number above 0 and below {MAX_EXACT:,}.")
