"""Flags that cannot work: of a wrong type, out of their range, hostile, or against one another."""

from tests.faults.catalogue import Fault

ENCODE = "encode --corpus @/docs.jsonl --encoder splade-tiny --output @/out"
INDEX = "index --input @/encoded --index @/out"
OPENSEARCH = "opensearch search --index i --url http://127.0.0.1:9"
SEARCH = "search --index @/index --topics @/topics.tsv --output @/out.txt"
SERVE = "serve --index a=@/index"
BM25 = "bm25 --corpus @/docs.jsonl --index @/bm25.index --topics @/topics.tsv --output @/out.txt"
EVALUATE = "evaluate --qrels @/qrels.txt --run @/run.txt --json @/out.json"
COMPARE = "compare --qrels @/qrels.txt --run @/run.txt @/other.txt --json @/out.json"
FUSE = "fuse --run @/run.txt @/other.txt --output @/out.txt"
EXPLAIN = "explain --encoded @/encoded --topics @/topics.tsv"
QUANTIZE = "quantize --corpus @/docs.jsonl --encoder splade-tiny"
MINE = "mine --corpus @/docs.jsonl --qrels @/qrels.txt --run @/run.txt --output @/out.jsonl"
TEACH = "teach --rows @/rows.jsonl --output @/out.jsonl"
TABLE = "table --encoder l0-tiny --rows @/rows.jsonl --embeddings @/vectors --output @/out"
EMBED = "embed --rows @/rows.jsonl --output @/out"
MASKS = "masks --model splade-tiny --corpus @/docs.jsonl --output @/out"
CONVERT = "convert --encoder splade-tiny --output @/out"
REPRODUCE = "reproduce --data-dir @/beir --output @/out --datasets"

WHOLE = "is not a whole number from 1"
ABOVE = "is not a number above 0"
CHOICE = "invalid choice: "
REQUIRED = "are required"

