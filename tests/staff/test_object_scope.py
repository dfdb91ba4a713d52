"""Every address that names an object, for readers of its site, of another live site and of a training site.

Made from the application's own list of addresses: one with a number that `tests.support.objects` cannot make fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from tests.conftest import NOW
from tests.support.objects import SKELETON, Objects, objects_at
from tests.support.story import PROGRAMME, Story
from tests.support.web import Browser, Visitor
from tracing.app.middleware.denied_access import NO_OBJECT, OWNERS, PERSONAL
from tracing.kernel import db
from tracing.staff import queries as staff
from tracing.staff import services
from tracing.staff.access import ASSETS

WITHOUT_SITE = {
    **dict.fromkeys(
        ("arrivals.post", "arrivals.lot", "arrivals.message"), "the token of a source, no session"
    ),
    **dict.fromkeys(
        ("notices.show", "notices.readers", "notices.edit"),
        "what changes is told at every site; its readers are those of the reader's own",
    ),
    **dict.fromkeys(
        (
            "rule_versions.version",
            "rule_versions.save",
            "rule_versions.row",
            "rule_versions.save_row",
            "rule_versions.move",
            "rule_versions.compared",
            "rule_versions.preview",
            "rule_versions.effect",
            "rule_versions.propose",
            "rule_versions.approve_as_adviser",
            "rule_versions.approve_as_referent",
            "rule_versions.withdraw",
        ),
        "the rules are those of every site",
    ),
    **dict.fromkeys(
        (
            "script_versions.draft",
            "script_versions.plan",
            "script_versions.step",
            "script_versions.save_step",
            "script_versions.preview_step",
            "script_versions.move",
            "script_versions.comment",
            "script_versions.compared",
            "script_versions.propose",
            "script_versions.approve_as_adviser",
            "script_versions.approve_as_referent",
            "script_versions.withdraw",
        ),
        "the scripts are those of every site",
    ),
    "onboarding.accept": "the token of a link is its own right",
    "staff.end_session": "one's own sessions, wherever they are",
    "desk.dismiss_draft": "one's own drafts; of another's nothing happens and nothing is said",
}
"""Addresses whose object belongs to no site."""
SAME_ANSWER = {
    "staff.work_at": 409,  # whoever is on a call stays where the call is
    "contacts.forget_draft": 303,  # deletes one's own draft, where there is one
    # the reason is checked first, whatever the number
    "supervision.reopen": 422,
}
"""Where the answer is not "not found", and the same for a number that nothing has."""
SAME_WHEN_MIXED = {
    ("contacts.edit", "contact_id"): 422,  # what was typed is checked first, whatever the number
    (
        "escalations.seen_in_call",
        "call_id",
    ): 303,  # the question is one's own; the call says where to go back to
    ("escalations.seen_in_call", "task_id"): 303,
    ("contacts.remove_place", "place_id"): 303,  # of another case: nothing is removed, as the second time
}
"""The same, where only one of several numbers is another site's."""
OTHER_STATE = {
    "contacts.check_line",  # a line that is being typed
    "casefiles.follow",  # another file of the same chain
    "pairs.same_in_call",  # two contacts of one call
    "casefiles.of_call",  # a call on a list
    "casefiles.of_case",  # a case whose result was withdrawn
    "casefiles.of_question",  # a question that one has taken
    "accounts.end_session_of",  # a session that is open
    "escalations.hang_up",  # an adviser's own call
    "escalations.make_entry",  # an answer of one's own
    "escalations.heartbeat",
    "escalations.keep_words",
    "escalations.still_here",
    "onboarding.certify",  # needs a referent of the school as well
    "onboarding.practice_call",  # a call of the recruit at the school
    "sickleave.countersign",  # a note that was cancelled late
    "sickleave.link_said",  # a link that waits to be opened
    "sickleave.link_said_in_call",
    "sickleave.show_link",
    "sickleave.restore",
    "supervision.add_number",  # a call on a list
    "supervision.give_listed",
    "supervision.give_up",
    "supervision.good_number",
    "supervision.identity",
    "supervision.letter",
    "supervision.letter_written",
    "supervision.lift",
    "supervision.put_back",
    "supervision.undo_give_up",
}
"""Addresses for objects in a state that ours are not in: not there at one's own site either."""


