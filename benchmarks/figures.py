"""The results of a benchmark: progress messages while it runs, then a table or one line of JSON."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value, with its raw limit and its target if there are any."""

    name: str
    value: float
    unit: str
    raw: float | None = None
    ratio: float | None = None
    target: float | None = None
    holds: bool | None = None


def at_least(name: str, value: float, unit: str, *, raw: float, target: float) -> Figure:
    """Return a figure whose share of the raw limit must reach `target`; both are rates."""
    ratio = value / raw
    return Figure(name, round(value, 3), unit, round(raw, 3), round(ratio, 3), target, ratio >= target)


def at_most(name: str, value: float, unit: str, *, target: float, raw: float | None = None) -> Figure:
    """Return a figure that must not exceed `target`; with `raw`, it is their ratio that must not."""
    measured = value if raw is None else value / raw
    ratio = None if raw is None else round(measured, 3)
    return Figure(name, round(value, 3), unit, raw and round(raw, 3), ratio, target, measured <= target)


def told(name: str, value: float, unit: str) -> Figure:
    """Return a figure for information, without a target."""
    return Figure(name, round(value, 3), unit)


def say(words: str) -> None:
    """Print a progress message to standard error; standard output is for the figures."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def show(figures: Sequence[Figure], *, as_json: bool) -> None:
    """Print the figures, as a table or as one line of JSON."""
    if as_json:
        sys.stdout.write(json.dumps({"figures": [asdict(figure) for figure in figures]}) + "\n")
        return
    for figure in figures:
        beside = "" if figure.raw is None else f"  raw {figure.raw:,.1f}  ratio {figure.ratio:.2f}"
        verdict = "" if figure.holds is None else ("  holds" if figure.holds else "  DOES NOT HOLD")
        target = "" if figure.target is None else f"  target {figure.target:g}"
        sys.stdout.write(
            f"{figure.name:<44}{figure.value:>12,.1f} {figure.unit:<8}{beside}{target}{verdict}\n"
        )
