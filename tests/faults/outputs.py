"""Outputs that are there already, and places where nothing may or can be written or read."""

from pathlib import Path

from tests.faults.catalogue import Change, Fault
from tests.faults.settings import full_disk, read_only_disk, unprivileged

WRITERS = {
    "encode": "encode --corpus @/docs.jsonl --encoder splade-tiny --output @/{}",
    "index": "index --input @/encoded --index @/{}",
    "index.merge": "index.merge --input @/index @/index --index @/{}",
    "search": "search --index @/index --topics @/topics.tsv --output @/{}",
    "bm25": "bm25 --corpus @/docs.jsonl --index @/{} --topics @/topics.tsv --output @/run",
    "idf": "idf --corpus @/docs.jsonl --tokenizer splade-tiny --output @/{}",
    "evaluate": "evaluate --qrels @/qrels.txt --run @/run.txt --json @/{}",
    "compare": "compare --qrels @/qrels.txt --run @/run.txt @/other.txt --markdown @/{}",
    "fuse": "fuse --run @/run.txt @/other.txt --output @/{}",
    "leaderboard": "leaderboard trec --run @/run.txt --topics @/topics.tsv "
    "--description @/system.json --output @/{}",
    "efficiency": "efficiency --index @/index --topics @/topics.tsv --count-only --output @/{}",
    "explain": "explain --encoded @/encoded --topics @/topics.tsv --html @/{}",
    "mine": "mine --corpus @/docs.jsonl --qrels @/qrels.txt --run @/run.txt --negatives 1 "
    "--output @/{}",
    "teach": "teach --rows @/rows.jsonl --teacher bm25: --output @/{}",
    "convert": "convert --encoder splade-tiny --dtype int8 --output @/{}",
    "average": "average --encoder splade-tiny @/encoder --output @/{}",
    "table": "table --encoder splade-tiny --rows @/rows.jsonl --embeddings @/vectors --output @/{}",
    "report": "report --input @/reproduced --output @/{}",
    "train": "train --config @/recipe.yaml data.rows=@/rows.jsonl output=@/{}",
    "reproduce": "reproduce --datasets cacm --bm25 flat --output @/{}",
    "demo": "demo --indexes @/{0} --runs @/{0}",
}
LEFT = "left as it is"
EXISTS = ("encode", "index", "index.merge", "search", "idf", "evaluate", "compare", "fuse",
          "leaderboard", "efficiency", "explain", "mine", "teach", "report", "convert",
          "average", "table")  # fmt: skip
FULL = ("idf", "evaluate", "compare", "fuse", "explain", "mine", "teach", "leaderboard")
MAY = "Choose a folder you may write to"
RIGHTS = "Check the file's rights"
ENCODED = "encoded/docs-00000.jsonl"
READERS: tuple[tuple[str, str, str], ...] = (
    # file, words, what is to be done
    ("docs.jsonl", WRITERS["idf"].format("out"), RIGHTS),
    ("qrels.txt", WRITERS["evaluate"].format("out"), RIGHTS),
    ("run.txt", WRITERS["fuse"].format("out"), RIGHTS),
    ("topics.tsv", WRITERS["search"].format("out"), RIGHTS),
    (ENCODED, "encode.validate @/encoded", RIGHTS),
    (ENCODED, WRITERS["explain"].format("out"), RIGHTS),
    (ENCODED, WRITERS["index"].format("out"), RIGHTS),
    ("cost.json", f"{WRITERS['evaluate'].format('out')} --efficiency @/cost.json", "Write one"),
    ("system.json", WRITERS["leaderboard"].format("out"), "prints one to fill in"),
    ("rows.jsonl", WRITERS["teach"].format("out"), RIGHTS),
    ("recipe.yaml", WRITERS["train"].format("out"), "--config"),
    ("encoded/manifest.json", WRITERS["index"].format("out"), "Expected a folder"),
    ("index/l0pyserini.json", "index.verify @/index", "Build the index again"),
    ("index/l0pyserini.json", WRITERS["search"].format("out"), "Build the index again"),
    ("index/query_encoder.json", WRITERS["search"].format("out"), "Encode and index"),
    ("reproduced/matrix.json", WRITERS["report"].format("out"), RIGHTS),
)


def mode(name: str, bits: int) -> Change:
    """Set the rights of a file or a folder, which is made where it is missing."""

    def change(folder: Path) -> None:
        path = folder / name
        if not path.exists():
            path.mkdir()
        path.chmod(bits)

    return change


def _without_rights(words: str) -> Fault:
    return Fault(
        "a folder without rights",
        words.format("locked/out"),
        ("locked/", "Permission denied", MAY),
        change=mode("locked", 0o555),
        setting=unprivileged,
    )


def _read_only(words: str) -> Fault:
    return Fault(
        "a read-only disk",
        words.format("disk/out"),
        ("disk/", "Read-only file system", MAY),
        setting=read_only_disk,
    )


def _full(command: str) -> Fault:
    says = ("disk/out", "the disk is full", "Free some space")
    words = WRITERS[command].format("disk/out")
    return Fault("a full disk", words, says, setting=full_disk)


def _there(command: str) -> Fault:
    kept = "out/kept" if command in ("encode", "index", "index.merge") else "out"
    says = ("out", LEFT, "--overwrite")
    return Fault("an output that is there", WRITERS[command].format("out"), says, {kept: "kept"})


ROWS = [
    *(_there(command) for command in EXISTS),
    *(_without_rights(words) for command, words in WRITERS.items() if command != "report"),
    *(_read_only(words) for command, words in WRITERS.items() if command != "report"),
    *(_full(command) for command in FULL),
    _full("search"),
    *(
        Fault(
            f"{name} without the right to read it",
            words,
            (name, "Permission denied", mend),
            change=mode(name, 0),
            code=2 if name == "recipe.yaml" else 1,
            setting=unprivileged,
        )
        for name, words, mend in READERS
    ),
]
