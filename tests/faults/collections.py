"""Damaged encoded collections and indexes, and what does not belong together."""

import gzip

from tests.faults.catalogue import Change, Fault
from tests.faults.changes import (
    cut,
    dropped,
    edited,
    overwritten,
    put,
    removed,
    spoilt,
    swapped,
)

VALIDATE = "encode.validate @/bad"
INDEX = "index --input @/encoded --index @/out"
APPEND = "index.append --input @/more.encoded --index @/index"
DELETE = "index.delete --index @/index --docids CACM-0001"
MERGE = "index.merge --input @/index @/none --index @/out"
VERIFY = "index.verify @/index"
SEARCH = "search --index @/index --topics @/topics.tsv --output @/out.txt"
EFFICIENCY = "efficiency --index @/index --topics @/topics.tsv --count-only --output @/out.json"
EXPLAIN = "explain --encoded @/encoded --topics @/topics.tsv --html @/out.html"
BM25 = "bm25 --corpus @/docs.jsonl --index @/bm25.index --topics @/topics.tsv --output @/out.txt"

LINE = '{"id": "a", "contents": "x", "vector": {"one": 2}}\n'
WHERE = "docs-00000.jsonl:1 docid 'a'"
IMPACT = "is not an integer above 0"
SCALE = "encode with a larger --scale"
FINISHED = "Expected a folder that `python -m l0pyserini.encode` finished"
ENCODE_AGAIN = "Encode again"
BUILD_AGAIN = "uild the index again"
REENCODE = "Encode and index the corpus again"

VECTORS = {
    "an impact of 0": ('{"one": 0}', (WHERE, f"impact 0 for 'one' {IMPACT}", SCALE)),
    "a negative impact": ('{"one": -3}', (WHERE, f"impact -3 for 'one' {IMPACT}", SCALE)),
    "an impact with a point": ('{"one": 1.5}', (WHERE, f"impact 1.5 for 'one' {IMPACT}", SCALE)),
    "an impact as text": ('{"one": "2"}', (WHERE, f"impact '2' for 'one' {IMPACT}", SCALE)),
    "true as impact": ('{"one": true}', (WHERE, f"impact True for 'one' {IMPACT}", SCALE)),
    "null as impact": ('{"one": null}', (WHERE, f"impact None for 'one' {IMPACT}", SCALE)),
    "an impact beyond Java": (
        '{"one": 2147483648}',
        (WHERE, "impact 2147483648 for 'one' is above 2,147,483,647", "smaller --scale"),
    ),
    "a list as vector": ('[["one", 2]]', (WHERE, "the vector is list", "{token: impact}")),
    "null as vector": ("null", (WHERE, "the vector is NoneType", "{token: impact}")),
    "a token with a blank": ('{"one two": 2}', (WHERE, "token 'one two'", "mark it as special")),
    "an empty token": ('{"": 2}', (WHERE, "token '' is empty", "mark it as special")),
    "a token of 256 letters": (
        '{"%s": 2}' % ("x" * 256),
        (WHERE, "has 256 characters", "Shorten it"),
    ),
}
SHARDS: dict[str, tuple[str | bytes, tuple[str, str, str]]] = {
    "a number as id": ('{"id": 5, "vector": {}}\n', (":1", "the id is 5", "non-empty string")),
    "an id with a blank": (
        '{"id": "a b", "vector": {}}\n',
        (":1", "the id is 'a b'", "without white space"),
    ),
    "an id with a NUL": (
        '{"id": "a\\u0000", "vector": {}}\n',
        (":1", "the id is 'a\\x00'", "white space or NUL"),
    ),
    "contents as a list": (
        '{"id": "a", "contents": ["x"], "vector": {}}\n',
        (":1 docid 'a'", "the contents are ['x']", "expected a text"),
    ),
    "an id twice": (LINE + LINE, (":2 docid 'a'", "seen before", "remove or rename one")),
    "a line cut short": (LINE + '{"id": "b", "v', (":2", "malformed JSON", "one JSON object a")),
    "one array of all": (f"[{LINE.strip()}]", (":1", "a JSON list", "expected a JSON object")),
    "Latin-1": (LINE.encode() + b'{"id": "\xe9"}\n', (":2", "0xe9, is not UTF-8", "iconv")),
    "a gzip without .gz": (
        gzip.compress(LINE.encode(), mtime=0),
        (":1", "is not UTF-8", "Convert"),
    ),
}

