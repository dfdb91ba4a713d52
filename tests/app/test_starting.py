"""What must be there before the first page."""

import pytest

from tests.support.story import Story
from tracing.app.runtime import check_programmes
from tracing.kernel.config import CannotStart


def test_a_release_without_the_programme_of_a_site_does_not_start(story: Story):
    check_programmes()
    story.ajaccio.programme = "influenza-1968"

    with pytest.raises(CannotStart, match=f"{story.ajaccio.code}.*influenza-1968.*covid"):
        check_programmes()
