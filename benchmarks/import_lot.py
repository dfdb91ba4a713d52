"""Benchmark of importing a lot, compared with the raw limit of its stages, and of its growth with the database.

46,000 lines in CMS into a database of 100,000 people with cases; the same into an empty one and into 1,000,000; a
protected workbook; memory of the process and of its reading child. `--quick` uses a tenth of everything.
"""

import argparse
import io
import sys
import time
from dataclasses import dataclass
from typing import Any

import python_calamine
from msoffcrypto.format.ooxml import OOXMLFile

from benchmarks import lots, raw_import
from benchmarks.figures import Figure, at_least, at_most, say, show, told
from benchmarks.ground import Ground, fill, ground, server
from benchmarks.loading import Load, in_its_own_process
from tracing.demo import encryption
from tracing.imports.decryption.secrets import Secrets, secrets_from
from tracing.kernel import clock
from tracing.kernel.postgres.embedded import Server

PASSWORD = "for this run"  # noqa: S105 - opens nothing else


@dataclass
class Run:
    """One load: its duration, the seconds of each stage, its report, and the raw stages on its rows."""

    seconds: float
    stages: dict[str, float]
    report: dict[str, Any]
    raw: dict[str, float]
    megabytes: float


@dataclass
class Sample:
    """A lot as it is sent, the secrets that open it, its clear text, and its number of lines."""

    content: bytes
    secrets: Secrets
    clear: bytes
    lines: int


def measure(running: Server, name: str, sample: Sample, *, base: int) -> Run:
    """Load a lot into a database of `base` people."""
    with ground(running, name) as here:
        say(f"  {name}: a base of {base:,} people …")
        fill(here, base)
        before = raw_import.marks(here.owner)
        done, megabytes = in_its_own_process(
            Load(
                url=here.engine.url.render_as_string(hide_password=False),
                keys_url=here.keys_url,
                master=here.master,
                name=name,
                content=sample.content,
                secrets=sample.secrets,
            )
        )
        say(f"    {sample.lines / done.seconds:,.0f} lines/s, {done.seconds:.1f} s, {megabytes:.0f} MB")
        raw = _raw(here, before, sample.clear, lines=sample.lines)
    return Run(done.seconds, done.stages, done.report, raw, megabytes)


def _raw(here: Ground, before: dict[str, int], clear: bytes, *, lines: int) -> dict[str, float]:
    rows = raw_import.rows_written(here.owner, before)
    url = here.owner.url.render_as_string(hide_password=False).replace("+psycopg", "")
    return raw_import.stages(here.owner, clear, rows, lines=lines, copy_url=url)


def protected(workbook: bytes) -> bytes:
    """Protect a workbook by a password, as an office program does."""
    out = io.BytesIO()
    file = OOXMLFile(io.BytesIO(workbook))
    file.encrypt(PASSWORD, out)
    return out.getvalue()


@dataclass
class Runs:
    """All loads of this benchmark."""

    lines: int
    none: Run
    normal: Run
    sheets: Run
    small: Run
    crowd: Run
    read_sheet: float
    """Seconds that the workbook reader takes alone."""


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a tenth of everything")
    chosen = options.parse_args(arguments)
    figures = _figures(_run_all(scale=10 if chosen.quick else 1))
    show(figures, as_json=chosen.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _run_all(*, scale: int) -> Runs:
    lines, base, large = 46_000 // scale, 100_000 // scale, 1_000_000 // scale
    key, certificate = encryption.new_key_pair("Benchmark", at=clock.now())
    by_key, by_password = (
        secrets_from(private_key=key, certificate=certificate),
        secrets_from(passwords=(PASSWORD,)),
    )
    clear = lots.as_csv(lots.people(lines, seed=1))
    tenth = lots.as_csv(lots.people(lines // 10, seed=3))
    workbook = lots.as_workbook(lots.people(lines, seed=1))
    sent = encryption.encrypt(clear, certificate)
    say(f"{lines:,} lines, {len(clear) / 1e6:.1f} MB of text")

    whole = Sample(sent, by_key, clear, lines)
    few = Sample(encryption.encrypt(tenth, certificate), by_key, tenth, lines // 10)
    with server() as running:
        measure(running, "warm", few, base=0)
        return Runs(
            lines,
            none=measure(running, "none", whole, base=0),
            normal=measure(running, "normal", whole, base=base),
            sheets=measure(
                running, "workbook", Sample(protected(workbook), by_password, clear, lines), base=base
            ),
            small=measure(running, "tenth", few, base=base),
            crowd=measure(running, "large", whole, base=large),
            read_sheet=_reading_a_workbook(workbook),
        )


def _reading_a_workbook(workbook: bytes) -> float:
    """Return the seconds that the workbook reader takes alone."""
    started = time.perf_counter()
    opened = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    for name in opened.sheet_names:
        for _row in opened.get_sheet_by_name(name).iter_rows():
            pass
    return time.perf_counter() - started


def _figures(runs: Runs) -> list[Figure]:
    lines, normal, sheets = runs.lines, runs.normal, runs.sheets
    raw = sum(normal.raw.values())
    raw_sheet = sum(sheets.raw.values()) - sheets.raw["csv"] + runs.read_sheet
    found = [
        at_least(
            "import csv in cms, base 100k", lines / normal.seconds, "lines/s", raw=lines / raw, target=0.4
        ),
        at_least(
            "import workbook, base 100k", lines / sheets.seconds, "lines/s", raw=lines / raw_sheet, target=0.4
        ),
        at_most(
            "import into 1M beside into none", runs.crowd.seconds, "s", raw=runs.none.seconds, target=1.5
        ),
        at_most(
            "import of 10 N beside 10 times N", normal.seconds, "s", raw=10 * runs.small.seconds, target=1.1
        ),
        at_most("memory, csv", normal.megabytes, "MB", target=300),
        at_most("memory, workbook", sheets.megabytes, "MB", target=300),
    ]
    found += [told(f"raw {stage}", lines / taken, "lines/s") for stage, taken in normal.raw.items()]
    found += [
        told(f"stage {stage}", lines / taken, "lines/s")
        for stage, taken in sorted(normal.stages.items(), key=lambda one: -one[1])
        if taken
    ]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
