"""The separate process that opens and reads hostile files, without settings, database or disk, and its client."""
