"""Who may have infected whom, as lines in order: everybody below the person they met. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

MOST_PEOPLE = 500
"""A longer chain is shown as far as this from the file that it was asked for."""


@dataclass(frozen=True)
class Member:
    """A case of a chain, by its reference alone."""

    case_id: int
    reference: str
    began_on: date
    """The first day of symptoms; without any, the day of sampling."""
    has_symptoms: bool
    contacts: int
    """How many people it named."""


@dataclass(frozen=True)
class Meeting:
    """A case named somebody who is a case too."""

    of: int
    with_: int
    met_on: date | None
    """None: nobody knows the day."""


@dataclass(frozen=True)
class Line:
    """A member at their place, with everybody who named them."""

    member: Member
    depth: int
    main: Meeting | None
    """The meeting below which they stand: the last one before they fell ill. None: the chain begins here."""
    others: tuple[Meeting, ...] = ()
    """Their other meetings with people of the chain, also those that came too late to infect them."""


def arrange(members: Iterable[Member], meetings: Iterable[Meeting]) -> tuple[Line, ...]:
    """Return the members so that each stands below the person who may have infected them, the earliest first.

    Nobody is infected by somebody who fell ill later: so there is no circle, whoever named whom.
    """
    known = sorted(members, key=lambda one: (one.began_on, one.case_id))
    rank = {one.case_id: place for place, one in enumerate(known)}
    named: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        if meeting.of in rank and meeting.with_ in rank and meeting.of != meeting.with_:
            named[meeting.with_].append(meeting)
    main = {one.case_id: _main(one, named[one.case_id], rank) for one in known}
    below: dict[int | None, list[Member]] = defaultdict(list)
    for one in known:
        chosen = main[one.case_id]
        below[None if chosen is None else chosen.of].append(one)
    return tuple(_in_order(below, main, named))


def _main(member: Member, named: Sequence[Meeting], rank: Mapping[int, int]) -> Meeting | None:
    possible = [one for one in named if rank[one.of] < rank[member.case_id]]

    def place(one: Meeting) -> tuple[bool, date, int]:
        was_before = one.met_on is not None and one.met_on <= member.began_on
        return was_before, one.met_on or date.min, -rank[one.of]

    return max(possible, key=place, default=None)


def _in_order(
    below: Mapping[int | None, Sequence[Member]],
    main: Mapping[int, Meeting | None],
    named: Mapping[int, Sequence[Meeting]],
) -> Iterable[Line]:
    waiting = [(one, 0) for one in reversed(below[None])]
    while waiting:
        member, depth = waiting.pop()
        chosen = main[member.case_id]
        others = tuple(one for one in named.get(member.case_id, ()) if one is not chosen)
        yield Line(member, depth, chosen, others)
        waiting += [(one, depth + 1) for one in reversed(below.get(member.case_id, ()))]
