"""The commands of `tracing programmes`: what would the rules say, and what do its tables hold. They need no database."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from tracing.programmes.checks import overlaps
from tracing.programmes.facts import FactType, FactValue
from tracing.programmes.loader import FOLDER, InvalidPack, UnknownProgramme, get_pack, load_packs, read_pack
from tracing.programmes.rules.explain import Explanation, MissingDay, Situation, explain
from tracing.programmes.rules.measures import TestDone
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import Subject, Vaccination

SUBJECTS = {"index_case": Subject.CASE, "contact": Subject.CONTACT}
VACCINATIONS = [one.value for one in Vaccination]
DAYS = (
    *("on", "onset", "sampled", "last_contact", "notified", "case_isolation_end"),
    *("symptoms", "fever_until", "previous_infection"),
)
FLAGS = ("household", "test_refused", "immunodepressed")
KEYS = {"programme", "subject", "vaccination", "age", "variant", "tested", "facts", "id", *DAYS, *FLAGS}
"""What a situation may say, in a file as on the command line."""
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


class NotUnderstood(ValueError):
    """A situation says something that cannot be read; the message names the field."""


@dataclass(frozen=True)
class _Read:
    pack: Pack
    situation: Situation
    remarks: tuple[str, ...]
    """What was read, but not as it may have been meant."""


def read_situation(given: Mapping[str, Any], *, programme: str | None = None) -> _Read:
    """Read a situation from what was given under the names of the options.

    Raises:
        NotUnderstood: a value that cannot be read, or no programme or subject.
    """
    if not isinstance(given, Mapping):
        raise NotUnderstood("it is no object")
    said = {name: value for name, value in given.items() if value is not None}
    remarks = [f"field {name}: unknown, left out" for name in sorted(set(said) - KEYS)]
    pack = _programme(said.get("programme") or programme)
    facts, doubts = _facts(pack, said)
    days: dict[str, Any] = {name: _day(name, said[name]) for name in DAYS if name in said}
    flags: dict[str, Any] = {name: _flag(name, said[name]) for name in FLAGS if name in said}
    situation = Situation(
        subject=_one_of(said, "subject", SUBJECTS),
        vaccination=Vaccination(
            _one_of(said, "vaccination", {name: name for name in VACCINATIONS}, "unknown")
        ),
        age=_number(said, "age"),
        tests=tuple(_tests(said.get("tested", ()))),
        facts=facts,
        **days,
        **flags,
    )
    return _Read(pack, situation, (*remarks, *doubts))


def _programme(code: Any) -> Pack:
    if not isinstance(code, str):
        raise NotUnderstood("field programme: it is missing")
    try:
        return get_pack(code)
    except UnknownProgramme as error:
        raise NotUnderstood(f"field programme: {error}") from error


def _one_of(said: Mapping[str, Any], name: str, known: Mapping[str, Any], usual: str | None = None) -> Any:
    value = said.get(name, usual)
    if value not in known:
        raise NotUnderstood(f"field {name}: {', '.join(known)}" + (f", not {value!r}" if value else ""))
    return known[value]


def _number(said: Mapping[str, Any], name: str) -> int | None:
    value = said.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not str(value).isdigit():
        raise NotUnderstood(f"field {name}: a whole number, not {value!r}")
    return int(value)


def _day(name: str, value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise NotUnderstood(f"field {name}: a day as 2022-01-31, not {value!r}") from None


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotUnderstood(f"field {name}: true or false, not {value!r}")
    return value


def _tests(written: Any) -> Iterator[TestDone]:
    for one in [written] if isinstance(written, str) else written:
        day, _, result = str(one).partition(":")
        if result not in {"negative", "positive"}:
            raise NotUnderstood(f"field tested: a day and its result as 2022-01-31:negative, not {one!r}")
        yield TestDone(_day("tested", day), result == "positive")


def _facts(pack: Pack, said: Mapping[str, Any]) -> tuple[dict[str, FactValue | None], list[str]]:
    given = dict(said.get("facts") or {})
    if "variant" in said:
        given["variant"] = said["variant"]
    facts: dict[str, FactValue | None] = {}
    doubts = []
    for name, value in given.items():
        known = pack.facts.get(name)
        if known is None:
            raise NotUnderstood(f"field {name}: {pack.code} does not ask it")
        if known.type is FactType.CHOICE:
            found = known.read(str(value))
            if found is None:
                doubts.append(
                    f"field {name}: {value!r} is none of {', '.join(known.values)}; taken as not known"
                )
            facts[name] = found
        elif known.type is FactType.YES_NO:
            facts[name] = _one_of({name: str(value).lower()}, name, _YES_NO)
        else:
            facts[name] = _number({name: value}, name)
    return facts, doubts


def as_json(pack: Pack, found: Explanation) -> dict[str, Any]:
    """Return an explanation in JSON form: days in ISO form, an end always J0 + n."""
    window, isolation, quarantine, note = found.window, found.isolation, found.quarantine, found.note
    leave = isolation.early_exit if isolation else None
    return {
        "programme": pack.code,
        "version": pack.version,
        "on": found.on.isoformat(),
        "measure": found.measure.measure.value,
        "none": found.is_nothing_asked,
        "window_start": _iso(window.start if window else None),
        "window_end": _iso(window.end if window else None),
        "isolation_end": _iso(isolation.end if isolation else None),
        "early_exit": _iso(leave.on if leave else None),
        "quarantine_end": _iso(quarantine.end if quarantine else None),
        "quarantine_end_untested": _iso(quarantine.end_untested if quarantine else None),
        "tests": [test.on.isoformat() for test in found.tests],
        "test_kinds": [test.kind for test in found.tests],
        "follow_ups": [day.isoformat() for day in found.follow_ups.days] if found.follow_ups else [],
        "sick_note_days": note.days if note else 0,
        "sick_note_first": _iso(note.first if note and note.days else None),
        "sick_note_last": _iso(note.last if note and note.days else None),
        "prophylaxis": [{"kind": one.kind, "until": _iso(one.until)} for one in found.prophylaxis],
        "needs_medical_validation": pack.needs_medical_validation,
        "rules": [
            {
                "id": rule.rule_id,
                "ref": str(rule),
                "decides": what,
                "from": rule.in_force_from.isoformat(),
                "to": _iso(rule.in_force_to),
                "text": rule.sentence,
                "source": rule.source,
                "mark": rule.mark.value,
                "open": rule.open,
            }
            for what, rule in found.rules
        ],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def in_words(pack: Pack, found: Explanation) -> Iterator[str]:
    """Yield an explanation as lines to read."""
    yield f"{pack.code} {pack.version}, asked on {found.on}"
    if pack.needs_medical_validation:
        yield "NOT CHECKED BY A DOCTOR: starting values only."
    if found.window:
        yield f"contacts searched  {found.window.start} to {found.window.end}"
    name = "isolation" if found.isolation else "quarantine"
    end = found.measure.end
    if found.is_nothing_asked is False:
        yield f"{name:<18} until {end}" if end else f"{name:<18} end not known yet"
    else:
        yield f"{name:<18} {found.measure.measure.value.replace('_', ' ')}"
    if found.isolation and found.isolation.early_exit:
        yield f"early exit         {found.isolation.early_exit.on}: {found.isolation.early_exit.needs}"
    if found.quarantine and found.quarantine.end_untested:
        yield f"without the test   until {found.quarantine.end_untested}"
    for test in found.tests:
        yield f"test               {test.on} {test.kind}: {test.label}"
    for one in found.prophylaxis:
        yield f"prophylaxis        until {one.until}: {one.kind}, {one.referral}"
    if found.follow_ups:
        yield f"follow-up calls    {', '.join(map(str, found.follow_ups.days)) or 'none'}"
    note = found.note
    yield (
        f"sick note          {note.first} to {note.last}, {note.days} days"
        if note and note.days
        else ("sick note          none")
    )
    for what, rule in found.rules:
        until = f" to {rule.last_day_in_force}" if rule.last_day_in_force else " on"
        yield ""
        yield f"{rule} ({what}, in force from {rule.in_force_from}{until}, {rule.mark.value})"
        yield f"  {rule.sentence}"
        yield f"  source: {rule.source}"
        if rule.open:
            yield f"  open: {rule.open}"


def explain_many(given: Any, *, programme: str | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Explain each situation of a list; one that is wrong is answered by an error, and the others go on.

    Returns the answers, and the remarks for the person who asked.
    """
    answers: list[dict[str, Any]] = []
    remarks: list[str] = []
    for number, one in enumerate(given, start=1):
        try:
            read = read_situation(one, programme=programme)
            answer = as_json(read.pack, explain(read.pack, read.situation))
            remarks += [f"situation {number}, {remark}" for remark in read.remarks]
        except (NotUnderstood, MissingDay) as error:
            answer = {"error": str(error)}
            remarks.append(f"situation {number}, {error}")
        answers.append({"id": one["id"], **answer} if isinstance(one, dict) and "id" in one else answer)
    return answers, remarks


