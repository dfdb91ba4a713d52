"""Accounts with a password, and the moments of a day."""

import pytest

from tests.conftest import NOW
from tests.support.story import PASSWORD, Story
from tracing.staff import services
from tracing.staff.models import Member


@pytest.fixture
def ada(story: Story) -> Member:
    """Ada, who has chosen her password."""
    services.set_password(story.ada, PASSWORD, by=None, at=NOW)
    return story.ada