MANIFESTS: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "no manifest": (removed("encoded/manifest.json"), ("manifest.json", "missing", FINISHED)),
    "a manifest cut short": (
        cut("encoded/manifest.json"),
        ("encoded/manifest.json", "not valid JSON", FINISHED),
    ),
    "an empty manifest": (
        cut("encoded/manifest.json", 0),
        ("encoded/manifest.json", "zero-length", FINISHED),
    ),
    "a list as manifest": (
        edited("encoded/manifest.json", lambda record: [record]),
        ("encoded/manifest.json", "its format is 'list'", "expected 'l0pyserini-encoded-1'"),
    ),
    "a manifest of another format": (
        put("encoded/manifest.json", "format", value="<b>"),
        ("encoded/manifest.json", "its format is '<b>'", "expected 'l0pyserini-encoded-1'"),
    ),
    "a manifest without shards": (
        dropped("encoded/manifest.json", "shards"),
        ("encoded/manifest.json", "lacks 'shards'", FINISHED),
    ),
    "shards of another kind": (
        put("encoded/manifest.json", "shards", 0, value=["x"]),
        ("encoded/manifest.json", "'shards'[0] is ['x']", "any other encoded again"),
    ),
    "documents as text": (
        put("encoded/manifest.json", "documents", value="12"),
        ("encoded/manifest.json", "'documents' is '12'", "expected a whole number"),
    ),
    "documents as null": (
        put("encoded/manifest.json", "documents", value=None),
        ("encoded/manifest.json", "'documents' is None", "expected a whole number"),
    ),
    "settings as a list": (
        put("encoded/manifest.json", "settings", value=[]),
        ("encoded/manifest.json", "'settings' is []", "expected an object"),
    ),
    "a manifest without the query scale": (
        dropped("encoded/manifest.json", "settings", "query_scale"),
        ("encoded/manifest.json: 'settings'", "lacks 'query_scale'", FINISHED),
    ),
    "a query scale as text": (
        put("encoded/manifest.json", "settings", "query_scale", value="x"),
        ("encoded/manifest.json: 'settings'", "'query_scale' is 'x'", "expected a number"),
    ),
}
CHANGED = "was changed since it was encoded"
COLLECTIONS: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "a shard that is missing": (
        removed("encoded/docs-00001.jsonl"),
        ("docs-00001.jsonl", "missing, and the manifest lists it", ENCODE_AGAIN),
    ),
    "a shard cut short": (
        cut("encoded/docs-00001.jsonl"),
        ("docs-00001.jsonl", CHANGED, ENCODE_AGAIN),
    ),
    "a shard's lines reordered": (
        swapped("encoded/docs-00001.jsonl"),
        ("docs-00001.jsonl", CHANGED, ENCODE_AGAIN),
    ),
    "a shard beyond the manifest": (
        lambda folder: (folder / "encoded/docs-00009.jsonl").write_text(LINE) and None,
        ("encoded", "holds docs-00009.jsonl, which the manifest does not list", "Move it away"),
    ),
    "no vocabulary": (
        removed("encoded/vocabulary.json"),
        ("vocabulary.json", "missing, and the manifest lists it", ENCODE_AGAIN),
    ),
    "a vocabulary with other totals": (
        put("encoded/vocabulary.json", "terms", "report", value=[1, 1]),
        ("vocabulary.json", CHANGED, ENCODE_AGAIN),
    ),
}
READ: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "a query encoder cut short": (
        cut("encoded/query_encoder.json"),
        ("query_encoder.json", "not valid JSON", REENCODE),
    ),
    "a query encoder of another format": (
        put("encoded/query_encoder.json", "format", value="other"),
        ("query_encoder.json", "its format is 'other'", "expected 'l0pyserini-query-encoder-1'"),
    ),
    "a query encoder with no tokenizer": (
        put("encoded/query_encoder.json", "tokenizer", value="{}"),
        ("query_encoder.json", "its tokenizer.json cannot be read", "Save it again"),
    ),
    "a shard cut short": (
        cut("encoded/docs-00001.jsonl"),
        ("docs-00001.jsonl:3", "malformed JSON", "one JSON object a line"),
    ),
    "a shard with impacts of floats": (
        overwritten("encoded/docs-00000.jsonl", b'{"id": "a", "vector": {"report": 1.5}}\n'),
        (WHERE, "impact 1.5 for 'report'", SCALE),
    ),
    "a shard that is gone": (
        removed("encoded/docs-00000.jsonl"),
        ("docs-00000.jsonl", "no such file", "Check the path"),
    ),
}

