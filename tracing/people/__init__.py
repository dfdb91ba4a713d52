"""People: identities, telephone numbers, households, search keys, and whether two records are the same person."""
