"""Teachers: models whose scores a student learns from.

A teacher is named `kind:model`: `dense:` a bi-encoder and `cross:` a cross-encoder of
sentence-transformers, `sparse:` a masked LM that encodes queries and documents alike (SPLADE).
`bm25:` needs no model.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.progress import progress_bar
from l0pyserini.errors import NotFiniteError, TrainingError, UsageError, first_line
from l0pyserini.train.bm25_teacher import LexicalTeacher
from l0pyserini.train.ensemble import Scores


class DenseTeacher:
    """A dense bi-encoder of sentence-transformers, with its own prompts and similarity."""

    def __init__(self, model: str, device: str, batch_size: int, max_length: int) -> None:
        from l0pyserini.model.backend import choose_layers

        self.name = f"dense:{model}"
        _refuse_sparse(model)
        module = _sentence_transformers(self.name)
        self._model = module.SentenceTransformer(model, device=device)
        self._model.max_seq_length = min(max_length, self._model.max_seq_length or max_length)
        self._batch_size = batch_size
        self._device = self._model.device
        self._layers = choose_layers(self._model.get_embedding_dimension(), self._device)
        self._cosine = self._model.similarity_fn_name == "cosine"

    def vectors(self, texts: Sequence[str], queries: bool) -> NDArray[np.float16]:
        """Return [N, D]; of length 1 where the model compares by cosine."""
        from l0pyserini.model.backend import autocast

        encode = self._model.encode_query if queries else self._model.encode_document
        with autocast(self._layers, self._device):
            found = encode(
                list(texts),
                batch_size=self._batch_size,
                normalize_embeddings=self._cosine,
                show_progress_bar=False,
            )
        return np.asarray(found, dtype=np.float16)

    def dot(self, query: Any, documents: Any) -> Scores:
        """Return the dot products."""
        return documents.astype(np.float32) @ query[0].astype(np.float32)


class SparseTeacher:
    """A SPLADE that encodes both sides."""

    def __init__(self, model: str, device: str, batch_size: int, max_length: int) -> None:
        from l0pyserini.model import DocumentEncoder, open_checkpoint
        from l0pyserini.model.backend import AUTO

        self.name = f"sparse:{model}"
        checkpoint = open_checkpoint(model, activation=_pooled_or_splade(model))
        # A teacher's scores are rounded by far less than teachers differ.
        self._encoder = DocumentEncoder.from_checkpoint(
            checkpoint, max_length, device, backend=AUTO
        )
        self._batch_size = batch_size

    def vectors(self, texts: Sequence[str], queries: bool) -> Any:  # noqa: ARG002
        """Return [N, V] in compressed rows."""
        from scipy.sparse import csr_array

        try:
            pairs = self._encoder.encode_arrays(texts, self._batch_size)
        except NotFiniteError as fault:
            text = texts[fault.rows[0]][:60]
            raise TrainingError(f"teacher {self.name}: text {text!r}: {fault}") from fault
        starts = np.cumsum([0, *(len(tokens) for tokens, _ in pairs)])
        tokens = np.concatenate([tokens for tokens, _ in pairs])
        weights = np.concatenate([weights for _, weights in pairs])
        shape = (len(pairs), len(self._encoder.tokenizer.tokens))
        return csr_array((weights, tokens.astype(np.int32), starts), shape=shape)

    def dot(self, query: Any, documents: Any) -> Scores:
        """Return the dot products."""
        return cast(Scores, (documents @ query.T).toarray().ravel())


class CrossTeacher:
    """A cross-encoder of sentence-transformers."""

    def __init__(self, model: str, device: str, batch_size: int, max_length: int) -> None:
        self.name = f"cross:{model}"
        module = _sentence_transformers(self.name)
        self._model = module.CrossEncoder(model, device=device, max_length=max_length)
        self._batch_size = batch_size

    def score(self, query: str, documents: Sequence[str]) -> Scores:
        """Return one score a document."""
        pairs = [(query, document) for document in documents]
        found = self._model.predict(pairs, batch_size=self._batch_size, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)


Teacher = DenseTeacher | SparseTeacher | CrossTeacher | LexicalTeacher

BM25 = "bm25"

KINDS: dict[str, type[DenseTeacher | SparseTeacher | CrossTeacher]] = {
    "dense": DenseTeacher,
    "sparse": SparseTeacher,
    "cross": CrossTeacher,
}


def open_teacher(
    spec: str, device: str = "cpu", batch_size: int = 32, max_length: int = 256
) -> Teacher:
    """Load the teacher that `kind:model` names.

    Raises:  UsageError: if the kind is unknown. TrainingError: if the model is of another kind,
             or its library is missing. CheckpointError: as open_checkpoint, for `sparse:`.
    """
    kind, _, model = spec.partition(":")
    if kind == BM25 and not model:
        return LexicalTeacher()
    if kind not in KINDS or not model:
        raise UsageError(
            f"teacher {spec!r}: expected bm25: or kind:model with the kind {', '.join(KINDS)}, "
            "for example dense:sentence-transformers/all-MiniLM-L6-v2."
        )
    try:
        teacher: Teacher = KINDS[kind](model, device, batch_size, max_length)
        return teacher
    except OSError as fault:
        raise TrainingError(
            f"teacher {spec!r}: cannot be loaded ({first_line(fault)}). "
            "Check the name and the network, or give a folder."
        ) from fault


def score_rows(
    teacher: Teacher,
    queries: Sequence[str],
    documents: Sequence[Sequence[str]],
    places: Sequence[str],
) -> list[Scores]:
    """Score each query's documents; a bi-encoder sees each distinct text once.

    Args:    places: of the rows, as file:line.
    Raises:  TrainingError: if a score is NaN or infinite.
    """
    scores = _scores(teacher, queries, documents)
    for place, row in zip(places, scores, strict=True):
        for number, score in enumerate(row, start=1):
            if not np.isfinite(score):
                raise TrainingError(
                    f"{place}: teacher {teacher.name} gave document {number} the score {score}, "
                    "expected a finite number. Fetch the teacher again, or leave it out."
                )
    return scores


def _scores(
    teacher: Teacher, queries: Sequence[str], documents: Sequence[Sequence[str]]
) -> list[Scores]:
    if isinstance(teacher, LexicalTeacher):
        return teacher.score_rows(queries, documents)
    if isinstance(teacher, CrossTeacher):
        return [teacher.score(q, d) for q, d in zip(queries, documents, strict=True)]
    places = {text: i for i, text in enumerate(dict.fromkeys(t for row in documents for t in row))}
    with progress_bar(None, teacher.name, "texts") as bar:
        vectors = _in_pieces(teacher, list(places), False, bar)
        asked = _in_pieces(teacher, queries, True, bar)
    return [
        teacher.dot(asked[[i]], vectors[[places[text] for text in row]])
        for i, row in enumerate(documents)
    ]


PIECE = 2048
"""Texts given to a teacher at once, between two moves of the progress bar."""


def _in_pieces(
    teacher: DenseTeacher | SparseTeacher, texts: Sequence[str], queries: bool, bar: Any
) -> Any:
    pieces = []
    for start in range(0, len(texts), PIECE):
        piece = texts[start : start + PIECE]
        pieces.append(teacher.vectors(piece, queries))
        bar.update(len(piece))
    if isinstance(pieces[0], np.ndarray):
        return np.concatenate(pieces)
    from scipy.sparse import vstack

    return vstack(pieces, format="csr")


def _refuse_sparse(model: str) -> None:
    """Refuse a sparse encoder, which sentence-transformers would load as dense without a word."""
    folder = Path(model)
    if not folder.is_dir():
        return
    modules = folder / "modules.json"
    named = modules.read_text(encoding="utf-8") if modules.is_file() else ""
    router = (folder / "router_config.json").is_file()
    architectures: list[str] = []
    if (folder / "config.json").is_file():
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        architectures = config.get("architectures") or []
    masked = not modules.is_file() and any("MaskedLM" in one for one in architectures)
    if "SpladePooling" in named or "MLMTransformer" in named or router or masked:
        raise TrainingError(
            f"teacher dense:{model}: is a sparse encoder (masked LM with a vocabulary head); as a "
            f"dense model it would give nonsense. Name it sparse:{model}."
        )


def _pooled_or_splade(model: str) -> str | None:
    """Return one logarithm for a plain masked-LM folder, which does not say its activation."""
    folder = Path(model)
    says = any(
        (folder / name).is_file()
        for name in ("router_config.json", "modules.json", "l0pyserini_encoder.json")
    )
    return "log1p_relu" if folder.is_dir() and not says else None


def _sentence_transformers(name: str) -> Any:
    try:
        import sentence_transformers
    except ImportError as fault:
        raise TrainingError(
            f"teacher {name}: needs the `sentence-transformers` package, which is not installed. "
            "Install it, or use a sparse: teacher."
        ) from fault
    return sentence_transformers
