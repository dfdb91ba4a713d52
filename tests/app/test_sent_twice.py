"""A form that is sent twice does its work once; made from the application's own list of addresses."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.live import at_once
from tests.support.story import Story, agent, waiting_case
from tests.support.web import Browser
from tracing.app import tidy_jobs
from tracing.calls import services as calls
from tracing.contacts.models import Contact
from tracing.kernel import db
from tracing.kernel.submitted_forms import SubmittedForm
from tracing.staff.access import ASSETS
from tracing.staff.models import Absence, Member
from tracing.ui.idempotent_forms import FIELD

STATE = "brings something into a state in which it then is: a second time changes nothing, or is refused"
CLAIM = "is done under the claim of the call, which has gone on"
OWN = "is one's own session or presence: a second time is the same"
READS = "writes nothing but who saw whom"
DRAFT = "keeps one text in one place, the last one"
SAME_ANSWER = "is kept once for its question: the same again is no change"

IDEMPOTENT = {
    "notices.read": "notes once who has read which revision",
    "notices.edit": "states the revision that it changes; the same words again are no change",
    "rule_versions.begin": "leads to the draft that was begun",
    **dict.fromkeys(
        ("rule_versions.save", "rule_versions.save_row", "rule_versions.move"),
        "states the revision that it changes: a second time is refused",
    ),
    **dict.fromkeys(
        (
            "rule_versions.compared",
            "rule_versions.preview",
            "rule_versions.propose",
            "rule_versions.approve_as_adviser",
            "rule_versions.approve_as_referent",
            "rule_versions.withdraw",
        ),
        STATE,
    ),
    "script_versions.begin": "leads to the draft that was begun",
    "script_versions.plan": "states what it changes; the same again is no change",
    "script_versions.preview_step": READS,
    "script_versions.move": "states the revision that it changes: a second time is refused",
    **dict.fromkeys(
        (
            "script_versions.compared",
            "script_versions.propose",
            "script_versions.approve_as_adviser",
            "script_versions.approve_as_referent",
            "script_versions.withdraw",
        ),
        STATE,
    ),
    "arrivals.post": "is no form: what a laboratory's system sends twice is found again by its content",
    "accounts.close_member": STATE,
    "accounts.end_session_of": STATE,
    "accounts.reopen_member": STATE,
    "accounts.save": STATE,
    "casefiles.find": "searches once more, which is kept as such: two rows of one search tell no lie",
    **dict.fromkeys(
        ("casefiles.follow", "casefiles.of_call", "casefiles.of_case", "casefiles.of_question"), READS
    ),
    "clusters.hint": READS,
    "clusters.report": STATE,
    "clusters.report_place": STATE,
    "contacts.add_place": "adds the same words to one day once",
    "contacts.remove_place": STATE,
    "contacts.disclose": STATE,
    "contacts.edit": STATE,
    "contacts.forget_draft": DRAFT,
    "contacts.keep": STATE,
    "contacts.keep_draft": DRAFT,
    "contacts.remove": STATE,
    "contacts.restore": STATE,
    "contacts.risk": READS,
    "contacts.check_line": READS,
    "contacts.keep_grid": DRAFT,
    "contacts.save_grid": "each line has a key, kept with what it saved: a second time saves nothing",
    "corrections.download": READS,
    "corrections.line": "brings the line out of those to correct: a second time is refused",
    "corrections.load_old": "brings each line out of those to correct: a second time finds none",
    "corrections.of_lot": "brings each line out of those to correct: a second time finds none",
    "corrections.say": "brings the line out of those to correct: a second time is refused",
    "corrections.set_aside": STATE,
    "corrections.take_up": STATE,
    "desk.alert": "tells the adviser once about one person: the same alert again adds nothing",
    "desk.dismiss_draft": STATE,
    "desk.end": "ends the conversation, whose page then leads to what follows",
    "desk.give_back": CLAIM,
    "desk.hand_over": CLAIM,
    **dict.fromkeys(
        ("hand_offs.listing", "hand_offs.send", "hand_offs.acknowledge", "hand_offs.take_back"), STATE
    ),
    "casefiles.identity": "says that nothing was corrected the second time",
    "casefiles.take_back_identity": "finds nothing more to take back",
    "desk.identity": "says that nothing was corrected the second time",
    "desk.take_back_identity": "finds nothing more to take back",
    "desk.keep_handover": "keeps one note in one place, the last one",
    "casefiles.keep_note": "keeps one note in one place, the last one",
    "desk.heartbeat": CLAIM,
    "desk.incoming": "takes the household of the caller, or shows the call that has it",
    "desk.next_call": "shows the call that one has",
    "desk.ring": STATE,
    "desk.save_answer": SAME_ANSWER,
    "desk.save_step": SAME_ANSWER,
    "desk.still_here": CLAIM,
    "desk.look_again": READS,
    "desk.take_back_outcome": STATE,
    "desk.become_case": STATE,
    "desk.no_case": STATE,
    "desk.language": SAME_ANSWER,
    "desk.parent": SAME_ANSWER,
    "supervision.opened_by_mistake": STATE,
    "help_requests.pass_on": STATE,
    "help_requests.close": STATE,
    "desk.promised_hour": READS,
    "desk.take_back_alert": STATE,
    "desk.take_over": CLAIM,
    "escalations.hang_up": CLAIM,
    "escalations.heartbeat": CLAIM,
    "escalations.keep_draft": DRAFT,
    "escalations.keep_words": DRAFT,
    "escalations.note_contradiction": STATE,
    "escalations.put_back": STATE,
    "escalations.ring": "shows the call that one has",
    "escalations.seen": STATE,
    "escalations.seen_in_call": STATE,
    "escalations.still_here": CLAIM,
    "escalations.specialties": STATE,
    "escalations.take": STATE,
    "escalations.take_next": STATE,
    "lots.commit": STATE,
    "lots.discard": STATE,
    "lots.open_with": STATE,
    "lots.plan_again": STATE,
    "lots.resume": STATE,
    "lots.retry": STATE,
    "lots.stop": STATE,
    "lots.take_up": STATE,
    "lots.undo_now": STATE,
    "mapping.columns": "an equal mapping is no new version, and the lot is read again once",
    "national.confirm": STATE,
    "national.end": STATE,
    "national.propose": STATE,
    "national.withdraw": STATE,
    "onboarding.accept": "uses up its link",
    "onboarding.certify": "is unique by member and site",
    "onboarding.withdraw": STATE,
    "pairs.different": STATE,
    "pairs.later": STATE,
    "pairs.same": STATE,
    "pairs.same_in_call": STATE,
    "pairs.take_back": STATE,
    "toolbox.edit": STATE,
    "toolbox.search": READS,
    "toolbox.suggested": READS,
    "toolbox.withdraw": STATE,
    "sickleave.cancel": STATE,
    "sickleave.cancel_after_call": STATE,
    "sickleave.checked": READS,
    "sickleave.correct_bearer": "shows the note that took its place",
    "sickleave.countersign": STATE,
    "sickleave.renew": "shows the note that took its place",
    "sickleave.days": READS,
    "sickleave.leave_as_it_is": STATE,
    "sickleave.link_said": STATE,
    "sickleave.link_said_in_call": STATE,
    "sickleave.show_link": READS,
    "sickleave.prolong_in_call": "shows the prolongation there is",
    "sickleave.replace_in_call": "shows the note that took its place",
    "sickleave.prolong": "shows the prolongation there is",
    "sickleave.replace": "shows the note that took its place",
    "sickleave.payment_file": "returns the same file of a day",
    "sickleave.restore": STATE,
    "sickleave.leave_own_days": STATE,
    "source_keys.confirm": STATE,
    "source_keys.put_aside": STATE,
    "source_keys.retire": STATE,
    "source_tokens.revoke": STATE,
    "sources.edit": STATE,
    "staff.activity": OWN,
    "staff.change_password": OWN,
    "staff.end_session": STATE,
    "staff.lock": OWN,
    "staff.login": "opens one more session, which is the browser's own",
    "staff.logout": OWN,
    "staff.pause": OWN,
    "staff.resume": OWN,
    "staff.unlock": OWN,
    "staff.work_at": OWN,
    "supervision.calling_hours": STATE,
    "supervision.close_case": STATE,
    "supervision.close_request": STATE,
    "supervision.give": STATE,
    "supervision.good_number": STATE,
    "supervision.identity": STATE,
    "supervision.lift": STATE,
    "supervision.give_listed": STATE,
    "supervision.give_up": STATE,
    "supervision.keep_case": STATE,
    "supervision.letter_posted": STATE,
    "supervision.letter_written": STATE,
    "supervision.put_back": STATE,
    "supervision.reopen": STATE,
    "supervision.remove_absence": STATE,
    "supervision.take_back": STATE,
    "supervision.take_loan_back": STATE,
    "supervision.take_priority_back": STATE,
    "supervision.undo_close": STATE,
    "supervision.undo_give_up": STATE,
    "unknown_codes.take_back": STATE,
    "unknown_codes.waiting": "what is said already is no new version, and a second time finds no line",
}
"""Every address that takes a form and does not say `@sent_once`, with what makes its second copy harmless."""


def test_every_form_is_sent_once_or_harmless_when_it_is_sent_twice(app: Flask) -> None:
    taking = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and rule.endpoint.split(".")[0] not in ASSETS
    }
    once = {name for name in taking if getattr(app.view_functions[name], "__sent_once__", False)}

    assert taking - once == set(IDEMPOTENT)


def key_on(page: str, action: str = "") -> str:
    """Return the key of the form that goes to `action`, or of the page's forms."""
    form = (
        re.search(rf'<form[^>]*action="{re.escape(action)}[^"]*".*?</form>', page, re.DOTALL)
        if action
        else None
    )
    return re.search(rf'name="{FIELD}" value="([^"]+)"', form[0] if form else page)[1]


