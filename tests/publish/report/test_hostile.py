"""Records whose every text is hostile give pages of the same elements as honest ones."""

import dataclasses
import json
from collections import Counter
from html.parser import HTMLParser

import pytest

from l0pyserini.evaluate.explain.page import collection_page, documents_page
from l0pyserini.evaluate.explain.shares import Explanation, TokenShare
from l0pyserini.publish.report.page import report_page
from l0pyserini.publish.report.results import against, read_results
from l0pyserini.publish.reproduce.page import matrix_page
from l0pyserini.query.encoder import FILE_NAME, IdfQueryEncoder

HOSTILE = """'"></script><script>alert(1)</script><img src=x onerror=alert(1)>&$\\frac{"""


class Elements(HTMLParser):
    """Counts elements with the names of their attributes, and the attributes that run code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: Counter[tuple[str, ...]] = Counter()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen[tag, *(name for name, _ in attrs)] += 1


def hostile(value):
    """Return a record with every text in it made hostile; keys of mappings stay."""
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, list):
        return [hostile(one) for one in value]
    return {key: hostile(one) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.fixture(scope="module")
def matrix(reported):
    """A matrix in which every cell has a published score beside it."""
    read = json.loads((reported.folder / "matrix.json").read_text())
    beside = {"published": 0.5, "decimals": 3, "published_as": "x", "source": "y"}
    for cell in read["cells"]:
        cell.update(beside, difference=0.1, verdict="differs")
    means = {"datasets": 2, "score": 0.5, "published": 0.4, "difference": 0.1}
    read["averages"] = [{"system": one, **means} for one in read["systems"]]
    return read


def test_the_matrix(matrix):
    honest, other = Elements(matrix_page(matrix)), Elements(matrix_page(hostile(matrix)))
    assert other.seen == honest.seen
    assert honest.seen["span", "class"] == len(matrix["cells"])


def test_the_report(reported, matrix):
    results = read_results(reported.folder)
    results = dataclasses.replace(results, matrix=matrix)
    names = ("dataset", "system", "measure")
    cells = [
        dataclasses.replace(
            one,
            **{name: hostile(getattr(one, name)) for name in names},
            cost={key: hostile(value) for key, value in one.cost.items()} if one.cost else None,
        )
        for one in results.cells
    ]
    other = dataclasses.replace(results, matrix=hostile(matrix), cells=cells)
    pages = []
    for found, baseline in ((results, "bm25-flat"), (other, f"bm25-flat{HOSTILE}")):
        names = [one["name"] for one in found.matrix["datasets"]]
        figures = {f"{name}.lengths": b"<svg/>" for name in names}
        pairs = against(found, baseline)
        assert len(pairs) == 2
        pages.append(Elements(report_page(found, pairs, figures, names[0])).seen)
    assert pages[0] == pages[1]
    assert pages[0]["img", "alt", "src"] == 1


def test_figures_take_names_with_dollars(reported):
    """matplotlib would read them as formulas, and fail on most."""
    from l0pyserini.publish.report import figures

    results = read_results(reported.folder)
    cells = [dataclasses.replace(one, system=HOSTILE) for one in results.cells if one.cost]
    with figures.styled():
        assert b"onerror=alert(1)>" not in figures.as_svg(figures.tradeoffs(cells, [HOSTILE]))


def test_explanations(small):
    tokenizer = IdfQueryEncoder.load(small / "index" / FILE_NAME).tokenizer

    def explained(end):
        tokens = [TokenShare(f"x{end}", 2, 3, True), TokenShare("program", 2, 1, True)]
        text = f"a program and a program, {end}"
        one = Explanation(f"d1{end}", f"query{end}", tokens, 1, text)
        return documents_page([one, dataclasses.replace(one, docid=f"d2{end}")], tokenizer)

    honest, other = Elements(explained("img")).seen, Elements(explained(HOSTILE)).seen
    assert other == honest
    assert honest["mark",] == 4
    section = (HOSTILE, HOSTILE, ([HOSTILE], [[HOSTILE]]))
    assert Elements(collection_page(HOSTILE, [section])).seen["script",] == 1
