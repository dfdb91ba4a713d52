"""Forms to ask and to answer a question. Shape only: services decide who may ask what."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from tracing.escalations.models import Audience, Decision, Escalation, Reason
from tracing.escalations.rules import AUDIENCE, LONGEST_ANSWER, LONGEST_QUESTION, URGENCY
from tracing.escalations.services import CallLater
from tracing.escalations.words import (
    AUDIENCE_WORDS,
    DOCTOR_WILL_TELL,
    READY,
    REASON_WORDS,
    RESULT_TOLD,
    RULING_WORDS,
    URGENCY_WORDS,
)
from tracing.facts.ruling_rules import Ground, Ruling, RulingKind
from tracing.facts.words import GROUND_WORDS
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


ABOUT_RISK = (RulingKind.NEGLIGIBLE, RulingKind.AT_RISK, RulingKind.RISK_BY_RULE)
ABOUT_MEASURE = (
    RulingKind.UNTIL,
    RulingKind.NO_MEASURE,
    RulingKind.MEASURE_BY_RULE,
    RulingKind.NOTE_DAYS,
    RulingKind.NOTE_BY_RULE,
)


class AnswerForm(PageForm):
    """An answer and its consequences."""

    ready = RadioField(_l("Réponse toute prête"), validators=[Optional()])
    answer = TextAreaField(
        _l("Votre réponse"),
        description=_l(
            "L’enquêteur la lit aussitôt. Dites ce qu’il doit faire, en mots simples. Avec une réponse toute prête ou une décision, vous pouvez ne rien écrire."
        ),
        validators=[
            Length(max=LONGEST_ANSWER, message=_l("Raccourcissez votre réponse à 1 000 signes.")),
        ],
        render_kw={"rows": 4, "maxlength": LONGEST_ANSWER},
    )
    result_announced = BooleanField(
        _l("Le résultat lui a été annoncé"),
        description=_l(
            "Cochez si vous l’avez dit vous-même à la personne : la suite du script s’ouvre alors. Rien d’autre à écrire."
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
    ruling = SelectField(_l("Décider à la place de la règle"), validate_choice=False, validators=[Optional()])
    about = SelectField(
        _l("Pour qui"),
        validate_choice=False,  # `validate_about` says what has changed
        description=_l("Une décision sur un contact nommé s’applique à lui seul, et son appel suit."),
        validators=[Optional()],
    )
    ruling_first = DateField(_l("Premier jour de l’arrêt"), validators=[Optional()])
    ruling_last = DateField(
        _l("Dernier jour, inclus"),
        description=_l("De l’isolement, de la quarantaine ou de l’arrêt."),
        validators=[Optional()],
    )
    ground = SelectField(_l("Motif"), validators=[Optional()])
    decision = RadioField(
        _l("Et maintenant ?"), validators=[InputRequired(_l("Choisissez ce qui se passe ensuite."))]
    )
    call_on = DateField(_l("Jour du rappel"), validators=[Optional()])
    call_by = SelectField(_l("Par qui"), validate_choice=False, validators=[Optional()])

    call = HiddenField()
    """The call in which the answer is written; empty outside a call."""

    def __init__(
        self,
        *args: Any,
        about: Escalation,
        on_call: bool,
        asks_note: bool,
        is_contact: bool,
        contacts: Mapping[int, str],
        callers: Mapping[int, str],
        today: date,
        **kwargs: Any,
    ) -> None:
        """`contacts` are those whom the case has named, `callers` those who may be asked to call on a later day."""
        super().__init__(*args, **kwargs)
        if not asks_note:
            del self.note
        if about.reason is not Reason.RESULT_NOT_ANNOUNCED:
            del self.result_announced
        if about.audience is not Audience.ADVISER:
            for name in ("ruling", "about", "ruling_first", "ruling_last", "ground"):
                delattr(self, name)
        else:
            kinds = (*(ABOUT_RISK if is_contact or contacts else ()), *ABOUT_MEASURE)
            self.about.choices = [SelectChoice("", _("La personne appelée"))] + [
                SelectChoice(str(one), words) for one, words in contacts.items()
            ]
            # a decision about a contact who has left the list is not one about the person
            if not contacts and not self.about.data:
                del self.about
            self.ruling.choices = [SelectChoice("", _("Non : la règle s’applique"))] + [
                SelectChoice(kind.value, str(RULING_WORDS[kind])) for kind in kinds
            ]
            self.ground.choices = [SelectChoice("", _("Choisissez"))] + [
                SelectChoice(ground.value, str(GROUND_WORDS[ground])) for ground in Ground
            ]
        self._sentences = [str(sentence) for sentence in READY.get(about.reason, ())]
        self.ready.choices = [
            SelectChoice(str(place), sentence) for place, sentence in enumerate(self._sentences)
        ]
        self.decision.choices = _decisions(on_call=on_call)
        self.call_by.choices = [SelectChoice("", _("Un enquêteur libre"))] + [
            SelectChoice(str(member_id), name) for member_id, name in callers.items()
        ]
        if not self.is_submitted():
            self.call_on.data = today + timedelta(days=1)

    def validate_about(self, field: SelectField) -> None:
        """Refuse a contact who is on the list no more."""
        if field.data and not _is_offered(field):
            field.data = ""
            raise ValidationError(
                _(
                    "Ce contact a quitté la liste entre-temps\u202f: choisissez pour qui vous décidez, ou laissez la règle s’appliquer."
                )
            )

    def validate_ruling(self, field: SelectField) -> None:
        """Refuse a decision that is not one about this person any more."""
        if field.data and not _is_offered(field):
            field.data = ""
            raise ValidationError(
                _("Cette décision n’est plus possible\u202f: la liste des contacts a changé entre-temps.")
            )

    def validate_call_by(self, field: SelectField) -> None:
        """Refuse somebody who calls for the site no more."""
        if field.data and not _is_offered(field):
            field.data = ""
            raise ValidationError(
                _("Cette personne n’appelle plus pour ce site\u202f: choisissez quelqu’un d’autre.")
            )

    def as_lines(self) -> list[str]:
        """Return what was typed and chosen, to show it where the form is gone."""
        lines = [self.text] if self.text else []
        for name in ("ruling", "about", "ground", "decision", "call_by"):
            field = self._fields.get(name)
            words = dict(_labels(field)).get(field.data) if field is not None and field.data else None
            lines += [f"{field.label.text}\u202f: {words}"] if field is not None and words else []
        for name in ("ruling_first", "ruling_last"):
            day = self[name].data if name in self else None
            lines += [f"{self[name].label.text}\u202f: {day:%d/%m/%Y}"] if day else []
        return lines

    @property
    def call_id(self) -> int | None:
        """The id of the call in which the answer is written."""
        typed = self.call.data or ""
        return int(typed) if typed.isdecimal() and len(typed) <= 18 else None

    @property
    def note_agreed(self) -> bool | None:
        """The decision about a sick note without a number; None if none awaits it."""
        return self.note.data == "yes" if "note" in self and self.note.data else None

    @property
    def is_announced(self) -> bool:
        """Whether the adviser has told the person the result; the ready answer that says so counts as the tick."""
        if "result_announced" not in self:
            return False
        return bool(self.result_announced.data) or self._ready == str(RESULT_TOLD)

    @property
    def _ready(self) -> str:
        return self._sentences[int(self.ready.data)] if self.ready.data else ""

    @property
    def text(self) -> str:
        """What the tracer reads: the ready answer, then what was typed."""
        ready = self._ready
        typed = (self.answer.data or "").strip()
        if not ready and not typed and self.is_announced:
            return str(RESULT_TOLD)
        return "\n".join(part for part in (ready, typed) if part)

    def ruling_of(self, rule_of: Callable[[RulingKind], str | None], *, on: date) -> Ruling | None:
        """Return what is decided apart from the rule in force; None if the rule applies.

        `rule_of` returns the rule from which a kind of decision departs.
        """
        if "ruling" not in self or not self.ruling.data:
            return None
        kind = RulingKind(self.ruling.data)
        return Ruling(
            kind=kind,
            ground=Ground(self.ground.data),
            rule=rule_of(kind),
            on=on,
            first_day=self.ruling_first.data if kind is RulingKind.NOTE_DAYS else None,
            last_day=self.ruling_last.data if kind in {RulingKind.NOTE_DAYS, RulingKind.UNTIL} else None,
        )

    @property
    def about_contact(self) -> int | None:
        """The named contact about whom is decided; None: the person of the question."""
        return int(self.about.data) if "about" in self and self.about.data else None

    @property
    def later(self) -> CallLater | None:
        """On which day and by whom the person is called, if later."""
        if self.decision.data != Decision.CALL_LATER.value or self.call_on.data is None:
            return None
        return CallLater(self.call_on.data, int(self.call_by.data) if self.call_by.data else None)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then what one field asks of another."""
        is_valid = bool(super().validate(extra_validators))
        if is_valid and self.is_announced and self._ready == str(DOCTOR_WILL_TELL):
            self.result_announced.errors = [
                _(
                    "Votre réponse dit de ne pas dire le résultat, et cette case qu’il a été annoncé\u202f: décochez-la, ou choisissez l’autre réponse."
                )
            ]
            return False
        has_ruling = "ruling" in self and bool(self.ruling.data)
        if is_valid and has_ruling and not self.ground.data:
            self.ground.errors = [_("Choisissez le motif de la décision.")]
            return False
        is_about_risk = is_valid and has_ruling and RulingKind(self.ruling.data) in ABOUT_RISK
        if is_about_risk and "about" in self and not self.about.data:
            self.about.errors = [_("Choisissez le contact dont vous décidez le risque.")]
            return False
        if is_valid and not has_ruling and not self.text:
            self.answer.errors = [
                _("Écrivez la réponse que l’enquêteur lira, ou choisissez-en une toute prête.")
            ]
            return False
        return is_valid


def _labels(field: Any) -> list[tuple[str, str]]:
    return [(str(one.value), str(one.label)) for one in field.choices or ()]


def _is_offered(field: SelectField) -> bool:
    return field.data in dict(_labels(field))


def _decisions(*, on_call: bool) -> list[SelectChoice]:
    """Return what may happen next, in the words of those who answer."""
    goes_on = (
        _("L’enquêteur continue l’appel avec cette réponse")
        if on_call
        else _("L’enquêteur continue avec cette réponse ; si la personne attendait, elle est rappelée")
    )
    return [
        SelectChoice(Decision.GO_ON.value, goes_on),
        SelectChoice(Decision.CALL_BACK.value, _("Un enquêteur rappelle la personne au plus tôt")),
        SelectChoice(
            Decision.CALL_LATER.value, _("La personne est rappelée un autre jour, choisi ci-dessous")
        ),
        SelectChoice(
            Decision.CLOSED.value,
            _("C’est réglé avec la personne : plus aucun appel ne lui sera fait pour cette raison"),
        ),
    ]
