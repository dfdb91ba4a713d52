"""A chain as an SVG drawing: a line for each person, at their day, below the person whom they met."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import vl_convert

from tracing.casefiles.chain_rules import Line, Meeting

ROW, LABEL, WIDTH, TOP = 22, 130, 960, 30
"""Pixels: the height of a line, the room for a reference, the width, and the room for the days."""
MOST_TICKS = 10
_HERE = "https://here.invalid/"
"""Vega makes every address absolute: this one is taken off again."""
_ROLES = re.compile(r' aria-roledescription="[^"]*"')
_DOT = re.compile(rf'<a xlink:href="{_HERE}([^"]*)"><path aria-label="([^"]*)" role="img"')
"""A link and the dot in it: the link itself says whom it leads to."""


def draw(lines: Sequence[Line], *, said: Mapping[int, str], days: Mapping[date, str]) -> str:
    """Return the drawing; `said` is what a person's dot says of them, `days` the words of the days of the scale.

    Each dot is a link to the person's row in the table, `#case-` and the id of the case.
    """
    first, last = _span(lines)
    place = {one.member.case_id: number for number, one in enumerate(lines)}

    def x(day: date) -> float:
        return LABEL + (WIDTH - LABEL - 20) * ((day - first) / max(last - first, timedelta(days=1)))

    def y(case_id: int) -> int:
        return TOP + ROW // 2 + place[case_id] * ROW

    began = {one.member.case_id: one.member.began_on for one in lines}

    def path(met: Meeting) -> str:
        return f"M{x(began[met.of]):.1f},{y(met.of)}V{y(met.with_)}H{x(began[met.with_]):.1f}"

    ticks = [{"x": x(day), "words": words} for day, words in days.items()]
    links = [{"path": path(one.main), "is_main": True} for one in lines if one.main is not None]
    links += [{"path": path(met), "is_main": False} for one in lines for met in one.others]
    dots = [
        {
            "x": x(one.member.began_on),
            "y": y(one.member.case_id),
            "reference": one.member.reference,
            "said": said[one.member.case_id],
            "address": f"{_HERE}#case-{one.member.case_id}",
        }
        for one in lines
    ]
    height = TOP + ROW * len(lines) + 10
    drawn = vl_convert.vega_to_svg(_spec(ticks, links, dots, height), allowed_base_urls=[])
    return _DOT.sub(r'<a href="\1" aria-label="\2"><path', _ROLES.sub("", drawn))


def ticks_of(lines: Sequence[Line]) -> list[date]:
    """Return the days of the scale: a dozen at most, and the first one always."""
    first, last = _span(lines)
    step = max(1, -(-((last - first).days + 1) // MOST_TICKS))
    return [first + timedelta(days=days) for days in range(0, (last - first).days + 1, step)]


def _span(lines: Sequence[Line]) -> tuple[date, date]:
    days = [one.member.began_on for one in lines]
    return min(days), max(days)


def _spec(
    ticks: Sequence[Mapping[str, object]],
    links: Sequence[Mapping[str, object]],
    dots: Sequence[Mapping[str, object]],
    height: int,
) -> dict[str, object]:
    ink, faint = {"value": "currentColor"}, {"value": 0.25}
    at = {"x": {"field": "x"}, "y": {"field": "y"}}
    return {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "width": WIDTH,
        "height": height,
        "padding": 0,
        "data": [
            {"name": "ticks", "values": list(ticks)},
            {"name": "links", "values": list(links)},
            {"name": "dots", "values": list(dots)},
        ],
        "marks": [
            {
                "type": "rule",
                "aria": False,
                "from": {"data": "ticks"},
                "encode": {
                    "enter": {
                        "x": {"field": "x"},
                        "y": {"value": TOP - 8},
                        "y2": {"value": height},
                        "stroke": ink,
                        "strokeOpacity": faint,
                    }
                },
            },
            _words("ticks", {"field": "words"}, {"x": {"field": "x"}, "y": {"value": 10}}, align="center"),
            {
                "type": "path",
                "aria": False,
                "from": {"data": "links"},
                "encode": {
                    "enter": {
                        "path": {"field": "path"},
                        "stroke": ink,
                        "strokeDash": [{"test": "datum.is_main", "value": []}, {"value": [3, 4]}],
                        "strokeOpacity": [{"test": "datum.is_main", "value": 0.8}, {"value": 0.5}],
                    }
                },
            },
            _words("dots", {"field": "reference"}, {"x": {"value": 0}, "y": {"field": "y"}}),
            {
                "type": "symbol",
                "from": {"data": "dots"},
                "encode": {
                    "enter": {
                        **at,
                        "size": {"value": 90},
                        "fill": ink,
                        "href": {"field": "address"},
                        "description": {"field": "said"},
                        "ariaRole": {"value": "img"},
                    }
                },
            },
        ],
    }


def _words(
    data: str, text: Mapping[str, object], at: Mapping[str, object], *, align: str = "left"
) -> dict[str, object]:
    return {
        "type": "text",
        "aria": False,
        "from": {"data": data},
        "encode": {
            "enter": {
                **at,
                "text": text,
                "fontSize": {"value": 12},
                "align": {"value": align},
                "baseline": {"value": "middle"},
                "fill": {"value": "currentColor"},
            }
        },
    }
