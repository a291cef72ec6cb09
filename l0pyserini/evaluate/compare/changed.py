"""The topics that changed most, with their texts and what the query encoder makes of them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from l0pyserini.data import read_topics
from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import TopicsError
from l0pyserini.evaluate.compare.comparison import Comparison


@dataclass(frozen=True)
class ChangedTopic:
    """One topic. text, tokens: None where topics or encoder are not named.

    tokens: {token: impact}, heaviest first.
    """

    qid: str
    baseline: float
    run: float
    text: str | None = None
    tokens: ImpactVector | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {**asdict(self), "difference": round(self.run - self.baseline, 4)}


def changed_topics(
    comparison: Comparison,
    most: int,
    texts: dict[str, str] | None = None,
    encode: Callable[[str], ImpactVector] | None = None,
) -> list[ChangedTopic]:
    """Return the topics that gained most, then those that lost most, so many of each.

    Args:    texts: {qid: text}. encode: a query encoder's encode.
    Raises:  TopicsError: if a topic has no text.
    """
    found = []
    for qid, baseline, run in comparison.changed(most):
        text, tokens = None, None
        if texts is not None:
            if qid not in texts:
                raise TopicsError(
                    f"topic {qid!r} is judged but not among the topics. Give --topics of the "
                    "same collection and split as --qrels."
                )
            text = texts[qid]
            if encode is not None:
                tokens = dict(sorted(encode(text).items(), key=lambda one: (-one[1], one[0])))
        found.append(ChangedTopic(qid, baseline, run, text, tokens))
    return found


def topic_texts(topics: str, split: str) -> dict[str, str]:
    """Return {qid: text} of topics."""
    return {topic.qid: topic.text for topic in read_topics(topics, split)}


def changed_lines(changed: Sequence[ChangedTopic]) -> list[str]:
    """Return the topics for a terminal, a line each, and a second one with the query's tokens."""
    width = max((len(one.qid) for one in changed), default=0)
    lines = []
    for one in changed:
        values = f"{one.baseline:.4f} -> {one.run:.4f}  ({one.run - one.baseline:+.4f})"
        text = "  " + " ".join(one.text.split()) if one.text is not None else ""
        lines.append(f"  {one.qid:<{width}}  {values}{text}")
        if one.tokens is not None:
            tokens = " ".join(f"{token}:{impact}" for token, impact in one.tokens.items())
            lines.append(f"  {'':<{width}}  query: {tokens}")
    return lines
