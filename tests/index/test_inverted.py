"""Documents inverted in memory: every posting of the index, against numpy and Anserini."""

import json
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l0pyserini import build_index
from l0pyserini.encode.digest import PostingsDigest
from l0pyserini.errors import ImpactIndexError
from l0pyserini.index.anserini import index_collection
from l0pyserini.index.direct import index_directly
from l0pyserini.index.verify import check_index
from tests.helpers import write
from tests.index.reading import docids, documents, postings

TOKENS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=40
) | st.sampled_from(["a", "##a", "a" * 7, "a" * 8, "a" * 9, "a" * 15, "a" * 16, "a" * 17, "中" * 5])
IMPACTS = st.integers(1, 300) | st.sampled_from([9_999_999, 10_000_000, 2**31 - 1])
VECTORS = st.lists(st.dictionaries(TOKENS, IMPACTS, max_size=30), min_size=1, max_size=60)


def lines(vectors, ascii_only=False):
    """Return the lines of a collection; each document's text is its number in words."""
    records = (
        {"id": f"d{number}", "contents": f'text "{number}"\n中', "vector": vector}
        for number, vector in enumerate(vectors)
    )
    return "".join(json.dumps(one, ensure_ascii=ascii_only) + "\n" for one in records)


def oracle(vectors):
    """Return {token: {docid: impact}} by the columns of a matrix."""
    tokens = sorted({token for vector in vectors for token in vector})
    matrix = np.zeros((len(vectors), len(tokens)), dtype=np.int64)
    for row, vector in enumerate(vectors):
        for token, impact in vector.items():
            matrix[row, tokens.index(token)] = impact
    return {
        token: {f"d{row}": int(matrix[row, column]) for row in matrix[:, column].nonzero()[0]}
        for column, token in enumerate(tokens)
    }


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(vectors=VECTORS, threads=st.integers(1, 4), ascii_only=st.booleans())
def test_any_collection_is_held_as_it_is(tmp_path, vectors, threads, ascii_only):
    path = write(tmp_path / "docs.jsonl", lines(vectors, ascii_only))
    held = index_directly([path], tmp_path / "i", threads, len(vectors), store_text=True)
    digest, full = PostingsDigest(), [n for n, vector in enumerate(vectors) if vector]
    for number, vector in enumerate(vectors):
        digest.add(f"d{number}", vector)
    assert (held.documents, held.digest) == (len(full), str(digest))
    assert postings(tmp_path / "i") == oracle(vectors)
    expected = [(f"d{n}", f"d{n}", f'text "{n}"\n中') for n in full]
    assert documents(tmp_path / "i") == expected


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A collection of 3,000 documents over 4,000 tokens of all lengths, in two files."""
    chance = random.Random(4)
    names = [f"{number:x}" * (1 + number % 7) for number in range(4000)]
    vectors = [
        {token: chance.randint(1, 255) for token in chance.sample(names, chance.randint(0, 90))}
        for _ in range(3000)
    ]
    folder = tmp_path_factory.mktemp("generated")
    whole = lines(vectors).splitlines(keepends=True)
    (folder / "encoded").mkdir()
    paths = [
        write(folder / "encoded" / f"docs-{part}.jsonl", "".join(whole[part::2]))
        for part in range(2)
    ]
    return folder, paths, vectors


def test_the_same_as_anserini_s_index(generated, tmp_path):
    folder, paths, vectors = generated
    index_directly(paths, tmp_path / "direct", 2, len(vectors))
    options = ("-impact", "-pretokenized", "-optimize")
    index_collection("JsonVectorCollection", folder / "encoded", tmp_path / "theirs", 1, options)
    assert postings(tmp_path / "direct") == postings(tmp_path / "theirs") == oracle(vectors)
    assert sorted(documents(tmp_path / "direct")) == sorted(documents(tmp_path / "theirs"))
    check_index(tmp_path / "direct")


def test_the_threads_change_nothing(generated, tmp_path):
    _, paths, vectors = generated
    for threads in (1, 3):
        index_directly(paths, tmp_path / str(threads), threads, len(vectors))
    one, other = (
        {path.name: path.stat().st_size for path in (tmp_path / threads).glob("_*")}
        for threads in "13"
    )
    # The bytes hold numbers that Lucene draws anew for each segment.
    assert one == other
    assert documents(tmp_path / "1") == documents(tmp_path / "3")


def test_documents_that_share_a_docid_are_both_there(tmp_path):
    path = write(tmp_path / "docs.jsonl", lines([{"a": 1}]) + lines([{"b": 2}, {"a": 3}]))
    assert index_directly([path], tmp_path / "i", 1, 3).documents == 3
    assert docids(tmp_path / "i") == {"d0": 2, "d1": 1}
    assert [one for one, _, _ in documents(tmp_path / "i")] == ["d0", "d0", "d1"]
    check_index(tmp_path / "i")


def test_a_token_that_stands_twice_is_refused(tmp_path):
    path = write(tmp_path / "docs.jsonl", '{"id": "d", "vector": {"b": 2, "a": 1, "b": 3}}\n')
    with pytest.raises(ImpactIndexError, match="docid 'd': its vector holds token 'b' twice"):
        index_directly([path], tmp_path / "i", 1, 1)


def test_nothing_but_empty_vectors(tmp_path):
    path = write(tmp_path / "docs.jsonl", lines([{}, {}]))
    assert index_directly([path], tmp_path / "i", 1, 2).documents == 0


def test_several_parts_hold_the_same(tmp_path):
    """A quarter of 32 MB of heap holds 8 MB of lines: each such part is a file, or a segment."""
    digest, names = PostingsDigest(), [f"token{number}" for number in range(150)]
    chance = random.Random(6)
    with open(tmp_path / "docs.jsonl", "w") as handle:
        for number in range(9000):
            vector = {name: chance.randint(1, 255) for name in names}
            digest.add(f"d{number}", vector)
            record = {"id": f"d{number}", "contents": f"text {number}", "vector": vector}
            handle.write(json.dumps(record) + "\n")
    for optimize in (True, False):
        place = tmp_path / f"i{optimize}"
        held = index_directly(
            [tmp_path / "docs.jsonl"], place, 2, 9000, "32m", store_text=True, optimize=optimize
        )
        assert (held.documents, held.digest) == (9000, str(digest))
        assert (len(list(place.glob("*.si"))) == 1) is optimize
        assert documents(place) == [(f"d{n}", f"d{n}", f"text {n}") for n in range(9000)]
        assert not list(place.glob("*.tmp"))
    with open(tmp_path / "docs.jsonl", "a") as handle:
        handle.write('{"id": "twice", "vector": {"b": 2, "a": 1, "b": 3}}\n')
    with pytest.raises(ImpactIndexError, match="docid 'twice': its vector holds token 'b' twice"):
        index_directly([tmp_path / "docs.jsonl"], tmp_path / "i", 2, 9001, heap="32m")
    assert not list((tmp_path / "i").glob("*.tmp"))


def test_a_killed_build_leaves_nothing_half(small, tmp_path):
    command = [sys.executable, "-m", "l0pyserini.index", "--input", small / "encoded", "--index"]
    target = tmp_path / "i"
    for seconds in (0.3, 0.8, 1.5):
        with subprocess.Popen([*command, target], stderr=subprocess.DEVNULL) as child:
            time.sleep(seconds)
            child.send_signal(signal.SIGKILL)
        if target.exists():
            break
    build_index(small / "encoded", target, overwrite=True)
    check_index(target)
    assert [path.name for path in tmp_path.iterdir()] == ["i"]
