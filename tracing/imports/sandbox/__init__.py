"""The process that opens and reads hostile files: no settings, no database, no disk."""
