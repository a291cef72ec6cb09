"""Packing runs for leaderboards: checked line by line, with scores, versions and checksums."""

from l0pyserini.leaderboard.beir import pack_beir
from l0pyserini.leaderboard.msmarco import pack_msmarco
from l0pyserini.leaderboard.mteb import pack_mteb
from l0pyserini.leaderboard.trec import pack_trec

__all__ = ["pack_beir", "pack_msmarco", "pack_mteb", "pack_trec"]
