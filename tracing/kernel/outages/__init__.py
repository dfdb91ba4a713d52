"""Detect that the database does not answer: notice it once, fail every page fast, and ask again until it answers."""
