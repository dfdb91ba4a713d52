"""Services for the key of a site: the one that signs now, made if there is none, and a new one in its place.

The secret is sealed with a key of the key store, as those of the senders are: a dump of the database signs nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from tracing.kernel import events
from tracing.kernel.db import lock_row, session, take_id
from tracing.sickleave.documents.neutral import FUND, neutral
from tracing.sickleave.documents.signature import VALID_FOR, SigningKey, fingerprint, make_key
from tracing.sickleave.models import SiteSigningKey
from tracing.staff.models import Site
from tracing.vault import services as vault

RENEWED_BEFORE = timedelta(days=60)
"""So long before its certificate ends, a key is no longer used: another is made."""


def key_of(site_id: int, *, at: datetime) -> SigningKey:
    """Return the key with which a site signs now; it is made if there is none, or if the last one is about to end."""
    found = _current(site_id, at=at)
    if found is None:
        # of two who print the first paper, the second signs with the key of the first
        lock_row(Site, site_id)
        found = _current(site_id, at=at) or _make(site_id, by=None, at=at)
    return SigningKey(vault.unseal_setting(_seal_name(found.id), found.secret), found.certificate)


def renew(site_id: int, *, by: int | None, at: datetime) -> SiteSigningKey:
    """Make a new key for a site and retire those before: they sign no more, and what they signed stays signed."""
    lock_row(Site, site_id)
    earlier = session.scalars(
        select(SiteSigningKey).where(SiteSigningKey.site_id == site_id, SiteSigningKey.retired_at.is_(None))
    ).all()
    for one in earlier:
        one.retired_at, one.secret = at, b""
    return _make(site_id, by=by, at=at)


def _current(site_id: int, *, at: datetime) -> SiteSigningKey | None:
    return session.scalar(
        select(SiteSigningKey)
        .where(
            SiteSigningKey.site_id == site_id,
            SiteSigningKey.retired_at.is_(None),
            SiteSigningKey.ends_at > at + RENEWED_BEFORE,
        )
        .order_by(SiteSigningKey.id.desc())
        .limit(1)
    )


def _make(site_id: int, *, by: int | None, at: datetime) -> SiteSigningKey:
    site = session.get_one(Site, site_id)
    # an employer reads the name in the certificate
    made = make_key(neutral(site.fund_name) or neutral(site.name) or FUND, serial=site.code, at=at)
    key_id = take_id("site_signing_keys")
    key = SiteSigningKey(
        id=key_id,
        site_id=site_id,
        secret=vault.seal_setting(_seal_name(key_id), made.secret),
        certificate=made.certificate,
        made_at=at,
        ends_at=at + VALID_FOR,
    )
    session.add(key)
    session.flush()
    events.record(
        "note.key_made",
        by=by,
        at=at,
        subject=("site", site_id),
        site_id=site_id,
        fingerprint=fingerprint(made.certificate),
    )
    return key


def _seal_name(key_id: int) -> str:
    return f"signing:{key_id}"
