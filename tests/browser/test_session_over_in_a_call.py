"""A session ends while its tracer is typing: the words on the screen are written, and the call goes on after logging in."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.conftest import LogIn, Platform
from tests.support.platform import PASSWORD
from tests.support.telephone import ADULT_AT_WORK, lead, settle
from tracing.kernel.config import Settings
from tracing.kernel.db import make_engine
from tracing.kernel.postgres.embedded import ensure_server


def grow_old(platform: Platform) -> None:
    """Let every session have begun eleven hours ago."""
    server = ensure_server(Settings(data_dir=platform.data_dir))
    engine = make_engine(server.app_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE staff_sessions SET started_at = started_at - interval '11 hours'"))
    engine.dispose()
    server.stop()


@pytest.mark.browser
def test_what_was_being_typed_when_the_session_ended_stands_there_after_logging_in(
    log_in: LogIn, platform: Platform
) -> None:
    lucie = log_in("lucie")
    lucie.clock.install()
    lucie.get_by_role("button", name="Appel suivant").click()
    lead(lucie, ADULT_AT_WORK, until="work")
    with lucie.expect_response(re.compile("/answers")):
        lucie.locator("#a-works-yes").check()
    settle(lucie)

    grow_old(platform)
    lucie.locator("#a-profession").fill("marinière")
    lucie.clock.run_for(61_000)
    lucie.wait_for_url(re.compile("/login"))
    lucie.get_by_label("Identifiant").fill("lucie")
    lucie.get_by_label("Mot de passe").fill(PASSWORD)
    lucie.get_by_role("button", name="Se connecter").click()

    expect(lucie.locator("#a-profession")).to_have_value("marinière")
