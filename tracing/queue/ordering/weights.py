"""By how many minutes each circumstance advances a call: the programme's weights, or those the site published."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from tracing.kernel.db import session
from tracing.programmes.in_force import get_pack
from tracing.programmes.schema import Weights
from tracing.queue.models import QueueWeights
from tracing.staff.models import Site


def site_and_weights(site_id: int) -> tuple[Site, Weights]:
    """Return a site and the weights in force there, in one statement."""
    newest = (
        select(QueueWeights.minutes)
        .where(QueueWeights.site_id == Site.id, QueueWeights.programme == Site.programme)
        .order_by(QueueWeights.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    site, published = session.execute(select(Site, newest).where(Site.id == site_id)).one()
    return site, in_force(site.programme, published)


def in_force(programme: str, published: Mapping[str, Any] | None) -> Weights:
    """Return the programme's weights with the site's published changes, if any."""
    proper = get_pack(programme).weights
    # a weight added to the programme since then keeps the programme's value
    return proper if published is None else Weights(**{**proper.model_dump(), **published})
