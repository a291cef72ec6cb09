"""Serving indexes over HTTP: REST as Anserini's and Pyserini's, a search page, and MCP."""
