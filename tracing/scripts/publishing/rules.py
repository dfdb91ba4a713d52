"""What a draft of a script holds: its content as a file has it, the texts to translate, what two versions differ in."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracing.scripts.definitions import Script, Step
from tracing.scripts.library import version_key
from tracing.scripts.vocabulary import ScriptKind

Content = dict[str, Any]
"""A script as a file has it, through JSON, without what names its version."""
StepContent = dict[str, Any]
NAMES = ("kind", "version", "content_hash", "changes", "language")
UNPUBLISHED = "0" * 64


def content_of(script: Script) -> Content:
    """Return what a script says, as a file has it."""
    written = script.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {key: value for key, value in written.items() if key not in NAMES}


def step_content(step: Step) -> StepContent:
    """Return a step as a file has it."""
    written: StepContent = step.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return written


def read_script(
    kind: ScriptKind, content: Mapping[str, Any], *, version: str, changes: str | None = None
) -> Script:
    """Read a script from its content.

    Raises:
        ValidationError: a field is missing or wrong.
    """
    named = {"kind": kind.value, "version": version, "language": "fr", "content_hash": digest(content)}
    if changes is not None:
        named["changes"] = changes
    return Script.model_validate_json(json.dumps({**content, **named}))


def read_step(content: Mapping[str, Any]) -> Step:
    """Read one step.

    Raises:
        ValidationError: a field is missing or wrong.
    """
    return Step.model_validate_json(json.dumps(content))


def digest(content: object) -> str:
    """Return the SHA-256 of what a script, or a step, says."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def step_digest(written: StepContent, english: Mapping[str, str]) -> str:
    """Return the SHA-256 of what a step says, with its English: whoever translates meanwhile is not overwritten."""
    said = dict.fromkeys(texts_of(read_step(written)))
    return digest([written, [english.get(one) or "" for one in said]])


def with_known_english(content: Content, english: Mapping[str, str]) -> Content:
    """Return a script with the English that is known of its texts, where it has none of its own."""
    kept = kept_english(content, {**english, **content.get("english", {})})
    return {**content, "english": kept} if kept else content


def texts_of(step: Step) -> Iterator[str]:
    """Yield every text of a step that a tracer reads or says, in the order of the screen."""
    yield step.title
    for wordings in step.say:
        yield from wordings
    yield from (text for text in (step.note, step.confirm) if text)
    for question in step.questions:
        yield question.label
        yield from (text for text in (question.help,) if text)
        yield from (option.label for option in question.options)


def untranslated(step: Step, english: Mapping[str, str]) -> list[str]:
    """Return the texts of a step that have no English."""
    return [one for one in dict.fromkeys(texts_of(step)) if not english.get(one)]


def kept_english(content: Content, english: Mapping[str, str]) -> dict[str, str]:
    """Return the translations whose French is still said."""
    said = {one for step in content["steps"] for one in texts_of(read_step(step))}
    return {french: words for french, words in english.items() if french in said and words}


def next_version(last: str, release: str, number: int) -> str:
    """Return how the next version is called: it counts on from the newer of what it follows and what it goes back to.

    >>> next_version("2026.5.3", "2026.5", 4)
    '2026.5.4'
    """
    base = max(version_key(last)[:2], version_key(release)[:2])
    return f"{base[0]}.{base[1]}.{number}"


def moved(
    listed: Sequence[StepContent], step_id: str, how: str, *, old: Sequence[StepContent]
) -> list[StepContent]:
    """Return the steps of a draft with one of them moved, taken out, or as it was before."""
    steps = list(listed)
    place = next((number for number, one in enumerate(steps) if one["id"] == step_id), None)
    if how == "restore":
        back = next((one for one in old if one["id"] == step_id), None)
        if place is not None and back is not None:
            steps[place] = back
        elif back is not None:
            steps.insert(_place_of(back, steps, old), back)
    elif place is not None and how == "remove" and len(steps) > 1:
        steps.pop(place)
    elif place is not None and how in {"up", "down"}:
        there = place + (1 if how == "down" else -1)
        if 0 <= there < len(steps):
            steps[place], steps[there] = steps[there], steps[place]
    return steps


def _place_of(back: StepContent, steps: Sequence[StepContent], old: Sequence[StepContent]) -> int:
    """Return where a step that was taken out stands again: after the one that stood before it, of those that are left."""
    places = {one["id"]: number for number, one in enumerate(steps)}
    earlier = [one["id"] for one in old[: old.index(back)]]
    after = next((places[name] for name in reversed(earlier) if name in places), -1)
    return after + 1


def with_step(content: Content, written: StepContent, *, after: str | None = None) -> Content:
    """Return a draft with one step written, in its place or after another; a new one comes before the last at most."""
    steps = list(content["steps"])
    place = next((number for number, one in enumerate(steps) if one["id"] == written["id"]), None)
    if place is not None:
        steps[place] = written
    else:
        last = len(steps) - 1
        found = next((number for number, one in enumerate(steps) if one["id"] == after), last)
        steps.insert(min(found + 1, last), written)
    return {**content, "steps": steps}
