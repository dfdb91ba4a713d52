"""What the person of a case was told as a contact, before: so that they hear one thing, once."""

from tracing.cases.models import Case
from tracing.contacts.models import Contact
from tracing.contacts.queries import OF_ONE_TIME, contacts_who_became, find_contact


def told_as_contact(case: Case) -> list[Contact]:
    """Return the meetings of which the person of a case was told shortly before, the last told first."""
    source = find_contact(case.from_contact_id)
    if source is None:
        return []
    met = {one.id: one for one in [source, *contacts_who_became(case.id)]}
    told = [
        (one.told_at, one)
        for one in met.values()
        if one.told_at is not None and abs(case.created_at - one.told_at) <= OF_ONE_TIME
    ]
    return [one for _at, one in sorted(told, key=lambda pair: pair[0], reverse=True)]
