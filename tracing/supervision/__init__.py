"""The view from above: what waits, who calls, what needs a human."""
