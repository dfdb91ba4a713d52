"""What a change of the rules does to the cases of today: tried for a preview, carried out when it takes effect."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from tracing.cases import queries as case_queries
from tracing.cases.models import Case, CaseStatus
from tracing.consequences.picture_rules import Consequence, ConsequenceKind
from tracing.consequences.services import follow_case
from tracing.contacts import queries as contact_queries
from tracing.kernel import events
from tracing.kernel.db import session, trial
from tracing.programmes import in_force
from tracing.programmes.schema import Pack

REACH = timedelta(days=60)
"""No isolation, quarantine or follow-up of a case collected before is still under way."""
ADDED = frozenset({ConsequenceKind.CALL_OPENS, ConsequenceKind.RING_AGAIN})
DROPPED = frozenset({ConsequenceKind.CALL_STOPS, ConsequenceKind.RING_NO_MORE})


@dataclass(frozen=True)
class Effect:
    """What a change does: to one case, or to all of them."""

    ends_moved: int = 0
    """How many last days of isolation or quarantine are other ones."""
    calls_added: int = 0
    calls_dropped: int = 0
    notes_to_mend: int = 0

    def __add__(self, other: "Effect") -> "Effect":
        return Effect(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def carry_out(case_id: int, reaching: frozenset[str], *, former: Pack, number: int, at: datetime) -> Effect:
    """Decide a case and its contacts by the rules in force now; who was told keeps theirs, but for those `reaching`.

    `former` are the rules before: an end that they would have given as well is none that moves.
    """
    before = _ends(case_id)
    if None in before.values():
        # nobody was called about it yet, so that nothing is stored
        before = _ends_under(former, case_id, at=at)
    followed = follow_case(case_id, reaching=reaching, by=None, at=at)
    after = _ends(case_id)
    moved = [subject for subject, end in after.items() if before.get(subject) != end]
    for kind, subject_id in moved:
        events.record(
            f"{kind}.ruled_again",
            by=None,
            at=at,
            subject=(kind, subject_id),
            site_id=case_queries.get_case(case_id).site_id,
            number=number,
        )
    return _counted(followed, len(moved))


def try_out(case_id: int, pack: Pack, reaching: frozenset[str], *, former: Pack, at: datetime) -> Effect:
    """Return what these rules would do to a case; nothing of it stays."""
    with in_force.supposing(pack), trial():
        return carry_out(case_id, reaching, former=former, number=0, at=at)


def next_cases(programme: str, *, after: int, since: date, most: int) -> Sequence[int]:
    """Return the next cases that a change of the rules may reach, in the order of their ids."""
    return session.scalars(
        select(Case.id)
        .where(
            Case.programme == programme,
            Case.id > after,
            Case.cohort >= since,
            Case.status != CaseStatus.WITHDRAWN,
        )
        .order_by(Case.id)
        .limit(most)
    ).all()


def count_cases(programme: str, *, since: date) -> int:
    """Return how many cases a change of the rules may reach."""
    return (
        session.scalar(
            select(func.count()).where(
                Case.programme == programme, Case.cohort >= since, Case.status != CaseStatus.WITHDRAWN
            )
        )
        or 0
    )


def _ends(case_id: int) -> dict[tuple[str, int], date | None]:
    case = case_queries.get_case(case_id)
    found: dict[tuple[str, int], date | None] = {("case", case.id): case.isolation_last_day}
    for contact in contact_queries.contacts_of_case(case_id):
        found["contact", contact.id] = contact.quarantine_last_day
    return found


def _ends_under(pack: Pack, case_id: int, *, at: datetime) -> dict[tuple[str, int], date | None]:
    with in_force.supposing(pack), trial():
        follow_case(case_id, by=None, at=at)
        return _ends(case_id)


def _counted(followed: Sequence[Consequence], moved: int) -> Effect:
    kinds = [one.kind for one in followed]
    return Effect(
        ends_moved=moved,
        calls_added=sum(kind in ADDED for kind in kinds),
        calls_dropped=sum(kind in DROPPED for kind in kinds),
        notes_to_mend=kinds.count(ConsequenceKind.NOTE_TO_MEND),
    )