@click.group()
def programmes() -> None:
    """Diseases as dated rules. These commands need no database."""


@programmes.command("explain")
@click.option(
    "--programme", help="Code of the programme, as covid19; in a file each situation may name its own."
)
@click.option("--subject", type=click.Choice(list(SUBJECTS)))
@click.option("--onset", help="First day of symptoms.")
@click.option("--sampled", help="Day of the positive sampling.")
@click.option("--last-contact", help="Day of the last contact with the case.")
@click.option("--notified", help="Day on which the contact was told.")
@click.option("--vaccination", type=click.Choice(VACCINATIONS))
@click.option("--household", is_flag=True, help="The contact lives under the same roof as the case.")
@click.option("--age", type=click.IntRange(0, 130))
@click.option("--case-isolation-end", help="J0 + n of the case, for a contact of the household.")
@click.option("--variant", help="Of the case, as omicron.")
@click.option(
    "--tested", multiple=True, metavar="DAY:RESULT", help="A test done, as 2022-01-31:negative; repeatable."
)
@click.option("--test-refused", is_flag=True, help="The person does not do the tests.")
@click.option("--symptoms", help="Day on which symptoms began; of a case with an onset, their last day.")
@click.option("--fever-until", help="Last day with fever.")
@click.option("--previous-infection", help="Day of an earlier infection.")
@click.option("--immunodepressed", is_flag=True)
@click.option(
    "--fact", "facts", multiple=True, metavar="NAME=VALUE", help="A fact of this programme, as immune=yes."
)
@click.option("--on", help="Day of the question; else that of --notified, else the latest day given.")
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--file", type=click.File(encoding="utf-8"), help="A JSON list of situations; prints a JSON list."
)
def explain_command(**given: Any) -> None:
    """Say what the rules require in a situation, and which rule says so. Days are written 2022-01-31.

    In a file the keys are the options with underscores: last_contact, test_refused.
    """
    file, wants_json, facts = given.pop("file"), given.pop("wants_json"), given.pop("facts")
    if file is not None:
        _explain_file(file, given["programme"])
        return
    given = {name: value for name, value in given.items() if value not in {False, None, ()}}
    try:
        if facts:
            given["facts"] = dict(one.split("=", 1) for one in facts if "=" in one)
        read = read_situation(given)
        found = explain(read.pack, read.situation)
    except (NotUnderstood, MissingDay) as error:
        raise click.UsageError(str(error)) from error
    for remark in read.remarks:
        click.echo(remark, err=True)
    if wants_json:
        click.echo(json.dumps(as_json(read.pack, found), ensure_ascii=False))
    else:
        click.echo("\n".join(in_words(read.pack, found)))


def _explain_file(file: Any, programme: str | None) -> None:
    try:
        given = json.load(file)
    except ValueError as error:
        raise click.UsageError(f"{file.name}: not JSON: {error}") from error
    if not isinstance(given, list):
        raise click.UsageError(f"{file.name}: a list of situations is expected")
    answers, remarks = explain_many(given, programme=programme)
    for remark in remarks:
        click.echo(remark, err=True)
    click.echo(json.dumps(answers, ensure_ascii=False, indent=1))
    if any("error" in answer for answer in answers):
        sys.exit(2)


@programmes.command("check")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check_command(folder: Path | None) -> None:
    """Check a programme's FOLDER (all of this release without one); list overlaps and what the sources leave open."""
    try:
        packs = [read_pack(folder)] if folder else list(load_packs(FOLDER).values())
    except InvalidPack as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    for pack in packs:
        click.echo(f"{pack.code} {pack.version}: {sum(1 for _ in pack.rows())} rules, no fault.")
        for one in overlaps(pack):
            click.echo(f"  {one.table}: {one.decides} comes before {one.hidden}")
        for row in pack.rows():
            if row.open:
                click.echo(f"  open in {row.id}: {row.open}")
