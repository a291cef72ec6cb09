"""Examples: those that help() shows of every public name, and the notebook's."""

import contextlib
import doctest
import inspect
import io
import json
import os
import re
from pathlib import Path

import pytest

import l0pyserini
from tests.helpers import write

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "examples/from_texts_to_significance.ipynb"
NAMES = [name for name in l0pyserini.__all__ if name != "__version__"]

TEXTS = {
    "d1": "Time sharing lets many users work on one computer.",
    "d2": "Sorting numbers by merging: methods and their cost.",
    "d3": "A language for writing compilers.",
}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the files that the examples name."""
    from l0pyserini import build_index, encode_corpus, run_bm25
    from l0pyserini.publish.reproduce import Dataset, reproduce
    from l0pyserini.publish.reproduce.systems import EncoderOptions, chosen_systems
    from l0pyserini.search.api import search_topics

    folder = tmp_path_factory.mktemp("examples")
    docs = [json.dumps({"_id": docid, "text": text}) for docid, text in TEXTS.items()]
    topics = {"1": "time sharing", "2": "sorting methods"}
    write(folder / "docs.jsonl", "\n".join(docs) + "\n")
    write(folder / "topics.tsv", "".join(f"{qid}\t{text}\n" for qid, text in topics.items()))
    write(folder / "qrels.txt", "1 0 d1 1\n2 0 d2 1\n")
    beir = folder / "beir/three"
    (beir / "qrels").mkdir(parents=True)
    write(beir / "corpus.jsonl", "\n".join(docs) + "\n")
    queries = [json.dumps({"_id": qid, "text": text}) for qid, text in topics.items()]
    write(beir / "queries.jsonl", "\n".join(queries) + "\n")
    write(beir / "qrels/test.tsv", "query-id\tcorpus-id\tscore\n1\td1\t1\n2\td2\t1\n")
    with contextlib.chdir(folder):
        encode_corpus("docs.jsonl", "splade-tiny", "encoded")
        build_index("encoded", "index")
        search_topics("index", "topics.tsv", "run.txt")
        run_bm25("docs.jsonl", "bm25", "topics.tsv", "bm25.txt")
        systems = chosen_systems(["flat"], [], EncoderOptions())
        reproduce([Dataset("three", 3, 2, 2)], systems, Path("beir"), Path("reproduced"))
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_help_of_every_public_name_has_an_example_that_runs(name, workplace):
    text = inspect.getdoc(getattr(l0pyserini, name))
    assert "\nExample:\n" in text
    example = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    assert example.examples[0].source.startswith("from l0pyserini import ")
    assert name in example.examples[0].source
    told = io.StringIO()
    with contextlib.chdir(workplace):
        failed, tried = doctest.DocTestRunner().run(example, out=told.write)
    assert tried > 1
    assert not failed, told.getvalue()


def test_the_notebook_goes_from_texts_to_significance(tmp_path):
    """It runs as it stands, from its first cell to its last, and its figures are drawn."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells), "clear its outputs"
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute(
        env=os.environ | {"PYTHONPATH": path}
    )
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert kinds.count("image/png") == 2
    tables = [output.get("data", {}).get("text/html", "") for output in outputs]
    assert any("expansion" in table for table in tables)
    assert any("t-test" in table for table in tables)
    drawn, shown = (
        [word for word in re.findall(r">([^<>]+)</text>", path.read_text()) if word.isalpha()]
        for path in (tmp_path / "explained.svg", ROOT / "docs/explained.svg")
    )
    assert drawn == shown == ["sharing", "systems", "time", "operating"]
