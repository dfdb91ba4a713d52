"""What the people of one call have to do with each other: who may be one person, who answers for a child."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracing.contacts.rules import Described
from tracing.desk.conversation.conversation import ScriptedConversation
from tracing.desk.queries import ToldBefore, told_in_household
from tracing.desk.screen.parts import Tab, of_same_roof
from tracing.people import queries as people
from tracing.people.rules import may_be_one
from tracing.programmes.rules import REPRESENTATIVE_UNDER, age_on


@dataclass(frozen=True, repr=False)
class Household:
    """The people of a call, seen from the one whose page is shown."""

    talk: ScriptedConversation
    tabs: Sequence[Tab]
    on: date

    @property
    def named_alike(self) -> Tab | None:
        """Another contact who may be this one: two people named them alike, with the same number."""
        contacts = [one for one in self.tabs if one.is_contact and not one.is_finished]
        here = next((one.identity for one in contacts if one.is_here), None)
        if here is None:
            return None
        others = (one for one in contacts if not one.is_here and one.identity is not None)
        return next((one for one in others if one.identity and may_be_one(here, one.identity)), None)

    @property
    def told_alike(self) -> ToldBefore | None:
        """A contact who may be this one and was told of another meeting: named again without a birth date, nobody knows.

        Health content: only once the person has said who they are.
        """
        about = self.talk.about
        is_over = any(one.is_here and one.is_finished for one in self.tabs)
        if about.contact is None or about.identity is None or not self.talk.is_identified or is_over:
            return None
        told = told_in_household(
            self.talk.call.household_id, but=about.task.person_id, around=about.contact.named_at
        )
        known = people.joint_identities(one.person_id for one in told)
        return next(
            (
                one
                for one in told
                if one.person_id in known and may_be_one(about.identity, known[one.person_id])
            ),
            None,
        )

    @property
    def has_parent_on_line(self) -> bool:
        """Whether the person is a child and an adult of the household has said who they are in this call."""
        is_finished = any(one.is_here and one.is_finished for one in self.tabs)
        if is_finished or self.talk.is_identified or not self.talk.facts.get("is_minor"):
            return False
        others = (one for one in self.tabs if one.is_identified and not one.is_here)
        born = (one.identity.birth_date for one in others if one.identity is not None)
        return any(day is not None and age_on(day, self.on) >= REPRESENTATIVE_UNDER for day in born)

    @property
    def nearest_help(self) -> Sequence[Described]:
        """Who lives under the same roof, as the person said: somebody there may open the door to a rescue team."""
        if self.talk.about.contact is not None or not self.talk.is_identified:
            return ()
        return of_same_roof(self.talk.about.case.id)
