"""Bad documents, given to the commands that read a corpus."""

import gzip
import io
import json
import zipfile

from tests.faults.catalogue import Fault

GOOD = '{"id": "a", "text": "one"}\n'
ENCODE = "encode --encoder splade-tiny --output @/out --corpus"
COMMANDS = {
    ENCODE: 4,
    "idf --tokenizer splade-tiny --output @/out.json --corpus": None,
    "bm25 --index @/out.index --topics @/topics.tsv --output @/out.txt --corpus": 4,
    "quantize --encoder splade-tiny --corpus": 5,
    "mine --qrels @/qrels.txt --run @/run.txt --output @/out.jsonl --corpus": 6,
    "teach --rows @/ids.jsonl --topics @/topics.tsv --teacher bm25: --output @/out.jsonl "
    "--corpus": 7,
    "efficiency --index @/index --topics @/topics.tsv --count-only --encoder splade-tiny "
    "--output @/out.json --corpus": 17,
    "explain --index @/index --query report --docid CACM-0001 --html @/out.html --corpus": 10,
}
"""Each command, and every how many'th of the bad files it is given; None for all of them."""


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("docs.jsonl", GOOD * 50)
    return packed.getvalue()


PACKED = gzip.compress(b"".join(b'{"id": "%d", "text": "x"}\n' % i for i in range(50)), mtime=0)
BROKEN_GZIP = "the gzip stream is broken here"
AGAIN = "fetch or make it again"
OBJECT = "expected a JSON object"
MALFORMED = "malformed JSON at column"
A_LINE = "Expected one JSON object a line"
STRING = "Write the id as a JSON string"
BLANK = "has white space, which a TREC run cannot carry"
SPECS = "Expected a BEIR folder, a JSONL, TSV or parquet file"

