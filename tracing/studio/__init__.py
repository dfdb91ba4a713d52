"""The studio: where referents and medical advisers look at the rules."""
