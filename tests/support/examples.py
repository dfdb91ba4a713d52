"""How many examples the long property tests try: a tenth in every run, all of them when asked."""

import os


def examples(tenth: int) -> int:
    """Return `tenth`, or ten times as many with TRACING_TEST_ALL_EXAMPLES set."""
    return tenth * 10 if os.environ.get("TRACING_TEST_ALL_EXAMPLES") else tenth
