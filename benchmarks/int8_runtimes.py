"""int8 encoding here, in ONNX Runtime and in OpenVINO: speed, and how far each is from float32.

    pip install onnx onnxruntime openvino nncf    # no requirements of the project
    python benchmarks/int8_runtimes.py [--shared ../shared] [--documents 64] [--runs 5]

All take the same weights and the same batches of the same SciFact texts, and have the max over
tokens inside their graph. ONNX Runtime: its fused BERT layers, dynamic int8 everywhere. OpenVINO:
post-training int8 calibrated by nncf on the very texts. Ours: bfloat16 layers, int8 head.
"""

import argparse
import os
import statistics
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from common import machine, seconds
from encoding import SIZES, random_model, texts
from numpy.typing import NDArray
from torch import nn

from l0pyserini import DocumentEncoder, open_checkpoint
from l0pyserini.data.records import ArrayVector
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.model.padding import pad

BATCH = 32
TILE = 2048
Batch = tuple[list[int], NDArray[np.int64], NDArray[np.int64]]
"""(documents, ids [B, L], mask [B, L])."""


class Hidden(nn.Module):
    """A BERT up to its vocabulary head; padding repeats the first token, as in our head."""

    def __init__(self, model) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        hidden = self.model.bert(input_ids=input_ids, attention_mask=attention_mask)[0]
        hidden = self.model.cls.predictions.transform(hidden)
        return torch.where(attention_mask.unsqueeze(-1).bool(), hidden, hidden[:, :1])


class Maxima(nn.Module):
    """The same with the head, tile by tile."""

    def __init__(self, hidden: Hidden) -> None:
        super().__init__()
        self.hidden = hidden
        decoder = hidden.model.get_output_embeddings()
        self.weight, self.bias = decoder.weight, decoder.bias

    def forward(self, input_ids, attention_mask):
        hidden = self.hidden(input_ids, attention_mask)
        tiles = [(hidden @ tile.T).amax(1) for tile in self.weight.split(TILE)]
        return torch.cat(tiles, dim=1) + self.bias


def batches(ids: list[list[int]]) -> list[Batch]:
    """Return batches of documents of similar length."""
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    made = []
    for first in range(0, len(order), BATCH):
        chosen = order[first : first + BATCH]
        padded, mask = pad([ids[i] for i in chosen], 0)
        made.append((chosen, padded.numpy(), mask.long().numpy()))
    return made


def onnx_runtime(hidden: Hidden, example: Batch, folder: Path) -> Callable:
    """Return a function from a batch to maxima: ONNX Runtime in dynamic int8."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    inputs = tuple(torch.from_numpy(part[:2]) for part in example[1:])
    names = ["input_ids", "attention_mask"]
    axes = {name: {0: "b", 1: "l"} for name in (*names, "hidden")}
    plain, fused, quantised = (str(folder / f"{n}.onnx") for n in ("plain", "fused", "int8"))
    torch.onnx.export(
        hidden, inputs, plain, input_names=names, output_names=["hidden"], dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )  # fmt: skip
    config = hidden.model.config
    heads, width = config.num_attention_heads, config.hidden_size
    optimize_model(plain, "bert", num_heads=heads, hidden_size=width).save_model_to_file(fused)
    quantize_dynamic(
        fused, quantised, weight_type=QuantType.QInt8, per_channel=True,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )  # fmt: skip
    model = onnx.load(quantised)
    graph, decoder = model.graph, hidden.model.get_output_embeddings()
    weight, bias = decoder.weight.detach().numpy(), decoder.bias.detach().numpy()
    scale = np.maximum(np.abs(weight).max(1) / 127, 1e-12)
    whole = np.rint(weight / scale[:, None]).astype(np.int8)

    def constant(name: str, values) -> str:
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(kind: str, inputs: list[str], *outputs: str, **settings) -> str:
        graph.node.append(helper.make_node(kind, inputs, list(outputs), **settings))
        return outputs[0]

    node("DynamicQuantizeLinear", ["hidden"], "h", "h_scale", "h_zero")
    maxima = []
    for first in range(0, len(whole), TILE):
        tile = constant(f"w{first}", whole[first : first + TILE].T)
        product = node("MatMulInteger", ["h", tile, "h_zero"], f"p{first}")
        maxima.append(node("ReduceMax", [product], f"m{first}", axes=[1], keepdims=0))
    found = node("Concat", maxima, "whole", axis=1)
    found = node("Cast", [found], "number", to=TensorProto.FLOAT)
    found = node("Mul", [found, "h_scale"], "once")
    found = node("Mul", [found, constant("w_scale", scale.astype(np.float32))], "twice")
    node("Add", [found, constant("w_bias", bias)], "maxima")
    del graph.output[:]
    shape = ["b", len(weight)]
    graph.output.append(helper.make_tensor_value_info("maxima", TensorProto.FLOAT, shape))
    model.ir_version = min(model.ir_version, 10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


def openvino_int8(hidden: Hidden, made: list[Batch]) -> Callable:
    """Return a function from a batch to maxima: OpenVINO, calibrated int8, bfloat16 elsewhere."""
    import nncf
    import openvino

    inputs = [{"input_ids": ids, "attention_mask": mask} for _, ids, mask in made]
    example = {name: torch.from_numpy(part[:2]) for name, part in inputs[0].items()}
    model = openvino.convert_model(Maxima(hidden), example_input=example)
    quantised = nncf.quantize(
        model, nncf.Dataset(inputs), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(inputs)
    )
    compiled = openvino.Core().compile_model(
        quantised,
        "CPU",
        {
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16",
        },
    )
    request = compiled.create_infer_request()
    return lambda ids, mask: request.infer({0: ids, 1: mask})[0]


def encode(maxima: Callable, made: list[Batch], kept: NDArray[np.bool_]) -> list[ArrayVector]:
    """Return the vectors of all documents in their order, as our encoder does."""
    vectors: dict[int, ArrayVector] = {}
    for chosen, ids, mask in made:
        for document, row in zip(chosen, maxima(ids, mask), strict=True):
            tokens = np.flatnonzero((row > 0) & kept)
            vectors[document] = (tokens, np.log1p(row[tokens]))
    return [vectors[i] for i in sorted(vectors)]


def error(found: list[ArrayVector], exact: list[ArrayVector], vocabulary: int) -> float:
    """Return the summed difference of weights, as a share of the exact weights' sum."""
    off = total = 0.0
    for one, other in zip(found, exact, strict=True):
        rows = np.zeros((2, vocabulary))
        for row, (tokens, weights) in zip(rows, (one, other), strict=True):
            row[tokens] = weights
        off, total = off + np.abs(rows[0] - rows[1]).sum(), total + rows[1].sum()
    return off / total


