"""Functions behind `tracing staff`: open an account, grant roles, lift log-in delays."""

from collections.abc import Iterable
from datetime import date

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff import national, queries, services
from tracing.staff.login import sessions
from tracing.staff.models import MemberKind, Role


def add(
    login: str,
    *,
    name: str,
    site_code: str,
    site_name: str | None,
    roles: Iterable[str],
    contract_ends_on: date | None,
    is_national: bool = False,
    programme: str,
    time_zone: str,
) -> str:
    """Open an account with its roles at a site and return its first password.

    Raises:
        ValueError: a role that does not exist, or an unknown site without a name.
        NotProposable: only an import officer of a live site can be national.
        LoginTaken: another member has this login.
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
        if is_national:
            national.grant(member, site.id, at=at)
    return password


def grant(login: str, *, site_code: str, roles: Iterable[str], is_national: bool) -> None:
    """Give an account roles at a site; the command line may make an import officer national without a second person.

    Raises:
        ValueError: there is no such role, site or account.
        NotCertified: a recruit joins a live site by certification.
        NotProposable: they are not an import officer of a live site.
    """
    wanted = {Role(role) for role in roles} | ({Role.IMPORTER} if is_national else set())
    with transaction():
        site, member = queries.find_site_by_code(site_code), queries.find_member_by_login(login)
        if site is None or member is None:
            raise ValueError(f"There is no site {site_code}, or nobody has the login {login}.")
        held = {role.role for role in member.roles if role.site_id == site.id}
        services.set_roles(member, held | wanted, site.id, by=None, at=clock.now())
        if is_national:
            national.grant(member, site.id, at=clock.now())


def allow(login: str, *, address: str | None) -> None:
    """Lift the log-in delay of a member, and of an address if one is given.

    Raises:
        NoSuchMember: no member has this login.
    """
    with transaction():
        sessions.lift_delays(login, address=address, by=None, at=clock.database_now())


def set_paper(site_code: str, *, fund_name: str, fund_address: str, fund_number: str, signatory: str) -> None:
    """Set who pays and who signs, as an employer reads it on a sick note of a site.

    Raises:
        ValueError: there is no such site.
    """
    with transaction():
        site = queries.find_site_by_code(site_code)
        if site is None:
            raise ValueError(f"There is no site {site_code}.")
        services.set_paper(
            site,
            fund_name=fund_name,
            fund_address=fund_address,
            fund_number=fund_number,
            signatory=signatory,
            at=clock.now(),
        )