USAGE: tuple[tuple[str, str, tuple[str, str]], ...] = (
    # base, flags, (seen, expected); the place is the first of the flags
    (ENCODE, "--scale nan", ("'nan'", ABOVE)),
    (ENCODE, "--scale 1e400", ("'1e400'", ABOVE)),
    (ENCODE, "--bits 17", ("'17'", "nor a number from 1 to 16")),
    (ENCODE, "--max-length 0", ("'0'", WHOLE)),
    (ENCODE, "--max-nnz -1", ("'-1'", WHOLE)),
    (ENCODE, "--shard-size 1.5", ("'1.5'", WHOLE)),
    (ENCODE, "--prune-ratio nan", ("nan", "expected a number from 0 and below 1")),
    (ENCODE, "--min-weight -1", ("-1.0", "expected a number from 0")),
    (ENCODE, "--shard-id 5 --shard-num 2", ("5 of", "expected an id from 0 and below")),
    (ENCODE, "--activation '<b>'", (f"{CHOICE}'<b>'", "'log1p_relu'")),
    (ENCODE, "--device tpu", ("tpu", "Expected cpu, cuda or cuda:N")),
    (ENCODE, "--max-length 99999999999", ("99999999999", "from 1 to 2,147,483,647")),
    (ENCODE, "--lexical bm42", (f"{CHOICE}'bm42'", "'bm25'")),
    (ENCODE, "--lexical bm25 --k1 nan", ("'nan'", "is not a number from 0")),
    (ENCODE, "--lexical bm25 --b 1.1", ("'1.1'", "is not a number from 0 to 1")),
    (ENCODE, "--k1 1.2", ("is of BM25", "Give --lexical bm25 beside it")),
    (f"{ENCODE} --lexical bm25", "--lexical-like @/index", ("has no stems", "made with --lexical")),
    (f"{ENCODE} --lexical bm25", "--lexical-like @/no", ("no: ", "query_encoder.json")),
    (
        "encode --corpus @/docs.jsonl --encoder bm25 --output @/out",
        "--max-nnz 5",
        ("means nothing for --encoder bm25", "Leave it out"),
    ),
    (ENCODE, "--ray auto --shard-num 2", ("with --shard-num 2", "Leave --shard-id and")),
    (ENCODE, "--ray auto --device cuda:1", ("with --device cuda:1", "Expected cpu or cuda")),
    (ENCODE, "--ray auto --backend auto", ("--backend auto with --ray", "Name one for all")),
    (ENCODE, "--ray ray://head:10001", ("address of a Ray client", "with --ray auto")),
    (ENCODE, "--ray-cpus 2", ("is of Ray's workers", "Give --ray beside it")),
    (SEARCH, "--lexical-weight nan", ("'nan'", "is not a number from 0")),
    (SEARCH, "--lexical-weight 1e999", ("'1e999'", "is not a number from 0")),
    (SEARCH, "--lexical-weight -1", ("'-1'", "is not a number from 0")),
    (INDEX, "--threads 0", ("'0'", WHOLE)),
    (INDEX, "--builder solr", (f"{CHOICE}'solr'", "'direct', 'anserini'")),
    (INDEX, "--store-text --builder anserini", ("only --builder direct", "leave one of them out")),
    (INDEX, "--ray auto", ("builds groups of files", "Give --groups beside it")),
    (INDEX, "--groups 0", ("'0'", WHOLE)),
    (INDEX, "--groups 9", ("files of vectors", "Give a smaller number")),
    (INDEX, "--groups 1 --query-encoder splade-tiny", ("with --query-encoder", "to the search")),
    (SEARCH, "--hits 0", ("'0'", WHOLE)),
    (SEARCH, "--threads -2", ("'-2'", WHOLE)),
    (SEARCH, "--tag 'a b'", ("'a b'", "expected one word without white space")),
    (SEARCH, "--weight-share nan", ("nan", "expected a number above 0 and up to 1")),
    (SEARCH, "--max-df -1", ("-1.0", "expected a number above 0 and up to 1")),
    (SEARCH, "--candidates -1", ("-1", "expected a number from 0")),
    (SERVE, "--port -1", ("'-1'", WHOLE)),
    (SERVE, "--port 99999", ("99999", "Give another --port")),
    (SERVE, "--host 192.0.2.1", ("cannot listen there", "an address of this machine")),
    (SERVE, "--threads 0", ("'0'", WHOLE)),
    (SERVE, "--queue x", ("'x'", WHOLE)),
    (SERVE, "--time-limit 0", ("'0'", ABOVE)),
    (SERVE, "--max-hits 0", ("'0'", WHOLE)),
    (SERVE, "--max-query-length 0", ("'0'", WHOLE)),
    (SERVE, "--mcp tcp", (f"{CHOICE}'tcp'", "'stdio'")),
    (SERVE, "--config @/none.yaml", ("none.yaml", "cannot be read as YAML")),
    ("serve", "--index @/index", ("/index'", "expected NAME=DIR")),
    ("serve", "--index ../a=@/index", ("'../a'", "letters, digits, dots, dashes")),
    ("serve", "--index a=@/index a=@/bm25.index", ("two indexes are named 'a'", "of its own")),
    (BM25, "--k1 nan", ("'nan'", "number")),
    (BM25, "--b -0.5", ("'-0.5'", "number")),
    (BM25, "--fields body=1 title=1", ("body=1 title=1", "expected contents and title")),
    (BM25, "--tag ''", ("''", "expected one word without white space")),
    (BM25, "--threads 0", ("'0'", WHOLE)),
    (EVALUATE, "--names a b", ("has 2 and --run 1", "expected as many")),
    (EVALUATE, "--datasets a,a --qrels @/{dataset}", ("'a,a'", "expected different names")),
    (COMPARE, "--names a", ("has 1 and --run 2", "expected as many")),
    (COMPARE, "--tests u", (f"{CHOICE}'u'", "'t-test'")),
    (COMPARE, "--resamples 0", ("'0'", WHOLE)),
    (COMPARE, "--changed -1", ("-1", "expected a whole number from 0")),
    (COMPARE, "--index @/index", ("show tokens of queries", "give --topics too")),
    (FUSE, "--method sum", (f"{CHOICE}'sum'", "'rrf'")),
    (FUSE, "--k 0", ("'0'", ABOVE)),
    (FUSE, "--depth x", ("'x'", WHOLE)),
    (EXPLAIN, "--top 0", ("'0'", WHOLE)),
    (EXPLAIN, "--runs @/run.txt @/other.txt", ("go together", "give both, or neither")),
    (QUANTIZE, "--sample 0", ("'0'", WHOLE)),
    (QUANTIZE, "--qrels @/qrels.txt", ("needs --topics", "the queries that were judged")),
    (MINE, "--negatives 0", ("'0'", WHOLE)),
    (MINE, "--seed x", ("'x'", "invalid int value")),
    (TEACH, "--scale 0 --teacher bm25:", ("'0'", ABOVE)),
    (EMBED, "--teacher bm25:", ("'bm25:'", "expected dense:MODEL")),
    (EMBED, "--max-length 0 --teacher dense:x", ("'0'", WHOLE)),
    (MASKS, "--steps 0", ("'0'", WHOLE)),
    (MASKS, "--steps 1 --mask-share 2", ("'2'", "is not a number from 0 to 1")),
    (MASKS, "--precision int4 --steps 1", (f"{CHOICE}'int4'", "'bfloat16'")),
    (CONVERT, "--dtype int4", (f"{CHOICE}'int4'", "'int8'")),
    ("convert", "--encoder splade-tiny", ("--output", REQUIRED)),
    ("average", "--output @/out", ("--encoder", REQUIRED)),
    ("table", "--encoder l0-tiny --rows @/rows.jsonl --output @/out", ("--embeddings", REQUIRED)),
    (TABLE, "--epochs 0", ("'0'", WHOLE)),
    (TABLE, "--learning-rate 0", ("'0'", ABOVE)),
    (f"{REPRODUCE} cacm", "--threads 0", ("'0'", WHOLE)),
    (f"{REPRODUCE} cacm", "--encoder 'a b=splade-tiny'", ("'a b'", "Expected NAME=ENCODER")),
    (f"{REPRODUCE} cacm", "--encoder ../x=", ("'../x'", "Expected NAME=ENCODER")),
    (f"{REPRODUCE} cacm", "--fuse rrf", ("needs --bm25 flat and an --encoder", "whose runs")),
    ("demo", "--threads 0", ("'0'", WHOLE)),
    ("demo", "--runs", ("expected one argument", "usage:")),
    ("doctor", "--all", ("unrecognized arguments", "usage:")),
    ("index.append", "--index @/index", ("--input", REQUIRED)),
    ("index.delete", "--index @/index", ("--docids --docids-file", "is required")),
    ("index.merge", "--input @/index", ("--index", REQUIRED)),
    ("efficiency", "--topics @/topics.tsv", ("--index", REQUIRED)),
    ("report", "--input @/reproduced", ("--output", REQUIRED)),
    ("idf", "--corpus @/docs.jsonl", ("--tokenizer, --output", REQUIRED)),
)
OTHERS: tuple[tuple[str, tuple[str, str, str]], ...] = (
    (f"{INDEX} --heap lots", ("heap", "'lots' is no size", "Expected a number with k, m or g")),
    (f"{TEACH} --teacher '<b>:x'", ("teacher", "'<b>:x'", "expected bm25: or kind:model")),
    ("encode --corpus - --encoder splade-tiny --output @/out --ray auto",
     ("--ray", "with --corpus -", "a disk that all nodes share")),
    ("encode.validate", ("folder", REQUIRED, "usage:")),
    ("doctor now", ("now", "unrecognized arguments", "usage:")),
    ("index.verify", ("index", REQUIRED, "usage:")),
    ("index.verify @/index @/other", ("other", "unrecognized arguments", "usage:")),
    ("leaderboard glue", ("glue", CHOICE, "trec")),
    ("search --index @/index", ("--query --topics", "is required", "usage:")),
    ("opensearch", ("STEP", REQUIRED, "usage:")),
    (f"{OPENSEARCH} --topics @/topics.tsv", ("--topics", "needs --output", "the run file")),
    (f"{OPENSEARCH} --query q --url http://a:b@c", ("--url", "holds an @", "with --user")),
    (f"{OPENSEARCH} --query q --url c:9200", ("'c:9200'", "is no URL", "Expected one such as")),
    (f"{OPENSEARCH} --query q --ca-cert @/none", ("none", "no such file", "Give the PEM file")),
    (f"{OPENSEARCH} --query q --user a --password-file @/none",
     ("none", "cannot be read", "a file that holds the password alone")),
    (f"{EVALUATE} --measures nDCG@x", ("'nDCG@x'", "is unknown", "Expected one of nDCG")),
    (f"{EVALUATE} --measures nDCG@0", ("'nDCG@0'", "takes no such cut-off", "nDCG")),
    (f"{EVALUATE} --measures '<script>'", ("'<script>'", "is unknown", "Expected one of nDCG")),
    ("compare --qrels @/qrels.txt --run @/run.txt", ("--run", "names 1", "needs two or more")),
    ("compare --qrels @/qrels.txt --run @/run.txt @/run.txt",
     ("--run", "names a file twice", "expected different runs")),
    ("efficiency --index @/index --topics @/topics.tsv --corpus @/docs.jsonl",
     ("--corpus and --encoder", "together", "give both or none")),
    ("explain --index @/index", ("--index", "needs --query and --docid", "to explain")),
    ("explain --encoded @/encoded", ("--encoded", "needs --topics", "--topics")),
    (f"{MINE} --first 5 --last 2", ("ranks 5 to 2", "hold fewer than 7", "Widen the window")),
    ("train", ("--config", REQUIRED, "usage:")),
    ("serve", ("--index", "nothing to serve", "give --index NAME=DIR")),
    ("average --encoder splade-tiny --output @/out",
     ("--encoder splade-tiny", "names 1", "expected two or more")),
    (f"{REPRODUCE} none", ("--datasets", "'none' is not registered", "Expected all")),
    (f"{REPRODUCE} cacm,cacm", ("--datasets", "a name comes twice", "Give each once")),
    (f"{REPRODUCE} cacm --bm25", ("nothing to run", "--encoder", "--bm25 flat")),
    ("idf --corpus @/docs.jsonl --tokenizer @/none --output @/out.json",
     ("--tokenizer", "no such folder", "Expected a folder with a tokenizer.json")),
)  # fmt: skip