def compare(name: str, folder: str, documents: list[str], runs: int, work: Path) -> None:
    """Print the lines of one model."""
    checkpoint = open_checkpoint(folder)
    ours = DocumentEncoder.from_checkpoint(checkpoint, backend="int8")
    ids = ours.tokenize(documents)
    made = batches(ids)
    model = load_masked_lm(checkpoint).eval()
    model.config._attn_implementation = "eager"
    vocabulary = model.get_output_embeddings().out_features
    kept = np.array(checkpoint.tokenizer.kept(vocabulary))
    hidden = Hidden(model)
    runtimes = {
        "ONNX Runtime int8": onnx_runtime(hidden, made[0], work),
        "OpenVINO int8": openvino_int8(hidden, made),
    }
    actions = {"ours int8": lambda: ours.encode_tokenized(ids, BATCH)}
    for label, maxima in runtimes.items():
        actions[label] = lambda maxima=maxima: encode(maxima, made, kept)
    exact = DocumentEncoder.from_checkpoint(checkpoint).encode_tokenized(ids, BATCH)
    errors = {label: error(action(), exact, vocabulary) for label, action in actions.items()}
    times: dict[str, list[float]] = {label: [] for label in actions}
    for _ in range(runs):
        for label, action in actions.items():
            times[label].append(seconds(action))
    print(f"\n{name}, {len(documents)} documents, batch {BATCH}")
    for label, taken in times.items():
        pairs = zip(times["ours int8"], taken, strict=True)
        ratio = statistics.median(base / one for base, one in pairs)
        rate = len(documents) / statistics.median(taken)
        print(
            f"  {label:<18} {rate:7.1f} docs/s  ratio to ours {ratio:5.2f}  "
            f"difference from float32 {errors[label]:.2%}",
            flush=True,
        )


def main() -> None:
    """Compare on the embedded encoder and on a model of MiniLM's size."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--shared", type=Path, default=Path("../shared"))
    flags.add_argument("--documents", type=int, default=64)
    flags.add_argument("--runs", type=int, default=5)
    args = flags.parse_args()
    warnings.simplefilter("ignore")
    os.environ["HF_HUB_OFFLINE"] = "1"
    print(machine())
    documents = texts(args.shared, args.documents)
    size = "MiniLM size (6 x 384)"
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        random_model(work / "minilm", SIZES[size])
        tiny = str(open_checkpoint("splade-tiny").folder)
        compare("splade-tiny (2 x 128)", tiny, documents, args.runs, work)
        compare(size, str(work / "minilm"), documents, args.runs, work)


if __name__ == "__main__":
    main()
