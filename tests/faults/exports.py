"""What other engines cannot take, and outputs that are not theirs to replace."""

import json

from tests.faults.catalogue import Fault

BAD = "bad/docs.jsonl"
CIFF = "export ciff --input @/bad --output @/out.ciff"
BMP = "export bmp --input @/bad --output @/out.bmp"
PISA = "export pisa --input @/bad --output @/out"
SEISMIC = "export seismic --input @/bad --output @/out.jsonl"
MODEL = "export opensearch-model --encoder splade-tiny --output @/out"
ENGINES = {"ciff": CIFF, "bmp": BMP, "pisa": PISA, "seismic": SEISMIC}


def line(vector: str) -> dict[str, str]:
    return {BAD: f'{{"id": "a", "contents": "x", "vector": {vector}}}\n'}


SOUND = line('{"one": 2}')

ROWS = [
    *(
        Fault(
            f"{name}: no such folder",
            words,
            ("bad/manifest.json: ", "missing", "Expected a folder"),
        )
        for name, words in ENGINES.items()
    ),
    *(
        Fault(
            f"{name}: no document with a token",
            words,
            ("bad: ", "no document holds a token", "nothing to export"),
            line("{}"),
        )
        for name, words in ENGINES.items()
    ),
    *(
        Fault(
            f"{name}: an impact with a point",
            words,
            ("docs.jsonl:1 docid 'a'", "impact 1.5", "an integer above 0"),
            line('{"one": 1.5}'),
        )
        for name, words in ENGINES.items()
    ),
    *(
        Fault(
            f"{name}: no stems to leave out",
            f"{words} --learned-only",
            ("--learned-only", "no stems of BM25", "Leave the flag out"),
            SOUND,
            code=2,
        )
        for name, words in ENGINES.items()
    ),
    *(
        Fault(
            f"{name}: topics for another tool's vectors",
            f"{words} --topics @/topics.tsv --queries @/q",
            ("bad: ", "another tool made its vectors", "Leave --topics out"),
            SOUND,
        )
        for name, words in ENGINES.items()
        if name != "ciff"
    ),
    *(
        Fault(
            f"{name}: topics without a place for queries",
            f"{words} --topics @/topics.tsv",
            ("--topics", "needs --queries", "Give both or neither"),
            SOUND,
            code=2,
        )
        for name, words in ENGINES.items()
        if name != "ciff"
    ),
    Fault(
        "ciff: impacts beyond its lengths",
        CIFF,
        ("docid 'a'", "sum to 2,147,483,649", "2,147,483,647 at most"),
        line('{"one": 2147483647, "two": 2}'),
    ),
    Fault(
        "ciff: an output that exists",
        CIFF,
        ("out.ciff: ", "exists already", "Give --overwrite"),
        {**SOUND, "out.ciff": "mine"},
    ),
    Fault(
        "ciff: an output that is a folder",
        f"{CIFF} --overwrite",
        ("out.ciff: ", "is a folder", "Name the file"),
        {**SOUND, "out.ciff/mine": "mine"},
    ),
    Fault(
        "bmp: an impact of 9 bits",
        BMP,
        ("bad: docid 'a'", "impact 256 for 'one'", "255 at most"),
        line('{"one": 256}'),
    ),
    Fault(
        "bmp: a block of 257",
        f"{BMP} --block-size 257",
        ("--block-size 257", "expected 1 to 256", "default 32"),
        SOUND,
        code=2,
    ),
    Fault(
        "bmp: a block of 0",
        f"{BMP} --block-size 0",
        ("--block-size", "'0'", "is not a whole number from 1"),
        SOUND,
        code=2,
    ),
    Fault(
        "bmp: 65,537 terms",
        BMP,
        ("bad: ", "65,537 terms", "65,536 at most"),
        line(json.dumps(dict.fromkeys(map(str, range(2**16 + 1)), 1))),
    ),
    Fault(
        "seismic: a token of 31 letters",
        SEISMIC,
        ("bad: ", "has 31 characters", "cuts them at 30"),
        line(json.dumps({"x" * 31: 2})),
    ),
    Fault(
        "seismic: an impact of 12 bits",
        SEISMIC,
        ("docid 'a'", "impact 2049 for 'one'", "exact up to 2,048"),
        line('{"one": 2049}'),
    ),
    Fault(
        "seismic: queries that exist",
        "export seismic --input @/encoded --output @/out --topics @/topics.tsv --queries @/q",
        ("q: ", "exists already", "Give --overwrite"),
        {"q": "mine"},
    ),
    Fault(
        "seismic: no such topics",
        "export seismic --input @/encoded --output @/out --topics @/none --queries @/q",
        ("none", "no such", "tsv"),
    ),
    Fault(
        "pisa: a folder of something else",
        f"{PISA} --overwrite",
        ("out: ", "holds no pt_meta.json", "Choose another path"),
        {**SOUND, "out/mine": "mine"},
    ),
    Fault(
        "model: a folder of something else",
        f"{MODEL} --overwrite",
        ("out: ", "holds no register-document.json", "Choose another path"),
        {"out/mine": "mine"},
    ),
    Fault(
        "model: no such encoder",
        "export opensearch-model --encoder @/none --output @/out",
        ("none: ", "no such encoder", "Expected a folder"),
    ),
    Fault(
        "model: more tokens than it reads",
        f"{MODEL} --max-length 513",
        ("--max-length 513", "more than the model's 512", "Give 512 or less"),
        code=2,
    ),
    Fault(
        "model: its own code",
        "export opensearch-model --encoder @/own --output @/out",
        ("own: ", "runs its own Python code", "never run here"),
        {"own/config.json": '{"auto_map": {"AutoModel": "x.Y"}}'},
    ),
    Fault(
        "no such format",
        "export lucene --input @/bad",
        ("lucene", "invalid choice", "ciff"),
        code=2,
    ),
    Fault("no output", "export ciff --input @/bad", ("--output", "are required", "usage"), code=2),
]
