"""A dataset of 151 documents, so that a whole reproduction takes seconds."""

import json
from pathlib import Path

from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.publish.reproduce import Dataset
from tests.helpers import write

TOPICS = 12


def write_tiny(small: Path, data: Path) -> Dataset:
    """Write data/tiny, a BEIR folder of the small collection; return its facts.

    Its topics are CACM's first, its judgements made up: ten documents a topic.
    """
    folder = data / "tiny"
    (folder / "qrels").mkdir(parents=True)
    with open(folder / "corpus.jsonl", "w") as corpus:
        for document in open_corpus(str(small / "docs.jsonl")):
            words = document.text.split()
            record = {"_id": document.docid, "title": " ".join(words[:6])}
            corpus.write(json.dumps({**record, "text": " ".join(words[6:])}) + "\n")
    topics = [one for one in read_topics("cacm") if one.qid in read_qrels("cacm")][:TOPICS]
    lines = [
        f"{topic.qid}\tCACM-{number:04d}\t1\n"
        for place, topic in enumerate(topics)
        for number in range(1 + place * 5, 11 + place * 5)
    ]
    write(folder / "qrels/test.tsv", "query-id\tcorpus-id\tscore\n" + "".join(lines))
    text = "".join(json.dumps({"_id": one.qid, "text": one.text}) + "\n" for one in topics)
    write(folder / "queries.jsonl", text)
    return Dataset("tiny", 151, len(topics), len(lines))
