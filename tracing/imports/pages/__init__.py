"""The pages of the import officer: lots, sources and their keys, column mapping, corrections, priorities."""
