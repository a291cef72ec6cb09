"""The pages in a real browser: no console line, the expected numbers, two clicks to copy."""

import re

from l0pyserini.base.pages import source
from l0pyserini.evaluate.explain import explain
from l0pyserini.evaluate.explain.page import documents_page
from l0pyserini.publish.reproduce import read_matrix
from l0pyserini.query.encoder import FILE_NAME, IdfQueryEncoder
from tests.helpers import write
from tests.publish.report.browser import opened, run


def clicked(page, target, script):
    """Write a copy of a page in which a script runs after its own, as its policy allows."""
    text = page.read_text().replace("</body>", f"<script>{script}</script></body>")
    return write(target, text.replace("script-src ", f"script-src {source(script)} "))


def test_the_report_shows_its_numbers_and_logs_nothing(reported, tmp_path):
    dom, console = opened(tmp_path, reported.page)
    assert console == []
    cells = read_matrix(reported.folder)["cells"]
    assert len(cells) == 3
    for cell in cells:
        assert f">{cell['score']:.4f}" in dom
    assert dom.count("<img") == 3
    for words in ("Against bm25-flat", "FLOPS", "latency p50, ms", "index bytes"):
        assert words in dom


def test_every_image_is_drawn(reported, tmp_path):
    script = """addEventListener('load', () => { document.title = [...document.images]
        .map(image => image.complete && image.naturalWidth > 400).join(' '); });"""
    dom, console = opened(tmp_path / "p", clicked(reported.page, tmp_path / "c.html", script))
    assert console == []
    assert "<title>true true true</title>" in dom


def test_two_clicks_copy_the_commands(reported, tmp_path):
    page = reported.folder / "matrix.html"
    dom, console = opened(tmp_path / "p", page)
    assert console == []
    assert len(re.findall(r'class="commands" id="[^"]*" hidden', dom)) == 3
    script = """const second = document.querySelectorAll('.cell')[1]; second.click();
        const panel = document.getElementById(second.getAttribute('aria-controls'));
        panel.querySelector('.copy').click();
        addEventListener('copy', () => { document.title = getSelection().toString(); });
        setTimeout(() => { document.body.dataset.said = panel.querySelector('.copy').textContent;
        }, 500);"""
    dom, console = opened(tmp_path / "q", clicked(page, tmp_path / "c.html", script))
    assert console == []
    assert dom.count('aria-expanded="true"') == 1
    assert len(re.findall(r'class="commands" id="[^"]*" hidden', dom)) == 2
    assert 'data-said="Copied"' in dom


def test_a_page_that_fetches_is_caught(reported, tmp_path):
    """What the tests above rely on: a fetch and a fault in a script are seen."""
    fetching = clicked(reported.page, tmp_path / "a.html", "fetch('https://example.org/')")
    assert any("example.org" in line for line in opened(tmp_path / "p", fetching)[1])
    faulty = clicked(reported.page, tmp_path / "b.html", "nowhere()")
    assert any("nowhere" in line for line in opened(tmp_path / "q", faulty)[1])


def test_an_explanation_logs_nothing(small, tmp_path):
    docs = str(small / "docs.jsonl")
    found = explain(small / "index", "programming language", ["CACM-0001", "CACM-0002"], docs)
    tokenizer = IdfQueryEncoder.load(small / "index" / FILE_NAME).tokenizer
    page = write(tmp_path / "why.html", documents_page(found, tokenizer))
    script = """addEventListener('load', () => { document.title = [...document.querySelectorAll(
        '.bar')].map(bar => bar.getBoundingClientRect().width).join(' '); });"""
    dom, console = opened(tmp_path / "p", clicked(page, tmp_path / "c.html", script))
    assert console == []
    assert f"score {found[0].score:,}" in dom
    widths = [float(word) for word in re.search("<title>(.*?)</title>", dom)[1].split()]
    shares = [one.share(token) for one in found for token in one.tokens]
    assert len(widths) == len(shares)
    assert any(widths)
    assert [width > 0 for width in widths] == [share > 0 for share in shares]


def test_a_script_that_is_not_the_pages_own_is_refused(reported, tmp_path):
    """Should something hostile ever get into a page unescaped, the browser does not run it."""
    hostile = (
        "<script>document.title = 'taken'</script><b onclick=\"document.title = 'taken'\">b</b>"
        "<script>document.querySelector('b').click()</script><style>b { opacity: 0 }</style>"
    )
    text = reported.page.read_text().replace("</body>", f"{hostile}</body>")
    dom, console = opened(tmp_path / "p", write(tmp_path / "c.html", text))
    assert "<title>l0pyserini: effectiveness and cost</title>" in dom
    assert sum("Content Security Policy" in line for line in console) == 4


def test_a_screenshot_can_be_taken(reported, tmp_path):
    shot = tmp_path / "shot.png"
    run(tmp_path / "p", reported.page, f"--screenshot={shot}", "--window-size=1280,2000")
    assert shot.stat().st_size > 20_000
