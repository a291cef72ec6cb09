"""What tests of encoding share."""

import json
import shutil

from l0pyserini import encode_corpus
from l0pyserini.encode import Manifest
from l0pyserini.encode.output import work_folder
from tests.helpers import write

__all__ = ["contents", "encode", "unfinished"]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def encode(corpus, output, **options):
    return encode_corpus(str(corpus), "splade-tiny", output, shard_size=60, **options)[0]


def unfinished(small, output, shards):
    """Make the work folder that a run leaves which was killed after some shards."""
    whole = small / "encoded"
    manifest = Manifest.load(whole)
    folder = work_folder(output)
    folder.mkdir()
    done = manifest.shards[:shards]
    for shard in done:
        shutil.copy(whole / shard.file, folder)
    shards_record = [{**vars(shard), "mass": [1.0, 1.0]} for shard in done]
    record = {"settings": manifest.settings, "shards": shards_record, "done": False}
    write(folder / "encoding-0-of-1.journal", json.dumps(record))
    return folder
