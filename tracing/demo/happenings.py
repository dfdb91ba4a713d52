"""A morning's work on the invented people."""

from datetime import datetime

from tracing.staff.models import Member, Site


def work(sites: dict[str, Site], members: dict[str, Member], *, began_at: datetime, at: datetime) -> None:
    """Make some calls."""
