"""A lot from receipt to end: its states, its original file, its report, its routing, the watched folder."""
