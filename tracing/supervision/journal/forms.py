"""The form with which an auditor searches the journal."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField
from wtforms.validators import Optional

from tracing.staff.models import Member
from tracing.supervision.forms import NOBODY, _number
from tracing.supervision.journal.queries import Journal
from tracing.supervision.words import EVENT_WORDS, WHY_WORDS
from tracing.ui.forms import PageForm


class JournalForm(PageForm):
    """A search in the journal. It changes nothing, so it is sent in the URL."""

    class Meta:
        """A search needs no CSRF token."""

        csrf = False

    member = SelectField(_l("Qui"), coerce=_number, validators=[Optional()])
    kind = SelectField(_l("Quoi"), default=NOBODY, validators=[Optional()])
    day = DateField(_l("Jour"), validators=[Optional()])

    def offer(self, journal: Journal, members: Sequence[Member]) -> None:
        """Offer these members, and the kinds of this journal."""
        self.member.choices = [
            (NOBODY, _("Tout le monde")),
            *((member.id, member.display_name) for member in members),
        ]
        words = WHY_WORDS if journal is Journal.SIGHTINGS else EVENT_WORDS
        self.kind.choices = [
            (NOBODY, _("Tout")),
            *sorted(((k, str(w)) for k, w in words.items()), key=lambda c: c[1]),
        ]
