"""Who may read what of a file, for how long, and how many searches an hour are enough. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tracing.facts.rules import OF_IDENTITY, FactKind
from tracing.programmes.data_fields import DataField
from tracing.staff.models import Role

OPEN_FOR = timedelta(hours=1)
"""How long a file stays open for who found it: then it is searched again, with a reason."""
SEARCH_WINDOW = timedelta(hours=1)
MOST_SEARCHES = 40
"""A member's searches within the window. A person who answers complaints makes far fewer."""
MOST_IN_VAIN = 10
"""Those of them that found nobody: whoever guesses keys is stopped sooner."""

READERS = (Role.SUPERVISOR, Role.ADVISER, Role.AUDITOR)


class FoundBy(StrEnum):
    """How a file was found."""

    REFERENCE = "reference"
    NUMBER = "number"
    NIR = "nir"
    NAME = "name"
    """Surname, first given name and birth date."""
    LIST = "list"
    """From a list on which its call waits for the reader."""
    QUESTION = "question"
    """From a question that the reader has taken."""
    LINK = "link"
    """From another file of the same chain, or of the same person."""


class FileReason(StrEnum):
    """Why somebody reads a file."""

    COMPLAINT = "complaint"
    ASKS = "asks"
    """The person or somebody close asks what becomes of the case."""
    CORRECTION = "correction"
    OPINION = "opinion"
    """A medical opinion is asked."""
    RIGHTS = "rights"
    """Access, correction or objection: the rights of the person over their data."""
    CONTROL = "control"
    """Who read the file, and why."""
    LISTED = "listed"
    """It waits on the reader's list, or in a question they took."""
    OTHER = "other"


REASONS: dict[Role, tuple[FileReason, ...]] = {
    Role.SUPERVISOR: (FileReason.COMPLAINT, FileReason.ASKS, FileReason.CORRECTION, FileReason.OTHER),
    Role.ADVISER: (FileReason.OPINION, FileReason.ASKS, FileReason.COMPLAINT, FileReason.OTHER),
    Role.AUDITOR: (FileReason.RIGHTS, FileReason.CONTROL, FileReason.COMPLAINT, FileReason.OTHER),
}
"""What each role may give as its reason, the usual one first."""


@dataclass(frozen=True)
class Sees:
    """What a reader sees of a file beside its calls, messages and dates."""

    health: bool
    """Answers, the values of every fact, and the texts of questions."""
    people: bool
    """Names and numbers of the contacts, and what was written to people."""
    readers: bool
    """Who read the file, and why."""
    values: bool
    """The values of facts that say nothing of health."""


NOT_OF_HEALTH = frozenset(
    {
        FactKind.DEATH,
        FactKind.NO_CALLS,
        FactKind.REFUSAL,
        FactKind.WRONG_NUMBER,
        FactKind.ONSET,
        FactKind.SAMPLED,
        FactKind.LAST_CONTACT,
        FactKind.LIVES_WITH_CASE,
        FactKind.KEPT_IN_LIST,
        *OF_IDENTITY,
    }
)
"""Facts that a supervisor reads: who is to be called, and the days. A new kind is an adviser's until it stands here."""


def seen_by(roles: Collection[Role]) -> Sees:
    """Return what somebody with these roles sees of a file."""
    is_adviser, is_supervisor = Role.ADVISER in roles, Role.SUPERVISOR in roles
    return Sees(
        health=is_adviser,
        people=is_adviser or is_supervisor,
        readers=Role.AUDITOR in roles,
        values=is_adviser or is_supervisor,
    )


FIELDS: Mapping[FactKind, DataField] = {
    FactKind.ONSET: DataField.ONSET,
    FactKind.SAMPLED: DataField.TEST,
    FactKind.LAST_CONTACT: DataField.CIRCUMSTANCES,
    FactKind.LIVES_WITH_CASE: DataField.CIRCUMSTANCES,
    FactKind.BIRTH_DATE: DataField.BIRTH_DATE,
    FactKind.ADDRESS: DataField.ADDRESS,
}
"""What of the facts that a supervisor reads a programme may restrict: then it is for those who see health only."""


def shows_value(kind: FactKind, sees: Sees, restricted: Collection[DataField] = ()) -> bool:
    """Return whether a reader sees the value of a fact, by what its programme restricts."""
    return sees.health or (sees.values and kind in NOT_OF_HEALTH and FIELDS.get(kind) not in restricted)


def reasons_of(roles: Collection[Role]) -> tuple[FileReason, ...]:
    """Return what a member with these roles may give as a reason."""
    return tuple(dict.fromkeys(one for role in READERS if role in roles for one in REASONS[role]))


def wait_before_search(
    searched: Sequence[datetime], in_vain: Sequence[datetime], *, at: datetime
) -> timedelta:
    """Return how long a member waits before the next search; both lists are those of the window, oldest first."""
    waits = [
        times[len(times) - most] + SEARCH_WINDOW - at
        for times, most in ((searched, MOST_SEARCHES), (in_vain, MOST_IN_VAIN))
        if len(times) >= most
    ]
    return max([timedelta(0), *waits])


def is_open(opened_at: datetime, *, at: datetime) -> bool:
    """Return whether a file opened then may still be read."""
    return at < opened_at + OPEN_FOR
