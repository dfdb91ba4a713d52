"""Encryption of identities at rest: sealed blobs, blind indexes, and the keys by day and by kind of index."""
