"""Sites and staff of the demo: one account for each role, and a few colleagues."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tracing.kernel.db import session
from tracing.onboarding import services as onboarding
from tracing.onboarding.models import Certification
from tracing.programmes.rules import MIDNIGHT
from tracing.staff import national, queries, services
from tracing.staff.agent import Agent
from tracing.staff.models import MemberKind, Role, Site, SiteKind


@dataclass(frozen=True)
class Colleague:
    """One account of the demo."""

    login: str
    name: str
    roles: tuple[tuple[str, Role], ...]
    """Pairs of site code and role."""
    kind: MemberKind = MemberKind.STAFF
    hours: dict[int, tuple[time, time]] | None = None
    in_words: str = ""
    languages: tuple[str, ...] = ()
    """Languages besides French."""


DAY = (time(8, 30), time(17, 0))
LATE = (time(12, 0), time(19, 0))
WEEK = dict.fromkeys(range(5), DAY)
NANTES, AJACCIO, SCHOOL = "440", "201", "900"
REFERENT = "rozenn"
ROUND_THE_CLOCK = (MIDNIGHT, MIDNIGHT)
"""The demo is also used in the evening, and calls nobody."""


COLLEAGUES = (
    Colleague(
        "lucie",
        "Lucie Hamelin",
        ((NANTES, Role.TRACER),),
        MemberKind.VOLUNTEER,
        {1: DAY, 3: DAY},
        "enquêtrice, volontaire",
    ),
    Colleague(
        "karim",
        "Karim Belhadj",
        ((NANTES, Role.TRACER),),
        MemberKind.VOLUNTEER,
        {5: DAY, 6: LATE},
        "enquêteur, volontaire",
        ("ar", "ber"),
    ),
    Colleague(
        "anouk",
        "Anouk Leroux",
        ((NANTES, Role.TRACER),),
        MemberKind.RECRUIT,
        WEEK,
        "enquêtrice en contrat court",
    ),
    Colleague(
        "helene",
        "Dr Hélène Sauvage",
        ((NANTES, Role.ADVISER), (NANTES, Role.TRACER)),
        hours=WEEK,
        in_words="médecin-conseil, appelle aussi",
    ),
    Colleague("omar", "Dr Omar Ziani", ((NANTES, Role.ADVISER),), hours=WEEK, in_words="médecin-conseil"),
    Colleague(
        "rozenn",
        "Rozenn Kerbrat",
        ((NANTES, Role.REFERENT), (SCHOOL, Role.REFERENT)),
        hours=WEEK,
        in_words="référente",
    ),
    Colleague("didier", "Didier Marsac", ((NANTES, Role.SUPERVISOR),), hours=WEEK, in_words="superviseur"),
    Colleague("irene", "Irène Fabre", ((NANTES, Role.IMPORTER),), hours=WEEK, in_words="chargée d’import"),
    Colleague("basile", "Basile Roy", ((NANTES, Role.IMPORTER),), hours=WEEK, in_words="chargé d’import"),
    Colleague("olivia", "Olivia Perrin", ((NANTES, Role.AUDITOR),), hours=WEEK, in_words="auditrice"),
    Colleague(
        "gaspard", "Gaspard Noël", ((NANTES, Role.ADMINISTRATOR),), hours=WEEK, in_words="administrateur"
    ),
    Colleague(
        "theo", "Théo Guillou", ((SCHOOL, Role.TRACER),), MemberKind.RECRUIT, WEEK, "recrue en formation"
    ),
    Colleague("cleo", "Cléo Santini", ((AJACCIO, Role.TRACER),), hours=WEEK, in_words="enquêtrice à Ajaccio"),
    Colleague(
        "pascal", "Pascal Orsini", ((AJACCIO, Role.SUPERVISOR),), hours=WEEK, in_words="superviseur à Ajaccio"
    ),
)


def open_sites(programme: str, *, at: datetime) -> dict[str, Site]:
    """Open two live sites and the training site."""
    opened = {
        site.code: site
        for site in (
            services.add_site(
                code=NANTES,
                name="Caisse de Nantes",
                programme=programme,
                address="12 quai des Gabares, 44000 Nantes",
                call_back_number="+33261919900",
                hours=ROUND_THE_CLOCK,
                is_default=True,
                funds=("441", "851"),
                at=at,
            ),
            services.add_site(
                code=AJACCIO,
                name="Caisse d’Ajaccio",
                programme=programme,
                address="3 cours des Salines, 20000 Ajaccio",
                call_back_number="+33261919901",
                hours=ROUND_THE_CLOCK,
                funds=("201", "202"),
                at=at,
            ),
            services.add_site(
                code=SCHOOL,
                name="Site d’entraînement",
                programme=programme,
                kind=SiteKind.TRAINING,
                address="1 allée des Tilleuls, 99999 Ville-École",
                call_back_number="+33261919902",
                funds=("900",),
                at=at,
            ),
        )
    }
    services.set_paper(
        opened[NANTES],
        fund_name="Caisse primaire d’assurance maladie de Nantes",
        fund_address="9 rue des Gabares\n44000 Nantes",
        fund_number="+33261919910",
        signatory="Claire Legrand, directrice",
        at=at,
    )
    return opened


def hire(sites: dict[str, Site], password: str, *, at: datetime) -> None:
    """Open every account, all with the same password; recruits come by their referent's invitation."""
    for one in COLLEAGUES:
        if one.kind is MemberKind.RECRUIT:
            continue
        member = services.add_member(login=one.login, name=one.name, kind=one.kind, by=None, at=at)
        services.set_password(member, password, by=None, at=at)
        for code, role in one.roles:
            services.grant(member, role, sites[code].id, by=None, at=at)
            if role is Role.IMPORTER:
                national.grant(member, sites[code].id, at=at)
        services.set_hours(member, one.hours or {}, by=None, at=at)
        services.set_languages(member, one.languages, by=None, at=at)
    for one in COLLEAGUES:
        if one.kind is MemberKind.RECRUIT:
            recruit(one, sites, password, at=at)


def recruit(one: Colleague, sites: dict[str, Site], password: str, *, at: datetime) -> None:
    """Invite a recruit, open their account, and certify them if their role is at a live site."""
    referent = agent_of(REFERENT)
    ends_on = (at + timedelta(days=110)).date()
    issued = onboarding.invite(name=one.name, login=one.login, contract_ends_on=ends_on, by=referent, at=at)
    member = onboarding.accept(issued.token, password=password, at=at + timedelta(hours=3))
    services.set_hours(member, one.hours or {}, by=None, at=at)
    for code, role in one.roles:
        if sites[code].kind is SiteKind.LIVE:
            services.grant(member, role, sites[code].id, by=referent.member_id, at=at + timedelta(days=4))
            session.add(
                Certification(
                    member_id=member.id,
                    site_id=sites[code].id,
                    certified_by=referent.member_id,
                    certified_at=at + timedelta(days=4),
                    practice_calls=4,
                )
            )
    session.flush()


def agent_of(login: str, site_code: str | None = None) -> Agent:
    """Return a member as an agent, at their first site or at the site with a code."""
    member = queries.find_member_by_login(login)
    if member is None:
        raise LookupError(f"{login} does not work here")
    site = queries.find_site_by_code(site_code) if site_code else None
    return Agent(
        member_id=member.id,
        login=member.login,
        name=member.display_name,
        session_id=None,
        site=queries.workplace(site or queries.get_site(min(role.site_id for role in member.roles))),
        roles=frozenset((role.site_id, role.role) for role in member.roles),
        languages=frozenset(member.languages),
        national_at=frozenset(role.site_id for role in member.roles if role.is_national),
    )