FACTS: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "no facts": (
        removed("index/l0pyserini.json"),
        ("index", "without l0pyserini.json", "(--queries-encoded), or a query encoder (--encoder"),
    ),
    "facts cut short": (
        cut("index/l0pyserini.json"),
        ("index/l0pyserini.json", "not valid JSON", BUILD_AGAIN),
    ),
    "facts as a list": (
        edited("index/l0pyserini.json", lambda record: [record]),
        ("index/l0pyserini.json", "its format is 'list'", BUILD_AGAIN),
    ),
    "facts of another format": (
        put("index/l0pyserini.json", "format", value="l0pyserini-index-9"),
        ("index/l0pyserini.json", "'l0pyserini-index-9'", "expected 'l0pyserini-index-1'"),
    ),
    "facts without documents": (
        dropped("index/l0pyserini.json", "documents"),
        ("index/l0pyserini.json", "lacks 'documents'", BUILD_AGAIN),
    ),
    "documents as text": (
        put("index/l0pyserini.json", "indexed_documents", value="x"),
        ("index/l0pyserini.json", "'indexed_documents' is 'x'", "expected a whole number"),
    ),
    "facts without the query encoder's digest": (
        dropped("index/l0pyserini.json", "query_encoder", "idf_sha256"),
        ("index/l0pyserini.json: 'query_encoder'", "lacks 'idf_sha256'", BUILD_AGAIN),
    ),
    "no commit": (
        removed("index/segments_1"),
        ("index", "is no Lucene index (it holds no segments_N file)", "Give the folder"),
    ),
}
VOCABULARIES: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "no vocabulary": (
        removed("index/vocabulary.json"),
        ("vocabulary.json", "missing", BUILD_AGAIN),
    ),
    "a vocabulary cut short": (
        cut("index/vocabulary.json"),
        ("vocabulary.json", "not valid JSON", BUILD_AGAIN),
    ),
    "a vocabulary without terms": (
        dropped("index/vocabulary.json", "terms"),
        ("vocabulary.json", "lacks 'terms'", BUILD_AGAIN),
    ),
    "a vocabulary with a list as terms": (
        put("index/vocabulary.json", "terms", value=[1]),
        ("vocabulary.json", "'terms' is [1]", "expected an object"),
    ),
    "a term with one number": (
        put("index/vocabulary.json", "terms", "report", value=5),
        ("vocabulary.json: token 'report'", "has 5", "expected [df, impacts]"),
    ),
    "a term with a text": (
        put("index/vocabulary.json", "terms", "report", value=["x", 1]),
        ("vocabulary.json: token 'report'", "has ['x', 1]", "expected [df, impacts]"),
    ),
}
VERIFIED: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "fewer documents than promised": (
        put("index/l0pyserini.json", "indexed_documents", value=99),
        ("index", "holds 12 documents, and the collection promises 99", "Index again"),
    ),
    "other totals than promised": (
        put("index/vocabulary.json", "terms", "report", value=[1, 99]),
        ("token 'report'", "the collection promises 1 and 99", "Encode and index again"),
    ),
    "a token that is not promised": (
        dropped("index/vocabulary.json", "terms", "report"),
        ("index", "that the collection does not promise, such as 'report'", "index again"),
    ),
    "a damaged byte of postings": (
        spoilt("index/*.doc"),
        ("index", "checksum failed", BUILD_AGAIN),
    ),
    "a commit of one byte": (
        overwritten("index/segments_1", b"x"),
        ("index", "could not read latest commit point", BUILD_AGAIN),
    ),
}
SEARCHED: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "no query encoder": (
        removed("index/query_encoder.json"),
        ("query_encoder.json", "missing", REENCODE),
    ),
    "a tokenizer that is a list": (
        put("index/query_encoder.json", "tokenizer", value=[]),
        ("query_encoder.json", "its tokenizer is list", "Encode and index the corpus again"),
    ),
    "another IDF table": (
        put("index/query_encoder.json", "idf", "report", value=3.0),
        ("index", "was built for a query encoder whose idf_sha256 is", "Search it without"),
    ),
    "fewer documents than promised": (
        put("index/l0pyserini.json", "indexed_documents", value=99),
        ("index", "promises 99 documents, and the index holds 12", BUILD_AGAIN),
    ),
    "a commit of one byte": (
        overwritten("index/segments_1", b"x"),
        ("index", "Lucene cannot open this index", "build it again"),
    ),
}


def _each(words: str, faults: dict[str, tuple[Change, tuple[str, str, str]]]) -> list[Fault]:
    return [Fault(name, words, says, change=change) for name, (change, says) in faults.items()]


