"""Bad records of results: costs, matrices, descriptions of systems, packed runs."""

from tests.faults.catalogue import Change, Fault
from tests.faults.changes import cut, dropped, edited, overwritten, put, removed

Says = tuple[str, str, str]

EVALUATE = "evaluate --qrels @/qrels.txt --run @/run.txt --json @/out.json --efficiency @/cost.json"
REPORT = "report --input @/reproduced --output @/out.html"
PACK = (
    "leaderboard trec --run @/run.txt --topics @/topics.tsv --output @/out.zip "
    "--description @/system.json"
)
MSMARCO = (
    "leaderboard msmarco --id 20260101-x --dev-run @/run.txt --dev-topics @/topics.tsv "
    "--dev-qrels @/qrels.txt --output @/out.zip --description @/bad.json"
)
MTEB = (
    "leaderboard mteb --datasets scifact --run @/run.txt --qrels @/qrels.txt --output @/out.zip "
    "--description @/bad.json"
)
WRITE = "Write one with `python -m l0pyserini.evaluate.efficiency --output`"
MATRIX = "`python -m l0pyserini.publish.reproduce`"
TEMPLATE = "--template` prints one to fill in"
COSTS: dict[str, tuple[Change, Says]] = {
    "no cost": (removed("cost.json"), ("cost.json", "no such file", WRITE)),
    "a cost cut short": (cut("cost.json"), ("cost.json", "not valid JSON", WRITE)),
    "a cost in Latin-1": (
        overwritten("cost.json", b'{"format": "\xe9"}'),
        ("cost.json", "byte 0xe9", WRITE),
    ),
    "a list of costs": (
        edited("cost.json", lambda record: [record]),
        ("cost.json", "its format is 'list'", "expected 'l0pyserini-efficiency-1'"),
    ),
    "a cost without postings": (
        dropped("cost.json", "postings"),
        ("cost.json", "lacks 'postings'", WRITE),
    ),
    "FLOPS as HTML": (
        put("cost.json", "flops", value="<b>"),
        ("cost.json: 'flops'", "is '<b>'", "expected a number"),
    ),
    "FLOPS as null": (
        put("cost.json", "flops", value=None),
        ("cost.json: 'flops'", "is None", "expected a number"),
    ),
    "postings as a list": (
        put("cost.json", "postings", value=[1]),
        ("cost.json: 'postings'", "is [1]", "expected an object"),
    ),
    "a latency as text": (
        put("cost.json", "search", "latency_ms", "p50", value="x"),
        ("cost.json: 'search': 'latency_ms': 'p50'", "is 'x'", "expected a number"),
    ),
    "joules as text": (
        put("cost.json", "energy", value={"search_joules_per_query": "x"}),
        ("'search_joules_per_query'", "is 'x'", "expected a number"),
    ),
    "bytes as true": (
        put("cost.json", "index_bytes", value=True),
        ("cost.json: 'index_bytes'", "is True", "expected a whole number"),
    ),
}
M, CELL, COST = (
    "reproduced/matrix.json",
    "reproduced/tiny/bm25-flat/cell.json",
    "reproduced/tiny/bm25-flat/cost.json",
)
MATRICES: dict[str, tuple[Change, Says]] = {
    "no matrix": (removed(M), ("matrix.json", "no such file", MATRIX)),
    "a matrix cut short": (cut(M), ("matrix.json", "not valid JSON", MATRIX)),
    "a list as matrix": (
        edited(M, lambda record: [record]),
        ("matrix.json", "its format is 'list'", "expected 'l0pyserini-matrix-2'"),
    ),
    "a matrix without cells": (dropped(M, "cells"), ("the matrix", "lacks 'cells'", MATRIX)),
    "a dataset without cells": (
        put(M, "cells", value=[]),
        ("the matrix", "the dataset 'tiny' has no cell", MATRIX),
    ),
    "numbers as cells": (
        put(M, "cells", value=[1]),
        ("the matrix: 'cells'[0]", "is 1", "expected an object"),
    ),
    "no machines": (
        dropped(M, "cells", 0, "machines"),
        ("the matrix: 'cells'[0]", "lacks 'machines'", MATRIX),
    ),
    "a machine without a date": (
        dropped(M, "cells", 0, "machines", "search", "date"),
        ("'cells'[0]: 'machines': 'search'", "lacks 'date'", MATRIX),
    ),
    "a date as a list": (
        put(M, "cells", 0, "machines", "search", "date", value=["<script>"]),
        ("'machines': 'search': 'date'", "is ['<script>']", "expected a text"),
    ),
    "a score as HTML": (
        put(M, "cells", 0, "score", value="<b>"),
        ("the matrix: 'cells'[0]: 'score'", "is '<b>'", "expected a number"),
    ),
    "a published score without a verdict": (
        put(M, "cells", 0, "published", value=0.5),
        ("the matrix: 'cells'[0]: 'decimals'", "is None", "expected a whole number"),
    ),
    "a number as command": (
        put(M, "cells", 0, "commands", value=[1]),
        ("'cells'[0]: 'commands'[0]", "is 1", "expected a text"),
    ),
    "documents as text": (
        put(M, "datasets", 0, "documents", value="x"),
        ("'datasets'[0]: 'documents'", "is 'x'", "expected a whole number"),
    ),
    "a cell of another system": (
        put(M, "cells", 0, "system", value="../../x"),
        ("'cells'[0]", "its system '../../x' is none of bm25-flat, splade-tiny", MATRIX),
    ),
    "a dataset that leads out": (
        put(M, "datasets", 0, "name", value="../../x"),
        ("the matrix", "the dataset '../../x' is no name of one folder", MATRIX),
    ),
    "a mean without a score": (
        put(M, "averages", value=[{"system": "x", "datasets": 2}]),
        ("'averages'[0]", "lacks 'score'", MATRIX),
    ),
    "no cell": (removed(CELL), ("bm25-flat/cell.json", "holds no topics' values", MATRIX)),
    "a cell cut short": (cut(CELL), ("bm25-flat/cell.json", "holds no topics' values", MATRIX)),
    "a list of topics": (
        put(CELL, "result", "per_topic", value=[1]),
        ("bm25-flat/cell.json", "holds no topics' values", MATRIX),
    ),
    "a topic's value as text": (
        put(CELL, "result", "per_topic", "t1", value="x"),
        ("bm25-flat/cell.json", "a value is no number", MATRIX),
    ),
    "other topics": (
        put(CELL, "result", "per_topic", value={"t1": 1.0, "t9": 0.5}),
        ("tiny: splade-tiny has 2 topics", "not the same ones", "with --overwrite"),
    ),
    "a cost cut short": (cut(COST), ("bm25-flat/cost.json", "not valid JSON", WRITE)),
    "a histogram with too few edges": (
        put(COST, "document_length", "histogram", value={"edges": [1], "counts": [1]}),
        ("histogram of 'document_length'", "1 edges and 1 counts", "expected one edge more"),
    ),
}
DESCRIPTIONS: dict[str, tuple[Change, Says]] = {
    "no description": (removed("system.json"), ("system.json", "no such file", TEMPLATE)),
    "a description cut short": (cut("system.json"), ("system.json", "not valid JSON", TEMPLATE)),
    "a list as description": (
        edited("system.json", lambda record: [record]),
        ("system.json", "is no JSON object", TEMPLATE),
    ),
    "an unknown field": (
        put("system.json", "<b>", value=1),
        ("system.json", "field '<b>' is unknown", "expected some of team"),
    ),
    "a field that is empty": (
        put("system.json", "team", value=""),
        ("system.json", "field 'team' is empty", TEMPLATE),
    ),
    "a field of another kind": (
        put("system.json", "team", value=["x"]),
        ("system.json", "team is ['x']", "expected a text"),
    ),
    "an unknown type": (
        put("system.json", "type", value="guess"),
        ("system.json", "type is 'guess'", "expected one of automatic"),
    ),
}
PACKED_RUNS: dict[str, tuple[str, Says]] = {
    "a rank out of order": (
        "t1 Q0 a 2 1.0 x\n",
        ("run.txt:1 qid 't1' docid 'a'", "rank '2', expected 1", "Ranks begin with 1"),
    ),
    "two equal scores": (
        "t1 Q0 a 1 1.0 x\nt1 Q0 b 2 1.0 x\n",
        ("run.txt:2 qid 't1' docid 'b'", "does not fall below", "Write the run with"),
    ),
    "HTML as tag": (
        "t1 Q0 a 1 1.0 <b>\n",
        ("run.txt:1", "tag '<b>'", "Search again with such a --tag"),
    ),
    "two tags": (
        "t1 Q0 a 1 1.0 x\nt2 Q0 b 1 1.0 y\n",
        ("run.txt:2 qid 't2'", "tag 'y', and 'x' before", "A run has one tag"),
    ),
    "an unknown topic": (
        "t9 Q0 a 1 1.0 x\n",
        ("run.txt:1 qid 't9'", "not among the 3 topics", "Search the topics"),
    ),
    "a topic in two parts": (
        "t1 Q0 a 1 1.0 x\nt2 Q0 b 1 1.0 x\nt1 Q0 c 1 1.0 x\n",
        ("run.txt:3 qid 't1'", "interrupted by other topics", "Sort the run"),
    ),
    "topics without hits": (
        "t1 Q0 a 1 1.0 x\n",
        ("run.txt", "2 of 3 topics have no hit", "add a line for it"),
    ),
    "1,001 hits": (
        "".join(f"t1 Q0 d{i} {i} {2000 - i} x\n" for i in range(1, 1002)),
        ("run.txt:1001", "hit 1001 of the topic", "Search with --hits 1000"),
    ),
}
META = '{"name": "%s", "revision": "%s", "languages": ["e"], "model_type": ["s"]}'
BEIR = '{"team": "t", "model": "m", "description": "d", "type": "sparse"}'


