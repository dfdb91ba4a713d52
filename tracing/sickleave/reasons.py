"""Reasons why a sick note is refused, each with the sentence that the tracer repeats. Pure."""

from enum import StrEnum


def _(sentence: str) -> str:
    """Mark a sentence for translation; it is translated when shown."""
    return sentence


class Reason(StrEnum):
    """Why a note is refused."""

    NO_RULE = "no_rule"
    DOCTOR_ONLY = "doctor_only"
    NO_LONGER_ISSUED = "no_longer_issued"
    IDENTITY_NOT_VERIFIED = "identity_not_verified"
    NOT_REGISTERED = "not_registered"
    RISK_UNDETERMINED = "risk_undetermined"
    NEGLIGIBLE = "negligible"
    DATES_MISSING = "dates_missing"
    NOT_REQUIRED = "not_required"
    NAME_UNKNOWN = "name_unknown"
    AGE_UNKNOWN = "age_unknown"
    TOO_YOUNG = "too_young"
    NOT_WORKING = "not_working"
    IN_HOSPITAL = "in_hospital"
    SCHEME_UNKNOWN = "scheme_unknown"
    CIVIL_SERVANT = "civil_servant"
    CIVIL_SERVANT_CONTACT = "civil_servant_contact"
    OTHER_SCHEME = "other_scheme"
    OTHER_FUND = "other_fund"
    NO_SCHEME = "no_scheme"
    CAREGIVER = "caregiver"
    STOPPED_BY_DOCTOR = "stopped_by_doctor"
    TELEWORK_UNKNOWN = "telework_unknown"
    CAN_TELEWORK = "can_telework"
    NOT_SWORN = "not_sworn"
    SWORN_FOR_OTHER_DAYS = "sworn_for_other_days"
    SWORN_OTHERWISE = "sworn_otherwise"
    SWORN_BEFORE_DAYS_MOVED = "sworn_before_days_moved"
    ADDRESS_UNCONFIRMED = "address_unconfirmed"
    NUMBER_MISSING = "number_missing"
    ADVISER_ASKED = "adviser_asked"
    ADVISER_REFUSED = "adviser_refused"
    WORKED = "worked"
    TOO_FAR_BACK = "too_far_back"
    OVERLAP = "overlap"
    OVER = "over"
    TOO_LONG = "too_long"
    NOTHING_TO_PROLONG = "nothing_to_prolong"
    NO_PROLONGATION = "no_prolongation"
    SECOND_PROLONGATION = "second_prolongation"
    RESULT_KNOWN = "result_known"
    TEST_NOT_DUE = "test_not_due"
    NOT_ITS_LAST_DAYS = "not_its_last_days"
    WORKED_SINCE = "worked_since"
    UNCHANGED = "unchanged"
    PARENT_NOT_ON_LINE = "parent_not_on_line"
    CHILD_AGE_UNKNOWN = "child_age_unknown"
    CHILD_TOO_OLD = "child_too_old"
    CHILD_IN_HOSPITAL = "child_in_hospital"
    CHILD_RESULT_AWAITED = "child_result_awaited"
    CIVIL_SERVANT_PARENT = "civil_servant_parent"
    OTHER_PARENT = "other_parent"
    UNCHANGED_BEARER = "unchanged_bearer"


