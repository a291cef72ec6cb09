"""Showing results: reproductions beside the literature, a page of them, leaderboard packages."""
