"""How large a file may be. Pure."""

MOST_BYTES = 30_000_000
"""Of a file as it came, and of what an archive holds: with what it becomes, it must fit into memory twice."""
MOST_COLUMNS = 500
"""Of a table; whoever writes more of them writes no table of people."""
