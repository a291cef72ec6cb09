"""What models are made of, damaged: IDF tables, training rows, recipes, checkpoints."""

from typing import Any

import torch
from safetensors.torch import save

from tests.faults.catalogue import Change, Fault
from tests.faults.changes import cut, edited, in_8_bits, overwritten, put, removed

Says = tuple[str, str, str]

ENCODE = "encode --corpus @/docs.jsonl --output @/out --encoder splade-tiny --idf @/bad.json"
TEACH = "teach --rows @/bad.jsonl --teacher bm25: --output @/out.jsonl"
TRAIN = "train --config @/bad.yaml output=@/out"
RECIPE = "train --config @/recipe.yaml output=@/out data.rows=@/rows.jsonl"
AVERAGE = "average --encoder splade-tiny @/encoder --output @/out"
LEARN = "table --encoder splade-tiny --rows @/rows.jsonl --embeddings @/vectors --output @/out"
CHECKPOINT = "encode --corpus @/docs.jsonl --output @/out --encoder @/encoder"


def with_lexical_term(router: dict[str, Any]) -> dict[str, Any]:
    """Add the module that older versions saved behind the pooling."""
    router["types"]["document_2_LexicalTerm"] = "l0pyserini.model.lexical.LexicalTerm"
    router["structure"]["document"].append("document_2_LexicalTerm")
    return router


