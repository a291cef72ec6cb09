"""explain_topics: what `l0pyserini explain --encoded` says, section by section."""

from collections.abc import Sequence
from pathlib import Path

from l0pyserini.data import read_qrels, read_topics
from l0pyserini.data.runs import read_run
from l0pyserini.evaluate.explain.collected import collect, query_encoder_of
from l0pyserini.evaluate.explain.effects import needed_impacts, token_effects
from l0pyserini.evaluate.explain.postings import token_costs
from l0pyserini.evaluate.explain.show import (
    Section,
    costs_line,
    costs_table,
    effects_line,
    effects_table,
)


def explain_topics(
    encoded: str | Path,
    topics: str,
    qrels: str | None = None,
    runs: Sequence[str] | None = None,
    split: str = "test",
    top: int = 15,
) -> list[Section]:
    """Say which tokens cost the most postings and, of two runs, which win and lose topics.

    Args:    runs: one made from the collection, and any other. top: tokens a table.
    Raises:  CollectionError, TopicsError, QrelsError, RunError.
    """
    folder = Path(encoded)
    encoder = query_encoder_of(folder)
    asked = read_topics(topics, split)
    vectors = encoder.encode_batch([topic.text for topic in asked])
    queries = {topic.qid: vector for topic, vector in zip(asked, vectors, strict=True)}
    tokens = {token for query in queries.values() for token in query}
    if qrels is None or runs is None:
        collected = collect(folder, encoder, tokens, {})
        sections = []
    else:
        judged, run, other = read_qrels(qrels, split), read_run(runs[0]), read_run(runs[1])
        collected = collect(folder, encoder, tokens, needed_impacts(queries, run))
        effects = token_effects(queries, judged, run, other, collected, runs[0])
        sentence = effects_line(effects)
        sections = [
            ("Expansions that win", sentence, effects_table(effects, top, best=True)),
            ("Expansions that lose", sentence, effects_table(effects, top, best=False)),
        ]
    costs = token_costs(queries.values(), collected)
    line = costs_line(costs, len(queries), collected)
    return [*sections, ("Tokens that cost most postings", line, costs_table(costs, top))]