SENTENCES = {
    Reason.NO_RULE: _(
        "Aucune règle d’arrêt n’est enregistrée à cette date. Demandez l’avis du médecin-conseil."
    ),
    Reason.DOCTOR_ONLY: _("Seul un médecin peut prescrire un arrêt de travail à cette date."),
    Reason.NO_LONGER_ISSUED: _("À cette date, il n’est plus délivré d’arrêt aux personnes contacts."),
    Reason.IDENTITY_NOT_VERIFIED: _("L’identité de la personne n’a pas été vérifiée pendant cet appel."),
    Reason.NOT_REGISTERED: _(
        "La personne n’est pas enregistrée comme contact : aucun arrêt ne peut être délivré."
    ),
    Reason.RISK_UNDETERMINED: _(
        "Le niveau de risque n’est pas établi : complétez les circonstances du contact."
    ),
    Reason.NEGLIGIBLE: _("Le contact est à risque négligeable : il n’ouvre pas droit à un arrêt."),
    Reason.DATES_MISSING: _("Il manque la date des premiers symptômes ou du prélèvement."),
    Reason.NOT_REQUIRED: _(
        "Les règles ne demandent pas à cette personne de s’isoler : il n’y a pas d’arrêt."
    ),
    Reason.NAME_UNKNOWN: _("Le nom de famille manque : un arrêt porte le nom entier."),
    Reason.AGE_UNKNOWN: _("La date de naissance manque : l’âge ne peut pas être vérifié."),
    Reason.TOO_YOUNG: _("L’arrêt ne concerne que les personnes de %(minimum_age)s ans et plus."),
    Reason.NOT_WORKING: _(
        "La personne n’exerce pas d’activité professionnelle : il n’y a pas d’arrêt à délivrer."
    ),
    Reason.IN_HOSPITAL: _(
        "À l’hôpital, le bulletin de situation de l’établissement tient lieu d’arrêt\u202f: la personne l’envoie à sa caisse et le remet à son employeur. Pour les jours d’avant ou d’après le séjour, demandez l’avis du médecin-conseil."
    ),
    Reason.SCHEME_UNKNOWN: _("Demandez d’abord à la personne de quel régime elle relève."),
    Reason.CIVIL_SERVANT: _(
        "Agent public : la caisse ne délivre pas cet arrêt. La personne s’adresse à son médecin et prévient son service."
    ),
    Reason.CIVIL_SERVANT_CONTACT: _(
        "Agent public contact : pas d’arrêt, mais une autorisation spéciale d’absence, à demander à son service."
    ),
    Reason.OTHER_SCHEME: _("Régime spécial : la personne s’adresse à sa propre caisse, qui délivre l’arrêt."),
    Reason.OTHER_FUND: _(
        "Régime agricole\u202f: c’est la MSA qui délivre l’arrêt. La personne s’adresse à sa caisse de MSA, dès aujourd’hui."
    ),
    Reason.NO_SCHEME: _("Sans indemnités journalières à verser, il n’y a pas d’arrêt à délivrer."),
    Reason.CAREGIVER: _(
        "Professionnel d’un établissement de santé ou médico-social : un contact y reste sous la conduite de son employeur, sans arrêt."
    ),
    Reason.STOPPED_BY_DOCTOR: _("Un médecin a déjà arrêté cette personne pour ces jours."),
    Reason.TELEWORK_UNKNOWN: _("Demandez d’abord si le télétravail est possible."),
    Reason.CAN_TELEWORK: _("La personne peut télétravailler : il n’y a pas d’arrêt."),
    Reason.NOT_SWORN: _("La personne doit déclarer sur l’honneur qu’elle ne peut pas télétravailler."),
    Reason.SWORN_FOR_OTHER_DAYS: _(
        "La déclaration lue portait sur d’autres jours\u202f: relisez-la à la personne, puis cochez."
    ),
    Reason.SWORN_OTHERWISE: _(
        "La personne a dit autre chose de son travail depuis sa déclaration sur l’honneur\u202f: relisez-la-lui à l’étape de l’arrêt et confirmez-la d’abord."
    ),
    Reason.SWORN_BEFORE_DAYS_MOVED: _(
        "Les jours ont changé depuis la déclaration sur l’honneur\u202f: relisez-la à la personne à l’étape de l’arrêt et confirmez-la d’abord."
    ),
    Reason.ADDRESS_UNCONFIRMED: _(
        "L’adresse doit être confirmée par la personne pendant cet appel : l’arrêt la porte."
    ),
    Reason.NUMBER_MISSING: _(
        "Le numéro de sécurité sociale manque : demandez-le, ou indiquez pourquoi la personne n’en a pas."
    ),
    Reason.ADVISER_ASKED: _(
        "Sans numéro de sécurité sociale, le médecin-conseil décide. La demande lui a été envoyée."
    ),
    Reason.ADVISER_REFUSED: _(
        "Sans numéro de sécurité sociale, le médecin-conseil n’a pas donné son accord : il n’y a pas d’arrêt."
    ),
    Reason.WORKED: _("La personne a travaillé jusqu’au dernier des jours à couvrir : il n’y a pas d’arrêt."),
    Reason.TOO_FAR_BACK: _(
        "L’arrêt ne peut pas commencer plus de %(retroactive_days)s jours avant aujourd’hui. Au-delà, le médecin-conseil décide."
    ),
    Reason.OVERLAP: _("Un autre arrêt couvre déjà une partie de ces jours."),
    Reason.OVER: _("Les jours à couvrir sont déjà passés ou déjà couverts."),
    Reason.TOO_LONG: _(
        "Avec les arrêts précédents, le total dépasse %(total_days)s jours : le médecin-conseil décide."
    ),
    Reason.NOTHING_TO_PROLONG: _(
        "Rien n’est demandé à la personne après le dernier jour de l’arrêt : il n’y a rien à prolonger."
    ),
    Reason.NO_PROLONGATION: _("La règle en vigueur ne prévoit pas de prolongation."),
    Reason.SECOND_PROLONGATION: _(
        "L’arrêt a déjà été prolongé : le médecin-conseil décide d’une deuxième prolongation."
    ),
    Reason.RESULT_KNOWN: _(
        "L’arrêt d’une personne contact ne se prolonge que tant que le résultat de son test est attendu."
    ),
    Reason.TEST_NOT_DUE: _(
        "Le jour du test n’est pas encore venu\u202f: l’arrêt d’une personne contact se prolonge à partir de ce jour, si le résultat est attendu."
    ),
    Reason.NOT_ITS_LAST_DAYS: _(
        "L’arrêt court encore plusieurs jours\u202f: il se prolonge à partir de la veille de son dernier jour, si le résultat du test est toujours attendu."
    ),
    Reason.WORKED_SINCE: _(
        "La personne a travaillé depuis la fin de l’arrêt : il ne se prolonge pas, un autre se délivre en l’appelant."
    ),
    Reason.PARENT_NOT_ON_LINE: _(
        "Un enfant n’a pas d’arrêt : c’est l’un de ses parents qui en demande un. Faites-le venir au téléphone."
    ),
    Reason.CHILD_AGE_UNKNOWN: _("La date de naissance de l’enfant manque : la règle dépend de son âge."),
    Reason.CHILD_TOO_OLD: _(
        "L’arrêt d’un parent est pour un enfant de moins de %(child_under)s ans. Pour un enfant handicapé plus âgé, demandez l’avis du médecin-conseil."
    ),
    Reason.CHILD_IN_HOSPITAL: _(
        "L’enfant est à l’hôpital : la règle parle d’un enfant gardé à la maison. Demandez l’avis du médecin-conseil."
    ),
    Reason.CHILD_RESULT_AWAITED: _(
        "On ne sait pas encore jusqu’à quand l’enfant reste isolé : l’arrêt du parent se délivre quand le résultat du test est connu. D’ici là, demandez l’avis du médecin-conseil."
    ),
    Reason.CIVIL_SERVANT_PARENT: _(
        "Agent public : la caisse ne délivre pas cet arrêt. Le parent prévient son service, qui dit ce qui s’applique à lui."
    ),
    Reason.OTHER_PARENT: _(
        "Un arrêt est déjà délivré à un autre parent de cet enfant pour ces jours : un seul parent peut en avoir un."
    ),
    Reason.UNCHANGED_BEARER: _("Le nom et l’adresse resteraient les mêmes\u202f: il n’y a rien à refaire."),
    Reason.UNCHANGED: _("Les jours resteraient les mêmes : il n’y a rien à remplacer."),
}


