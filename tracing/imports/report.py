"""What an import says of a lot: the counts of the format, and the outcome of each line where asked. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tracing.imports.lines import ParsedLine
from tracing.imports.rules import Decision, Outcome


class Told(NamedTuple):
    """What a report needs to know of a line, as the database keeps it."""

    row_number: int
    result_id: str | None
    outcome: Outcome
    new_episode: bool
    possible_duplicate: bool
    reasons: Sequence[str]
    """Why it was quarantined, the decisive reason first."""
    warnings: Sequence[str]
    """Counted once a line, on lines that create a case."""

    @property
    def label(self) -> str:
        """The outcome with what is notable about it: `created:possible`."""
        notes = [
            *self.reasons[:1],
            *["new_episode"] * self.new_episode,
            *["possible"] * self.possible_duplicate,
        ]
        return ":".join([self.outcome, *notes, *self.warnings])


def told(line: ParsedLine, decision: Decision) -> Told:
    """Return what is kept of a decided line for its lot's report."""
    return Told(
        row_number=line.row,
        result_id=line.result_id or None,
        outcome=decision.outcome,
        new_episode=decision.new_episode,
        possible_duplicate=bool(decision.possible_with),
        reasons=[str(problem) for problem in line.problems]
        if decision.outcome is Outcome.QUARANTINED
        else [],
        warnings=[str(doubt) for doubt in line.doubts] if decision.outcome is Outcome.CREATED else [],
    )


def report_of(lines: Sequence[Told], *, with_lines: bool = False) -> dict[str, Any]:
    """Return what the command line prints as JSON about the lines of a lot, in the order of the file."""
    outcomes = Counter(line.outcome for line in lines)
    counts: dict[str, Any] = {"lines": len(lines)}
    counts |= {outcome.value: outcomes[outcome] for outcome in Outcome}
    counts["possible_duplicates"] = sum(line.possible_duplicate for line in lines)
    counts["new_episodes"] = sum(line.new_episode for line in lines)
    counts["quarantine_reasons"] = dict(Counter(line.reasons[0] for line in lines if line.reasons))
    counts["warnings"] = dict(Counter(code for line in lines for code in line.warnings))
    return counts | {"outcomes": _by_result(lines)} if with_lines else counts


def _by_result(lines: Sequence[Told]) -> dict[str, str]:
    """Name each line by its result id, a later line of the same id with its rank (`#2`)."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    for line in lines:
        name = line.result_id or f"row {line.row_number}"
        times[name] += 1
        found[name if times[name] == 1 else f"{name}#{times[name]}"] = line.label
    return found
