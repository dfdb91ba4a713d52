"""Opening accounts, and the way to them, from the command line."""

from collections.abc import Iterable
from datetime import date

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff import queries, services, sessions
from tracing.staff.models import MemberKind, Role


def add(
    login: str,
    *,
    name: str,
    site_code: str,
    site_name: str | None,
    roles: Iterable[str],
    contract_ends_on: date | None,
    programme: str,
    time_zone: str,
) -> str:
    """Open an account with its roles at a site and return its first password.

    Raises:
        ValueError: a role that does not exist, or an unknown site without a name.
        LoginTaken: somebody has this login.
    """
    wanted = [Role(role) for role in roles]
    password = sessions.first_password(login)
    with transaction():
        at = clock.now()
        site = queries.find_site_by_code(site_code)
        if site is None:
            if site_name is None:
                raise ValueError(f"There is no site {site_code}: give --site-name to open it.")
            site = services.add_site(
                code=site_code,
                name=site_name,
                programme=programme,
                time_zone=time_zone,
                is_default=queries.default_site() is None,
                at=at,
            )
        kind = MemberKind.RECRUIT if contract_ends_on else MemberKind.STAFF
        member = services.add_member(
            login=login, name=name, kind=kind, contract_ends_on=contract_ends_on, by=None, at=at
        )
        services.set_password(member, password, by=None, at=at)
        for role in wanted:
            services.grant(member, role, site.id, by=None, at=at)
    return password


def allow(login: str, *, address: str | None) -> None:
    """Let a member, and everybody at an address if one is given, try to log in now.

    Raises:
        NoSuchMember: nobody has this login.
    """
    with transaction():
        sessions.lift_delays(login, address=address, by=None, at=clock.database_now())
