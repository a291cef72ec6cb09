"""Bad topics, judgements and runs."""

import gzip

from tests.faults.catalogue import Fault

HEADER = "query-id\tcorpus-id\tscore\n"
UTF8 = "is not UTF-8"
FORMATS = "Expected tsv, tsv.gz, jsonl, TREC topics, a BEIR folder, irds:NAME"
SIX = "expected 6: `qid Q0 docid rank score tag`"

TOPIC_COMMANDS = {
    "search --index @/index --output @/out.txt --topics": None,
    "bm25 --corpus @/docs.jsonl --index @/bm25.index --output @/out.txt --topics": 3,
    "efficiency --index @/index --count-only --output @/out.json --topics": 4,
    "explain --encoded @/encoded --html @/out.html --topics": 4,
    "compare --qrels @/qrels.txt --run @/run.txt @/other.txt --json @/out.json --topics": 4,
    "leaderboard trec --run @/run.txt --description @/system.json --output @/out.zip --topics": 4,
}
TOPICS = {
    "no such topics": ("x", "", "none.tsv", ("none.tsv", "no such topics", FORMATS)),
    "no topic": ("bad.tsv", "\n\n", "", ("bad.tsv", "holds no topic", FORMATS)),
    "a line without a tab": ("bad.tsv", "t1\tone\nt2 two\n", "",
                             ("bad.tsv:2", "no tab in 't2 two'", "Expected `qid TAB text`")),
    "a qid twice": ("bad.tsv", "t1\tone\nt1\ttwo\n", "",
                    ("bad.tsv:2 qid 't1'", "seen before", "remove one")),
    "a qid with a blank": ("bad.tsv", "t 1\tone\n", "",
                           ("bad.tsv:1 qid 't 1'", "white space", "an id without blanks")),
    "an empty qid": ("bad.tsv", "\tone\n", "",
                     ("bad.tsv:1 qid ''", "empty", "an id without blanks")),
    "a qid with a NUL": ("bad.tsv", "t\0\tone\n", "",
                         ("bad.tsv:1 qid 't\\x00'", "NUL", "an id without blanks")),
    "an object without text": ("bad.jsonl", '{"_id": "t1"}\n', "",
                               ("bad.jsonl:1", "no query text; its keys are ['_id']",
                                "Expected one of text")),
    "a number as text": ("bad.jsonl", '{"_id": "t1", "text": 1.5}\n', "",
                         ("bad.jsonl:1", "'text' is 1.5", "Write the query text as a JSON string")),
    "a cut line": ("bad.jsonl", '{"_id": "t1", "te', "",
                   ("bad.jsonl:1", "malformed JSON", "Expected one JSON object a line")),
    "Latin-1": ("bad.tsv", b"t1\tcaf\xe9\n", "", ("bad.tsv:1", UTF8, "iconv")),
    "a cut gzip": ("bad.tsv.gz", gzip.compress(b"t1\tone\nt2\ttwo\n", mtime=0)[:-9], "",
                   ("bad.tsv.gz:3", "gzip stream is broken", "fetch or make it again")),
    "a TREC topic without a title": ("bad.txt", "<top>\n<num> Number: 5\n</top>\n", "",
                                     ("bad.txt:3", "no <num> or no <title>", "Expected both")),
    "a TREC topic with an odd number": ("bad.txt", "<top>\n<num> Number: \u00b2\n</top>\n", "",
                                        ("bad.txt:3", "no <num> or no <title>", "Expected both")),
    "topics cut within one": ("bad.txt", "<top>\n<num> 5\n<title> one\n", "",
                              ("bad.txt:3 qid '5'", "ends within this topic", "Expected </top>")),
    "a page of HTML": ("bad.txt", "<!DOCTYPE html><script>alert(1)</script>\n", "",
                       ("bad.txt:1", "begins '<!DOCTYPE html><script>", FORMATS)),
    "a folder without queries": ("bad/qrels/test.tsv", f"{HEADER}q\td\t1\n", "bad",
                                 ("bad", "a folder without queries.jsonl", FORMATS)),
    "a folder without the split": ("bad/queries.jsonl", '{"_id": "a", "text": "b"}\n', "bad",
                                   ("qrels/test.tsv", "no such split", "--split")),
}  # fmt: skip

