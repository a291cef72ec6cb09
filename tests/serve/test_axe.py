"""The page as axe-core judges it: no rule of it is broken, in light and in dark."""

from pathlib import Path

import pytest

from tests.serve.browser import browser

PACKAGE = pytest.importorskip("axe_playwright_python", reason="it brings axe-core's script")
AXE = Path(PACKAGE.__file__).with_name("axe.min.js").read_text()
JUDGED = """axe.run().then((found) => found.violations.map((one) =>
  `${one.id}: ${one.nodes.map((node) => node.target).join(', ')}`))"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("dark", [False, True])
def test_no_rule_is_broken(page, client, dark):
    page.look(1280, dark=dark)
    page.open(f"{client.address}/?q=programming+language&index=hybrid&beside=bm25&k=5")
    page.until("document.querySelectorAll('.bar').length === 10")
    page.value(f"{AXE};0")
    assert page.value(JUDGED) == []
    page.value("document.querySelector('.title').click()")
    page.until("document.getElementById('document').open")
    assert page.value(JUDGED) == []
    page.open(f"{client.address}/docs")
    page.value(f"{AXE};0")
    assert page.value(JUDGED) == []