NEW = {"name": "Nadia", "login": "nadia", "kind": "staff", "roles": "tracer"}


def test_a_new_account_is_opened_once_and_the_second_click_leads_to_it(browse: Browser, story: Story) -> None:
    visitor = browse.as_(story.gaston)
    form = NEW | {FIELD: key_on(visitor.get("/members/new").text, "/members/new")}
    first = visitor.post("/members/new", form, status=200)

    second = visitor.post("/members/new", form)

    assert "premier mot de passe" in first.text.lower()
    opened = db.session.scalars(select(Member.id).where(Member.login == "nadia")).one()
    assert second.location == f"/members/{opened}"
    assert "qu’une fois" in visitor.get(second.location).text


def test_what_was_refused_may_be_sent_again(browse: Browser, story: Story) -> None:
    visitor = browse.as_(story.gaston)
    form = NEW | {"login": "ada", FIELD: key_on(visitor.get("/members/new").text)}
    visitor.post("/members/new", form, status=422)
    visitor.post("/members/new", form, status=422)
    # the account that was in the way is gone
    db.session.get_one(Member, story.ada.id).login = "ada.2"
    db.session.commit()

    visitor.post("/members/new", form, status=200)


def test_the_same_page_filled_in_differently_is_another_form(browse: Browser, story: Story) -> None:
    """Somebody goes back in the browser and opens the next account from the page that it kept."""
    visitor = browse.as_(story.gaston)
    form = NEW | {FIELD: key_on(visitor.get("/members/new").text)}
    visitor.post("/members/new", form, status=200)

    visitor.post("/members/new", form | {"name": "Nils", "login": "nils"}, status=200)


