"""A script in one call: what is known, what was said, what is still open."""
