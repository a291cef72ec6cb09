"""Averaging: several encoders that were trained alike in, one whose weights are their mean out."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from l0pyserini.base.files import refuse_existing
from l0pyserini.errors import CheckpointError, UsageError
from l0pyserini.model.checkpoint import Checkpoint, open_checkpoint
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.model.saving import save_checkpoint
from l0pyserini.query.table import IdfTable

FREE = ("_name_or_path", "architectures", "dtype", "transformers_version", "use_cache")
"""Keys of a model's config that change no output, beside those of dropout."""

_ALIKE = "Average encoders that were trained from one model with recipes of the same kind."


def average_encoders(
    encoders: Sequence[str], output: str | Path, overwrite: bool = False
) -> Checkpoint:
    """Save the mean of several encoders' weights and query tables.

    Encoders that were trained from the same model, with other seeds or orders of the rows, or at
    other steps, lie in one valley of the loss, whose middle is often better than its sides. Weights
    of BM25 are averaged as they are learned, by their logarithms; where an encoder says none, the
    mean says none.

    Args:    encoders: two or more; one that is named twice counts twice.
    Returns: the encoder that was saved, in float32.
    Raises:  UsageError: if there are fewer than two.
             CheckpointError: if they differ in more than their weights, or are no encoders.
             OutputExistsError: if the output holds something and overwrite is False.
    Source:  arXiv 2203.05482, sec. 2 (uniform soup).
    """
    if len(encoders) < 2:
        raise UsageError(
            f"--encoder {' '.join(encoders)}: names {len(encoders)}, expected two or more, whose "
            "weights are to be averaged."
        )
    refuse_existing(Path(output), overwrite)
    checkpoints = [open_checkpoint(spec) for spec in encoders]
    first = checkpoints[0]
    _check_alike(encoders, [_facts(one) for one in checkpoints])
    table = average_tables([one.idf for one in checkpoints])
    weights = [one.lexical_weight for one in checkpoints if one.lexical_weight is not None]
    all_say = len(weights) == len(checkpoints)
    save_checkpoint(
        output,
        _average_models(encoders, checkpoints),
        first.tokenizer,
        first.document_folder,
        first.activation,
        table,
        overwrite=overwrite,
        max_length=first.max_length,
        lexical_weight=statistics.geometric_mean(weights) if all_say else None,
        min_weight=first.min_weight,
    )
    return open_checkpoint(str(output))


def average_tables(tables: Sequence[IdfTable]) -> IdfTable:
    """Return the mean of query tables of the same tokens.

    Raises:  CheckpointError: if one has a token that the first lacks, or the other way round.
    """
    first, *others = tables
    for other in others:
        if different := sorted(first.weights.keys() ^ other.weights.keys()):
            raise CheckpointError(
                f"{other.name}: its query table and that of {first.name} differ in "
                f"{len(different):,} tokens, such as {different[0]!r}, expected the same tokens. "
                f"{_ALIKE}"
            )
    weights = {
        token: statistics.fmean(table.weights[token] for table in tables) for token in first.weights
    }
    return IdfTable(weights, "mean")


def _facts(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what encoders must have in common, by its name in a message; no weights are read."""
    trained = checkpoint.query_weights_file is not None
    return {
        "activation": checkpoint.activation,
        "tokenizer (its digest)": checkpoint.tokenizer.sha256[:12],
        "max_length": checkpoint.max_length,
        "min_weight": checkpoint.min_weight,
        "query table": "a query module" if trained else "idf.json",
    }


def _check_alike(names: Sequence[str], facts: Sequence[dict[str, Any]]) -> None:
    """Refuse encoders that differ from the first in a fact.

    Raises:  CheckpointError: naming the encoder and the fact.
    """
    for name, own in zip(names[1:], facts[1:], strict=True):
        for fact in facts[0] | own:
            seen, expected = own.get(fact, "missing"), facts[0].get(fact, "missing")
            if seen != expected:
                raise CheckpointError(
                    f"{name}: {fact}: is {seen!r}, expected {expected!r} as of {names[0]}. {_ALIKE}"
                )


def _average_models(names: Sequence[str], checkpoints: Sequence[Checkpoint]) -> nn.Module:
    """Return the first one's model with the mean of all parameters, added up in float64."""
    mean = load_masked_lm(checkpoints[0])
    sums = {name: one.detach().double() for name, one in mean.named_parameters()}
    shape = _shape(mean)
    for label, checkpoint in zip(names[1:], checkpoints[1:], strict=True):
        # One at a time: the memory of two models is enough for any number of them.
        model = load_masked_lm(checkpoint)
        _check_alike([names[0], label], [shape, _shape(model)])
        for name, one in model.named_parameters():
            sums[name] += one.detach()
    with torch.no_grad():
        for name, one in mean.named_parameters():
            one.copy_(sums[name] / len(checkpoints))
    return mean


def _shape(model: nn.Module) -> dict[str, Any]:
    """Return a model's class, what its config says of its output, and its parameters' shapes."""
    config: dict[str, Any] = model.config.to_dict()  # type: ignore[operator, union-attr]
    settings = {
        f"config {key!r}": value
        for key, value in config.items()
        if key not in FREE and "dropout" not in key
    }
    parameters = {f"weight {name!r}": list(one.shape) for name, one in model.named_parameters()}
    return {"model": type(model).__name__, **settings, **parameters}
