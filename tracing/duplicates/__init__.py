"""Possible duplicates: two records that may be one person, compared side by side and decided by a person."""
