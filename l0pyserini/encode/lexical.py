"""The lexical half of an encoding: BM25's stems, alone or beside a learned encoder's tokens."""

from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.corpus import Corpus
from l0pyserini.errors import CheckpointError, QueryMismatchError, UsageError
from l0pyserini.query import encoder as query
from l0pyserini.query.lexical import K1, SCALE, B, Bm25Impacts, check_bm25
from l0pyserini.query.stems import count_stems, is_stem
from l0pyserini.query.tokenizer import Tokenizer

_BATCH = 1000


@dataclass(frozen=True)
class Lexical:
    """What is asked of the lexical half.

    k1, b: BM25's. like: an index or collection whose k1, b and average length hold, for documents
    that are to be searched together with its own.

    Raises:  UsageError: if BM25 has no such k1 or b.
    """

    k1: float = K1
    b: float = B
    like: str | Path | None = None

    def __post_init__(self) -> None:
        check_bm25(self.k1, self.b, UsageError, "--", f"BM25's usual are {K1} and {B}.")

    def counts(self, recorded: dict[str, Any] | None) -> bool:
        """Tell whether the whole corpus is read, and thereby checked, for the average length.

        Args:    recorded: as impacts.
        """
        return self.like is None and not (recorded or {}).get("lexical")

    def impacts(
        self, corpus: Corpus, bits: int | None = None, recorded: dict[str, Any] | None = None
    ) -> Bm25Impacts:
        """Return how stems become impacts; the average length is counted over the whole corpus.

        Args:    bits: of the largest impact; 8 at most, none or 0 for so many.
                 recorded: the settings of an encoding that is continued, whose average holds.
        Raises:  UsageError: if `like` has no lexical half. CorpusError: from the corpus.
        """
        if self.like is not None:
            return _impacts_of(Path(self.like))
        scale = min(SCALE, 2**bits - 1) if bits else SCALE
        known = (recorded or {}).get("lexical")
        average = known["average_length"] if known else average_length(corpus)
        return Bm25Impacts(self.k1, self.b, average, scale)


def average_length(corpus: Corpus) -> float:
    """Return the mean number of stems of a corpus's documents that have any; 1 without such.

    Raises:  CorpusError: from the corpus.
    """
    documents = length = 0
    with progress_bar(None, "count stems", "docs") as bar:
        for batch in batched(corpus, _BATCH):
            counted = count_stems(document.contents for document in batch)
            documents, length = documents + counted[0], length + counted[1]
            bar.update(len(batch))
    return length / documents if documents else 1.0


def _impacts_of(folder: Path) -> Bm25Impacts:
    try:
        stems = query.IdfQueryEncoder.load(folder / query.FILE_NAME).stems
    except QueryMismatchError as fault:
        raise UsageError(f"--lexical-like {folder}: {fault}") from fault
    if stems is None:
        raise UsageError(
            f"--lexical-like {folder}: has no stems. Expected an index or an encoded collection "
            "that was made with --lexical bm25."
        )
    return stems.impacts


def check_tokens(tokenizer: Tokenizer) -> None:
    """Refuse a tokenizer one of whose tokens could be taken for a stem.

    Raises:  CheckpointError: naming one.
    """
    if tokens := [token for token in tokenizer.tokens if token is not None and is_stem(token)]:
        raise CheckpointError(
            f"{tokenizer.name}: its tokenizer has {len(tokens)} tokens that begin with a tilde, as "
            f"stems do (such as {tokens[0]!r}), so BM25 cannot stand beside them in one vector. "
            "Encode without --lexical, and fuse the run with BM25's: "
            "`python -m l0pyserini.search.fuse`."
        )
