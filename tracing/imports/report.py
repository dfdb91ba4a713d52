"""What an import says of a lot: the counts, and the outcome of each line where asked. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tracing.imports.lines import ParsedLine
from tracing.imports.rules import Decision, Outcome


@dataclass
class Report:
    """The counts of a lot; warnings are counted once a line, on lines that create a case."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    possible_duplicates: int = 0
    new_episodes: int = 0
    quarantine_reasons: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    labels: dict[str, str] = field(default_factory=dict)

    def add(self, line: ParsedLine, decision: Decision) -> None:
        """Count one line."""
        self.outcomes[decision.outcome] += 1
        if decision.outcome is Outcome.CREATED:
            self.possible_duplicates += bool(decision.possible_with)
            self.new_episodes += decision.new_episode
            self.warnings.update(line.doubts)
        if decision.outcome is Outcome.QUARANTINED:
            self.quarantine_reasons[line.problems[0]] += 1
        self.labels[self._name(line)] = label(line, decision)

    def _name(self, line: ParsedLine) -> str:
        """Name a line by its result id, a later line of the same id with its rank (“#2”)."""
        name = line.result_id or f"row {line.row}"
        rank = 1
        while (ranked := name if rank == 1 else f"{name}#{rank}") in self.labels:
            rank += 1
        return ranked

    def to_dict(self, *, with_lines: bool = False) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        counts: dict[str, Any] = {"lines": self.outcomes.total()}
        counts |= {outcome.value: self.outcomes[outcome] for outcome in Outcome}
        counts |= {
            "possible_duplicates": self.possible_duplicates,
            "new_episodes": self.new_episodes,
            "quarantine_reasons": {str(code): number for code, number in self.quarantine_reasons.items()},
            "warnings": {str(code): number for code, number in self.warnings.items()},
        }
        return counts | {"outcomes": self.labels} if with_lines else counts


def label(line: ParsedLine, decision: Decision) -> str:
    """Return the outcome of a line with what is notable about it: “created:possible”."""
    notes: list[str] = []
    if decision.outcome is Outcome.QUARANTINED:
        notes = [line.problems[0]]
    elif decision.outcome is Outcome.CREATED:
        notes = ["new_episode"] * decision.new_episode + ["possible"] * bool(decision.possible_with)
        notes += line.doubts
    return ":".join([decision.outcome, *notes])
