"""Every address of the product says who may open it."""

import pytest

from tracing.app import create_app
from tracing.kernel.config import Settings
from tracing.staff.access import ASSETS


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("var")), secret_key="for-this-test")


def views(app):
    return {
        rule.endpoint: app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] not in ASSETS
    }


def test_every_view_declares_its_permission(app):
    open_doors = [endpoint for endpoint, view in views(app).items() if not hasattr(view, "__permission__")]

    assert open_doors == []


def test_few_views_are_open_to_everyone(app):
    """A page for people who have not logged in is a decision: it is added here on purpose."""
    public = {endpoint for endpoint, view in views(app).items() if view.__permission__.public}

    assert {endpoint.split(".")[0] for endpoint in public} <= {"staff", "onboarding", "home"}


def test_only_the_addresses_of_sources_are_for_other_systems(app):
    """They are opened with a token and without a session: nothing else is behind them."""
    machines = {endpoint for endpoint, view in views(app).items() if view.__permission__.machine}

    assert machines == {"arrivals.post", "arrivals.lot", "arrivals.message"}


def test_no_address_has_room_for_an_identity(app):
    """Numbers and opaque references only: what is in an address ends up in logs and histories."""
    allowed = {"int", "uuid", "date", "any"}
    words = {
        "token",
        "reference",
        "kind",
        "code",
        "question",
        "filename",
        "step",
        "document",
        "name",
        "outcome",
    }

    free = [
        (rule.rule, name)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] not in ASSETS
        for name, converter in rule._converters.items()
        if type(converter).__name__.removesuffix("Converter").lower().replace("integer", "int") not in allowed
        and name not in words
    ]

    assert free == []
