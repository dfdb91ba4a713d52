"""What follows from what was said, in French sentences."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.cases.models import Case
from tracing.consequences.queries import Follows
from tracing.contacts.models import Contact
from tracing.contacts.queries import Meeting
from tracing.contacts.rules import TestSaid
from tracing.programmes.words import TEST_WORDS
from tracing.queue.rules import CallAgain
from tracing.scripts.wording import day_in_words
from tracing.sickleave.rules import NoteMend


def sentences_of(follows: Follows) -> list[str]:
    """Return what follows for the person of a call, one sentence each; nothing if nothing does."""
    said = []
    if follows.last_day is not None:
        day = day_in_words(follows.last_day)
        said.append(
            _(
                "L’isolement va maintenant jusqu’au %(day)s : la personne avait entendu un autre jour.",
                day=day,
            )
        )
    if follows.contacts_outside:
        said.append(
            ngettext(
                "%(num)d contact est hors de la période et ne sera pas appelé.",
                "%(num)d contacts sont hors de la période et ne seront pas appelés.",
                follows.contacts_outside,
            )
        )
    if follows.to_tell_again:
        said.append(
            ngettext(
                "%(num)d contact déjà averti sera rappelé : ses dates ont changé.",
                "%(num)d contacts déjà avertis seront rappelés : leurs dates ont changé.",
                follows.to_tell_again,
            )
        )
    if follows.mend is NoteMend.NOT_DUE:
        said.append(_("L’arrêt délivré n’est plus dû : annulez-le, ou demandez l’avis du médecin-conseil."))
    elif follows.mend is NoteMend.CAN_WORK:
        said.append(
            _(
                "D’après les réponses, l’arrêt délivré n’est plus à donner\u202f: annulez-le, ou laissez-le au médecin-conseil."
            )
        )
    elif follows.mend is NoteMend.WORKED:
        said.append(_("L’arrêt délivré couvre un jour travaillé\u202f: remplacez-le."))
    elif follows.mend is NoteMend.OVERLAPS:
        said.append(_("Un autre arrêt de la personne couvre les mêmes jours\u202f: annulez l’un des deux."))
    elif follows.mend is NoteMend.NO_CHILD:
        said.append(_("L’arrêt délivré au parent n’a plus son motif\u202f: le médecin-conseil décide."))
    elif follows.mend is NoteMend.BEARER:
        said.append(_("L’arrêt délivré porte l’identité d’avant la correction\u202f: il est à refaire."))
    elif follows.mend is NoteMend.LONGER:
        said.append(
            ngettext(
                "L’arrêt délivré est trop court de %(num)d jour : prolongez-le.",
                "L’arrêt délivré est trop court de %(num)d jours : prolongez-le.",
                follows.days,
            )
        )
    elif follows.mend is NoteMend.EARLIER and follows.mend_to is not None:
        day = day_in_words(follows.mend_to)
        said.append(_("L’arrêt délivré devrait commencer le %(day)s\u202f: remplacez-le.", day=day))
    elif follows.is_prolongation_void:
        said.append(
            _(
                "La prolongation délivrée n’est plus due\u202f: annulez-la, ou, si elle a commencé, remplacez-la jusqu’à aujourd’hui."
            )
        )
    elif follows.mend is NoteMend.SHORTER:
        said.append(
            ngettext(
                "L’arrêt délivré est trop long de %(num)d jour : remplacez-le.",
                "L’arrêt délivré est trop long de %(num)d jours : remplacez-le.",
                follows.days,
            )
        )
    return [str(one) for one in said]


def again_words(
    why: CallAgain, *, told: date | None, is_contact: bool = False, is_mistake: bool = False
) -> str:
    """Return why somebody is called again; `told` is the last day that they were told.

    `is_mistake`: their case was opened by mistake, and no laboratory has sent a result.
    """
    match why:
        case CallAgain.WITHDRAWN if is_mistake:
            return str(
                _("Rappel : son dossier avait été ouvert par erreur. L’isolement demandé ne l’est plus.")
            )
        case CallAgain.DATES if told is not None:
            return str(
                _(
                    "Rappel : on lui avait dit jusqu’au %(day)s, et cette date a changé.",
                    day=day_in_words(told),
                )
            )
        case CallAgain.DATES:
            return str(_("Rappel : on ne lui avait rien demandé, et une mesure s’applique maintenant."))
        case CallAgain.TESTS:
            return str(_("Rappel : un test demandé a changé de jour. Dites-lui les tests qui sont à faire."))
        case CallAgain.DAYS_ADDED:
            return str(_("Rappel : la période de contagion a gagné des jours, à revoir ensemble."))
        case CallAgain.TO_COMPLETE:
            return str(
                _("Rappel : la personne devait nous rappeler pour compléter la liste de ses contacts.")
            )
        case CallAgain.NOT_CONCERNED:
            return str(_("Rappel : plus rien ne lui est demandé. Dites-le-lui."))
        case CallAgain.WITHDRAWN if is_contact:
            return str(
                _(
                    "Rappel : ce qui lui était demandé pour cette rencontre ne l’est plus. Dites-lui : « le résultat de la personne que vous avez rencontrée a été annulé »."
                )
            )
        case CallAgain.WITHDRAWN:
            return str(
                _(
                    "Rappel : l’isolement demandé pour ce résultat ne l’est plus. Dites-lui : « le laboratoire a annulé votre résultat »."
                )
            )


def told_as_contact_words(contact: Contact, *, on: date) -> str:
    """Return what a person was told as a contact, on a day, before they became a case, and what they had said then."""
    told = {"day": day_in_words(on), "last": day_in_words(contact.told_last_day or on)}
    if contact.told_last_day is None:
        sentence = _(
            "Déjà appelée comme personne contact, %(day)s : on ne lui avait pas demandé de rester chez elle.",
            **told,
        )
    else:
        sentence = _(
            "Déjà appelée comme personne contact, %(day)s : on lui avait dit jusqu’au %(last)s.", **told
        )
    return " ".join([str(sentence), *_had_said(contact)])


def _had_said(contact: Contact) -> list[str]:
    """Return what a contact had said of their health, in sentences."""
    said = []
    if contact.symptoms_on is not None:
        said.append(
            _("Elle avait dit des symptômes depuis le %(day)s.", day=day_in_words(contact.symptoms_on))
        )
    for test in (TestSaid.from_codes(codes) for codes in contact.tests_said or ()):
        day = {"day": day_in_words(test.on)}
        if test.kind is not None:
            day["day"] = f"{TEST_WORDS[test.kind]}, {day['day']}"
        sentence = (
            _("Test positif : %(day)s.", **day) if test.is_positive else _("Test négatif : %(day)s.", **day)
        )
        said.append(sentence)
    return [str(one) for one in said]


def other_result_words(case: Case, *, on: date) -> str:
    """Return what a person was told on a day of another result of theirs, which their dates count too."""
    said = {"day": day_in_words(on)}
    if case.told_last_day is None:
        return str(
            _(
                "Déjà appelée %(day)s pour un autre résultat, sans isolement\u202f: la date la plus tardive compte.",
                **said,
            )
        )
    return str(
        _(
            "Déjà appelée %(day)s pour un autre résultat, isolement jusqu’au %(last)s\u202f: la date la plus tardive compte.",
            last=day_in_words(case.told_last_day),
            **said,
        )
    )


def other_meeting_words(one: Meeting, *, on: date | None) -> str:
    """Return what a contact was told about another meeting, on a day, or has still to be told."""
    contact = one.contact
    met = "" if contact.is_day_unknown else day_in_words(contact.last_contact_on)
    if on is None and not met:
        return str(
            _(
                "Nommée aussi par un autre dossier, sans jour connu : un seul appel dit tout, les dates affichées comptent les deux rencontres."
            )
        )
    if on is None:
        return str(
            _(
                "Nommée aussi par un autre dossier, pour une rencontre du %(met)s : un seul appel dit tout, les dates affichées comptent les deux rencontres.",
                met=met,
            )
        )
    said = {"day": day_in_words(on), "met": met or day_in_words(contact.last_contact_on)}
    if contact.told_last_day is None:
        return str(
            _(
                "Déjà avertie %(day)s pour une rencontre du %(met)s : on ne lui avait pas demandé de rester chez elle.",
                **said,
            )
        )
    return str(
        _(
            "Déjà avertie %(day)s pour une rencontre du %(met)s, jusqu’au %(last)s : la date la plus tardive compte.",
            last=day_in_words(contact.told_last_day),
            **said,
        )
    )
