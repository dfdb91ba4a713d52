"""Who can be called: identity, numbers, household, and whether two records are the same person."""
