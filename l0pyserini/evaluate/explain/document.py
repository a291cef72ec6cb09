"""explain: what `python -m l0pyserini.evaluate.explain --docid` does, as a function."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from l0pyserini.base.progress import progress_bar, say
from l0pyserini.data import Corpus, cacm, open_corpus
from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import CorpusError
from l0pyserini.evaluate.explain.shares import Explanation, TokenShare
from l0pyserini.index.facts import read_facts
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.search.base import Searcher
from l0pyserini.search.searcher import ImpactSearcher

RANK_DEPTH = 1000
"""A document below this rank is said to be below it: ranking all would visit every posting."""


def explain(
    index: str | Path,
    query: str,
    docids: Sequence[str],
    corpus: str | None = None,
    heap: str | None = None,
) -> list[Explanation]:
    """Take apart the scores of documents for a query, token by token.

    Args:    corpus: the corpus the index was made of, as --corpus takes it; without it expansions
             cannot be told from the text's own tokens. An index of the embedded collection finds
             it by itself.
    Returns: an explanation for each docid, in their order.
    Raises:  ImpactIndexError: if the folder is no index of ours.
             UsageError: if the index holds no such document.
             CorpusError: if the corpus lacks one of them.
    """
    facts = read_facts(index)
    with ImpactSearcher(index, heap=heap) as searcher:
        return explain_with(searcher, facts["corpus"], query, docids, corpus)


def explain_with(
    searcher: Searcher,
    built: dict[str, Any],
    query: str,
    docids: Sequence[str],
    corpus: str | None = None,
) -> list[Explanation]:
    """Do the same with any searcher.

    Args:    built: the corpus among the index's facts: its name and sha256.
    Raises:  UsageError, CorpusError: as explain.
    """
    learned = searcher.query_encoder.learned
    texts = _texts(_corpus(built, corpus), set(docids))
    tokenizer = None if learned is None else learned.tokenizer
    return explain_texts(searcher, tokenizer, query, docids, texts)


def explain_texts(
    searcher: Searcher,
    tokenizer: Tokenizer | None,
    query: str,
    docids: Sequence[str],
    texts: Mapping[str, str],
) -> list[Explanation]:
    """Do the same where the documents' texts are at hand.

    Args:    tokenizer: of the learned tokens; None for BM25 alone. texts: {docid: contents}, of
             those documents whose text is known.
    Raises:  UsageError: if the index holds no such document.
    """
    impacts = searcher.query_encoder.encode(query)
    ranks = {
        hit.docid: rank for rank, hit in enumerate(searcher.search(query, RANK_DEPTH), start=1)
    }
    found = searcher.document_impacts(docids, searcher.known(impacts))
    return [
        _explanation(docid, query, impacts, found[docid], texts.get(docid), tokenizer, ranks)
        for docid in docids
    ]


def _explanation(
    docid: str,
    query: str,
    impacts: ImpactVector,
    document: ImpactVector,
    text: str | None,
    tokenizer: Tokenizer | None,
    ranks: dict[str, int],
) -> Explanation:
    own = None if text is None or tokenizer is None else set(tokenizer.distinct_tokens(text))
    tokens = [
        TokenShare(token, impact, document.get(token, 0), None if own is None else token in own)
        for token, impact in impacts.items()
    ]
    tokens.sort(key=lambda one: (-one.product, -one.query_impact, one.token))
    return Explanation(docid, query, tokens, ranks.get(docid), text)


def _corpus(built: dict[str, Any], given: str | None) -> Corpus | None:
    """Return the corpus of an index: the one given, or the embedded one if it was made of it."""
    if given is None:
        embedded = open_corpus(cacm.NAME)
        return embedded if embedded.fingerprint() == built["sha256"] else None
    corpus = open_corpus(given)
    if corpus.fingerprint() != built["sha256"]:
        say(
            f"note: {corpus.place} is not the file that the index was made of ({built['name']}); "
            "what is said of expansions holds if the texts are the same"
        )
    return corpus


def _texts(corpus: Corpus | None, docids: set[str]) -> dict[str, str]:
    """Return {docid: contents}, reading no further than needed; {} without a corpus."""
    texts: dict[str, str] = {}
    if corpus is None:
        return texts
    with progress_bar(None, "look up", "docs") as bar:
        for document in corpus:
            bar.update()
            if document.docid in docids:
                texts[document.docid] = document.contents
                if len(texts) == len(docids):
                    return texts
    raise CorpusError(
        f"{corpus.place}: has no document {min(docids - texts.keys())!r}, which the index holds. "
        "Give the corpus that the index was made of."
    )
