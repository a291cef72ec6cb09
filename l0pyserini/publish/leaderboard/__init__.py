"""Packing runs for leaderboards: checked line by line, with scores, versions and checksums."""

from l0pyserini.publish.leaderboard.beir import pack_beir
from l0pyserini.publish.leaderboard.msmarco import pack_msmarco
from l0pyserini.publish.leaderboard.mteb import pack_mteb
from l0pyserini.publish.leaderboard.trec import pack_trec

__all__ = ["pack_beir", "pack_msmarco", "pack_mteb", "pack_trec"]
