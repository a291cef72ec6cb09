"""Descriptions of systems: what each leaderboard asks for, as templates and as checked files."""

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from l0pyserini.base.files import read_json
from l0pyserini.errors import ResultsError

_SHARED = {"team": "", "description": "", "paper": "", "code": "", "contact": ""}

TEMPLATES: dict[str, dict[str, Any]] = {
    # The fields of microsoft/MSMARCO-Passage-Ranking-Submissions.
    "msmarco": {
        "team": "",
        "model_description": "",
        "paper": "",
        "code": "",
        "type": "full ranking",
    },
    "trec": {**_SHARED, "track": "", "task": "", "type": "automatic", "training_data": ""},
    "beir": {
        **_SHARED,
        "model": "",
        "type": "sparse",
        "parameters": None,
        "training_data": "",
        "zero_shot": True,
    },
    # The fields of mteb's ModelMeta.
    "mteb": {
        "loader": None,
        "name": "",
        "revision": "",
        "release_date": None,
        "languages": ["eng-Latn"],
        "n_parameters": None,
        "memory_usage_mb": None,
        "max_tokens": None,
        "embed_dim": None,
        "license": None,
        "open_weights": None,
        "public_training_code": None,
        "public_training_data": None,
        "framework": [],
        "reference": None,
        "similarity_fn_name": "dot",
        "use_instructions": False,
        "training_datasets": None,
        "adapted_from": None,
        "superseded_by": None,
        "modalities": ["text"],
        "model_type": ["sparse"],
        "citation": None,
        "contacts": None,
    },
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "msmarco": ("team", "model_description", "type"),
    "trec": ("team", "description", "track", "type"),
    "beir": ("team", "model", "description", "type"),
    "mteb": ("name", "revision", "languages", "model_type"),
}
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")

ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    "msmarco": {"type": ("full ranking", "reranking")},
    "trec": {"type": ("automatic", "manual", "feedback")},
}


def read_description(kind: str, path: str | Path) -> dict[str, Any]:
    """Read a system description and check it against the template of its leaderboard.

    Raises:  ResultsError: if it is missing, malformed or not filled in.
    """
    mend = f"`python -m l0pyserini.publish.leaderboard {kind} --template` prints one to fill in."
    record = read_json(path, ResultsError, mend)
    template = TEMPLATES[kind]
    if not isinstance(record, dict):
        raise ResultsError(f"{path}: is no JSON object. {mend}")
    if unknown := sorted(record.keys() - template.keys()):
        raise ResultsError(
            f"{path}: field {unknown[0]!r} is unknown; expected some of {', '.join(template)}."
        )
    for name in REQUIRED[kind]:
        if not record.get(name):
            raise ResultsError(f"{path}: field {name!r} is empty, and {kind} asks for it. {mend}")
        if isinstance(template[name], str) and not isinstance(record[name], str):
            raise ResultsError(f"{path}: {name} is {record[name]!r}, expected a text. {mend}")
    for name, values in ALLOWED.get(kind, {}).items():
        if record[name] not in values:
            raise ResultsError(
                f"{path}: {name} is {record[name]!r}, expected one of {', '.join(values)}."
            )
    if kind == "mteb" and record["name"].count("/") != 1:
        raise ResultsError(f"{path}: name is {record['name']!r}, expected organisation/model.")
    if kind == "mteb" and not _FOLDER.fullmatch(record["revision"]):
        raise ResultsError(
            f"{path}: revision is {record['revision']!r}, which names a folder in the archive; "
            "expected letters, digits, '.', '_' and '-', as a commit or a version has."
        )
    return {**template, **record}


class PrintTemplate(argparse.Action):
    """--template: print it and stop, whatever else is missing."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        _namespace: argparse.Namespace,
        _values: str | Sequence[Any] | None,
        _option: str | None = None,
    ) -> None:
        print(json.dumps(TEMPLATES[self.const], indent=2))
        parser.exit()
