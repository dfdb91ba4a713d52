"""Write a script as an XLSForm, the form that public-health teams know, with a list of what that cannot hold. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO

from xlsxwriter import Workbook

from tracing.scripts.definitions import (
    PLACEHOLDER,
    All,
    Answered,
    AnswerIn,
    AnswerIs,
    AnyOf,
    Condition,
    FactIs,
    Known,
    Not,
    Question,
    Script,
    Step,
    leaves,
)
from tracing.scripts.vocabulary import FACTS, NO, UNKNOWN, YES, FactKind, QuestionType

FRENCH, ENGLISH = "Français (fr)", "English (en)"
SURVEY = (
    "type",
    "name",
    f"label::{FRENCH}",
    f"label::{ENGLISH}",
    f"hint::{FRENCH}",
    f"hint::{ENGLISH}",
    "required",
    "relevant",
    "constraint",
    "calculation",
)
CHOICES = ("list_name", "name", f"label::{FRENCH}", f"label::{ENGLISH}")
SETTINGS = ("form_title", "form_id", "version", "default_language")
MISSING = ("step", "what an XLSForm cannot hold")
ALWAYS_OFFERED: dict[str, Sequence[tuple[str, str, str]]] = {
    "yes_no": ((YES, "Oui", "Yes"), (NO, "Non", "No")),
    "yes_no_unknown": ((YES, "Oui", "Yes"), (NO, "Non", "No"), (UNKNOWN, "Ne sait pas", "Does not know")),
    "true_false": (("true", "Oui", "Yes"), ("false", "Non", "No")),
}
TYPES = {
    QuestionType.YES_NO: "select_one yes_no",
    QuestionType.IDENTITY: "select_one yes_no",
    QuestionType.YES_NO_UNKNOWN: "select_one yes_no_unknown",
    QuestionType.DATE: "date",
    QuestionType.DATETIME: "dateTime",
    QuestionType.NUMBER: "integer",
    QuestionType.TEXT: "text",
}

Row = dict[str, str]


@dataclass
class Form:
    """The rows of the sheets."""

    survey: list[Row] = field(default_factory=list)
    choices: list[Row] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    """What the form cannot hold, by step."""


def write_xlsform(script: Script) -> bytes:
    """Return a script as an XLSForm workbook; its last sheet lists what is not in it."""
    form = form_of(script)
    written = BytesIO()
    with Workbook(
        written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        settings = {
            "form_title": script.title,
            "form_id": f"script_{script.kind.value}",
            "version": script.version,
            "default_language": FRENCH,
        }
        _sheet(book, "survey", SURVEY, form.survey)
        _sheet(book, "choices", CHOICES, form.choices)
        _sheet(book, "settings", SETTINGS, [settings])
        _sheet(book, "not_held", MISSING, [dict(zip(MISSING, one, strict=True)) for one in form.missing])
    return written.getvalue()


def _sheet(book: Workbook, name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    sheet = book.add_worksheet(name)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column)
        for number, row in enumerate(rows, start=1):
            if row.get(column):
                sheet.write_string(number, place, row[column])


def form_of(script: Script) -> Form:
    """Return the rows of a script: first what the file says, then a group for each step."""
    form = Form()
    for name, options in ALWAYS_OFFERED.items():
        form.choices += [_choice(name, *option) for option in options]
    form.survey += _facts(script)
    ended = ""
    for number, step in enumerate(script.steps):
        relevant = " and ".join(part for part in (_part(step.when, script), ended) if part)
        form.survey += _group(step, script, relevant)
        form.choices += [
            _choice(question.id, option.value, option.label, script.english.get(option.label, ""))
            for question in step.questions
            for option in question.options
        ]
        form.missing += [(step.title, what) for what in _lost(step)]
        if step.end and number < len(script.steps) - 1:
            here = f"ended_{number}"
            before = f"{ended.removesuffix(' = 0')} = 1 or " if ended else ""
            reached = _part(step.when, script) or "true()"
            form.survey.append(
                {"type": "calculate", "name": here, "calculation": f"if({before}({reached}), 1, 0)"}
            )
            ended = f"${{{here}}} = 0"
    return form


def _facts(script: Script) -> Iterator[Row]:
    """Yield a field for each thing that the script takes from the file."""
    used = _used_facts(script)
    if not used:
        return
    yield {"type": "begin_group", "name": "facts", **_label("Ce que le dossier dit", "What the file says")}
    for name in used:
        kind = FACTS[name].kind if name in FACTS else FactKind.TEXT
        typed = {FactKind.FLAG: "select_one true_false", FactKind.DAY: "date"}.get(kind, "text")
        meaning = FACTS[name].meaning if name in FACTS else name
        yield {"type": typed, "name": f"fact_{name}", **_label(name, meaning)}
    yield {"type": "end_group"}


def _used_facts(script: Script) -> list[str]:
    found: dict[str, None] = {}
    for step in script.steps:
        for condition in (step.when, *(question.when for question in step.questions)):
            found.update(dict.fromkeys(_facts_of(condition)))
        for wordings in step.say:
            for wording in wordings:
                found.update(dict.fromkeys(PLACEHOLDER.findall(wording)))
        for question in step.questions:
            found.update(dict.fromkeys(_anchors(question)))
    return list(found)


def _facts_of(condition: Condition | None) -> Iterator[str]:
    for leaf in leaves(condition):
        match leaf:
            case FactIs(fact=name) | Known(known=name):
                yield name


def _group(step: Step, script: Script, relevant: str) -> Iterator[Row]:
    english = script.english
    yield {
        "type": "begin_group",
        "name": f"step_{step.id}",
        "relevant": relevant,
        **_label(step.title, english.get(step.title, "")),
    }
    for number, wordings in enumerate(step.say, start=1):
        yield from _wordings(step, number, wordings, script)
    if step.note:
        yield {"type": "note", "name": f"note_{step.id}", **_label(step.note, english.get(step.note, ""))}
    if step.mandatory:
        said = step.confirm or "Lu et compris"
        yield {
            "type": "acknowledge",
            "name": f"said_{step.id}",
            "required": "yes",
            **_label(said, english.get(said, "Said")),
        }
    for question in step.questions:
        yield _asked(question, script)
    yield {"type": "end_group"}


def _wordings(step: Step, number: int, wordings: Sequence[str], script: Script) -> Iterator[Row]:
    """Yield a note for each wording of a paragraph: the first whose facts are known is shown."""
    others: list[str] = []
    for place, wording in enumerate(wordings, start=1):
        needs = list(dict.fromkeys(PLACEHOLDER.findall(wording)))
        known = " and ".join(_is_known(name) for name in needs)
        relevant = " and ".join(part for part in (known, *(f"not({other})" for other in others)) if part)
        text = _filled(wording)
        if text.strip():
            yield {
                "type": "note",
                "name": f"say_{step.id}_{number}_{place}",
                "relevant": relevant,
                **_label(text, _filled(script.english.get(wording, ""))),
            }
        if not known:
            return
        others.append(known)


def _is_known(name: str) -> str:
    is_flag = name in FACTS and FACTS[name].kind is FactKind.FLAG
    return f"${{fact_{name}}} = 'true'" if is_flag else f"${{fact_{name}}} != ''"


def _filled(wording: str) -> str:
    """Return a wording with references to the fields; a flag at its beginning says nothing."""
    flags = {name for name, fact in FACTS.items() if fact.kind is FactKind.FLAG}
    return PLACEHOLDER.sub(lambda one: "" if one[1] in flags else f"${{fact_{one[1]}}}", wording)


def _asked(question: Question, script: Script) -> Row:
    typed = TYPES.get(question.type)
    if typed is None:
        how = "select_multiple" if question.type is QuestionType.MULTI else "select_one"
        typed = f"{how} {question.id}"
    english = script.english
    hint = question.help or ""
    return {
        "type": typed,
        "name": question.id,
        **_label(question.label, english.get(question.label, "")),
        f"hint::{FRENCH}": hint,
        f"hint::{ENGLISH}": english.get(hint, ""),
        "required": "yes" if question.required and not question.or_unknown else "",
        "relevant": _part(question.when, script),
        "constraint": " and ".join(_constraints(question)),
    }


def _constraints(question: Question) -> Iterator[str]:
    for sign, written in ((">=", question.earliest), ("<=", question.latest)):
        if written:
            yield f". {sign} {_day(written)}"
    if question.lowest is not None:
        yield f". >= {question.lowest}"
    if question.highest is not None:
        yield f". <= {question.highest}"
    if question.max_length is not None:
        yield f"string-length(.) <= {question.max_length}"
    for option in question.options:
        if option.exclusive:
            yield f"not(selected(., '{option.value}') and count-selected(.) > 1)"


def _day(written: str) -> str:
    name, sign, days = _bound(written)
    anchor = "today()" if name == "today" else f"${{fact_{name}}}"
    return f"(date({anchor}) {sign} {days})" if sign else anchor


def _bound(written: str) -> tuple[str, str, str]:
    for sign in "+-":
        name, found, days = written.partition(sign)
        if found:
            return name, sign, days
    return written, "", ""


def _anchors(question: Question) -> Iterator[str]:
    for written in (question.earliest, question.latest):
        if written and (name := _bound(written)[0]) != "today":
            yield name


def _part(condition: Condition | None, script: Script) -> str:
    """Return a condition as XPath; empty: always."""
    return "" if condition is None else _xpath(condition, script)


def _xpath(condition: Condition, script: Script) -> str:
    match condition:
        case All(every=parts):
            return "(" + " and ".join(_xpath(part, script) for part in parts) + ")"
        case AnyOf(some=parts):
            return "(" + " or ".join(_xpath(part, script) for part in parts) + ")"
        case Not(part=part):
            return f"not({_xpath(part, script)})"
        case AnswerIs(answer=question, value=value):
            return _is_answer(question, value, script)
        case AnswerIn(answer=question, values=values):
            return "(" + " or ".join(_is_answer(question, value, script) for value in values) + ")"
        case Answered(answered=question):
            return f"${{{question}}} != ''"
        case FactIs(fact=fact, value=value):
            said = value if isinstance(value, str) else str(value).lower()
            return f"${{fact_{fact}}} = '{said}'"
        case Known(known=fact):
            return f"${{fact_{fact}}} != ''"


def _is_answer(question: str, value: str, script: Script) -> str:
    asked = script.questions.get(question)
    if asked and asked.type is QuestionType.MULTI:
        return f"selected(${{{question}}}, '{value}')"
    return f"${{{question}}} = '{value}'"


def _lost(step: Step) -> Iterator[str]:
    """Yield what of a step is in no column of an XLSForm."""
    if step.sensitive:
        yield "it opens only once the identity is confirmed"
    if step.gate:
        yield "the steps after it stay shut until it is complete"
    if step.widget:
        yield f"it opens a tool of the call screen: {step.widget.value}"
    if step.escalation:
        yield f"it asks an adviser or a referent: {step.escalation.value}"
    if step.end:
        yield f"it proposes how the call ends: {step.end.outcome.value}"
    if step.days:
        yield f"it goes through the days from {step.days.first} to {step.days.last}"
    for question in step.questions:
        if question.or_unknown:
            yield f"« {question.label} » may be answered by: does not know"


def _choice(name: str, value: str, french: str, english: str) -> Row:
    return {"list_name": name, "name": value, **_label(french, english)}


def _label(french: str, english: str) -> Row:
    return {f"label::{FRENCH}": french, f"label::{ENGLISH}": english or french}
