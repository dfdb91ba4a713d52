"""Refusals of scripts: a file that cannot be published, an answer that cannot be saved."""

from collections.abc import Sequence

from tracing.kernel.errors import Invalid


def N_(text: str) -> str:  # noqa: N802 - the name by which the catalogue tool finds sentences
    """Mark a sentence for the catalogue; it is translated where it is shown, because rules do not know the locale."""
    return text


class ScriptInvalid(Exception):
    """A script file breaks the rules of scripts; the application does not start until it is fixed."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class AnswerRefused(Invalid):
    """An answer does not have the form that its question needs.

    ``message`` is the French sentence; ``sentence`` and ``values`` let a page translate it.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        self.sentence = sentence
        self.values = values
        super().__init__(sentence % values if values else sentence)
