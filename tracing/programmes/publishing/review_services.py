"""What a version of the rules and one of a script share: written again, approved by two, at a moment to come."""

from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import gettext as _

from tracing.kernel.db import session
from tracing.programmes.publishing.errors import (
    AlreadyApproved,
    ApprovedMeanwhile,
    ChangedMeanwhile,
    InForce,
    NeedsAnother,
    NeedsReason,
    NoMoment,
    NotProposed,
)
from tracing.programmes.publishing.models import Reviewed, VersionState

LONGEST_AHEAD = timedelta(days=366)


class Approver(StrEnum):
    """In which of the two roles somebody approves."""

    ADVISER = "adviser"
    REFERENT = "referent"


def reopen(draft: Reviewed, *, by: int, at: datetime) -> None:
    """Make a draft of what was changed: what was approved of it is approved no more."""
    draft.state = VersionState.DRAFT
    draft.adviser_id = draft.adviser_at = draft.referent_id = draft.referent_at = None
    draft.revision += 1
    draft.changed_by, draft.changed_at = by, at
    session.flush()


def refuse_changed(draft: Reviewed, revision: int) -> None:
    """Refuse what somebody decided on an earlier revision of a draft.

    Raises:
        ChangedMeanwhile: somebody else changed it since.
    """
    if draft.revision != revision:
        raise ChangedMeanwhile


def refuse_withdrawal(version: Reviewed, *, as_draft: bool, at: datetime) -> None:
    """Refuse to take back what holds already, or to give up as a draft what was approved meanwhile.

    Raises:
        InForce: it has taken effect.
        ApprovedMeanwhile: it was a draft when it was read (`as_draft`), and is none any more.
    """
    if version.state is not VersionState.APPROVED:
        return
    if version.effective_at is None or version.effective_at <= at:
        raise InForce
    if as_draft:
        raise ApprovedMeanwhile


def give_up(version: Reviewed, *, by: int, at: datetime) -> None:
    """Note that a version will never take effect."""
    version.state = VersionState.WITHDRAWN
    version.withdrawn_by, version.withdrawn_at = by, at
    session.flush()


def require_to_come(moment: datetime | None, *, at: datetime) -> None:
    """Refuse a moment that is past, or more than a year ahead, as soon as it is typed.

    Raises:
        NoMoment: it is.
    """
    if moment is not None and not at < moment <= at + LONGEST_AHEAD:
        raise NoMoment(_("Choisissez un moment à venir, dans moins d’un an."))


def moment_of(draft: Reviewed, *, at: datetime) -> datetime:
    """Return when a draft that can be approved takes effect.

    Raises:
        NeedsReason: it does not say what changes.
        NoMoment: its moment is missing, has passed, or is too far away.
    """
    if not (draft.why or "").strip():
        raise NeedsReason
    moment = draft.effective_at
    if moment is None:
        raise NoMoment(_("Dites d’abord quand cette version prend effet."))
    if moment <= at:
        raise NoMoment(_("Le moment prévu est passé : choisissez-en un autre, puis proposez de nouveau."))
    if moment > at + LONGEST_AHEAD:
        raise NoMoment(_("Le moment prévu est dans plus d’un an : choisissez-en un plus proche."))
    return moment


def has_approved(version: Reviewed, role: Approver, *, revision: int, by: int) -> bool:
    """Return whether somebody has approved a version in a role before: they have pressed twice.

    Raises:
        NotProposed: it is not proposed, or was changed since it was read.
        NeedsAnother: the same person approved it in the other role.
        AlreadyApproved: somebody else approved it in this role.
    """
    same, other = version.adviser_id, version.referent_id
    if role is Approver.REFERENT:
        same, other = other, same
    if same == by and version.revision == revision and version.state is not VersionState.WITHDRAWN:
        return True
    if version.state is not VersionState.PROPOSED or version.revision != revision:
        raise NotProposed
    if other == by:
        raise NeedsAnother
    if same is not None:
        raise AlreadyApproved
    return False


def sign(version: Reviewed, role: Approver, *, by: int, at: datetime) -> bool:
    """Note that somebody approves a version in a role; returns whether both have."""
    if role is Approver.ADVISER:
        version.adviser_id, version.adviser_at = by, at
    else:
        version.referent_id, version.referent_at = by, at
    return version.adviser_id is not None and version.referent_id is not None