def test_the_key_of_one_person_does_not_keep_another_from_the_same(browse: Browser, story: Story) -> None:
    absence = {"member": story.ada.id, "first": "2026-03-12", "last": "2026-03-13", FIELD: "the same"}
    for member in (story.dora, story.rose):
        browse.as_(member, site=story.nantes).post("/team/absences", absence)
        browse.as_(member, site=story.nantes).post("/team/absences", absence)

    assert db.session.scalar(select(func.count()).select_from(Absence)) == 2


def test_a_fragment_sent_twice_shows_the_page_as_it_is_now(browse: Browser, story: Story) -> None:
    task = waiting_case(story.nantes, at=NOW)
    call = calls.take_next(agent(story.ada), at=NOW)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    calls.confirm_identity(conversation, confirmed=True, by=agent(story.ada), at=NOW)
    visitor = browse.as_(story.ada)
    at = f"/calls/{call.id}/tasks/{task.id}/contacts"
    page = visitor.get(f"{at}?add=1").text
    form = {
        "contact-first_names": "Jean",
        "contact-birth_name": "Dupont",
        "contact-phone": "+33639980077",
        "contact-last_contact_on": "2026-03-09",
        "contact-lives_with_case": "yes",
        FIELD: key_on(page, at),
    }
    visitor.fragment(at, form)

    again = visitor.fragment(at, form, status=204)

    assert again.headers["HX-Refresh"] == "true"
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_two_clicks_at_once_open_one_account_and_both_lead_to_it(app: Flask, live_database) -> None:
    story = live_database.story
    visitors = [Browser(app).as_(story.gaston) for _n in range(2)]
    db.session.remove()
    form = NEW | {FIELD: "both clicks have it"}

    answers = at_once(
        [lambda visitor=visitor: visitor.client.post("/members/new", data=form) for visitor in visitors]
    )

    opened = db.session.scalars(select(Member.id).where(Member.login == "nadia")).one()
    assert sorted(answer.status_code for answer in answers) == [200, 303]
    [led] = [answer.location for answer in answers if answer.status_code == 303]
    assert led == f"/members/{opened}"


def test_the_second_of_two_at_once_does_the_work_when_the_first_is_refused(app: Flask, live_database) -> None:
    """Both wait for each other; a refusal of one uses up nothing."""
    story = live_database.story
    visitors = [Browser(app).as_(story.gaston) for _n in range(2)]
    db.session.remove()
    form = NEW | {"login": "ada", FIELD: "both clicks have it"}

    answers = at_once(
        [lambda visitor=visitor: visitor.client.post("/members/new", data=form) for visitor in visitors]
    )

    assert [answer.status_code for answer in answers] == [422, 422]
    assert db.session.scalar(select(func.count()).select_from(SubmittedForm)) == 0


@pytest.mark.parametrize(("hours", "kept"), [(23, 1), (25, 0)])
def test_forms_are_forgotten_after_a_day(story: Story, clock, hours: int, kept: int) -> None:
    db.session.add(SubmittedForm(digest=b"x", at=NOW.replace(day=9)))
    db.session.flush()

    tidy_jobs.tidy(clock.move_to(NOW.replace(day=9) + timedelta(hours=hours)))

    assert db.session.scalar(select(func.count()).select_from(SubmittedForm)) == kept