BAD = {
    "Latin-1": ("bad.jsonl", GOOD.encode() + b'{"id": "b", "text": "caf\xe9"}\n',
                ("bad.jsonl:2: byte 24", "0xe9, is not UTF-8", "iconv -f latin1")),
    "UTF-16": ("bad.jsonl", GOOD.encode("utf-16"),
               ("bad.jsonl:1: byte 0", "0xff, is not UTF-8", "Convert the file")),
    "a gzip cut short": ("bad.jsonl.gz", PACKED[:-9], ("bad.jsonl.gz:51", BROKEN_GZIP, AGAIN)),
    "a plain file named .gz": ("bad.jsonl.gz", GOOD,
                               ("bad.jsonl.gz:1", "Not a gzipped file", AGAIN)),
    "a gzip without .gz": ("bad.jsonl", PACKED,
                           ("bad.jsonl:1", "0x8b, is not UTF-8", "Convert the file")),
    "a damaged gzip": ("bad.tsv.gz", PACKED[:20] + b"\xff" * 40 + PACKED[60:],
                       ("bad.tsv.gz:1", BROKEN_GZIP, AGAIN)),
    "a zip archive": ("bad.jsonl", _zip(), ("bad.jsonl:1", "is not UTF-8", "Convert the file")),
    "a line cut short": ("bad.jsonl", GOOD + '{"id": "b", "te', ("bad.jsonl:2", MALFORMED, A_LINE)),
    "one array of all": ("bad.jsonl", '[{"id": "a", "text": "x"}]\n',
                         ("bad.jsonl:1", "a JSON list", OBJECT)),
    "indented JSON": ("bad.json", json.dumps({"id": "a", "text": "x"}, indent=1),
                      ("bad.json:1", MALFORMED, A_LINE)),
    "two objects on a line": ("bad.jsonl", GOOD.strip() * 2 + "\n",
                              ("bad.jsonl:1", "unexpected content after document", A_LINE)),
    "five thousand brackets": ("bad.jsonl", '{"id": ' + "[" * 5000 + "]" * 5000 + "}\n",
                               ("bad.jsonl:1", "depth limit exceeded", A_LINE)),
    "half a surrogate": ("bad.jsonl", '{"id": "a", "text": "\\ud800"}\n',
                         ("bad.jsonl:1", MALFORMED, A_LINE)),
    "NaN as id": ("bad.jsonl", '{"id": NaN, "text": "x"}\n', ("bad.jsonl:1", MALFORMED, A_LINE)),
    "no id": ("bad.jsonl", '{"key": "a", "text": "x"}\n',
              ("bad.jsonl:1: no id", "its keys are ['key', 'text']", "one of id, _id, docid")),
    "a list as id": ("bad.jsonl", '{"id": ["a"], "text": "x"}\n',
                     ("bad.jsonl:1: 'id'", "is ['a']", STRING)),
    "a truth as id": ("bad.jsonl", '{"id": true, "text": "x"}\n',
                      ("bad.jsonl:1: 'id'", "is True", STRING)),
    "a number beyond 64 bits as id": ("bad.jsonl", f'{{"id": 1{"0" * 30}, "text": "x"}}\n',
                                      ("bad.jsonl:1: 'id'", "is 1e+30", STRING)),
    "an empty id": ("bad.jsonl", GOOD + '{"id": "", "text": "x"}\n',
                    ("bad.jsonl:2", "an empty id", "Expected a non-empty 'id'")),
    "an id with a blank": ("bad.jsonl", '{"id": "a b", "text": "x"}\n',
                           ("bad.jsonl:1 docid 'a b'", BLANK, "Replace it")),
    "an id with a line break": ("bad.jsonl", '{"id": "a\\nb", "text": "x"}\n',
                                ("bad.jsonl:1 docid 'a\\nb'", BLANK, "Replace it")),
    "an id with a NUL": ("bad.jsonl", '{"id": "a\\u0000b", "text": "x"}\n',
                         ("bad.jsonl:1 docid 'a\\x00b'", "NUL", "Replace it")),
    "no text": ("bad.jsonl", '{"id": "a", "body": "x"}\n',
                ("bad.jsonl:1: no text", "its keys are ['body', 'id']", "one of text, contents")),
    "null as text": ("bad.jsonl", '{"id": "a", "text": null}\n',
                     ("bad.jsonl:1: 'text'", "is None", "Write the text as a JSON string")),
    "a list as title": ("bad.jsonl", '{"id": "a", "title": ["t"], "text": "x"}\n',
                        ("bad.jsonl:1 docid 'a'", "'title' is ['t']", "or leave it out")),
    "an id twice": ("bad.jsonl", GOOD + GOOD,
                    ("bad.jsonl:2 docid 'a'", "seen before", "remove or rename one")),
    "HTML as an id, twice": ("bad.jsonl", '{"id": "<script>alert(1)</script>", "text": "x"}\n' * 2,
                             ("bad.jsonl:2 docid '<script>alert(1)</script>'", "seen before",
                              "remove or rename one")),
    "an empty file": ("bad.jsonl", "", ("bad.jsonl", "holds no document", "the right file")),
    "blank lines alone": ("bad.tsv", "\n \n", ("bad.tsv", "holds no document", "the right file")),
    "a byte order mark alone": ("bad.jsonl", b"\xef\xbb\xbf",
                                ("bad.jsonl", "holds no document", "the right file")),
    "a line without a tab": ("bad.tsv", "a\tone\nb two\n",
                             ("bad.tsv:2", "1 tab-separated columns", "expected 2")),
    "four columns": ("bad.tsv", "a\tone\ttwo\tthree\n",
                     ("bad.tsv:1", "4 tab-separated columns", "Remove tabs inside the text")),
    "a first column that is empty": ("bad.tsv", "\tone\n",
                                     ("bad.tsv:1", "an empty id", "Expected a non-empty")),
    "commas": ("bad.csv", "a,one\n", ("bad.csv", "unknown corpus format '.csv'", ".jsonl or .tsv")),
    "a folder without a corpus": ("bad/other.tsv", GOOD,
                                  ("bad", "a folder without corpus.jsonl", SPECS)),
    "no such file": ("other.jsonl", GOOD, ("bad.jsonl", "no such corpus", SPECS)),
}  # fmt: skip
IDS = '{"qid": "t1", "docids": ["a", "b"]}\n'


def _rows() -> list[Fault]:
    rows = []
    for command, every in COMMANDS.items():
        for number, (name, (file, content, says)) in enumerate(BAD.items()):
            if every is None or number % every == every - 1:
                given = {"bad/other.tsv": "bad", "other.jsonl": "bad.jsonl"}.get(file, file)
                files = {file: content} | ({"ids.jsonl": IDS} if "ids.jsonl" in command else {})
                rows.append(Fault(name, f"{command} @/{given}", says, files))
    return rows


ROWS = _rows()
