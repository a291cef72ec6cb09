"""Collections whose impacts fit in 8 bits."""

import json

import pytest

from l0pyserini import build_index, encode_corpus
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.encode.lexical import Lexical
from tests.conftest import write_small_corpus
from tests.helpers import write


@pytest.fixture(scope="session")
def eight_bits(once):
    """150 CACM documents and an empty one, with BM25 beside. encoded/, index/"""

    def build(folder):
        write_small_corpus(folder / "docs.jsonl")
        corpus, encoded = str(folder / "docs.jsonl"), folder / "encoded"
        encode_corpus(corpus, "splade-tiny", encoded, scale=40.0, lexical=Lexical())
        build_index(encoded, folder / "index")

    return once("eight-bits", build)


@pytest.fixture(scope="session")
def whole(cacm, once):
    """All of CACM by l0-tiny and BM25, impacts lowered below 255, as another tool's vectors.

    encoded/, index/
    """

    def build(folder):
        lines = []
        for path in shard_paths(cacm / "runs/cacm.encoded"):
            for docid, _, vector in read_shard(path):
                lowered = {token: max(1, round(0.8 * impact)) for token, impact in vector.items()}
                lines.append(json.dumps({"id": docid, "contents": "", "vector": lowered}) + "\n")
        (folder / "encoded").mkdir()
        write(folder / "encoded/docs.jsonl", "".join(lines))
        build_index(folder / "encoded", folder / "index")

    return once("lowered-cacm", build)
