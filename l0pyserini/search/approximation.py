"""Searching with a part of each query: faster, and no longer exact."""

from collections.abc import Mapping
from dataclasses import dataclass

from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import UsageError


@dataclass(frozen=True)
class Approximation:
    """Which of a query's tokens find documents. The default is all: exact.

    weight_share: keep the heaviest tokens until they hold this share of the query's weight.
    max_df: leave out tokens that more than this share of the documents hold.
    candidates: score so many of the documents found anew with all tokens; 0 leaves the scores as
    they are, sums over the tokens kept.

    Raises:  UsageError: if a share is not above 0 and up to 1, or candidates is no number of hits.
    """

    weight_share: float = 1.0
    max_df: float = 1.0
    candidates: int = 0

    def __post_init__(self) -> None:
        shares = {"--weight-share": self.weight_share, "--max-df": self.max_df}
        for flag, share in shares.items():
            if not 0 < share <= 1:
                raise UsageError(f"{flag} {share}: expected a number above 0 and up to 1.")
        if not 0 <= self.candidates <= JAVA_MAX:
            raise UsageError(
                f"--candidates {self.candidates}: expected a number from 0 to {JAVA_MAX:,}."
            )
        if self.candidates and min(shares.values()) == 1:
            raise UsageError("--candidates: needs --weight-share or --max-df below 1.")

    def kept(self, impacts: ImpactVector, df: Mapping[str, int], documents: int) -> ImpactVector:
        """Return the tokens that find documents, heaviest first; at least one if there is any."""
        order = sorted(impacts, key=lambda token: -impacts[token])
        rare = [token for token in order if df.get(token, 0) <= self.max_df * documents]
        wanted = self.weight_share * sum(impacts.values())
        kept: ImpactVector = {}
        held = 0
        for token in rare or order[:1]:
            if kept and held >= wanted:
                break
            kept[token] = impacts[token]
            held += impacts[token]
        return kept


EXACT = Approximation()
