"""Every command of docs/ has the flags that its parser knows; every link leads somewhere."""

import importlib
import re
import shlex

import pytest

from l0pyserini.__main__ import VERBS, module_of
from tests.test_documents import COMMANDS, PAGES, ROOT, words_of


def parser_of(name: str, verb: str):
    """Return the parser of `python -m NAME VERB`, and whether the verb is a word of its own."""
    if name == "l0pyserini":
        return importlib.import_module(module_of(verb)).parser(), True
    step = name.removeprefix("l0pyserini.")
    module = module_of(step) if step in VERBS else f"{name}.__main__"
    try:
        return importlib.import_module(module).parser(), False
    except ModuleNotFoundError:
        return importlib.import_module(name).parser(), False


@pytest.mark.parametrize(("page", "line"), [one for one in COMMANDS if "benchmarks/" not in one[1]])
def test_flags_are_those_of_the_command(page, line):
    name, *words = words_of(line)
    parser, verb = parser_of(name, words[0] if words else "")
    try:
        parser.parse_args(words[verb:])
    except SystemExit as stop:  # so --template leaves, after it has printed one
        assert stop.code == 0, page  # noqa: PT017


@pytest.mark.parametrize(("page", "line"), [one for one in COMMANDS if "benchmarks/" in one[1]])
def test_benchmarks_are_there_with_their_flags(page, line):
    _, script, *words = shlex.split(line)
    source = (ROOT / script).read_text()
    for word in words:
        assert not word.startswith("--") or word in source, (page, word)


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target
