"""Pages: all but Markup is escaped, and the policy names the page's own parts by their hashes."""

import base64
import hashlib
import re

from markupsafe import Markup

from l0pyserini.base.pages import page, table

HOSTILE = """</title><script>alert(1)</script>"'<img src=x onerror=alert(1)>"""


def test_all_text_is_escaped():
    made = page(HOSTILE, [HOSTILE, table([HOSTILE], [[HOSTILE]], name=HOSTILE)])
    assert re.findall(r"<(?:script|img)[^>]*>", made) == ["<script>"]  # the page's own
    assert made.count("&lt;img src=x onerror=alert(1)&gt;") == 5


def test_markup_stays():
    assert "<b>1</b>" in table(["a"], [[Markup("<b>{}</b>").format(1)]])


def test_the_policy_names_the_pages_own_style_and_script():
    made = page("t", [], style="b { color: red }", script="document.title = 'é';")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', made)[1]
    assert "unsafe" not in policy
    directives = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert directives["default-src"] == "'none'"
    for part in ("style", "script"):
        content = re.search(f"<{part}>(.*?)</{part}>", made, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert directives[f"{part}-src"] == f"'sha256-{digest}'"