TABLES: dict[str, tuple[str | bytes, Says]] = {
    "a table cut short": ('{"report": 1.', ("bad.json", "not valid JSON", "{token: idf}")),
    "a list": ("[1]", ("bad.json", "not an object of tokens", "{token: idf}")),
    "an empty table": ("{}", ("bad.json", "not an object of tokens", "{token: idf}")),
    "a weight as text": (
        '{"report": "x"}',
        ("bad.json: token 'report'", "weight 'x'", "expected a finite number"),
    ),
    "NaN as weight": (
        '{"report": NaN}',
        ("bad.json: token 'report'", "weight nan", "expected a finite number"),
    ),
    "a weight beyond float": (
        '{"report": 1e999}',
        ("bad.json: token 'report'", "weight inf", "expected a finite number"),
    ),
    "a negative weight": (
        '{"report": -1}',
        ("bad.json: token 'report'", "weight -1", "expected a finite number"),
    ),
    "true as weight": (
        '{"report": true}',
        ("bad.json: token 'report'", "weight True", "expected a finite number"),
    ),
    "Latin-1": (b'{"\xe9": 1}', ("bad.json", "0xe9", "{token: idf}")),
    "a whole number beyond float": (
        f'{{"report": 1{"0" * 400}}}',
        ("bad.json", "report", "expected a finite number"),
    ),
    "a hundred thousand brackets": (
        "[" * 100_000,
        ("bad.json", "not valid JSON", "{token: idf}"),
    ),
}
ROWS_KEYS = "Expected qid and docids, or query and docs"
TRAINING_ROWS: dict[str, tuple[str | bytes, Says]] = {
    "no row": ("", ("bad.jsonl", "holds no row", "one JSON object a line")),
    "a blank line": (
        '{"query": "q", "docs": ["a", "b"]}\n\n',
        ("bad.jsonl:2", "an empty line", "one JSON object a line"),
    ),
    "a line cut short": (
        '{"query": "q", "do',
        ("bad.jsonl:1", "malformed JSON", "one JSON object a line"),
    ),
    "a list": ("[1]\n", ("bad.jsonl:1", "a JSON list", "expected a JSON object")),
    "other keys": ('{"q": 1}\n', ("bad.jsonl:1", "its keys are ['q']", ROWS_KEYS)),
    "documents as text": (
        '{"query": "q", "docs": "a b"}\n',
        ("bad.jsonl:1", "its keys are ['docs', 'query']", ROWS_KEYS),
    ),
    "too few scores": (
        '{"query": "q", "docs": ["a", "b"], "scores": [1]}\n',
        ("bad.jsonl:1", "1 scores for 2 documents", "one score a document"),
    ),
    "Latin-1": (b'{"query": "\xe9"}\n', ("bad.jsonl:1", "is not UTF-8", "Convert the file")),
    "no document": (
        '{"query": "q", "docs": []}\n',
        ("bad.jsonl:1", "document", "xpected"),
    ),
    "scores as text": (
        '{"query": "q", "docs": ["a", "b"], "scores": ["x", "y"]}\n',
        ("bad.jsonl:1", "score", "xpected"),
    ),
    "null as score": (
        '{"query": "q", "docs": ["a", "b"], "scores": [null, 1]}\n',
        ("bad.jsonl:1", "score", "xpected"),
    ),
    "a number as scores": (
        '{"query": "q", "docs": ["a", "b"], "scores": 5}\n',
        ("bad.jsonl:1", "score", "xpected"),
    ),
    "an object as document": (
        '{"query": "q", "docs": [{"a": 1}, null]}\n',
        ("bad.jsonl:1", "docs", "xpected"),
    ),
}
YAML = "cannot be read as YAML"
RECIPES: dict[str, tuple[str | bytes, Says]] = {
    "an empty recipe": ("", ("configuration", "model is ''", "expected an encoder")),
    "a list": ("- 1\n", ("bad.yaml", "holds no keys", "Expected `key: value` lines")),
    "a tab": ("a:\n\t- b", ("bad.yaml", YAML, "line 2, column 1")),
    "Latin-1": (b"model: \xe9", ("bad.yaml", YAML, "0xe9")),
    "an unknown key": ("modle: x\n", ("bad.yaml", "unknown key 'modle'", "'model'")),
    "a section as number": (
        "data: 5\n",
        ("bad.yaml: data", "is 5", "expected a section of keys"),
    ),
    "steps as text": ("steps: many\n", ("bad.yaml: steps", "is 'many'", "expected int")),
    "Python to run": (
        "model: !!python/object/apply:os.system ['true']\n",
        ("bad.yaml", YAML, "could not determine a constructor"),
    ),
    "a date as model": ("model: 2020-01-01\n", ("model", "is datetime.date", "expected str")),
    "two documents": ("a: 1\n---\nb: 2\n", ("bad.yaml", YAML, "line 2, column 1")),
    "three thousand brackets": ("[" * 3000, ("bad.yaml", YAML, "bad.yaml")),
}
OVERRIDES: dict[str, Says] = {
    "steps": ("'steps'", "expected key=value", "for example learning_rate=1e-4"),
    "stepps=1": ("recipe.yaml", "unknown key 'stepps'", "Did you mean 'steps'"),
    "steps=1.5": ("recipe.yaml: steps", "is 1.5", "expected int"),
    "steps=0": ("configuration: steps", "is 0", "expected a number from 1"),
    "learning_rate=.nan": ("learning_rate", "is nan", "expected a number above 0"),
    "loss.kl=0": ("loss", "kl=0.0", "expected a weight above 0"),
    "loss.temperature=.nan": ("loss.temperature", "is nan", "expected above 0"),
    "regularizer.name=l9": ("regularizer.name", "is 'l9'", "expected one of flops"),
    "precision=int4": ("precision", "is 'int4'", "expected one of float32"),
    "activation=relu6": ("activation", "'relu6'", "Expected one of relu"),
    "loss.in_batch_kl=1": ("data.embeddings", "is None", "expected a folder of a dense"),
    "bm25.train=true": ("bm25.weight", "is 0.0", "expected a number above 0"),
    "model.x=1": ("'model.x=1'", "'model' is no section", "of the configuration"),
    "steps=[": ("steps=[", "YAML", "xpected"),
    "dev.every=0": ("dev.every", "is 0", "expected"),
    "dropout=2": ("dropout", "is 2.0", "expected"),
    "seed=-1": ("seed", "is -1", "expected"),
    "warmup_steps=-5": ("warmup_steps", "is -5", "expected"),
    "loss.scale=.inf": ("loss.scale", "is inf", "expected"),
}
TABLE_ALONE = save({"weight": torch.ones(3)})
CONFIG = "encoder/config.json"
POOLING = "encoder/document_1_SpladePooling/config.json"
CHECKPOINTS: dict[str, tuple[Change, Says]] = {
    "no weights": (
        removed("encoder/model.safetensors"),
        ("encoder", "has no model.safetensors", "convert the weights first"),
    ),
    "weights cut short": (
        cut("encoder/model.safetensors"),
        ("encoder", "SafetensorError", "Fetch or save the checkpoint again"),
    ),
    "weights of 8 bits cut short": (
        in_8_bits("encoder", cut("encoder/model-int8.safetensors")),
        ("model-int8.safetensors", "SafetensorError", "Fetch or save the encoder again"),
    ),
    "other numbers as weights of 8 bits": (
        in_8_bits("encoder", overwritten("encoder/model-int8.safetensors", TABLE_ALONE)),
        ("model-int8.safetensors", "format None", "Save the encoder again"),
    ),
    "a configuration cut short": (
        cut(CONFIG),
        ("encoder/config.json", "cannot be read as JSON", "Fetch or save the checkpoint again"),
    ),
    "another architecture": (
        put(CONFIG, "architectures", value=["GPT2LMHeadModel"]),
        ("encoder", "its architecture is GPT2LMHeadModel", "expected a masked LM"),
    ),
    "code of its own": (
        put(CONFIG, "auto_map", value={"AutoModel": "other.Model"}),
        ("encoder", "runs its own Python code", "allow it with --trust-remote-code"),
    ),
    "other shapes than the weights'": (
        put(CONFIG, "hidden_size", value=12),
        ("encoder", "cannot be loaded as a masked LM", "Fetch or save the checkpoint again"),
    ),
    "a router cut short": (
        cut("encoder/router_config.json"),
        ("router_config.json", "cannot be read as JSON", "Fetch or save the checkpoint again"),
    ),
    "a router without routes": (
        edited("encoder/router_config.json", lambda _: {}),
        ("encoder", "is no sparse document encoder", "choose a sparse one"),
    ),
    "no tokenizer": (
        removed("encoder/tokenizer.json"),
        ("encoder", "has no tokenizer.json", "Save the tokenizer with the model"),
    ),
    "a lexical term of older versions": (
        edited("encoder/router_config.json", with_lexical_term),
        ("encoder", "followed by a LexicalTerm", "encode --lexical bm25"),
    ),
    "HTML as activation": (
        put(POOLING, "activation_function", value="<b>"),
        ("document_1_SpladePooling", "activation_function is '<b>'", "expected one of relu"),
    ),
    "sums as pooling": (
        put(POOLING, "pooling_strategy", value="sum"),
        ("document_1_SpladePooling", "pools by 'sum'", "expected 'max'"),
    ),
    "a list as configuration": (
        edited(CONFIG, lambda record: [record]),
        ("config.json", "list", "again"),
    ),
    "a list as router": (
        edited("encoder/router_config.json", lambda record: [record]),
        ("router_config.json", "list", "again"),
    ),
    "a length as text": (
        put("encoder/sentence_bert_config.json", "max_seq_length", value="x"),
        ("max_seq_length", "'x'", "again"),
    ),
}


