"""The members and sites of the tests (Ada, Ben, Cleo and their colleagues), and minimal cases, calls and contacts."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import update

from tracing.cases import services as cases
from tracing.cases.models import Case, ContraryResult, LabResult
from tracing.contacts.models import Contact
from tracing.kernel.db import session, take_id
from tracing.people import services as people
from tracing.people.models import Person
from tracing.people.rules import Identity
from tracing.programmes.vocabulary import RiskLevel
from tracing.queue import services as queue
from tracing.queue.models import CallTask, TaskKind
from tracing.staff import national, queries, services
from tracing.staff.agent import Agent
from tracing.staff.models import Member, MemberKind, Role, Site, SiteKind

PASSWORD = "une phrase assez longue"
PROGRAMME = "exercise-2022"


@dataclass(frozen=True)
class Story:
    """The sites and members of the tests. Ada, Ben and Cleo are the main ones."""

    nantes: Site
    ajaccio: Site
    school: Site
    ada: Member
    """A tracer at Nantes, volunteer on Tuesdays and Thursdays."""
    ben: Member
    """Nantes' medical adviser."""
    cleo: Member
    """A tracer at Ajaccio, who may see nothing of Nantes."""
    abel: Member
    """Another tracer at Nantes."""
    dora: Member
    """Nantes' supervisor."""
    rose: Member
    """The referent of Nantes and of the training site."""
    ivan: Member
    """Nantes' import officer, who sees the lots of all live sites."""
    theo: Member
    """A recruit under training."""
    gaston: Member
    """The administrator of Nantes."""
    olga: Member
    """Nantes' auditor."""


def tell(*, at: datetime) -> Story:
    """Make the sites and their members."""
    nantes = services.add_site(
        code="440", name="Nantes", programme=PROGRAMME, is_default=True, funds=("441",), at=at
    )
    ajaccio = services.add_site(code="201", name="Ajaccio", programme=PROGRAMME, funds=("201",), at=at)
    school = services.add_site(code="900", name="École", programme=PROGRAMME, kind=SiteKind.TRAINING, at=at)
    story = Story(
        nantes=nantes,
        ajaccio=ajaccio,
        school=school,
        ada=member("ada", "Ada", (Role.TRACER, nantes), kind=MemberKind.VOLUNTEER, at=at),
        ben=member("ben", "Ben", (Role.ADVISER, nantes), at=at),
        cleo=member("cleo", "Cléo", (Role.TRACER, ajaccio), at=at),
        abel=member("abel", "Abel", (Role.TRACER, nantes), at=at),
        dora=member("dora", "Dora", (Role.SUPERVISOR, nantes), at=at),
        rose=member("rose", "Rose", (Role.REFERENT, nantes), (Role.REFERENT, school), at=at),
        ivan=member("ivan", "Ivan", (Role.IMPORTER, nantes), at=at),
        theo=member("theo", "Théo", (Role.TRACER, school), kind=MemberKind.RECRUIT, at=at),
        gaston=member("gaston", "Gaston", (Role.ADMINISTRATOR, nantes), at=at),
        olga=member("olga", "Olga", (Role.AUDITOR, nantes), at=at),
    )
    national.grant(story.ivan, nantes.id, at=at)
    services.set_hours(story.ada, {1: (time(9), time(17)), 3: (time(9), time(17))}, by=None, at=at)
    session.flush()
    return story


def member(
    login: str, name: str, *roles: tuple[Role, Site], kind: MemberKind = MemberKind.STAFF, at: datetime
) -> Member:
    """Open an account with its roles; it has no password until a test needs one."""
    made = services.add_member(login=login, name=name, kind=kind, by=None, at=at)
    for role, site in roles:
        services.grant(made, role, site.id, by=None, at=at)
    return made


def agent(someone: Member, site: Site | None = None) -> Agent:
    """Return a member as the agent of a service call."""
    site_id = site.id if site else min(role.site_id for role in someone.roles)
    return Agent(
        member_id=someone.id,
        login=someone.login,
        name=someone.display_name,
        session_id=None,
        site=queries.workplace(queries.get_site(site_id)),
        roles=frozenset((role.site_id, role.role) for role in someone.roles),
        languages=frozenset(someone.languages),
        national_at=frozenset(role.site_id for role in someone.roles if role.is_national),
    )


def identity(
    first_names: str = "Marie",
    birth_name: str = "Dupont",
    *,
    born: date | None = date(1980, 5, 17),
    phones: tuple[str, ...] = ("+33639980001",),
    nir: str | None = None,
    sex: str = "F",
) -> Identity:
    """Return an invented identity with a telephone number reserved for fiction."""
    return Identity(
        birth_name=birth_name, first_names=first_names, birth_date=born, sex=sex, nir=nir, phones=phones
    )


def person(who: Identity | None = None, *, is_invented: bool = False, at: datetime) -> Person:
    """Create a person."""
    return people.register(who or identity(), cohort=at.date(), is_invented=is_invented, at=at)


def case(
    site: Site, who: Identity | None = None, *, sampled_at: datetime | None = None, at: datetime
) -> Case:
    """Open a case with its result, sampled the day before by default."""
    someone = person(who, is_invented=site.kind is SiteKind.TRAINING, at=at)
    sampled_at = sampled_at or at - timedelta(days=1)
    opened = cases.open_case(
        someone.id,
        site_id=site.id,
        programme=site.programme,
        cohort=at.date(),
        first_sampled_at=sampled_at,
        by=None,
        at=at,
    )
    session.add(
        LabResult(
            case_id=opened.id,
            source_code="PDL",
            source_result_id=f"T-{opened.id}",
            sampled_at=sampled_at,
            analysis="PCR",
            result="P",
        )
    )
    session.flush()
    return opened


def contradicted(opened: Case, *, by_pcr_on: date, at: datetime) -> None:
    """Let an antigen test be what a case is known by, and a negative PCR come after it."""
    session.execute(update(LabResult).where(LabResult.case_id == opened.id).values(analysis="AG"))
    session.add(
        ContraryResult(
            case_id=opened.id, analysis="PCR", result="N", sampled_on=by_pcr_on, line_id=0, received_at=at
        )
    )
    session.flush()


def waiting_case(site: Site, who: Identity | None = None, *, at: datetime) -> CallTask:
    """Open a case and put its first call in the queue, due in four hours."""
    who = who or identity()
    opened = case(site, who, at=at)
    return queue.enqueue(
        kind=TaskKind.CASE_FIRST,
        person_id=opened.person_id,
        phones=who.phones,
        site_id=site.id,
        case_id=opened.id,
        due_at=at + timedelta(hours=4),
        at=at,
    )


def contact(of: Case, who: Identity, *, by: Member, at: datetime, may_disclose: bool = False) -> Contact:
    """Add a contact at risk to a case, met the day before."""
    is_invented = session.get_one(Person, of.person_id).is_invented
    someone = person(who, is_invented=is_invented, at=at)
    named = Contact(
        id=take_id("contacts"),
        case_id=of.id,
        person_id=someone.id,
        cohort=at.date(),
        last_contact_on=at.date() - timedelta(days=1),
        circumstances={"lives_with_case": True},
        risk=RiskLevel.AT_RISK,
        risk_rule=f"{of.programme}@test/R-1",
        may_disclose=may_disclose,
        named_at=at,
        named_by=by.id,
    )
    session.add(named)
    session.flush()
    return named
