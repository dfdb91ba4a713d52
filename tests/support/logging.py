"""Restore the log configuration of this process after a test whose command changes it.

For every test: one that left the level at `info` made the rest of its worker's tests log each statement.
"""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from tracing.kernel import logs


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Restore the log configuration at the end of the block."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    before, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    levels = {name: logging.getLogger(name).level for name in (*logs.LIBRARIES, *logs.NOISY)}
    yield
    if root.handlers == before and root.level == level and logging.raiseExceptions == raises:
        return
    logging.captureWarnings(capture=False)
    logging.raiseExceptions = raises
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    for name, of_library in levels.items():
        logging.getLogger(name).setLevel(of_library)
