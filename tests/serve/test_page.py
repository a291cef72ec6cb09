"""The page in a real browser: what it shows, by keyboard alone, and nothing hostile runs in it."""

import json

import pytest

from l0pyserini import build_index, encode_corpus
from l0pyserini.serve.settings import Place
from l0pyserini.serve.shelf import Shelf
from tests.helpers import write
from tests.serve.browser import browser
from tests.serve.served import served

HOSTILE = "'\"><img src=x onerror=document.title='taken'><script>document.title='taken'</script>"

CONTRAST = """[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility()
  && [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim())).map((one) => {
    const light = (text) => { const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((part) => {
        const share = part / 255;
        return share <= .04045 ? share / 12.92 : ((share + .055) / 1.055) ** 2.4; });
      return .2126 * r + .7152 * g + .0722 * b; };
    let back = one;
    const clear = (given) => /^rgba.*, 0\\)$/.test(getComputedStyle(given).backgroundColor);
    while (back.parentElement && clear(back)) back = back.parentElement;
    const [a, b] = [getComputedStyle(one).color, getComputedStyle(back).backgroundColor].map(light);
    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), one.outerHTML.slice(0, 90)];
  }).filter(([ratio]) => ratio < 4.5)"""
"""Elements whose text has less contrast than WCAG's level AA asks for."""

NAMELESS = """[...document.querySelectorAll('button, a, input, select, summary')].filter((one) =>
  one.checkVisibility() && !(one.textContent.trim() || one.labels?.length)).length"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def searched(page, client, query, **more):
    asked = "&".join(f"{name}={value}" for name, value in {"k": 5, **more}.items())
    page.console.clear()
    page.open(f"{client.address}/?q={query}&{asked}")
    page.until("document.querySelectorAll('.bar').length >= 5")


def test_a_query_with_two_indexes_side_by_side(page, client):
    page.look(1280)
    searched(page, client, "programming+language+zzqx", index="hybrid", beside="bm25")
    page.until("document.querySelectorAll('.bar').length === 10")
    hits = client.search("hybrid", "programming language zzqx", hits=5).json["candidates"]
    shown = "[...document.querySelectorAll('#results > section:first-child .hit')]"
    assert page.value(f"{shown}.map((one) => one.dataset.docid)") == [one["docid"] for one in hits]
    assert page.value("document.querySelectorAll('mark').length") > 4
    assert page.value("[...document.querySelectorAll('del')].map((one) => one.innerText)") == [
        "zzqx…",
        "zzqx…",
    ]
    widths = "[...document.querySelectorAll('.bar span')].map((one) => one.clientWidth)"
    assert max(page.value(widths)) > 50
    named = "[...document.querySelectorAll('.bar b')].map((one) => one.innerText)"
    assert {"language", "languag…"} <= set(page.value(named))
    assert "IDF" in page.value("document.getElementById('token-lists').innerText")
    assert "curl 'http://127.0.0.1" in page.value("document.getElementById('commands').textContent")
    assert page.console == []


def test_by_keyboard_alone(page, client):
    page.open(f"{client.address}/")
    page.until("document.getElementById('index').options.length === 4")
    assert "learned tokens and BM25" in page.value("document.getElementById('welcome').innerText")
    page.value("document.activeElement.blur()")
    page.press("/")
    assert page.value("document.activeElement.id") == "query"
    page.write("digital computers")
    page.press("Enter")
    page.until("document.querySelectorAll('.bar').length === 10")
    assert page.value("document.getElementById('welcome').hidden")
    assert page.value("location.search") == "?q=digital+computers&index=hybrid&k=10"
    page.value("document.querySelector('.title').focus()")
    page.press("Enter")
    page.until("document.getElementById('document').open")
    assert "share" in page.value("document.getElementById('document').innerText")
    page.press("Escape")
    page.until("!document.getElementById('document').open")
    assert page.value("document.activeElement.className") == "title"


def test_why_one_stands_above_the_other(page, client):
    searched(page, client, "digital+computers", index="hybrid")
    page.value("[...document.querySelectorAll('.hit input')].slice(0, 2).map((one) => one.click())")
    page.until("!document.getElementById('compared').hidden")
    first, second = client.search("hybrid", "digital computers").json["candidates"][:2]
    said = page.value("document.getElementById('compared').innerText")
    assert f"{first['docid']} leads {second['docid']}" in said
    assert "~" not in said
    assert page.value("document.activeElement.id") == "compared-title"
    page.value("document.getElementById('compared-close').click()")
    assert page.value("document.getElementById('compared').hidden")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_is_named_and_can_be_read(page, client, width, dark):
    page.look(width, dark=dark)
    searched(page, client, "digital+computers", index="hybrid", beside="bm25")
    page.value("[...document.querySelectorAll('details')].map((one) => { one.open = true; })")
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value(CONTRAST) == []
    assert page.value(NAMELESS) == 0
    page.look(1280)


def test_the_routes_are_shown_without_another_address(page, client):
    page.console.clear()
    page.open(f"{client.address}/docs")
    page.until("document.querySelectorAll('section').length === 6")
    assert "/v1/{index}/explain" in page.value("document.body.innerText")
    assert page.console == []


def test_hostile_texts_show_as_text(page, tmp_path):
    # A docid has no white space.
    named = HOSTILE.replace(" ", "/")
    records = [{"id": f"d{n}{named}", "text": f"program {HOSTILE}"} for n in range(5)]
    docs = write(tmp_path / "docs.jsonl", "\n".join(map(json.dumps, records)))
    encode_corpus(str(docs), "splade-tiny", tmp_path / "encoded")
    build_index(tmp_path / "encoded", tmp_path / "index", store_text=True)
    with served(Shelf([Place("hostile", tmp_path / "index")])) as client:
        query = "program " + HOSTILE
        page.console.clear()
        page.open(f"{client.address}/")
        page.until("document.getElementById('index').options.length === 1")
        page.value("document.getElementById('query').focus()")
        page.write(query)
        page.press("Enter")
        page.until("document.querySelectorAll('.bar').length === 5")
        page.value("document.querySelector('.title').click()")
        page.until("document.getElementById('document').open")
        page.value("new Promise((done) => setTimeout(done, 300))")
        assert page.value("document.title") == f"{query} · l0pyserini"
        assert page.value("document.querySelectorAll('img, script').length") == 1
        assert HOSTILE in page.value("document.getElementById('document').innerText")
        assert page.console == []


def test_a_key_is_asked_for(page, indexes):
    from l0pyserini.serve.app import Choices

    with served(Shelf(indexes.places[:1]), Choices(keys=["secret"])) as client:
        page.open(f"{client.address}/")
        page.until("!document.getElementById('key-form').hidden")
        page.value("document.getElementById('key').focus()")
        page.write("secret")
        page.press("Enter")
        page.until("document.getElementById('index').options.length === 1")
