"""A recruit comes to a live site by practice and a certification, never by a box that somebody ticks."""

import pytest

from tests.conftest import NOW
from tests.support.story import Story
from tracing.staff import services
from tracing.staff.errors import NotCertified
from tracing.staff.models import Role


def test_an_administrator_cannot_open_a_live_site_to_a_recruit(story: Story) -> None:
    with pytest.raises(NotCertified):
        services.set_roles(story.theo, [Role.TRACER], story.nantes.id, by=story.gaston.id, at=NOW)


def test_a_certified_recruit_keeps_the_role_that_certification_gave(story: Story) -> None:
    services.grant(story.theo, Role.TRACER, story.nantes.id, by=story.rose.id, at=NOW)

    services.set_roles(story.theo, [Role.TRACER], story.nantes.id, by=story.gaston.id, at=NOW)

    assert (story.nantes.id, Role.TRACER) in {(held.site_id, held.role) for held in story.theo.roles}