def _files(
    words: str, file: str, faults: dict[str, tuple[str | bytes, Says]], code: int = 1
) -> list[Fault]:
    return [
        Fault(name, words, says, {file: content}, code=code)
        for name, (content, says) in faults.items()
    ]


def _others() -> list[Fault]:
    ids = f"{TEACH} --corpus @/docs.jsonl --topics @/topics.tsv"
    return [
        Fault("no such table", ENCODE.replace("bad", "none"),
              ("none.json", "no such IDF table", "counts one over a corpus")),
        Fault("another tokenizer's table", ENCODE,
              ("bad.json", "2 of its 2 tokens are unknown", "count one with"),
              {"bad.json": '{"zqx1": 1, "zqx2": 2}'}),
        Fault("no such rows", TEACH, ("bad.jsonl", "no such rows", "Expected a JSONL file")),
        Fault("a folder for rows", TEACH.replace("bad.jsonl", "encoded"),
              ("encoded", "no such rows", "Expected a JSONL file")),
        Fault("rows that are no gzip", TEACH.replace("bad.jsonl", "bad.jsonl.gz"),
              ("bad.jsonl.gz:1", "Not a gzipped file", "fetch or make it again"),
              {"bad.jsonl.gz": "x"}),
        Fault("an unknown document", ids, ("bad.jsonl:1", "document 'none' is unknown", "Expected"),
              {"bad.jsonl": '{"qid": "t1", "docids": ["CACM-0001", "none"]}\n'}),
        Fault("an unknown topic", ids, ("bad.jsonl:1", "query 't9' is unknown", "Expected an id"),
              {"bad.jsonl": '{"qid": "t9", "docids": ["CACM-0001", "CACM-0002"]}\n'}),
        Fault("no recipe", TRAIN, ("bad.yaml", "no such file", "--config"), code=2),
        Fault("a folder for a recipe", TRAIN.replace("bad.yaml", "encoded"),
              ("encoded", "cannot be read", "--config"), code=2),
        Fault("no encoder to convert", "convert --encoder @/none --output @/out",
              ("none", "no such encoder", "Expected a folder")),
        Fault("no such encoder", "average --encoder splade-tiny @/none --output @/out",
              ("none", "no such encoder", "Expected a folder")),
        Fault("no encoder to learn a table for", LEARN.replace("splade-tiny", "@/none"),
              ("none", "no such encoder", "Expected a folder")),
        Fault("no rows", LEARN.replace("rows.jsonl", "none"),
              ("none", "no such rows", "Expected a JSONL file")),
        Fault("an empty file of rows", LEARN,
              ("rows.jsonl", "holds no row", "Expected one JSON object a line"),
              {"rows.jsonl": ""}),
        Fault("no vectors", LEARN.replace("vectors", "none"),
              ("none", "it is no folder of embeddings", "train.embed")),
        Fault("vectors that were not finished", LEARN,
              ("vectors", "its embedding was not finished", "--resume"),
              change=removed("vectors/embeddings.json")),
        Fault("vectors of other rows", LEARN,
              ("rows.jsonl", "no vector of the text 'q9' among its queries", "embed these rows"),
              {"rows.jsonl": '{"query": "q9", "docs": ["some text", "other text"]}\n'}),
        Fault("one document", f"{LEARN} --documents 1",
              ("rows.jsonl", "1 document to compare a query with", "expected two or more")),
        Fault("weights beyond numbers", f"{LEARN} --learning-rate 1e9",
              ("of the query table", "became NaN or infinite", "Lower --learning-rate"),
              {"rows.jsonl": '{"query": "other text", "docs": ["some text", "other text"]}\n'}),
        Fault("another activation", AVERAGE,
              ("encoder: activation", "is 'log1p_relu_2'", "expected 'log1p_relu'"),
              change=put("encoder/l0pyserini_encoder.json", "activation", value="log1p_relu_2")),
        Fault("other heads", AVERAGE,
              ("encoder: config 'num_attention_heads'", "is 4", "expected 2 as of splade-tiny"),
              change=put(CONFIG, "num_attention_heads", value=4)),
        Fault("no checkpoint", CHECKPOINT.replace("@/encoder", "@/none"),
              ("none", "no such encoder", "Expected a folder")),
    ]  # fmt: skip


ROWS = [
    *_files(ENCODE, "bad.json", TABLES),
    *_files(TEACH, "bad.jsonl", TRAINING_ROWS),
    *_files(TRAIN, "bad.yaml", RECIPES, code=2),
    *(Fault(word, f"{RECIPE} '{word}'", says, code=2) for word, says in OVERRIDES.items()),
    *(Fault(name, CHECKPOINT, says, change=change) for name, (change, says) in CHECKPOINTS.items()),
    *_others(),
]