def _each(words: str, faults: dict[str, tuple[Change, Says]]) -> list[Fault]:
    return [Fault(name, words, says, change=change) for name, (change, says) in faults.items()]


def _others() -> list[Fault]:
    msmarco = '{"team": "t", "model_description": "d", "type": "full ranking"}'
    return [
        Fault("more costs than runs", f"{EVALUATE} @/cost.json",
              ("--efficiency", "has 2 and --run 1", "expected as many"), code=2),
        Fault("an unknown baseline", f"{REPORT} --baseline '<b>'",
              ("--baseline '<b>'", "the matrix has", "bm25-flat, splade-tiny"), code=2),
        Fault("docids of another collection", MSMARCO,
              ("run.txt:1 qid 't1'", "is no pid", "Search an index of that collection"),
              {"bad.json": msmarco}),
        Fault("an id that leads out", MSMARCO.replace("20260101-x", "../x"),
              ("--id '../x'", "expected yyyymmdd-name", "as in"), code=2),
        Fault("half of eval", f"{MSMARCO} --eval-run @/run.txt",
              ("--eval-run", "belong together", "give both or none"), code=2),
        Fault("a name without an organisation", MTEB,
              ("bad.json", "name is 'x'", "expected organisation/model"),
              {"bad.json": META % ("x", "1")}),
        Fault("a revision that leads out", MTEB,
              ("bad.json", "revision is '../../x'", "expected letters"),
              {"bad.json": META % ("a/b", "../../x")}),
        Fault("a number as name", MTEB, ("bad.json", "name is 5", "expected a text"),
              {"bad.json": (META % ("x", "1")).replace('"x"', "5")}),
        Fault("an unknown dataset", MTEB.replace("scifact", "'<b>'"),
              ("--datasets '<b>'", "no task of MTEB", "expected some of scifact"), code=2),
        Fault("a dataset that leads out",
              "leaderboard beir --datasets ../a --run @/run.txt --qrels @/qrels.txt"
              " --output @/out.zip --description @/bad.json",
              ("--datasets '../a'", "names a file in the archive", "a name as BEIR's"),
              {"bad.json": BEIR}, code=2),
        Fault("no such commands", f"{PACK} --commands @/none",
              ("none", "no such file", "Check the path")),
    ]  # fmt: skip


ROWS = [
    *_each(EVALUATE, COSTS),
    *_each(REPORT, MATRICES),
    *_each(PACK, DESCRIPTIONS),
    *(Fault(name, PACK, says, {"run.txt": run}) for name, (run, says) in PACKED_RUNS.items()),
    *_others(),
]
