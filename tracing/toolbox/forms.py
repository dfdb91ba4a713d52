"""The form for an entry of the toolbox."""

from datetime import date, datetime
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional

from tracing.toolbox.models import ToolboxEntry
from tracing.toolbox.rules import LONGEST_BODY, LONGEST_TITLE, Topic
from tracing.toolbox.services import EntryText
from tracing.toolbox.words import TOPIC_WORDS
from tracing.ui.forms import PageForm


class EntryForm(PageForm):
    """A question and its answer for everybody, and when it holds."""

    title = StringField(
        _l("La question, comme un enquêteur la poserait"),
        validators=[InputRequired(_l("Écrivez la question.")), Length(max=LONGEST_TITLE)],
    )
    body = TextAreaField(
        _l("La réponse"),
        description=_l("Tout le site la lit. Ni nom, ni numéro, ni rien qui désigne une personne."),
        validators=[InputRequired(_l("Écrivez la réponse.")), Length(max=LONGEST_BODY)],
        render_kw={"rows": 8, "maxlength": LONGEST_BODY},
    )
    topic = SelectField(_l("Sujet"), validators=[InputRequired(_l("Choisissez le sujet."))])
    from_day = DateField(
        _l("Vaut à partir du"), validators=[InputRequired(_l("Dites à partir de quel jour elle vaut."))]
    )
    until = DateField(
        _l("Vaut jusqu’au, inclus"),
        description=_l("Laissez vide si elle vaut tant que personne ne la change."),
        validators=[Optional()],
    )

    seen = HiddenField()
    """When the text had been written that is being changed."""

    def __init__(self, *args: Any, entry: ToolboxEntry | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topic.choices = [SelectChoice(topic.value, str(TOPIC_WORDS[topic])) for topic in Topic]
        if entry is not None and not self.is_submitted():
            self.title.data, self.body.data, self.topic.data = entry.title, entry.body, entry.topic.value
            self.from_day.data, self.until.data = entry.from_day, entry.until
            self.opens(entry)

    def opens(self, entry: ToolboxEntry) -> None:
        """Let the form be one of the entry as it is now: what is sent replaces this text and no later one."""
        self.seen.data = entry.written_at.isoformat()

    @property
    def seen_at(self) -> datetime | None:
        """When the text had been written that was opened; None if the form does not say."""
        try:
            return datetime.fromisoformat(self.seen.data or "")
        except ValueError:
            return None

    @property
    def text(self) -> EntryText:
        """What was typed; call it once the form is valid."""
        return EntryText(
            topic=Topic(self.topic.data),
            title=" ".join((self.title.data or "").split()),
            body=(self.body.data or "").strip(),
            from_day=cast("date", self.from_day.data),
            until=self.until.data,
        )