def _mixed() -> list[Fault]:
    """What does not belong together, or is of another kind."""
    same = "encode and index both with the same settings"
    none, foreign = "no such index", "expected 'l0pyserini-index-1'"
    settings = ("more.encoded/manifest.json", "settings")
    return [
        Fault("no shard", VALIDATE,
              ("bad", "holds no JsonVectorCollection file", "Expected .jsonl"),
              {"bad/readme.txt": "x"}),
        Fault("no such folder", "encode.validate @/none",
              ("none", "no such folder", "Expected one with")),
        Fault("a file for a folder", "encode.validate @/docs.jsonl",
              ("docs.jsonl", "no such folder", "Expected one with")),
        Fault("no such folder", INDEX.replace("encoded", "none"),
              ("none/manifest.json", "missing", FINISHED)),
        Fault("a file for a folder", INDEX.replace("encoded", "docs.jsonl"),
              ("docs.jsonl/manifest.json", "cannot be read (Not a directory)", FINISHED)),
        Fault("a collection that is in it", "index.append --input @/encoded --index @/index",
              ("index", "docid 'CACM-0001' is in the index already", "run the command again")),
        Fault("another scale", APPEND, ("more.encoded", "its document_scale is 7", same),
              change=put(*settings, "document_scale", value=7)),
        Fault("another encoder", APPEND, ("more.encoded", "its encoder weights is", same),
              change=put(*settings, "encoder", "weights_sha256", value="0")),
        Fault("no settings", APPEND, ("more.encoded/manifest.json", "lacks 'corpus'", FINISHED),
              change=put(*settings, value={})),
        Fault("a shard cut short", APPEND, ("docs-00000.jsonl", CHANGED, ENCODE_AGAIN),
              change=cut("more.encoded/docs-00000.jsonl")),
        Fault("no index", APPEND.replace("@/index", "@/none"), ("none", none, "Build one")),
        Fault("a BM25 index", APPEND.replace("@/index", "@/bm25.index"),
              ("bm25.index/l0pyserini.json", "'l0pyserini-bm25-1'", foreign)),
        Fault("a collection for an index", APPEND.replace("@/index", "@/encoded"),
              ("encoded", "is no Lucene index", "Give the folder")),
        Fault("no index", SEARCH.replace("@/index", "@/none"), ("none", none, "Build one")),
        Fault("a file for an index", SEARCH.replace("@/index", "@/docs.jsonl"),
              ("docs.jsonl", none, "Build one")),
        Fault("a collection for an index", SEARCH.replace("@/index", "@/encoded"),
              ("encoded", "is no Lucene index", "Give the folder")),
        Fault("a BM25 index", SEARCH.replace("@/index", "@/bm25.index"),
              ("bm25.index/l0pyserini.json", "'l0pyserini-bm25-1'", foreign)),
        Fault("no second index", MERGE, ("none", none, "Build one")),
        Fault("a BM25 index", MERGE.replace("@/none", "@/bm25.index"),
              ("bm25.index/l0pyserini.json", "'l0pyserini-bm25-1'", foreign)),
        Fault("an index with itself", MERGE.replace("@/none", "@/index"),
              ("out", "CACM-0001", "run the command again")),
        Fault("one index", "index.merge --input @/index --index @/out",
              ("--input", "names 1 index", "expected two or more"), code=2),
        Fault("no file of docids", "index.delete --index @/index --docids-file @/none",
              ("none", "no such file", "Check the path")),
        Fault("docids in Latin-1", "index.delete --index @/index --docids-file @/bad",
              ("bad:1", "0xe9, is not UTF-8", "iconv"), {"bad": b"\xe9\n"}),
        Fault("no such document", "explain --index @/index --query x --docid none",
              ("index", "holds no document 'none'", "Expected one of its docids"), code=2),
        Fault("lengths of another collection", f"{EFFICIENCY} --lengths @/more.encoded",
              ("more.encoded", "holds 3 documents", "Give the encoded collection of this index")),
        Fault("lengths of nothing", f"{EFFICIENCY} --lengths @/none",
              ("none", "no such folder", "Expected one with")),
        Fault("an impact index", BM25.replace("bm25.index", "index"),
              ("index", "(l0pyserini-index-1", "Give another --index, or --overwrite")),
        Fault("an index of another corpus", BM25.replace("docs.jsonl", "more.jsonl"),
              ("bm25.index", "not the BM25 index of 'more' as it is now", "--overwrite")),
        Fault("facts cut short", BM25, ("bm25.index", "is an index of None", "--overwrite"),
              change=cut("bm25.index/l0pyserini.json")),
    ]  # fmt: skip


ROWS = [
    *(
        Fault(
            name, VALIDATE, says, {"bad/docs-00000.jsonl": f'{{"id": "a", "vector": {vector}}}\n'}
        )
        for name, (vector, says) in VECTORS.items()
    ),
    *(
        Fault(name, VALIDATE, says, {"bad/docs-00000.jsonl": content})
        for name, (content, says) in SHARDS.items()
    ),
    *_each(INDEX, MANIFESTS | COLLECTIONS),
    *_each(EXPLAIN, dict(list(MANIFESTS.items())[-2:]) | READ),
    *_each(DELETE, FACTS),
    *_each(VERIFY, FACTS | VOCABULARIES | VERIFIED),
    *_each(SEARCH, dict(list(FACTS.items())[:4]) | dict(list(VOCABULARIES.items())[:2]) | SEARCHED),
    *_each(EFFICIENCY, dict(list(FACTS.items())[4:]) | dict(list(VOCABULARIES.items())[2:])),
    *_mixed(),
]
