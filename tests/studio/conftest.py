"""Who writes and approves the rules and scripts of a site."""

import pytest

from tests.conftest import NOW
from tracing.scripts.publishing import queries, services


@pytest.fixture
def rose(browse, story):
    """The referent."""
    return browse.as_(story.rose, site=story.nantes)


@pytest.fixture
def ben(browse, story):
    """The medical adviser."""
    return browse.as_(story.ben, site=story.nantes)


@pytest.fixture
def published_scripts(story):
    """The scripts of the library, published as at a start of the product."""
    services.seed(at=NOW)
    queries.follow_now()
