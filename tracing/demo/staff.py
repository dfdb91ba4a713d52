"""The invented platform's sites and staff: one account for each role, and a few colleagues."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tracing.kernel.db import session
from tracing.onboarding.models import Certification
from tracing.staff import services
from tracing.staff.models import Member, MemberKind, Role, Site, SiteKind


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


DAY = (time(8, 30), time(17, 0))
LATE = (time(12, 0), time(19, 0))
WEEK = dict.fromkeys(range(5), DAY)
NANTES, AJACCIO, SCHOOL = "440", "201", "900"

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
    return {
        site.code: site
        for site in (
            services.add_site(
                code=NANTES,
                name="Caisse de Nantes",
                programme=programme,
                address="12 quai des Gabares, 44000 Nantes",
                call_back_number="+33261919900",
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
                funds=("201", "202"),
                at=at,
            ),
            services.add_site(
                code=SCHOOL,
                name="Site de formation",
                programme=programme,
                kind=SiteKind.TRAINING,
                address="1 allée des Tilleuls, 99999 Ville-École",
                call_back_number="+33261919902",
                funds=("900",),
                at=at,
            ),
        )
    }


def hire(sites: dict[str, Site], password: str, *, at: datetime) -> dict[str, Member]:
    """Open every account, all with the same password, and certify whoever is past training."""
    members: dict[str, Member] = {}
    for one in COLLEAGUES:
        ends_on = (at + timedelta(days=90)).date() if one.kind is MemberKind.RECRUIT else None
        member = services.add_member(
            login=one.login, name=one.name, kind=one.kind, contract_ends_on=ends_on, by=None, at=at
        )
        services.set_password(member, password, by=None, at=at)
        for code, role in one.roles:
            services.grant(member, role, sites[code].id, by=None, at=at)
        services.set_hours(member, one.hours or {}, by=None, at=at)
        members[one.login] = member
    session.add(
        Certification(
            member_id=members["anouk"].id,
            site_id=sites[NANTES].id,
            certified_by=members["rozenn"].id,
            certified_at=at - timedelta(days=12),
            practice_calls=4,
        )
    )
    session.flush()
    return members