TO_BE_COMPLETED = frozenset(
    {
        Reason.IDENTITY_NOT_VERIFIED,
        Reason.RISK_UNDETERMINED,
        Reason.DATES_MISSING,
        Reason.NAME_UNKNOWN,
        Reason.AGE_UNKNOWN,
        Reason.PARENT_NOT_ON_LINE,
        Reason.CHILD_AGE_UNKNOWN,
        Reason.SCHEME_UNKNOWN,
        Reason.TELEWORK_UNKNOWN,
        Reason.NOT_SWORN,
        Reason.ADDRESS_UNCONFIRMED,
        Reason.NUMBER_MISSING,
        Reason.ADVISER_ASKED,
        Reason.ADVISER_REFUSED,
    }
)
"""Reasons that end once the person has answered: not yet a refusal."""


class Cut(StrEnum):
    """Why a note has fewer days than the isolation or quarantine."""

    WORKED = "worked"
    COVERED = "covered"
    RETROACTIVE = "retroactive"
    FROM_CALL = "from_call"
    LONGEST = "longest"


CUT_SENTENCES = {
    Cut.WORKED: _("Commence le lendemain du dernier jour travaillé."),
    Cut.COVERED: _("Commence au lendemain d’un autre arrêt de la personne."),
    Cut.RETROACTIVE: _(
        "Ne remonte pas plus de %(retroactive_days)s jours avant l’appel\u202f: c’est la règle."
    ),
    Cut.FROM_CALL: _("Commence le jour de l’appel\u202f: les jours d’avant ne sont pas couverts."),
    Cut.LONGEST: _("S’arrête à %(max_days)s jours\u202f: la règle n’en donne pas plus."),
}
"""What the tracer tells the person about the days that the note does not cover."""
