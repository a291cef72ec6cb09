"""Which query tokens cost the most postings."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from l0pyserini.evaluate.explain.collected import Collected


@dataclass(frozen=True)
class TokenCost:
    """What a token costs all topics together.

    topics: those whose query holds it. df: documents that hold it. expansions: those of them whose
    text does not hold it.
    """

    token: str
    topics: int
    df: int
    expansions: int

    @property
    def visits(self) -> int:
        """Postings that the topics make a search visit, where it skips none."""
        return self.topics * self.df

    @property
    def expansion_share(self) -> float:
        """The part of its postings that expansion added, 0 to 1."""
        return self.expansions / self.df if self.df else 0.0


def token_costs(queries: Iterable[Collection[str]], collected: Collected) -> list[TokenCost]:
    """Return the cost of each query token, the dearest first.

    The visits of all tokens, over topics and documents, are FLOPS.

    Args:    queries: the distinct tokens of each query.
    """
    topics = Counter(token for query in queries for token in query)
    costs = [
        TokenCost(token, count, collected.df[token], collected.expansions[token])
        for token, count in topics.items()
    ]
    return sorted(costs, key=lambda one: (-one.visits, one.token))


def flops(costs: Iterable[TokenCost], topics: int, documents: int) -> float:
    """Return the tokens that an average query and an average document share."""
    return sum(one.visits for one in costs) / max(topics, 1) / max(documents, 1)
