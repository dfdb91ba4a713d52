"""A script in one call: the facts known, the answers given, the questions still open."""