def object_routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield method and endpoint of every address that names an object of a site."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in ASSETS or rule.endpoint in WITHOUT_SITE or not rule.arguments:
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, rule.endpoint


def address(app: Flask, endpoint: str, values: dict[str, object]) -> str:
    """Return the address of an endpoint; a number that nobody makes is an error."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    with app.test_request_context():
        return rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)[1]


@contextmanager
def undone() -> Iterator[None]:
    """Leave nothing of what a request did."""
    savepoint = db.session.get_bind().begin_nested()
    try:
        yield
    finally:
        db.session.remove()
        savepoint.rollback()


def ask(visitor: Visitor, method: str, path: str) -> int:
    with undone():
        return visitor.client.open(path, method=method).status_code


class World:
    """One of everything at two live sites and at the school, and somebody with every role at each."""

    def __init__(self, story: Story) -> None:
        places = (story.nantes, story.ajaccio, story.school)
        brest = services.add_site(code="290", name="Brest", programme=PROGRAMME, at=NOW)
        self.nantes, self.ajaccio, self.school = (
            objects_at(
                site,
                brest,
                story.school,
                serial=serial,
                at=NOW,
            )
            for serial, site in enumerate(places)
        )
        db.session.flush()


@pytest.fixture
def world(story: Story) -> World:
    return World(story)


def test_every_number_in_an_address_is_known_to_the_tests_and_to_the_journal(app: Flask, world: World):
    names = {
        name
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] not in ASSETS
        for name in rule.arguments
    }

    made = set(world.nantes.numbers) | set(world.nantes.onboarding) | set(SKELETON)
    assert names - made - {"session_id", "token"} == set()
    assert names - set(OWNERS) - PERSONAL - NO_OBJECT == set()


def statuses(app: Flask, visitor: Visitor, objects: Objects) -> dict[tuple[str, str], int]:
    """Return what each address answers about these objects."""
    session_id = staff.open_sessions(objects.member.id)
    extra = {"session_id": session_id[0].id if session_id else 1}
    paths = [
        (method, endpoint, address(app, endpoint, extra | objects.values(endpoint)))
        for method, endpoint in object_routes(app)
    ]
    assert len(paths) > 80
    return {(method, endpoint): ask(visitor, method, path) for method, endpoint, path in paths}


@pytest.mark.parametrize(
    ("reader", "of"),
    [("nantes", "ajaccio"), ("nantes", "school"), ("school", "nantes")],
)
def test_what_is_another_site_s_is_not_there(app: Flask, browse: Browser, world: World, reader: str, of: str):
    visitor = browse.as_(getattr(world, reader).member)

    answers = statuses(app, visitor, getattr(world, of))

    open_doors = {key: status for key, status in answers.items() if status != SAME_ANSWER.get(key[1], 404)}
    assert open_doors == {}


def test_another_site_s_object_is_not_there_behind_one_s_own(app: Flask, browse: Browser, world: World):
    """Own call, another's task; own lot's address with another's line: each part of an address is asked for."""
    visitor, own, theirs = browse.as_(world.nantes.member), world.nantes, world.ajaccio
    answers = {}
    for method, endpoint in object_routes(app):
        rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
        objects = [name for name in OWNERS | {"key_id": None, "token_id": None} if name in rule.arguments]
        for name in objects if len(objects) > 1 else ():
            mixed = own.values(endpoint) | {name: theirs.values(endpoint)[name]}
            answers[method, endpoint, name] = ask(visitor, method, address(app, endpoint, mixed))

    assert len(answers) > 40
    expected = {key: SAME_WHEN_MIXED.get(key[1:], SAME_ANSWER.get(key[1], 404)) for key in answers}
    assert sorted(answers.items() - expected.items()) == []


def test_what_is_one_s_own_site_s_is_there(app: Flask, browse: Browser, world: World):
    answers = statuses(app, browse.as_(world.nantes.member), world.nantes)

    closed = {endpoint for (_method, endpoint), status in answers.items() if status in {403, 404, 500}}
    assert sorted(closed - OTHER_STATE) == []
