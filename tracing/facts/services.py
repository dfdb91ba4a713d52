"""Record facts. What follows from them is carried out in the same transaction, by those who registered for it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from tracing.facts import queries
from tracing.facts.models import Fact
from tracing.facts.rules import KINDS, FactSource, NewFact, Said, Subject, adds_nothing, retraction
from tracing.kernel import events
from tracing.kernel.db import session, take_id
from tracing.vault import services as vault

Follower = Callable[[frozenset[Subject], int | None, datetime], None]

_FOLLOWERS: list[Follower] = []


def register(follower: Follower) -> None:
    """Let a function carry out what follows from facts: it is called with the subjects, who recorded them and when."""
    if follower not in _FOLLOWERS:
        _FOLLOWERS.append(follower)


def record(new: Sequence[NewFact], *, by: int | None, at: datetime) -> list[Fact]:
    """Record facts, and let what follows from them happen, once for all of them; returns those that were new.

    What the same source has said already is not recorded twice; what follows is looked at again all the same.
    """
    rows = add(new, by=by, at=at)
    follow({one.subject for one in new}, by=by, at=at)
    return rows


def add(new: Sequence[NewFact], *, by: int | None, at: datetime) -> list[Fact]:
    """Record facts without what follows, for callers that go on to `follow`, or whose rows hold them already."""
    known = {subject: queries.facts_of(*subject) for subject in {one.subject for one in new}}
    rows = []
    for one in new:
        row = _add(one, known[one.subject], by=by, at=at)
        if row is not None:
            known[one.subject].append(row.said)
            rows.append(row)
    return rows


def retract(
    fact: Said,
    subject: Subject,
    *,
    source: FactSource,
    cohort: date,
    words: str = "",
    by: int | None,
    at: datetime,
) -> None:
    """Take a fact back, and let what follows from that happen."""
    record([retraction(fact, subject, source=source, cohort=cohort, words=words)], by=by, at=at)


def follow(subjects: Iterable[Subject], *, by: int | None, at: datetime) -> None:
    """Carry out what follows from the facts about some subjects as they are now; does nothing the second time.

    Raises:
        LookupError: nobody has registered to carry it out.
    """
    wanted = frozenset(subjects)
    if not wanted:
        return
    if not _FOLLOWERS:
        raise LookupError("nothing would follow from a fact")
    for follower in _FOLLOWERS:
        follower(wanted, by, at)


def _add(new: NewFact, known: Sequence[Said], *, by: int | None, at: datetime) -> Fact | None:
    subject_type, subject_id = new.subject
    if subject_type not in KINDS[new.kind].subjects:
        raise ValueError(f"{new.kind.value} is no fact about a {subject_type.value}")
    row = Fact(
        subject_type=subject_type,
        subject_id=subject_id,
        kind=new.kind,
        value=new.value,
        speaks_of=new.speaks_of,
        source=new.source,
        said_at=at,
        by_id=by,
        call_id=new.call_id,
        lot_id=new.lot_id,
        retracts_id=new.retracts,
        number_hash=new.number_hash,
        index_key_id=vault.index_key_id() if new.number_hash is not None else None,
        cohort=new.cohort,
    )
    # what is sealed is compared by whoever records it
    if new.retracts is None and not new.identity and adds_nothing(known, row.said):
        return None
    row.id = take_id("facts")
    told = ({"words": new.words} if new.words else {}) | (
        {"identity": dict(new.identity)} if new.identity else {}
    )
    row.sealed = vault.seal("facts", row.id, new.cohort, told) if told else None
    session.add(row)
    session.flush()
    if new.retracts is not None:
        # what was said is its own record; that it was taken back belongs in the log as well
        events.record(
            "fact.taken_back",
            by=by,
            at=at,
            subject=(subject_type.value, subject_id),
            fact=new.kind.value,
            source=new.source.value,
        )
    return row
