"""The README beside exported models: where they came from, and how OpenSearch takes them."""

import json
from typing import Any

from l0pyserini.model.checkpoint import Checkpoint
from l0pyserini.version import __version__

_PAGE = """# {name} for OpenSearch

Made by l0pyserini {version} of the encoder `{encoder}`, whose weights have the sha256
`{sha256}`.
Its activation is `{activation}`; documents are cut at {length} tokens.
{rights}

- `{name}-document.zip`: the document side as TorchScript, with its tokenizer.
- `{name}-query.zip`: the query side, a tokenizer and the weights of tokens.
- `register-document.json`, `register-query.json`: what registers them.

Put both zips where the cluster can fetch them, allow that once, and register each with its body
and a `url` added:

    PUT /_cluster/settings
    {settings}

    POST /_plugins/_ml/models/_register?deploy=true

Or let opensearch-py-ml upload them: `MLCommonClient(client).register_model(zip, json)`.

Documents go through an ingest pipeline into a field of type `rank_features`:

    PUT /_ingest/pipeline/{name}
    {pipeline}

Queries name the query side:

    {query}

{beside}Scores are l0pyserini's before weights become impacts.
"""
_BESIDE = """The encoder was made to stand beside BM25, which these models know nothing of: add a
`match` query.

"""


def readme_of(checkpoint: Checkpoint, name: str, length: int, licensed: bool) -> str:
    """Return the page of a checkpoint's models.

    Args:    name: of the models. length: tokens of a document. licensed: whether the checkpoint's
             own LICENSE lies beside.
    """
    processor: dict[str, Any] = {"model_id": "DOCUMENT_MODEL", "field_map": {"text": "vector"}}
    if checkpoint.min_weight:
        processor |= {"prune_type": "abs_value", "prune_ratio": checkpoint.min_weight}
    asked = {"query_text": "time sharing", "model_id": "QUERY_MODEL"}
    allowed = {"plugins.ml_commons.allow_registering_model_via_url": True}
    return _PAGE.format(
        name=name,
        version=__version__,
        encoder=checkpoint.name,
        sha256=checkpoint.weights_sha256(),
        activation=checkpoint.activation,
        length=length,
        rights="LICENSE is the checkpoint's own."
        if licensed
        else "It came without a LICENSE file; its rights are those of the place it is from.",
        settings=json.dumps({"persistent": allowed}),
        pipeline=json.dumps({"processors": [{"sparse_encoding": processor}]}),
        query=json.dumps({"query": {"neural_sparse": {"vector": asked}}}),
        beside=_BESIDE if checkpoint.lexical_weight else "",
    )
