"""Database, clock, errors, events: what every part stands on. Not one word of tracing in here."""
