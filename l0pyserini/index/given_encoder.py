"""The query encoder that a user names for an index which came without one."""

from pathlib import Path

from l0pyserini.query.encoder import DEFAULT_SCALE, IdfQueryEncoder


def given_encoder(name: str | None) -> IdfQueryEncoder | None:
    """Open a query_encoder.json, or the query side of a checkpoint; None for None.

    Raises:  QueryMismatchError: if the file is none. CheckpointError: if the checkpoint cannot be
             loaded.
    """
    if name is None:
        return None
    if Path(name).is_file():
        return IdfQueryEncoder.load(name)
    from l0pyserini.model.checkpoint import open_checkpoint

    # The query side has no activation; any name lets a plain masked-LM folder through.
    checkpoint = open_checkpoint(name, activation="log1p_relu")
    return IdfQueryEncoder.from_checkpoint(checkpoint, DEFAULT_SCALE)
