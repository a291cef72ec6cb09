"""One cell of the matrix: one system on one dataset, stage by stage, each of them done once."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l0pyserini.base.files import folder_bytes, sha256, write_json
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.bm25.baseline import MULTIFIELD, run_bm25
from l0pyserini.data import read_qrels
from l0pyserini.encode.manifest import FILE_NAME as MANIFEST
from l0pyserini.encode.output import work_folder
from l0pyserini.errors import OutputExistsError
from l0pyserini.evaluate.efficiency.measure import machine_facts
from l0pyserini.evaluate.evaluation import evaluate_run
from l0pyserini.publish.reproduce.datasets import Dataset, fingerprints
from l0pyserini.publish.reproduce.systems import System
from l0pyserini.publish.reproduce.there import ENGINE, There

FILE_NAME = "cell.json"
FORMAT = "l0pyserini-cell-1"
HITS = 1000
MEASURES = ("nDCG@10", "AP", "R@100", "R@1000", "RR@10")


@dataclass(frozen=True)
class Place:
    """Where a cell keeps what it makes."""

    folder: Path

    @property
    def encoded(self) -> Path:
        return self.folder / "encoded"

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def run(self) -> Path:
        return self.folder / "run.txt"

    @property
    def cost(self) -> Path:
        return self.folder / "cost.json"

    @property
    def record(self) -> Path:
        return self.folder / FILE_NAME


class Cell:
    """A system on a dataset.

    Args:    data_dir: where the dataset's folder lies. output: folder of the whole matrix.
             there: where an encoder's vectors are searched; None = in a Lucene index here.
    """

    def __init__(
        self,
        dataset: Dataset,
        system: System,
        data_dir: str | Path,
        output: str | Path,
        threads: int = 2,
        heap: str | None = None,
        there: There | None = None,
    ) -> None:
        self.dataset = dataset
        self.system = system
        self.data = dataset.spec(data_dir)
        self.place = Place(Path(output) / dataset.name / system.name)
        self._parts = [Place(Path(output) / dataset.name / name).run for name in system.fused]
        self._threads = threads
        self._heap = heap
        self._there = there if system.encoder else None
        self._seconds: dict[str, float] = {}
        self._machines: dict[str, dict[str, Any]] = {}
        self._settings: dict[str, Any] = {}

    def run(self, overwrite: bool = False, cost: bool = False) -> dict[str, Any]:
        """Do what is not done yet; return the cell's record.

        A fused system needs the runs of its parts to be there.

        Args:    overwrite: begin anew where other settings made what is there.
                 cost: measure efficiency too, where it can be measured.
        Raises:  OutputExistsError: if other settings made what is there, and overwrite is False.
        """
        self._settings = self._wanted()
        before = self._before(overwrite)
        self._seconds = before.get("seconds", {})
        self._machines = before.get("machines", {})
        result = before.get("result")
        if result is None:
            say(f"\n== {self.dataset.name}: {self.system.name}")
            if self._parts:
                self._stage("fuse", self.place.run, self._fuse)
            elif self.system.encoder is None:
                self._bm25()
            else:
                self._encoder()
            result = self._evaluated()
            self._machines["evaluate"] = machine_facts()
            self._save(result)
        if cost and self.system.measurable and not self.place.cost.is_file():
            self._measure_cost()
        return {"seconds": self._seconds, "machines": self._machines, **result}

    def _wanted(self) -> dict[str, Any]:
        settings = {**self.system.settings(), "data": fingerprints(self.dataset, self.data)}
        if self.system.encoder is not None:
            from l0pyserini.model.checkpoint import open_checkpoint

            options = self.system.options
            checkpoint = open_checkpoint(
                self.system.encoder, options.activation, options.idf, options.trust_remote_code
            )
            settings["weights_sha256"] = checkpoint.weights_sha256()
            settings["idf_sha256"] = checkpoint.idf.sha256
        if self._there:
            settings["engine"] = ENGINE
        if self._parts:
            settings["runs"] = [sha256(run) for run in self._parts]
        return settings

    def _before(self, overwrite: bool) -> dict[str, Any]:
        """Return the record that an earlier run left; {} where there is none to go on from."""
        path = self.place.record
        if not path.is_file():
            return {}
        try:
            record: dict[str, Any] = json.loads(path.read_bytes())
        except ValueError:
            say(f"{path}: was cut short; this cell is done again")
            self._clear()
            return {}
        seen = record.get("settings", {})
        if record.get("format") == FORMAT and seen == self._settings:
            return record
        if not overwrite:
            names = sorted(seen.keys() | self._settings.keys())
            name = next((n for n in names if seen.get(n) != self._settings.get(n)), "format")
            raise OutputExistsError(
                f"{self.place.folder}: was made with {name} {seen.get(name)!r}, and now it is "
                f"{self._settings.get(name)!r}. Give another --output, or --overwrite to make it "
                "anew."
            )
        self._clear()
        return {}

    def _clear(self) -> None:
        encoded = self.place.encoded
        for folder in (encoded, work_folder(encoded), self.place.index):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.place.run, self.place.cost, self.place.record):
            file.unlink(missing_ok=True)

    def _save(self, result: dict[str, Any] | None = None) -> None:
        record = {
            "format": FORMAT,
            "settings": self._settings,
            "seconds": self._seconds,
            "machines": self._machines,
            "result": result,
        }
        write_json(self.place.record, record)

    def _stage(self, name: str, made: Path, action: Callable[[], object]) -> None:
        """Do a stage unless what it makes is there: that appears only when it is whole."""
        if made.exists():
            return
        self._save()
        watch = Stopwatch()
        action()
        self._seconds[name] = round(watch.seconds, 2)
        self._machines[name] = machine_facts()
        self._save()

    def _bm25(self) -> None:
        self._stage(
            "index and search",
            self.place.run,
            lambda: run_bm25(
                self.data,
                self.place.index,
                self.data,
                self.place.run,
                hits=HITS,
                threads=self._threads,
                remove_query=self.dataset.in_beir,
                fields=MULTIFIELD if self.system.multifield else None,
                tag=self.system.name,
                heap=self._heap,
            ),
        )

    def _encoder(self) -> None:
        from l0pyserini.index.api import build_index
        from l0pyserini.search.api import search_topics

        place = self.place
        self._stage("encode", place.encoded / MANIFEST, self._encode)
        if self._there:
            self._stage("load and search", place.run, self._load_and_search)
            return
        self._stage(
            "index",
            place.index,
            lambda: build_index(place.encoded, place.index, self._threads, self._heap),
        )
        self._stage(
            "search",
            place.run,
            lambda: search_topics(
                place.index,
                self.data,
                place.run,
                hits=HITS,
                threads=self._threads,
                remove_query=self.dataset.in_beir,
                tag=self.system.name,
                heap=self._heap,
            ),
        )

    def _load_and_search(self) -> None:
        assert self._there is not None
        self._there.load(self.place.encoded)
        self._there.search(self.data, self.place.run, HITS, self.dataset.in_beir, self.system.name)

    def _fuse(self) -> None:
        from l0pyserini.search import fuse_runs

        fuse_runs(self._parts, self.place.run, self.system.method, hits=HITS, tag=self.system.name)

    def _encode(self) -> None:
        from l0pyserini.encode.api import encode_corpus

        options = self.system.options
        assert self.system.encoder is not None
        encode_corpus(
            self.data,
            self.system.encoder,
            self.place.encoded,
            max_length=options.max_length,
            batch_size=options.batch_size,
            device=options.device,
            activation=options.activation,
            idf=options.idf,
            resume=True,
            allow_remote_code=options.trust_remote_code,
            backend=options.backend,
            lexical=options.lexical,
        )

    def _evaluated(self) -> dict[str, Any]:
        done = evaluate_run(self.data, self.place.run, MEASURES)
        topics = done.printed(self.dataset.measure)
        return {
            "measures": done.means,
            "topics": {"judged": done.judged_topics, "without_hits": done.judged_without_hits},
            # A judged topic without hits counts 0 in the mean, and so it does here.
            "per_topic": {qid: topics.get(qid, 0.0) for qid in read_qrels(self.data)},
            "index_bytes": self._index_bytes(),
        }

    def _index_bytes(self) -> int | None:
        if self._parts:
            return None
        return self._there.stored_bytes() if self._there else folder_bytes(self.place.index)

    def _measure_cost(self) -> None:
        from l0pyserini.evaluate.efficiency import measure_efficiency

        lengths = self.data if self.system.encoder is None else str(self.place.encoded)
        if self._there:
            record = self._there.cost(self.data, HITS, lengths, self.system.name)
        else:
            record = measure_efficiency(
                self.place.index,
                self.data,
                hits=HITS,
                threads=self._threads,
                lengths=lengths,
                system=self.system.name,
                heap=self._heap,
            )
        record.save(self.place.cost)
