"""The report of a lot: the counts of the format, and on request the outcome of each line. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tracing.imports.format.fields import read_id
from tracing.imports.format.line import Doubt, ParsedLine
from tracing.imports.format.own_fields import sent_id
from tracing.imports.rules import Decision, Outcome
from tracing.kernel.redaction import redacted

MOST_EXAMPLES = 5


@redacted
class ReportLine(NamedTuple):
    """What a report needs to know of a line, as stored in the database."""

    row_number: int
    result_id: str | None
    outcome: Outcome
    new_episode: bool
    possible_duplicate: bool
    reasons: Sequence[str]
    """Why it was quarantined, the decisive reason first."""
    warnings: Sequence[str]
    """Each counted once per line, on lines that create a case."""
    completed: bool = False
    """A duplicate brought something that was missing."""
    has_lost_id: bool = False
    """Its result id came in scientific notation."""
    shares_id: bool = False
    """Its result id is another person's, in this lot."""

    @property
    def label(self) -> str:
        """The outcome with its notes: `created:possible`."""
        notes = [
            *self.reasons[:1],
            *["new_episode"] * self.new_episode,
            *["possible"] * self.possible_duplicate,
        ]
        return ":".join([self.outcome, *notes, *self.warnings])


def report_line_of(line: ParsedLine, decision: Decision) -> ReportLine:
    """Return what a lot's report needs of a decided line."""
    return ReportLine(
        row_number=line.row,
        result_id=line.result_id or None,
        outcome=decision.outcome,
        new_episode=decision.new_episode,
        possible_duplicate=bool(decision.possible_with),
        reasons=_reasons(line, decision) if decision.outcome is Outcome.QUARANTINED else [],
        # a reported death counts whatever the line brings: it stops the calls to the person
        warnings=[
            str(doubt)
            for doubt in line.doubts
            if decision.outcome is Outcome.CREATED or doubt is Doubt.DECEASED
        ]
        if line.doubts
        else [],
        completed=decision.completes,
        has_lost_id=not line.result_id and has_lost_id(line),
        shares_id=decision.shares_id,
    )


def has_lost_id(line: ParsedLine) -> bool:
    """Return whether a line came with an id in scientific notation."""
    sent = sent_id(line.fingerprint_content)
    return sent != "" and read_id(sent) == ""


def _reasons(line: ParsedLine, decision: Decision) -> list[str]:
    """Return why a line waits, the decisive reason first."""
    return [str(one) for one in ((decision.reason,) if decision.reason else ()) + line.problems]


class Tally:
    """Counts lines one by one, and keeps the first few of each kind as examples."""

    def __init__(self) -> None:
        self.lines = 0
        self.outcomes: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.possible_duplicates = 0
        self.new_episodes = 0
        self.completed = 0
        self.lost_ids = 0
        self._shared_ids: set[str | None] = set()
        self._examples: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, line: ReportLine) -> None:
        """Count a line."""
        self.lines += 1
        self.outcomes[line.outcome.value] += 1
        self.reasons.update(line.reasons[:1])
        self.warnings.update(line.warnings)
        self.possible_duplicates += line.possible_duplicate
        self.new_episodes += line.new_episode
        self.completed += line.completed
        self.lost_ids += line.has_lost_id
        if line.shares_id:
            self._shared_ids.add(line.result_id)
        kinds = [line.outcome.value, *line.reasons[:1], *line.warnings]
        kinds += ["possible_duplicates"] * line.possible_duplicate + ["new_episodes"] * line.new_episode
        kinds += ["completed"] * line.completed
        for kind in kinds:
            if len(self._examples[kind]) < MOST_EXAMPLES:
                self._examples[kind].append({"row": line.row_number, "id": line.result_id})

    @property
    def counts(self) -> dict[str, Any]:
        """The counts of the format."""
        return {
            "lines": self.lines,
            **{outcome.value: self.outcomes[outcome.value] for outcome in Outcome},
            "possible_duplicates": self.possible_duplicates,
            "new_episodes": self.new_episodes,
            "completed": self.completed,
            "lost_ids": self.lost_ids,
            "shared_ids": len(self._shared_ids),
            "quarantine_reasons": dict(self.reasons),
            "warnings": dict(self.warnings),
        }

    @property
    def examples(self) -> dict[str, list[dict[str, Any]]]:
        """Row numbers and result ids by outcome, reason and warning; no personal data."""
        return dict(self._examples)


def report_of(lines: Iterable[ReportLine], *, with_lines: bool = False) -> dict[str, Any]:
    """Return what the command line prints as JSON about the lines of a lot, in the order of the file."""
    tally, kept = Tally(), []
    for line in lines:
        tally.add(line)
        if with_lines:
            kept.append(line)
    return tally.counts | {"outcomes": _by_result(kept)} if with_lines else tally.counts


def _by_result(lines: Sequence[ReportLine]) -> dict[str, str]:
    """Return the label of each line by its result id; later lines of the same id are numbered (`#2`)."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    for line in lines:
        name = line.result_id or f"row {line.row_number}"
        times[name] += 1
        found[name if times[name] == 1 else f"{name}#{times[name]}"] = line.label
    return found
