"""The impacts that OpenSearch keeps exactly."""

import re

import orjson

from l0pyserini.base.files import read_raw_lines
from l0pyserini.base.progress import progress_bar
from l0pyserini.errors import CollectionError
from l0pyserini.index.source import Source

LARGEST = 512
"""A rank feature is a float32 cut to 9 significant bits: from here on odd numbers are lost."""

# Of numbers after a colon, those above 512. Texts may hold some too, so a line is then parsed.
_SUSPECT = re.compile(rb":\s*(?:\d{4,}|[6-9]\d\d|5[2-9]\d|51[3-9])")


def refuse_large(source: Source) -> None:
    """Refuse a collection with an impact that OpenSearch would change.

    All is looked at before the first document is sent, so that nothing is loaded in vain.

    Raises:  CollectionError: at the first, with its file and line.
    """
    with progress_bar(source.counts["documents"], "look at impacts", "docs") as bar:
        for shard in source.shards:
            for number, line in read_raw_lines(shard, CollectionError):
                bar.update()
                if _SUSPECT.search(line):
                    _check(line, f"{shard}:{number}")


def _check(line: bytes, where: str) -> None:
    record = orjson.loads(line)
    for token, impact in record["vector"].items():
        if impact > LARGEST:
            raise CollectionError(
                f"{where} docid {record['id']!r}: impact {impact:,} for {token!r} is above "
                f"{LARGEST}, and OpenSearch keeps 9 significant bits of a number: scores would not "
                "be exact. Encode with a smaller --scale, or with --bits 8 (`python -m "
                "l0pyserini.encode.quantize` shows what that costs)."
            )
