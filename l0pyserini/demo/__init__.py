"""The whole chain on the embedded collection, beside BM25."""

from l0pyserini.demo.chain import DemoResult, demo_table, run_demo

__all__ = ["DemoResult", "demo_table", "run_demo"]
