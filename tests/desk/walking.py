"""Walking through a call as a browser without script does: a step is sent, the next one comes back."""

from dataclasses import dataclass, field

from werkzeug.test import TestResponse

from tests.support.markup import Part, read
from tests.support.web import Visitor

P0 = {
    "person_on_line": "person",
    "identity_confirmed": "yes",
    "has_time": "yes",
    "knows_result": "yes",
    "red_flags": "no",
    "hospitalised": "no",
    "lives_in": "home",
    "has_symptoms": "yes",
    "onset_on": "2026-03-08",
    "sampling_confirmed": "yes",
    "vaccination": "complete",
    "infected_recently": "no",
    "immunodepressed": "no",
    "recall_places": "work",
    "lives_alone": "yes",
    "works": "yes",
    "last_work_on": "2026-03-09",
    "is_caregiver": "no",
    "collectivities": "none",
    "contacts_listed": "none",
    "end_date_repeated": "yes",
    "needs": "none",
    "can_telework": "yes",
    "stopped_by_doctor": "no",
    "insurance_scheme": "RG",
}
"""An adult at home, ill for two days, who met nobody."""

CONTACT = {
    "person_on_line": "person",
    "identity_confirmed": "yes",
    "has_time": "yes",
    "red_flags": "no",
    "test_result": "none",
    "has_symptoms": "no",
    "last_contact_confirmed": "yes",
    "lives_with_case": "no",
    "vaccination": "none",
    "infected_recently": "no",
    "immunodepressed": "no",
    "end_date_repeated": "yes",
    "works": "no",
    "collectivities": "none",
    "needs": "none",
}
"""A contact without symptoms, who has to stay at home."""


@dataclass
class Walk:
    """A tracer going through the script of one person of a call."""

    visitor: Visitor
    says: dict[str, str]
    page: Part
    steps: list[str] = field(default_factory=list)

    @property
    def call(self) -> str:
        """The address of the call."""
        return str(self.page.select_one("[data-heartbeat-url]")["data-heartbeat-url"]).removesuffix(
            "/heartbeat"
        )

    @property
    def step(self) -> str:
        """The step on the screen."""
        return str(self.page.select_one("#answers input[name=step]")["value"])

    def form(self) -> dict[str, list[str] | str]:
        """Fill in the step as a tracer does: answer what is asked, tick what was read."""
        asked = [str(one["value"]) for one in self.page.select("#answers input[name=asked]")]
        filled: dict[str, list[str] | str] = {"step": self.step, "asked": asked}
        for question in asked:
            if question in self.says:
                filled[f"answer-{question}"] = self.says[question]
        if statement := self.page.select_one("#answers input[name=statement]"):
            filled["statement"] = filled["confirm"] = str(statement["value"])
        return filled

    def send(self, form: dict[str, list[str] | str] | None = None) -> TestResponse:
        """Send the step and take the page that comes back."""
        answer = self.visitor.follow(str(self.page.select_one("#answers")["action"]), form or self.form())
        self.page = soup(answer)
        return answer

    def to(self, last: str) -> "Walk":
        """Go on until a step is on the screen."""
        while self.step != last:
            self.steps.append(self.step)
            assert len(self.steps) < 60, f"never came to {last}: {self.steps}"
            self.send()
        return self


def soup(answer: TestResponse) -> Part:
    """Return a page to look into."""
    return read(answer.text)


def take_call(visitor: Visitor, says: dict[str, str] | None = None) -> Walk:
    """Press the one large button."""
    return Walk(visitor, dict(says or P0), soup(visitor.follow("/calls/next")))
