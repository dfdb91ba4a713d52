"""Functions behind `tracing site`: renew the key that signs, and return its certificate."""

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.sickleave.documents.signature import as_pem
from tracing.sickleave.signing import services
from tracing.staff import queries as staff


def renew(site_code: str) -> str:
    """Make a new key for a site and return its certificate as PEM.

    Raises:
        ValueError: there is no such site.
    """
    with transaction():
        site = staff.find_site_by_code(site_code)
        if site is None:
            raise ValueError(f"There is no site {site_code}.")
        return as_pem(services.renew(site.id, by=None, at=clock.now()).certificate)
