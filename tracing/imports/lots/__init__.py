"""A lot from its receipt to its end: its states, its original file, its report, the watched folder."""