CONFIGS: tuple[tuple[str, str, str], ...] = (
    # the file, what was seen, what was expected
    ("[1", "cannot be read as YAML", "docs/serving.md shows"),
    ("[1, 2]", "is list", "expected settings by name"),
    ("port: 1", "'port' is unknown", "expected indexes, api_keys"),
    ("api_keys: one", "'api_keys' is no list of texts", "docs/serving.md shows"),
    ("indexes: [a]", "'indexes' is no mapping", "docs/serving.md shows"),
    ("indexes: {a: 5}", "'a' is int", "expected settings by name"),
    ("indexes: {a: {}}", "has no 'path'", "docs/serving.md shows"),
    ("indexes: {a: {path: x, kind: y}}", "'kind' is unknown", "expected path, index_type"),
    ("indexes: {a: {path: x, index_type: faiss}}", "'faiss'", "expected 'tf' or 'impact'"),
    ("indexes: {a: {path: x, encoder: 5}}", "encoder 5", "expected a text"),
    ("indexes: {a/b: x}", "'a/b'", "letters, digits, dots, dashes"),
)

ROWS = [
    *(
        Fault(
            f"config {text}",
            "serve --config @/serve.yaml",
            ("serve.yaml", seen, expected),
            files={"serve.yaml": text},
            code=2,
        )
        for text, seen, expected in CONFIGS
    ),
    Fault(
        "no index",
        "serve --port 0 --index a=@/docs.jsonl",
        ("docs.jsonl", "is no Lucene index", "Build one with"),
    ),
    *(
        Fault(flags, f"{base} {flags}", (flags.split()[0], *says), code=2)
        for base, flags, says in USAGE
    ),
    *(Fault(words, words, says, code=2) for words, says in OTHERS),
    Fault(
        "no cluster",
        f"{OPENSEARCH} --query q",
        ("http://127.0.0.1:9", "cannot be reached", "Is OpenSearch running there?"),
    ),
]
