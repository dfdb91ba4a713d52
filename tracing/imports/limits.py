"""Limits on the size of a file. Pure."""

MOST_BYTES = 30_000_000
"""Of a file as received, and of the content of an archive: with what is made of it, it must fit into memory twice."""
MOST_COLUMNS = 500
"""Of a table; one with more columns is no table of people."""
MOST_MESSAGE_BYTES = 500_000
"""Of HL7 messages that come in clear text: servers keep larger requests on a disk on their way (512 KiB)."""
