"""By how many minutes each circumstance advances a call: the programme's weights, or those a site has published."""

from sqlalchemy import select

from tracing.kernel.db import session
from tracing.programmes.loader import get_pack
from tracing.programmes.schema import Weights
from tracing.queue.models import QueueWeights
from tracing.staff.models import Site


def find_published(site_id: int, programme: str) -> QueueWeights | None:
    """Return the newest weights that a site has published for a programme."""
    return session.scalar(
        select(QueueWeights)
        .where(QueueWeights.site_id == site_id, QueueWeights.programme == programme)
        .order_by(QueueWeights.id.desc())
        .limit(1)
    )


def weights_of(site: Site) -> Weights:
    """Return the weights in force at a site."""
    published = find_published(site.id, site.programme)
    proper = get_pack(site.programme).weights
    # a weight that the programme got since stands at the programme's value
    return proper if published is None else Weights(**{**proper.model_dump(), **published.minutes})