QREL_COMMANDS = {
    "evaluate --run @/run.txt --json @/out.json --qrels": None,
    "compare --run @/run.txt @/other.txt --json @/out.json --qrels": 3,
    "mine --corpus @/docs.jsonl --run @/run.txt --negatives 1 --output @/out.jsonl --qrels": 4,
    "explain --encoded @/encoded --topics @/topics.tsv --runs @/run.txt @/other.txt "
    "--html @/out.html --qrels": 5,
    "quantize --corpus @/docs.jsonl --encoder splade-tiny --topics @/topics.tsv --qrels": 5,
}
QRELS = {
    "no such judgements": ("x", "", "none", ("none", "no such file", "Check the path")),
    "no judgement": ("bad", "\n", "", ("bad", "holds no judgement", "Expected TREC or BEIR qrels")),
    "five columns": ("bad", "t1 0 d 1 x\n", "", ("bad:1", "5 columns", "expected 4")),
    "a grade of letters": ("bad", "t1 0 d high\n", "",
                           ("bad:1 qid 't1' docid 'd'", "relevance 'high'", "whole number")),
    "a grade with a point": ("bad", "t1 0 d 1.0\n", "",
                             ("bad:1 qid 't1' docid 'd'", "relevance '1.0'", "whole number")),
    "a grade beyond 32 bits": ("bad", "t1 0 CACM-0001 99999999999\n", "",
                               ("bad:1 qid 't1' docid 'CACM-0001'", "99,999,999,999",
                                "Use smaller grades")),
    "a pair with two grades": ("bad", "t1 0 d 1\nt1 0 d 2\n", "",
                               ("bad:2 qid 't1' docid 'd'", "judged 1 before and 2 here",
                                "remove one")),
    "UTF-16": ("bad", "t1 0 d 1\n".encode("utf-16"), "", ("bad:1", UTF8, "Convert the file")),
    "a header in the middle": ("bad", "t1 0 d 1\nquery-id\tcorpus-id\tscore\n", "",
                               ("bad:2", "relevance 'score'", "whole number")),
    "a run": ("bad", "t1 Q0 d 1 2.5 tag\n", "", ("bad:1", "6 columns", "expected 4")),
    "a folder without splits": ("bad/corpus.jsonl", "", "bad",
                                ("qrels/test.tsv", "splits are none", "--split")),
}  # fmt: skip

RUN_COMMANDS = {
    "evaluate --qrels @/qrels.txt --json @/out.json --run": None,
    "compare --qrels @/qrels.txt --json @/out.json --run @/run.txt": 3,
    "fuse --output @/out.txt --run @/run.txt": 3,
    "mine --corpus @/docs.jsonl --qrels @/qrels.txt --output @/out.jsonl --run": 4,
    "leaderboard trec --topics @/topics.tsv --description @/system.json --output @/out.zip "
    "--run": 3,
    "explain --encoded @/encoded --topics @/topics.tsv --qrels @/qrels.txt --html @/out.html "
    "--runs @/run.txt": 5,
}
LINE = "t1 Q0 CACM-0001 1 2.5 tag\n"
RUNS = {
    "no such run": ("x", "", "none", ("none", "no such file", "Check the path")),
    "no line": ("bad", "", "", ("bad", "holds no line", "Expected `qid Q0 docid rank score tag`")),
    "a missing column": ("bad", LINE + "t1 Q0 d 2 1.5\n", "", ("bad:2", "5 columns", SIX)),
    "a docid with a blank": ("bad", "t1 Q0 a b 1 2.5 tag\n", "", ("bad:1", "7 columns", SIX)),
    "NaN as score": ("bad", "t1 Q0 d 1 nan tag\n", "",
                     ("bad:1 qid 't1' docid 'd'", "score 'nan'", "Repair the run")),
    "infinity as score": ("bad", "t1 Q0 d 1 -inf tag\n", "",
                          ("bad:1 qid 't1' docid 'd'", "score '-inf'", "Repair the run")),
    "a score beyond float": ("bad", "t1 Q0 d 1 1e400 tag\n", "",
                             ("bad:1 qid 't1' docid 'd'", "score '1e400'", "Repair the run")),
    "a score of letters": ("bad", "t1 Q0 d 1 best tag\n", "",
                           ("bad:1 qid 't1' docid 'd'", "score 'best'", "Repair the run")),
    "a document twice": ("bad", LINE + LINE, "",
                         ("bad:2 qid 't1' docid 'CACM-0001'", "seen before", "remove one line")),
    "a document twice, apart": ("bad", LINE + LINE.replace("t1", "t2") + LINE, "",
                                ("bad:3 qid 't1'", "seen before", "remove one line")),
    "Latin-1": ("bad", b"t1 Q0 caf\xe9 1 2.5 tag\n", "", ("bad:1", UTF8, "iconv")),
    "judgements": ("bad", "t1 0 d 1\n", "", ("bad:1", "4 columns", SIX)),
    "a gzip": ("bad", gzip.compress(LINE.encode(), mtime=0), "",
               ("bad:1", UTF8, "Convert the file")),
}  # fmt: skip


def _crossed(commands: dict, bad: dict) -> list[Fault]:
    return [
        Fault(name, f"{command} @/{given or file}", says, {file: content})
        for command, every in commands.items()
        for number, (name, (file, content, given, says)) in enumerate(bad.items())
        if every is None or number % every == every - 1
    ]


ROWS = [
    *_crossed(TOPIC_COMMANDS, TOPICS),
    *_crossed(QREL_COMMANDS, QRELS),
    *_crossed(RUN_COMMANDS, RUNS),
]
