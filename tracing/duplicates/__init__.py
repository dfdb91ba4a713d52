"""Two records that may be one person: compared side by side, decided by a person, taken back if wrong."""
