"""Where the parts of a model folder lie: in modules of sentence-transformers, or in the folder."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from l0pyserini.base.fields import check_fields
from l0pyserini.errors import CheckpointError
from l0pyserini.model.activation import SPLADE_POOLING_NAMES

_ROUTER = {"structure": ({"document": ([str],), "query": ([str],)},), "types": (dict,)}
_MODULES = {"modules": [{"path": str, "type": str}]}
_MEND = "Fetch or save the checkpoint again."


class Layout(NamedTuple):
    """pooled: the pooling's activation. query: the folder of the query module."""

    document: Path
    pooled: str | None = None
    query: Path | None = None


def read_layout(folder: Path) -> Layout:
    """Find the masked LM and the query module of a model folder.

    Raises:  CheckpointError: if it is of a layout that is not known, or no sparse encoder.
    """
    if (folder / "router_config.json").is_file():
        document, query = _routes(folder / "router_config.json")
        static = [name for name, kind in query if _is(kind, ("SparseStaticEmbedding", "IDF"))]
        found = _document_modules(folder, document)
        return found._replace(query=folder / static[0] if static else None)
    if (folder / "modules.json").is_file():
        path = folder / "modules.json"
        modules = read_object(path, list)
        check_fields({"modules": modules}, _MODULES, str(path), CheckpointError, _MEND)
        return _document_modules(folder, [(m["path"], m["type"]) for m in modules])
    if (folder / "config.json").is_file():
        return Layout(folder)
    raise CheckpointError(
        f"{folder}: has no router_config.json, modules.json or config.json. Expected a "
        "sentence-transformers SparseEncoder folder or a transformers masked-LM folder."
    )


def _routes(path: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return (folder, type) of the modules of a router's document and query route."""
    router = read_object(path)
    check_fields(router, _ROUTER, str(path), CheckpointError, _MEND)
    structure, types = router.get("structure") or {}, router.get("types") or {}
    check_fields(types, dict.fromkeys(types, str), f"{path}: 'types'", CheckpointError, _MEND)
    document, query = (
        [(name, types.get(name, "")) for name in structure.get(route) or []]
        for route in ("document", "query")
    )
    return document, query


def _document_modules(folder: Path, modules: Sequence[tuple[str, str]]) -> Layout:
    transformer: Path | None = None
    for place, (path, kind) in enumerate(modules):
        if _is(kind, ("MLMTransformer", "Transformer")):
            transformer = folder / path
        elif _is(kind, ("SpladePooling",)) and transformer is not None:
            pooling = read_object(folder / path / "config.json")
            strategy = pooling.get("pooling_strategy", "max")
            if strategy != "max":
                raise CheckpointError(
                    f"{folder / path}: pools by {strategy!r}, expected 'max'. "
                    "Sum pooling (SPLADE v1) is not supported."
                )
            named = pooling.get("activation_function", "relu")
            if named not in list(SPLADE_POOLING_NAMES):  # a list of JSON cannot be looked up
                raise CheckpointError(
                    f"{folder / path}: its activation_function is {named!r}, expected one of "
                    f"{', '.join(SPLADE_POOLING_NAMES)}. Name ours with --activation."
                )
            _refuse_after_pooling(folder, [kind for _, kind in modules[place + 1 :]])
            return Layout(transformer, SPLADE_POOLING_NAMES[named])
    raise CheckpointError(
        f"{folder}: is no sparse document encoder: its modules hold no masked LM followed by "
        "SpladePooling. A dense model would give nonsense; choose a sparse one."
    )


def _refuse_after_pooling(folder: Path, kinds: Sequence[str]) -> None:
    """Refuse modules that change pooled vectors in ways that are not known here.

    Raises:  CheckpointError: if there are any.
    """
    if any(_is(kind, ("LexicalTerm",)) for kind in kinds):
        raise CheckpointError(
            f"{folder}: SpladePooling is followed by a LexicalTerm, which encoders of older "
            "versions had, and nothing is expected there. Take it out of router_config.json, and "
            "add BM25 beside the plain encoder: encode --lexical bm25."
        )
    if kinds:
        raise CheckpointError(
            f"{folder}: SpladePooling is followed by {', '.join(kinds)}, expected nothing. Other "
            "modules would change the vectors in ways that are not known here; choose an encoder "
            "that ends in its pooling."
        )


def _is(kind: str, names: tuple[str, ...]) -> bool:
    return kind.rsplit(".", 1)[-1] in names


def read_object(path: Path, kind: type = dict) -> Any:
    """Read a JSON file of a model folder.

    Raises:  CheckpointError: if it is missing, no JSON, or holds something of another kind.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"{path}: missing. The checkpoint folder is incomplete; fetch or save it again."
        ) from None
    except (OSError, ValueError, RecursionError) as fault:
        raise CheckpointError(
            f"{path}: cannot be read as JSON ({fault}). Fetch or save the checkpoint again."
        ) from fault
    if not isinstance(found, kind):
        raise CheckpointError(
            f"{path}: holds a {type(found).__name__}, expected a {kind.__name__}. "
            "Fetch or save the checkpoint again."
        )
    return found
