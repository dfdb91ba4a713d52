"""Refusals of scripts: a file that cannot be published, an answer that cannot be saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tracing.kernel.errors import Invalid


def N_(text: str) -> str:  # noqa: N802 - the name by which the catalogue tool finds sentences
    """Mark a sentence for the catalogue; it is translated where it is shown, because rules do not know the locale."""
    return text


@dataclass(frozen=True)
class FileProblem:
    """What is wrong at one place of a file, for a page that says it in words."""

    kind: str
    """As pydantic names it, or `yaml`, `reference`, `twice`, `list` or `computed`."""
    line: int | None = None
    place: tuple[tuple[str, str | None], ...] = ()
    """The parts of the place, from the outside: what each is, and its name."""
    message: str = ""
    limits: Mapping[str, object] = field(default_factory=dict)


class ScriptInvalid(Exception):
    """A script file breaks the rules of scripts; the application does not start until it is fixed."""

    def __init__(self, problems: Sequence[str], places: Sequence[FileProblem] = ()) -> None:
        self.problems = tuple(problems)
        self.places = tuple(places)
        super().__init__("\n".join(self.problems))


class AnswerRefused(Invalid):
    """An answer does not have the form that its question needs.

    ``message`` is the French sentence; ``sentence`` and ``values`` let a page translate it.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        self.sentence = sentence
        self.values = values
        super().__init__(sentence % values if values else sentence)
