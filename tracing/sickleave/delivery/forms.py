"""The form by which somebody chooses how a person gets the papers of their note."""

from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from tracing.sickleave.delivery.words import WAY_WORDS
from tracing.sickleave.rules import DeliveryWay
from tracing.ui.forms import PageForm


class GiveForm(PageForm):
    """By letter, or by a link: two buttons of one form."""

    way = RadioField(
        choices=[SelectChoice(one.value, words) for one, words in WAY_WORDS.items()],
        validators=[InputRequired()],
    )

    @property
    def chosen(self) -> DeliveryWay:
        """The chosen way; call this on a valid form."""
        return DeliveryWay(self.way.data)
