"""The paper's claim, small: nDCG@10 against FLOPS for four families of sparsity.

    python benchmarks/frontier.py runs/frontier --data runs/training-set/dev-part

Trains configs/frontier/base.yaml once for each family, strength and seed, evaluates each encoder
on parts of the development sets (training_parts.py), and writes frontier.jsonl (a line a point,
made once and kept), frontier.md and frontier.svg. What was done is not done again.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import machine

from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.base.tables import format_table
from l0pyserini.evaluate.compare.correction import adjust
from l0pyserini.model import DocumentEncoder, open_checkpoint
from l0pyserini.train import load_config, train
from l0pyserini.train.devset import DevSet

SETS = ("titles", "questions", "forum", "web", "health")
STRENGTHS = (0.012, 0.004, 0.0015, 0.0005)
SEEDS = (42, 43)
L0_THRESHOLD = 100
CONFIG = Path(__file__).parents[1] / "configs/frontier/base.yaml"


@dataclass(frozen=True)
class Family:
    """A way to be sparse. scale: of the strengths, because smaller weights are penalised less.
    loss_scale: of the student's scores, so that both activations spread them as the teacher does.
    """

    name: str
    activation: str
    threshold: float
    scale: float
    loss_scale: float


FAMILIES = (
    Family("FLOPS", "log1p_relu", 0, 1, 0.3),
    Family("l0 mask", "log1p_relu", L0_THRESHOLD, 1, 0.3),
    Family("l0 activation", "log1p_relu_2", 0, 3, 0.6),
    Family("both", "log1p_relu_2", L0_THRESHOLD, 3, 0.6),
)


def point(family: Family, strength: float, seed: int, output: Path, sets: list[DevSet]) -> Any:
    """Train and evaluate one point of the figure."""
    folder = output / f"{family.name.replace(' ', '-')}-{strength:g}-{seed}"
    words = {
        "output": folder,
        "activation": family.activation,
        "seed": seed,
        "loss.scale": family.loss_scale,
        "regularizer.threshold": family.threshold,
        "regularizer.weight": strength * family.scale,
    }
    recipe = load_config(CONFIG, [f"{key}={value}" for key, value in words.items()])
    watch = Stopwatch()
    done = train(recipe, resume=folder.exists())
    checkpoint = open_checkpoint(str(done.encoder))
    encoder = DocumentEncoder.from_checkpoint(checkpoint, backend="auto")
    results = {one.name: one.evaluate(encoder, checkpoint.idf.weights) for one in sets}
    return {
        "family": family.name,
        "weight": recipe.regularizer.weight,
        "seed": seed,
        "seconds": watch.seconds,
        "results": {
            name: {"ndcg": one.ndcg, "length": one.length, "flops": one.flops,
                   "per_topic": one.per_topic}
            for name, one in results.items()
        },
    }  # fmt: skip


def table(points: list[Any]) -> str:
    """Return a line for each point, sparse to dense in each family."""
    rows = []
    for one in sorted(points, key=lambda p: (p["family"], -p["weight"], p["seed"])):
        cells = [one["family"], f"{one['weight']:g}", str(one["seed"])]
        for name in SETS:
            r = one["results"][name]
            cells += [f"{r['ndcg']:.4f}", f"{r['flops']:.2f}", f"{r['length']:.0f}"]
        rows.append(cells)
    head = ["family", "lambda", "seed"]
    for name in SETS:
        head += [f"{name} nDCG@10", "FLOPS", "length"]
    return format_table(head, rows)


def nearest_plain(points: list[Any], set_name: str, flops: float) -> Any:
    """Return the plain-FLOPS encoder whose FLOPS are nearest, by ratio."""
    plain = [p for p in points if p["family"] == FAMILIES[0].name]
    return min(plain, key=lambda p: abs(np.log(p["results"][set_name]["flops"] / flops)))


def comparison(points: list[Any]) -> str:
    """Compare each l0 encoder with the plain one nearest in FLOPS, by a paired t-test over topics.

    All p-values are one family of Holm's. Both sides are encoders that exist: a curve between two
    of them has topics that no system ever answered.
    """
    from scipy.stats import ttest_rel

    cells, chances = [], []
    for name in SETS:
        for one in points:
            if one["family"] == FAMILIES[0].name:
                continue
            own = one["results"][name]
            plain = nearest_plain(points, name, own["flops"])["results"][name]
            qids = sorted(own["per_topic"])
            sides = [[side["per_topic"][qid] for qid in qids] for side in (own, plain)]
            chances.append(float(ttest_rel(*sides).pvalue))
            cells.append(
                [name, one["family"], f"{own['flops']:.2f}", f"{own['ndcg']:.4f}",
                 f"{plain['flops']:.2f}", f"{plain['ndcg']:.4f}"]
            )  # fmt: skip
    adjusted = adjust(chances, "holm")
    rows = [[*row, f"{chance:.3f}"] for row, chance in zip(cells, adjusted, strict=True)]
    head = ["set", "family", "FLOPS", "nDCG@10", "plain FLOPS", "nDCG@10", "p (Holm)"]
    return format_table(head, rows)


def figure(points: list[Any], path: Path) -> None:
    """Draw nDCG@10 against FLOPS, a panel a collection."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    drawing, panels = pyplot.subplots(1, len(SETS), figsize=(10, 4))
    for panel, name in zip(panels, SETS, strict=True):
        for family in FAMILIES:
            own = [p["results"][name] for p in points if p["family"] == family.name]
            own.sort(key=lambda r: r["flops"])
            panel.plot([r["flops"] for r in own], [r["ndcg"] for r in own], "o-", label=family.name)
        panel.set(title=name, xlabel="FLOPS", ylabel="nDCG@10", xscale="log")
        panel.grid(alpha=0.3)
    panels[0].legend()
    drawing.tight_layout()
    drawing.savefig(path)


def main() -> None:
    """Train what is missing, then write table, tests and figure."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("output", type=Path)
    flags.add_argument("--data", type=Path, required=True)
    flags.add_argument("--families", nargs="+", default=[family.name for family in FAMILIES])
    flags.add_argument("--only-report", action="store_true", help="of the points made so far")
    args = flags.parse_args()
    log = args.output / "frontier.jsonl"
    args.output.mkdir(parents=True, exist_ok=True)
    points = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    made = {(p["family"], p["weight"], p["seed"]) for p in points}
    sets = [DevSet(str(args.data / name)) for name in SETS]

    def make(family: Family, strength: float, seed: int) -> None:
        if (family.name, strength * family.scale, seed) in made or args.only_report:
            return
        if family.name not in args.families:
            return
        done = point(family, strength, seed, args.output, sets)
        points.append(done)
        with open(log, "a", encoding="utf-8") as handle:
            handle.write(json.dumps(done) + "\n")
        say(table([done]))

    for strength in STRENGTHS:
        for family in FAMILIES:
            make(family, strength, SEEDS[0])
    for family in FAMILIES:
        own = [p for p in points if p["family"] == family.name]
        if own:
            nearest = min(own, key=lambda p: abs(np.log(p["results"][SETS[0]]["flops"] / 2)))
            make(family, nearest["weight"] / family.scale, SEEDS[1])
    text = f"{machine()}\n\n{table(points)}\n\n{comparison(points)}\n"
    (args.output / "frontier.md").write_text(text, encoding="utf-8")
    figure(points, args.output / "frontier.svg")
    print(text)


if __name__ == "__main__":
    main()
