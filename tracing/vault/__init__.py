"""Identities sealed at rest, blind indexes, cohort keys."""
