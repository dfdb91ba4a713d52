"""The form of a draft as a whole: what it changes, and when."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, SelectField, TextAreaField, TimeField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional

from tracing.programmes import load_packs
from tracing.studio.notice_forms import in_three_sentences, there_is
from tracing.ui.fields import of_our_time
from tracing.ui.forms import PageForm


class PlanForm(PageForm):
    """When a script takes effect, and what it changes."""

    seen = HiddenField(validators=[InputRequired()])
    revision = HiddenField()
    on = DateField(_l("Prend effet le"), validators=[Optional(), of_our_time])
    at = TimeField(_l("À"), validators=[Optional()])
    whose = SelectField(
        _l("Pour les appels de"),
        description=_l("Un programme qui a son propre script n’utilise plus celui de tous les programmes."),
    )
    with_rule = SelectField(
        _l("Ou en même temps qu’une règle"),
        description=_l("Les règles approuvées qui attendent leur date d’effet."),
    )
    why = TextAreaField(
        _l("Ce qui change"),
        description=_l(
            "De 10 à 500 caractères, trois phrases au plus : quoi, pour qui, pourquoi. Les enquêteurs les liront."
        ),
        validators=[
            InputRequired(_l("Dites ce qui change.")),
            Length(10, 500, _l("De 10 à 500 caractères.")),
            in_three_sentences,
        ],
        render_kw={"rows": 3},
    )

    def offer(self, rules: list[tuple[int, str]], *, now: tuple[str, ...]) -> None:
        """Offer the versions of rules that wait for their moment, and the programmes beside those of the draft `now`."""
        labels = {pack.code: pack.label for pack in load_packs().values()}
        several = [(" ".join(now), ", ".join(labels.get(one, one) for one in now))] if len(now) > 1 else []
        self.whose.choices = [
            SelectChoice("", _("tous les programmes")),
            *(SelectChoice(code, label) for code, label in [*labels.items(), *several]),
        ]
        self.with_rule.choices = [
            SelectChoice("", _("non : au jour et à l’heure ci-dessus")),
            *(SelectChoice(str(number), label) for number, label in rules),
        ]

    def is_right(self) -> bool:
        """Return whether it was sent and can be used: a moment is given, one way or the other."""
        if not self.validate_on_submit():
            return False
        if not self.with_rule.data and (self.on.data is None or self.at.data is None):
            self.on.errors = [_("Indiquez un jour et une heure, ou choisissez une règle.")]
            return False
        return True

    def programmes(self) -> tuple[str, ...]:
        """Return the programmes whose calls it leads; none: all of them."""
        return tuple((self.whose.data or "").split())

    def rule(self) -> int | None:
        """Return the version of a rule with which it takes effect."""
        return int(self.with_rule.data) if self.with_rule.data else None

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """Return the moment that was typed.

        Raises:
            NoMoment: the clocks skip it.
        """
        on, at = self.on.data, self.at.data
        if on is None or at is None:
            return None
        return there_is(on, at, zone)


class CommentForm(PageForm):
    """What somebody says of a draft."""

    step = SelectField(_l("De quelle étape"))
    body = TextAreaField(
        _l("Remarque"),
        description=_l("Pour ceux qui écrivent et approuvent. Sans nom de personne appelée."),
        validators=[
            InputRequired(_l("Écrivez une remarque.")),
            Length(2, 500, _l("De 2 à 500 caractères.")),
        ],
        render_kw={"rows": 2},
    )

    def offer(self, steps: list[tuple[str, str]]) -> None:
        """Offer the steps of the draft."""
        self.step.choices = [
            SelectChoice("", _("de tout le script")),
            *(SelectChoice(name, title) for name, title in steps),
        ]


class ScriptFileForm(PageForm):
    """A script that was written elsewhere."""

    file = FileField(
        _l("Fichier YAML"),
        description=_l("Un fichier exporté d’ici, ou écrit de la même façon."),
        validators=[FileRequired(_l("Choisissez un fichier."))],
    )
