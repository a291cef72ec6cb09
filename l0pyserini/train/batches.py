"""Batches: rows to token ids, padded."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from l0pyserini.errors import TrainingDataError
from l0pyserini.model.padding import pad
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.train.embeddings import text_names
from l0pyserini.train.joint_embeddings import KnownVectors
from l0pyserini.train.rows import RowSource
from l0pyserini.train.stem_bm25 import StemBm25
from l0pyserini.train.texts import TextStore


@dataclass(frozen=True)
class Example:
    """One row as texts, cut to the documents a step takes.

    The relevant one is the first, unless they are drawn `spread`.
    """

    where: str
    query: str
    documents: list[str]
    scores: list[float] | None


class RowDataset(torch.utils.data.Dataset[Example]):
    """Rows by number, their texts looked up, their documents drawn.

    Args:    documents: S, of each row: its first and S - 1 drawn from the others, another draw
             in each epoch but the same in each run of a seed.
             corpus, topics: where rows hold ids.
             draw: see DataConfig. Spread, the n documents of a row are S parts of n // S, and those
             at the same place of each part go together.
    """

    def __init__(
        self,
        rows: RowSource,
        documents: int,
        seed: int,
        corpus: TextStore | None = None,
        topics: TextStore | None = None,
        draw: str | None = None,
    ) -> None:
        self._rows = rows
        self._documents = documents
        self._seed = seed
        self._corpus = corpus
        self._topics = topics
        self._spread = draw is not None
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._rows)

    def set_epoch(self, epoch: int) -> None:
        """Draw other documents from now on."""
        self.epoch = epoch

    def sample(self, size: int) -> Iterator[str]:
        """Yield about so many documents of the corpus, or of the rows where they hold texts."""
        if self._corpus is not None:
            yield from self._corpus.sample(size)
            return
        seen: set[int] = set()
        for number in range(len(self._rows)):
            for text in self._rows[number].documents:
                if len(seen) == size:
                    return
                if hash(text) not in seen:
                    seen.add(hash(text))
                    yield text

    def queries(self, size: int) -> list[str]:
        """Return the texts of so many rows' queries, drawn by chance, each text once."""
        held = len(self._rows)
        places = random.Random(self._seed).sample(range(held), min(held, size))
        rows = [self._rows[place] for place in places]
        texts = [row.query for row in rows]
        if self._topics is not None:
            texts = [self._topics.get([row.query], row.where)[0] for row in rows]
        return list(dict.fromkeys(texts))

    def __getitem__(self, index: int) -> Example:
        row = self._rows[index]
        if len(row.documents) < self._documents:
            raise TrainingDataError(
                f"{row.where}: {len(row.documents)} documents, expected at least "
                f"{self._documents} (data.documents). Mine more negatives or ask for fewer."
            )
        chance = random.Random(f"{self._seed} {self.epoch} {index}")
        chosen = self._chosen(len(row.documents), chance)
        documents = [row.documents[i] for i in chosen]
        scores = None if row.scores is None else [row.scores[i] for i in chosen]
        query = row.query
        if self._corpus is not None and self._topics is not None:
            documents = self._corpus.get(documents, row.where)
            query = self._topics.get([query], row.where)[0]
        return Example(row.where, query, documents, scores)

    def _chosen(self, held: int, chance: random.Random) -> list[int]:
        wanted = self._documents
        if self._spread:
            part = held // wanted
            start = chance.randrange(part)
            return [start + i * part for i in range(wanted)]
        return [0, *sorted(chance.sample(range(1, held), wanted - 1))]


class Collator:
    """Examples to the tensors a step takes.

    Args:    max_length: tokens of a document, special tokens included. teach: gives rows without
             scores theirs; None = there must be none. taught: whether a loss wants scores.
             embeddings, bm25: where a loss wants them.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        max_length: int,
        pad_id: int,
        teach: Any,
        taught: bool,
        embeddings: KnownVectors | None = None,
        bm25: StemBm25 | None = None,
    ) -> None:
        self._queries = tokenizer
        self._documents = type(tokenizer)(tokenizer.json_text, tokenizer.name)
        self._documents.backend.enable_truncation(max_length)
        self._pad_id = pad_id
        self._teach = teach
        self._taught = taught
        self._embeddings = embeddings
        self._bm25 = bm25

    def __call__(self, examples: Sequence[Example]) -> dict[str, Any]:
        """Return ids, mask: [Q * S, L]; query_tokens: [Q, T], -1 = none; teacher: [Q, S], None
        where no loss wants it; query_names: [Q] and document_names: [Q * S], equal for equal
        texts; where: the rows' places; and the parts of Given's embeddings and bm25."""
        texts = [text for example in examples for text in example.documents]
        encoded = self._documents.backend.encode_batch_fast(texts)
        ids = [one.ids if text.strip() else [] for one, text in zip(encoded, texts, strict=True)]
        padded, mask = pad(ids, self._pad_id)
        queries = [one.query for one in examples]
        batch = {
            "ids": padded,
            "mask": mask,
            "query_tokens": pad(self._query_ids(queries), -1)[0],
            "teacher": self._scores(examples),
            "query_names": torch.from_numpy(text_names(queries)),
            "document_names": torch.from_numpy(text_names(texts)),
            "where": [example.where for example in examples],
        }
        if self._bm25 is not None:
            # BM25 counts whole documents, where the student may read but their beginning.
            batch["bm25_documents"] = self._bm25.documents(texts)
            batch["bm25_tokens"], batch["bm25_query_weights"] = self._bm25.queries(queries)
        if self._embeddings is not None:
            batch |= self._vectors(self._embeddings, examples)
        return batch

    def _vectors(self, embeddings: KnownVectors, examples: Sequence[Example]) -> dict[str, Tensor]:
        """Return query_embeddings: [Q, D] and document_embeddings: [Q * S, D]."""
        queries, documents = [], []
        for one in examples:
            names = text_names([one.query, *one.documents])
            queries.append(embeddings.find("queries", [one.query], names[:1], one.where))
            documents.append(embeddings.find("documents", one.documents, names[1:], one.where))
        return {
            "query_embeddings": torch.from_numpy(np.concatenate(queries)),
            "document_embeddings": torch.from_numpy(np.concatenate(documents)),
        }

    def _query_ids(self, texts: Sequence[str]) -> list[list[int]]:
        vocabulary = self._queries.vocabulary
        return [
            [vocabulary[token] for token in tokens]
            for tokens in self._queries.distinct_tokens_batch(texts)
        ]

    def _scores(self, examples: Sequence[Example]) -> Tensor | None:
        if not self._taught:
            return None
        without = [example for example in examples if example.scores is None]
        if without and self._teach is None:
            raise TrainingDataError(
                f"{without[0].where}: holds no scores, and loss.kl or loss.margin_mse learns from "
                "them. Score the rows with `python -m l0pyserini.train.teach`, name "
                "teacher.models, or turn these losses off."
            )
        found = iter(self._teach(without) if without else ())
        scores = [next(found) if one.scores is None else one.scores for one in examples]
        return torch.from_numpy(np.array(scores, dtype=np.float32))
