"""Find files by an exact key, and read what was found: only what this member found here, and only for an hour."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select

from tracing.casefiles import rules
from tracing.casefiles.errors import FileShut, NoSuchFile
from tracing.casefiles.models import FileOpening, FileSearch
from tracing.casefiles.rules import FoundBy
from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.contacts.models import Contact
from tracing.kernel.db import equals_any, session
from tracing.people import queries as people
from tracing.people.models import KeyKind
from tracing.people.names import normal_form
from tracing.people.nir import read_nir
from tracing.people.phones import read_phones
from tracing.people.rules import Identity, given_birth_keys, last_names, name_birth_key
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent
from tracing.staff.models import Site, SiteKind

MOST_FOUND = 50
MOST_COMPARED = 300
"""People with one first name and birth date whose names are compared with what was typed."""


@dataclass(frozen=True, repr=False)
class Key:
    """What somebody typed, as one exact key."""

    kind: FoundBy
    values: tuple[str, ...] = ()
    """A reference, numbers in E.164, or a NIR."""
    identity: Identity | None = None
    """Surname, first given name and birth date."""


@dataclass(frozen=True)
class Subject:
    """A case; or a contact with the case that named them."""

    case: Case
    contact: Contact | None = None

    @property
    def person_id(self) -> int:
        """The person whose file it is."""
        return self.contact.person_id if self.contact is not None else self.case.person_id

    @property
    def since(self) -> datetime:
        """When it began: the files of a person are listed from the newest."""
        return self.contact.named_at if self.contact is not None else self.case.created_at


def read_key(typed: str, *, allow_fiction: bool) -> Key | None:
    """Return what was typed as a reference, a NIR or a telephone number; None if it is none of them."""
    compact = "".join(typed.split()).upper()
    if compact.startswith("P0"):
        return Key(FoundBy.REFERENCE, (compact,))
    nir = read_nir(compact)
    if nir is not None:
        return Key(FoundBy.NIR, (nir.number,))
    numbers = read_phones(typed, allow_fiction=allow_fiction).numbers
    return Key(FoundBy.NUMBER, tuple(numbers)) if numbers else None


def name_key(name: str, given: str, born: date) -> Key:
    """Return a surname, given name and birth date as a key."""
    return Key(FoundBy.NAME, identity=Identity(birth_name=name, first_names=given, birth_date=born))


def subjects_of(key: Key, *, is_invented: bool) -> list[Subject]:
    """Return the files with this key at whatever site, the newest first: invented people and real ones are kept apart."""
    if key.kind is FoundBy.REFERENCE:
        case = cases.find_by_reference(key.values[0])
        if case is None or people.get_person(case.person_id).is_invented is not is_invented:
            return []
        return [Subject(case)]
    return subjects_about(_people_with(key, is_invented=is_invented))


def subjects_about(person_ids: Collection[int]) -> list[Subject]:
    """Return the files of people under all their records, the newest first."""
    records = {record for theirs in people.all_records(person_ids).values() for record in theirs}
    if not records:
        return []
    own = session.scalars(
        select(Case).where(equals_any(Case.person_id, records)).order_by(Case.id.desc()).limit(MOST_FOUND)
    )
    named = session.execute(
        select(Contact, Case)
        .join(Case, Case.id == Contact.case_id)
        .where(equals_any(Contact.person_id, records))
        .order_by(Contact.id.desc())
        .limit(MOST_FOUND)
    )
    found = [*(Subject(case) for case in own), *(Subject(row.Case, row.Contact) for row in named)]
    return sorted(found, key=lambda one: one.since, reverse=True)


def _people_with(key: Key, *, is_invented: bool) -> list[int]:
    if key.identity is not None:
        return _named(key.identity, is_invented=is_invented)
    kind = KeyKind.NIR if key.kind is FoundBy.NIR else KeyKind.PHONE
    found = [
        one.id
        for value in key.values
        for one in people.find_by_key(kind, value, is_invented=is_invented, limit=MOST_FOUND)
    ]
    return list(dict.fromkeys(found))


def _named(wanted: Identity, *, is_invented: bool) -> list[int]:
    """Return the people with this birth name, or else with this usual name, and the given name and birth date."""
    found = people.find_by_key(
        KeyKind.NAME_BIRTH, name_birth_key(wanted), is_invented=is_invented, limit=MOST_FOUND
    )
    if found:
        return [one.id for one in found]
    alike = {
        one.id
        for value in given_birth_keys(wanted)[:1]
        for one in people.find_by_key(
            KeyKind.GIVEN_BIRTH, value, is_invented=is_invented, limit=MOST_COMPARED
        )
    }
    name = normal_form(wanted.birth_name)
    return sorted(
        person_id
        for person_id, known in people.joint_identities(alike).items()
        if name in {normal_form(one) for one in last_names(known)}
    )


def find_site_of(subjects: Sequence[Subject], *, by: Agent) -> int | None:
    """Return another site of the same kind that follows somebody found, for a member whose site does not."""
    others = {one.case.site_id for one in subjects} - {by.site.id}
    kind = session.scalars(select(Site.id).where(Site.id.in_(others), Site.kind == by.site.kind)).first()
    return kind if kind is not None and not any(one.case.site_id == by.site.id for one in subjects) else None


def is_training(by: Agent) -> bool:
    """Return whether a member works among invented people."""
    return by.site.kind is SiteKind.TRAINING


def searched_lately(member_id: int, *, since: datetime) -> list[tuple[datetime, bool]]:
    """Return when a member searched since a moment, and whether anything was found, oldest first."""
    rows = session.execute(
        select(FileSearch.searched_at, FileSearch.found, FileSearch.other_site_id)
        .where(FileSearch.member_id == member_id, FileSearch.searched_at > since)
        .order_by(FileSearch.searched_at, FileSearch.id)
    )
    return [(row.searched_at, bool(row.found) or row.other_site_id is not None) for row in rows]


def get_search(search_id: int, *, by: Agent) -> FileSearch:
    """Return a search that a member made at this site.

    Raises:
        NoSuchFile: it is another member's or another site's.
    """
    chosen = select(FileSearch).where(
        FileSearch.id == search_id, FileSearch.member_id == by.member_id, FileSearch.site_id == by.site.id
    )
    search = session.scalar(chosen)
    if search is None:
        raise NoSuchFile
    return search


def found_in(search_id: int) -> list[FileOpening]:
    """Return what a search found, in its order."""
    return list(
        session.scalars(
            select(FileOpening)
            .where(FileOpening.search_id == search_id, FileOpening.found_by != FoundBy.LINK)
            .order_by(FileOpening.id)
        )
    )


def get_opening(opening_id: int, *, by: Agent, at: datetime) -> FileOpening:
    """Return a file that a member may read now.

    Raises:
        NoSuchFile: another member found it, or at another site, or the case has gone there.
        FileShut: it was found more than an hour ago.
    """
    chosen = select(FileOpening).where(
        FileOpening.id == opening_id, FileOpening.member_id == by.member_id, FileOpening.site_id == by.site.id
    )
    opening = session.scalar(chosen)
    if opening is None:
        raise NoSuchFile
    if not rules.is_open(opening.opened_at, at=at):
        raise FileShut
    return opening


def subject_of(opening: FileOpening) -> Subject:
    """Return the case or contact of an opened file.

    Raises:
        NoSuchFile: its lot was taken back, or another site follows it now.
    """
    return subjects_opened([opening])[opening.id]


def subjects_opened(openings: Collection[FileOpening]) -> dict[int, Subject]:
    """Return the case or contact of each opened file, keyed by the opening.

    Raises:
        NoSuchFile: one of them is gone.
    """
    known = {
        case.id: case
        for case in session.scalars(
            select(Case).where(equals_any(Case.id, {one.case_id for one in openings}))
        )
    }
    contact_ids = {one.contact_id for one in openings if one.contact_id is not None}
    named = (
        {one.id: one for one in session.scalars(select(Contact).where(equals_any(Contact.id, contact_ids)))}
        if contact_ids
        else {}
    )
    found = {}
    for one in openings:
        case = known.get(one.case_id)
        contact = named.get(one.contact_id) if one.contact_id is not None else None
        if case is None or case.site_id != one.site_id or (one.contact_id is not None and contact is None):
            raise NoSuchFile
        found[one.id] = Subject(case, contact)
    return found


def find_last_task(subject: Subject) -> CallTask | None:
    """Return the newest call of a case or contact."""
    about = (
        CallTask.contact_id == subject.contact.id
        if subject.contact is not None
        else and_(CallTask.case_id == subject.case.id, CallTask.contact_id.is_(None))
    )
    return session.scalar(select(CallTask).where(about).order_by(CallTask.id.desc()).limit(1))


def linked_with(subject: Subject, *, may_see_case: bool) -> list[Subject]:
    """Return the files one step away: contacts, the case that named them, the case they became, the person's others."""
    own, contact = subject.case, subject.contact
    found: list[Subject] = subjects_about([subject.person_id])
    if contact is None:
        named = session.scalars(select(Contact).where(Contact.case_id == own.id).order_by(Contact.id))
        found += [Subject(own, one) for one in named]
        before = select(Contact, Case).join(Case, Case.id == Contact.case_id)
        became = session.execute(before.where(Contact.became_case_id == own.id).order_by(Contact.id))
        found += [Subject(row.Case, row.Contact) for row in became]
    else:
        if may_see_case:
            found.append(Subject(own))
        if contact.became_case_id is not None:
            found.append(Subject(session.get_one(Case, contact.became_case_id)))
    distinct = {_key_of(one): one for one in found}
    distinct.pop(_key_of(subject), None)
    return list(distinct.values())


def _key_of(subject: Subject) -> tuple[int, int | None]:
    return subject.case.id, subject.contact.id if subject.contact is not None else None
