"""Forms to ask and to answer a question. Shape only: services decide who may ask what."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from tracing.escalations.models import Audience, Decision, Reason
from tracing.escalations.rules import AUDIENCE, LONGEST_ANSWER, LONGEST_QUESTION, URGENCY
from tracing.escalations.words import AUDIENCE_WORDS, REASON_WORDS, URGENCY_WORDS
from tracing.ui.forms import PageForm


class AskForm(PageForm):
    """A question and its reason; the reason decides who is asked."""

    reason = SelectField(
        _l("Pourquoi demander un avis ?"),
        validators=[InputRequired(_l("Choisissez la raison : elle dit qui répondra."))],
    )
    question = TextAreaField(
        _l("Votre question"),
        description=_l(
            "Une phrase suffit, 500 signes au plus. N’écrivez ni antécédent médical, ni nom, ni opinion sur la personne."
        ),
        validators=[
            Length(max=LONGEST_QUESTION, message=_l("Raccourcissez votre question à 500 signes.")),
        ],
        render_kw={"rows": 3, "maxlength": LONGEST_QUESTION},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [SelectChoice("", _("Choisissez"))] + [
            SelectChoice(
                reason.value,
                f"{REASON_WORDS[reason]} · {str(URGENCY_WORDS[URGENCY[reason]]).lower()}",
                optgroup=str(AUDIENCE_WORDS[audience]),
            )
            for reason, audience in AUDIENCE.items()
        ]


class SpecialtiesForm(PageForm):
    """About what a member likes to be asked first."""

    reasons = SelectMultipleField(
        _l("À urgence égale, montrez-moi d’abord"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    def __init__(
        self,
        *args: Any,
        audiences: Collection[Audience],
        chosen: Collection[Reason] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reasons.choices = [
            SelectChoice(reason.value, str(REASON_WORDS[reason]))
            for reason, audience in AUDIENCE.items()
            if audience in audiences
        ]
        if not self.is_submitted():
            self.reasons.data = [reason.value for reason in chosen]


class AnswerForm(PageForm):
    """An answer and its consequences."""

    answer = TextAreaField(
        _l("Votre réponse"),
        description=_l("L’enquêteur la lit aussitôt. Dites ce qu’il doit faire, en mots simples."),
        validators=[
            InputRequired(_l("Écrivez la réponse que l’enquêteur lira.")),
            Length(max=LONGEST_ANSWER, message=_l("Raccourcissez votre réponse à 1 000 signes.")),
        ],
        render_kw={"rows": 5, "maxlength": LONGEST_ANSWER},
    )
    result_announced = BooleanField(
        _l("Le résultat lui a été annoncé"),
        description=_l(
            "Cochez si vous l’avez dit vous-même à la personne : la suite du script s’ouvre alors."
        ),
    )
    note = RadioField(
        _l("Un arrêt sans numéro de sécurité sociale ?"),
        choices=[
            SelectChoice("yes", _l("D’accord : l’arrêt peut être délivré sans numéro")),
            SelectChoice("no", _l("Pas d’accord : aucun arrêt sans numéro")),
        ],
        validators=[InputRequired(_l("Dites si l’arrêt peut être délivré sans numéro."))],
    )
    decision = RadioField(
        _l("Et maintenant ?"), validators=[InputRequired(_l("Choisissez ce qui se passe ensuite."))]
    )

    call = HiddenField()
    """The call in which the answer is written; empty outside a call."""

    @property
    def call_id(self) -> int | None:
        """The id of that call."""
        typed = self.call.data or ""
        return int(typed) if typed.isdecimal() and len(typed) <= 18 else None

    @property
    def note_agreed(self) -> bool | None:
        """The decision about a sick note without a number; None if none awaits it."""
        return self.note.data == "yes" if "note" in self and self.note.data else None

    def __init__(
        self, *args: Any, reason: Reason, on_call: bool, asks_note: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not asks_note:
            del self.note
        if reason is not Reason.RESULT_NOT_ANNOUNCED:
            del self.result_announced
        self.decision.choices = [
            SelectChoice(
                Decision.GO_ON.value,
                _("L’enquêteur continue l’appel avec cette réponse")
                if on_call
                else _(
                    "L’enquêteur continue avec cette réponse ; si la personne attendait, elle est rappelée"
                ),
            ),
            SelectChoice(Decision.CALL_BACK.value, _("Un enquêteur rappelle la personne au plus tôt")),
            SelectChoice(
                Decision.CLOSED.value,
                _("C’est réglé avec la personne : plus aucun appel ne lui sera fait pour cette raison"),
            ),
        ]
