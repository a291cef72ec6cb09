"""What knows nothing of retrieval: files, locks, command lines, progress, tables, pages."""
