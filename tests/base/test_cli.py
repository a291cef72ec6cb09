"""The commands: help, exit codes, and no traceback unless it is asked for."""

import importlib
import re
import shlex
import subprocess
import sys

import pytest

from l0pyserini.__main__ import VERBS, module_of
from l0pyserini.base import cli
from l0pyserini.errors import L0Error
from tests.helpers import command, fresh_process

CONTRACT = {
    "encode": "corpus encoder output max-length batch-size device scale shard-size",
    "index": "input index threads",
    "search": "index topics output hits threads batch-size remove-query tag query",
    "opensearch": "url input index topics output",
    "export": "input output encoder topics queries",
    "bm25": "corpus index topics output remove-query",
    "evaluate": "qrels run measures json csv markdown latex datasets remove-query efficiency",
    "efficiency": "index topics output threads hits",
    "compare": "qrels run measures topics index encoder json",
    "fuse": "run output method weights k hits",
    "leaderboard": "debug",
    "explain": "index query docid against html encoded topics qrels runs",
    "reproduce": "datasets data-dir encoder output download reference cost",
    "report": "input output figures baseline",
    "mine": "corpus qrels run index topics output negatives first last",
    "teach": "rows teacher output corpus topics device",
    "embed": "rows teacher output corpus topics device resume",
    "masks": "model corpus output steps batch-size max-length learning-rate precision resume",
    "train": "config resume",
    "table": "encoder rows corpus topics embeddings documents output overwrite",
    "average": "encoder output overwrite",
    "convert": "encoder output dtype overwrite",
    "idf": "corpus tokenizer output",
    "doctor": "",
    "quantize": "corpus encoder topics qrels",
    "demo": "",
    "serve": "index config host port mcp",
}


def shown(verb):
    """Return a verb's module as `python -m` takes it."""
    return module_of(verb).removesuffix(".__main__")


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_examples_and_the_flags_that_others_rely_on(verb, capsys):
    code, out, _ = command(capsys, verb, "--help")
    assert code == 0
    assert f"examples:\n  python -m {shown(verb)}" in out
    for flag in CONTRACT[verb].split():
        assert f"--{flag}" in out, flag


@pytest.mark.parametrize("verb", VERBS)
def test_examples_parse(verb):
    parser = importlib.import_module(module_of(verb)).parser()
    begins = re.escape(f"  python -m {shown(verb)}")
    lines = re.findall(rf"^{begins}(.*)$", parser.epilog, re.MULTILINE)
    assert lines
    for line in lines:
        assert parser.parse_args(shlex.split(line)) is not None


def test_the_three_ways_to_call_are_one():
    for start in (["-m", "l0pyserini", "idf"], ["-m", "l0pyserini.idf"]):
        done = fresh_process(*start, "--help")
        assert done.stdout.startswith("usage: python -m l0pyserini.idf")


def test_the_list_of_verbs(capsys):
    code, out, _ = command(capsys, "--help")
    assert code == 0
    assert all(verb in out for verb in VERBS)
    assert command(capsys, "--version")[1].startswith("l0pyserini ")
    assert command(capsys)[0] == 2
    code, _, err = command(capsys, "serch")
    assert code == 2
    assert "no verb 'serch'" in err


def test_usage_errors_exit_with_2(capsys):
    assert command(capsys, "search", "--index", "x")[0] == 2
    code, _, err = command(capsys, "encode", "--corpus", "a", "--encoder", "b", "--output", "c",
                           "--batch-size", "0")  # fmt: skip
    assert code == 2
    assert "'0' is not a whole number from 1 to 2,147,483,647" in err
    for number in ("2147483648", "99999999999", "²", "1_0", "x"):
        code, _, err = command(capsys, "index", "--input", "a", "--index", "b", "--threads", number)
        assert code == 2
        assert f"'{number}' is not a whole number from 1 to 2,147,483,647" in err
    code, _, err = command(capsys, "encode", "--corpus", "a", "--encoder", "b", "--output", "c",
                           "--scale", "nan")  # fmt: skip
    assert code == 2
    assert "'nan' is not a number above 0" in err


def run_with(error, *flags):
    def fail(_):
        raise error

    return cli.run_command(cli.make_parser("test", "A test.", ["test"]), fail, list(flags))


def test_errors_are_one_line_without_traceback(capsys):
    assert run_with(L0Error("here: this, expected that; do so")) == 1
    assert capsys.readouterr().err == "error: here: this, expected that; do so\n"
    assert run_with(ZeroDivisionError("x")) == 1
    assert "unexpected ZeroDivisionError: x (run again with --debug" in capsys.readouterr().err
    assert run_with(KeyboardInterrupt()) == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("error", [L0Error("x"), ZeroDivisionError("x"), KeyboardInterrupt()])
def test_debug_shows_the_traceback(error):
    with pytest.raises(type(error)):
        run_with(error, "--debug")


def test_a_reader_that_stops_early_is_no_error(small):
    """As `search ... | head -1` ends."""
    program = [sys.executable, "-m", "l0pyserini.search", "--index", str(small / "index")]
    with subprocess.Popen(
        [*program, "--query", "language"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_light_commands_import_neither_torch_nor_java():
    for verb in set(VERBS) - {"doctor"}:
        program = (
            f"import sys, {module_of(verb)} as m; m.parser();"
            "print({'torch', 'transformers', 'jnius', 'pandas', 'scipy'} & set(sys.modules))"
        )
        assert fresh_process("-c", program).stdout.strip() == "set()", verb
