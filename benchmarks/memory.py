"""Peak memory of a process and its descendants, sampled from /proc by a separate process."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY = 0.05
"""Seconds between two samples."""


class Peak:
    """The highest sum seen, in MB."""

    megabytes = 0.0


@contextmanager
def watched(root: int) -> Iterator[Peak]:
    """Sample `root` and its descendants, without the sampling process; the database server is not a descendant."""
    peak = Peak()
    command = [sys.executable, "-m", "benchmarks.memory", str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        yield peak
        told, _nothing = watcher.communicate("\n")
    peak.megabytes = float(told)


def main(root: int) -> None:
    """Sample until the parent says to stop, then print the peak."""
    peak = 0.0
    while not select.select([sys.stdin], [], [], 0)[0]:
        peak = max(peak, sum(_resident(pid) for pid in _family(root, but=os.getpid())) / 1024)
        time.sleep(EVERY)
    sys.stdout.write(f"{peak}\n")


def _family(root: int, *, but: int) -> Iterator[int]:
    yield root
    for children in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            found = [int(pid) for pid in children.read_text().split()]
        except OSError:
            continue
        for pid in found:
            if pid != but:
                yield from _family(pid, but=but)


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
