"""The part of an invented person, for whoever plays them in a practice call: who they are, what they answer and say."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

Answer = str | tuple[str, ...] | int
"""A code of the script, several of them, or a day as how many days ago it was."""


@dataclass(frozen=True, repr=False)
class Part:
    """Somebody to be played. What is not written here is theirs who plays them to invent."""

    who: LazyString
    answers: Mapping[str, Answer]
    """By question of the scripts of all kinds of calls."""
    says: Mapping[str, LazyString]
    """What they say of themselves, by step."""
    ages: range = range(18, 67)
    """Of whom it can be: nobody of 91 works, and no child answers alone."""


COMMON: Mapping[str, Answer] = {
    "person_on_line": "person",
    "identity_confirmed": "yes",
    "has_time": "yes",
    "knows_result": "yes",
    "red_flags": "no",
    "fragile": "no",
    "hospitalised": "no",
    "lives_in": "home",
    "test_result": "none",
    "has_symptoms": "no",
    "new_symptoms": "no",
    "sampling_confirmed": "yes",
    "last_contact_confirmed": "yes",
    "lives_with_case": "no",
    "vaccination": "complete",
    "infected_recently": "no",
    "immunodepressed": "no",
    "recall_places": ("work", "meals"),
    "lives_alone": "no",
    "works": "yes",
    "is_caregiver": "no",
    "last_work_on": 1,
    "collectivities": ("none",),
    "contacts_listed": "complete",
    "end_date_repeated": "yes",
    "isolation_kept": "kept",
    "needs": ("none",),
    "can_telework": "yes",
    "stopped_by_doctor": "no",
    "insurance_scheme": "RG",
}
AT_HOME: Mapping[str, Answer] = {"works": "no", "recall_places": ("home", "shops")}
"""Who does not work, as at a great age."""
OF_A_CHILD: Mapping[str, Answer] = {
    **AT_HOME,
    "person_on_line": "representative",
    "representative_confirmed": "yes",
}
"""A parent answers."""
ADULT = 40
"""The age of whom nobody knows the birth date."""
CASE_PARTS: tuple[Part, ...] = (
    Part(
        _l(
            "Pressé, au bureau toute la semaine, sans symptôme. Il répond vite et veut savoir quand il ressort."
        ),
        COMMON,
        {
            "time": _l("« Comment savoir que vous êtes bien de l’assurance maladie ? »"),
            "result_known": _l("« Oui, j’ai reçu un message hier soir. »"),
            "recall": _l(
                "« Hier midi, j’ai déjeuné avec Victor, à la Salle Paul-Fort, à Nantes. Avant-hier, rien de spécial. »"
            ),
            "household": _l("« Je vis avec Nadia. Elle va bien. »"),
            "contacts": _l(
                "« Nadia, 06 39 98 01 02, nous vivons ensemble. Victor, un collègue, 06 39 98 01 03 : nous avons déjeuné face à face hier, sans masque. »"
            ),
            "name_consent": _l("« Nadia le sait. À Victor, ne dites pas mon nom. »"),
            "isolation_at_home": _l("« Et si je me sens bien, je peux sortir avant ? »"),
        },
    ),
    Part(
        _l(
            "Inquiète, malade depuis deux jours, aide à domicile. Elle pose beaucoup de questions et vit seule."
        ),
        {
            **COMMON,
            "has_symptoms": "yes",
            "onset_on": 2,
            "fragile": "yes",
            "lives_alone": "yes",
            "is_caregiver": "yes",
            "last_work_on": 3,
            "collectivities": ("care_home",),
            "recall_places": ("home", "work", "shops"),
            "can_telework": "no",
            "wants_note": "yes",
            "needs": ("shopping", "listening"),
            "needs_consent": "yes",
            "isolation_kept": "hard",
        },
        {
            "red_flags": _l("« De la fièvre et des courbatures, mais je respire bien. »"),
            "symptoms": _l("« C’est venu avant-hier matin, d’un coup. »"),
            "recall": _l("« Je suis allée chez trois personnes âgées, et à l’Ehpad Les Lilas, à Rezé. »"),
            "work": _l("« J’ai peur de les avoir contaminées. Il faut que j’appelle ? »"),
            "contacts": _l(
                "« Une collègue, Fatou, 06 39 98 01 04. Nous étions ensemble en voiture, il y a trois jours, avec un masque. »"
            ),
            "work_leave": _l("« Je ne peux pas travailler de chez moi. Qui me paie ? »"),
            "needs": _l("« Je n’ai personne pour les courses, et le moral n’y est pas. »"),
        },
    ),
    Part(
        _l("Méfiant et bref. Il dit peu, ne veut d’abord nommer personne, et se détend si l’on reste calme."),
        {
            **COMMON,
            "vaccination": "none",
            "works": "no",
            "recall_places": ("gathering",),
            "collectivities": ("event",),
            "contacts_listed": "to_be_completed",
            "isolation_kept": "unsaid",
        },
        {
            "opening": _l("« C’est pour quoi ? »"),
            "time": _l("« N’importe qui peut dire ça. Prouvez-le. »"),
            "data_notice": _l("« Et mes données, elles vont où ? »"),
            "recall": _l(
                "« J’étais à un mariage, samedi, salle des fêtes de Vertou. Nous étions quarante. »"
            ),
            "contacts": _l(
                "« Je ne donne pas de noms. … Bon, je demanderai à ma sœur, et je vous rappelle. »"
            ),
            "isolation_at_home": _l("« Sept jours ? C’est trop. »"),
        },
        range(18, 120),
    ),
    Part(
        _l("À la retraite, un peu de fatigue, vit à deux. Parle volontiers et perd parfois le fil."),
        {
            **COMMON,
            **AT_HOME,
            "fragile": "yes",
            "has_symptoms": "yes",
            "onset_on": 2,
            "needs": ("medicines",),
            "needs_consent": "yes",
        },
        {
            "red_flags": _l("« Un peu de fatigue, mais je respire bien. À mon âge, vous savez… »"),
            "recall": _l("« Avant-hier, le marché, et une voisine est venue prendre le café. »"),
            "household": _l("« Nous sommes deux à la maison, mon conjoint va bien. »"),
            "contacts": _l(
                "« Ma voisine, madame Roux, 06 39 98 01 05 : elle est restée une heure, sans masque. »"
            ),
            "needs": _l("« Qui ira chercher mes médicaments à la pharmacie ? »"),
        },
        range(67, 120),
    ),
    Part(
        _l(
            "Vous êtes le parent : l’enfant a de la fièvre depuis hier. Vous répondez pour lui, avec inquiétude."
        ),
        {**COMMON, **OF_A_CHILD, "has_symptoms": "yes", "onset_on": 1, "collectivities": ("school",)},
        {
            "opening": _l("« C’est au sujet de mon enfant ? Je suis son parent. »"),
            "symptoms": _l("« La fièvre a commencé hier soir, au retour de l’école. »"),
            "household": _l("« Nous vivons tous les deux. Moi, je vais bien. »"),
            "contacts": _l("« Sa grand-mère, 06 39 98 01 06 : elle l’a gardé mercredi. »"),
            "isolation_at_home": _l("« Et qui le garde, si je dois travailler ? »"),
        },
        range(18),
    ),
)
CONTACT_PARTS: tuple[Part, ...] = (
    Part(
        _l("Surprise, sans symptôme. Elle devine qui est le cas et voudrait une confirmation."),
        {**COMMON, "vaccination": "partial"},
        {
            "announcement": _l("« C’est Victor, n’est-ce pas ? Dites-le-moi. »"),
            "last_contact": _l("« Oui, ce jour-là nous avons mangé ensemble. »"),
            "household": _l("« Non, nous ne vivons pas ensemble. »"),
            "quarantine": _l("« Je peux quand même faire mes courses ? »"),
        },
    ),
    Part(
        _l("Un peu enrhumé depuis hier, pas encore testé. Il ne peut pas télétravailler et s’en inquiète."),
        {
            **COMMON,
            "has_symptoms": "yes",
            "onset_on": 1,
            "vaccination": "none",
            "can_telework": "no",
            "wants_note": "yes",
            "needs": ("medicines",),
            "needs_consent": "yes",
        },
        {
            "symptoms": _l("« J’ai le nez qui coule depuis hier. C’est sûrement rien. »"),
            "tests": _l("« Où est-ce que je peux me faire tester ? »"),
            "work_leave": _l("« Je suis cuisinier : impossible de chez moi. »"),
        },
    ),
    Part(
        _l(
            "À la retraite, sans symptôme. Écoute bien et veut surtout savoir quand revoir ses petits-enfants."
        ),
        {**COMMON, **AT_HOME},
        {
            "announcement": _l("« Et mes petits-enfants, je peux les voir ? »"),
            "last_contact": _l("« Oui, nous avons déjeuné ensemble. »"),
            "relatives": _l("« Je vais voir ma sœur le dimanche, elle a le cœur fragile. »"),
        },
        range(67, 120),
    ),
    Part(
        _l("Vous êtes le parent : l’enfant va bien, et vous demandez ce qu’il en est de l’école."),
        {**COMMON, **OF_A_CHILD, "collectivities": ("school",)},
        {
            "opening": _l("« Oui, je suis son parent. »"),
            "child": _l("« L’école est prévenue ? Et moi, je peux rester avec lui ? »"),
        },
        range(18),
    ),
)


def part_of(subject_id: int, *, is_contact: bool, age: int | None) -> Part:
    """Return the part of a case or a contact of this age: always the same one, and another for the next."""
    every = CONTACT_PARTS if is_contact else CASE_PARTS
    parts = [one for one in every if (ADULT if age is None else age) in one.ages] or every
    return parts[subject_id % len(parts)]
