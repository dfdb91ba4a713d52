"""Labels of sources, their keys and their mappings."""

from flask_babel import lazy_gettext as _l

from tracing.imports.format.codes import TEST
from tracing.imports.format.laboratory import (
    ANTIGEN_TEST,
    NO_DISEASE,
    OTHER_DISEASE,
    OTHER_METHOD,
    PCR_TEST,
)
from tracing.imports.models import KeyState, KeyUse, SourceKind
from tracing.imports.sources.mapping_rules import ColumnFault
from tracing.people.countries import Country

KIND_WORDS = {
    SourceKind.LABORATORY: _l("Laboratoire"),
    SourceKind.PORTAL: _l("Portail de résultats"),
    SourceKind.PLATFORM: _l("Autre plateforme"),
}

COUNTRY_WORDS = {
    Country.FRANCE: _l("France"),
    Country.BELGIUM: _l("Belgique"),
    Country.LUXEMBOURG: _l("Luxembourg"),
    Country.GERMANY: _l("Allemagne"),
    Country.SWITZERLAND: _l("Suisse"),
    Country.AUSTRIA: _l("Autriche"),
    Country.ITALY: _l("Italie"),
    Country.SPAIN: _l("Espagne"),
    Country.OTHER: _l("un autre pays"),
}

USE_WORDS = {
    KeyUse.CMS: _l("Clé privée et certificat (CMS)"),
    KeyUse.OPENPGP: _l("Clé secrète OpenPGP"),
    KeyUse.AGE: _l("Identité age"),
    KeyUse.PASSWORD: _l("Mot de passe"),
    KeyUse.SIGNER: _l("Certificat de signature"),
}

OPENS_WORDS = {
    KeyUse.CMS: _l("Ouvre les fichiers .p7m chiffrés pour ce certificat."),
    KeyUse.OPENPGP: _l("Ouvre les fichiers .pgp et .gpg chiffrés pour cette clé."),
    KeyUse.AGE: _l("Ouvre les fichiers .age chiffrés pour cette identité."),
    KeyUse.PASSWORD: _l("Ouvre les classeurs Excel et les archives ZIP protégés par ce mot de passe."),
    KeyUse.SIGNER: _l("Vérifie que les fichiers sont signés par cet expéditeur."),
}
"""One sentence that says what a key is for."""

KEY_WORDS = {
    KeyState.PROPOSED: _l("À confirmer"),
    KeyState.CONFIRMED: _l("En usage"),
    KeyState.RETIRED: _l("Hors d’usage"),
}

KEY_TONES = {KeyState.PROPOSED: "soon", KeyState.CONFIRMED: "done", KeyState.RETIRED: "neutral"}

SPOKEN_LETTERS = {
    "A": _l("Anatole"),
    "B": _l("Berthe"),
    "C": _l("Célestin"),
    "D": _l("Désiré"),
    "E": _l("Eugène"),
    "F": _l("François"),
}
"""How the letters of a fingerprint are spelled on the telephone."""

FIELD_GROUPS = (
    (
        _l("Obligatoires"),
        ("ID_RESULTAT", "NOM_NAISSANCE", "PRENOMS", "DATE_NAISSANCE", "DATE_PRELEVEMENT", "RESULTAT"),
    ),
    (_l("La personne"), ("NIR", "NOM_USAGE", "SEXE", "CODE_CAISSE")),
    (
        _l("Où la joindre"),
        ("TEL_MOBILE", "TEL_FIXE", "COURRIEL", "ADRESSE", "CODE_POSTAL", "COMMUNE", "CODE_INSEE"),
    ),
    (
        _l("Sa situation"),
        ("SYMPTOMES", "DATE_DEBUT_SYMPTOMES", "PROF_SANTE", "HEBERGEMENT", "STRUCTURE_HEBERGEMENT"),
    ),
    (_l("L’analyse"), ("TYPE_ANALYSE", "CODE_LOINC", "CRIBLAGE", "DATE_VALIDATION")),
    (
        _l("L’envoi"),
        (
            "NUM_LOT",
            "DATE_EXTRACTION",
            "FINESS_LABO",
            "LIB_LABO",
            "RPPS_PRESCRIPTEUR",
            "NOM_PRESCRIPTEUR",
        ),
    ),
)
"""The fields in groups a person understands: the required ones, the person, and the rest."""

FIELD_WORDS = {
    "NUM_LOT": _l("Numéro du lot"),
    "ID_RESULTAT": _l("Identifiant du résultat"),
    "DATE_EXTRACTION": _l("Date d’extraction"),
    "FINESS_LABO": _l("FINESS du laboratoire"),
    "LIB_LABO": _l("Nom du laboratoire"),
    "RPPS_PRESCRIPTEUR": _l("RPPS du prescripteur"),
    "NOM_PRESCRIPTEUR": _l("Nom du prescripteur"),
    "NIR": _l("Numéro de sécurité sociale"),
    "NOM_NAISSANCE": _l("Nom de naissance"),
    "NOM_USAGE": _l("Nom d’usage"),
    "PRENOMS": _l("Prénoms"),
    "SEXE": _l("Sexe"),
    "DATE_NAISSANCE": _l("Date de naissance"),
    "ADRESSE": _l("Adresse"),
    "CODE_POSTAL": _l("Code postal"),
    "COMMUNE": _l("Commune"),
    "CODE_INSEE": _l("Code INSEE de la commune"),
    "TEL_MOBILE": _l("Téléphone mobile"),
    "TEL_FIXE": _l("Téléphone fixe"),
    "COURRIEL": _l("Adresse électronique"),
    "DATE_PRELEVEMENT": _l("Date du prélèvement"),
    "DATE_VALIDATION": _l("Date de validation"),
    "TYPE_ANALYSE": _l("Type d’analyse"),
    "CODE_LOINC": _l("Code LOINC"),
    "RESULTAT": _l("Résultat"),
    "CRIBLAGE": _l("Criblage"),
    "SYMPTOMES": _l("Symptômes au prélèvement"),
    "DATE_DEBUT_SYMPTOMES": _l("Date des premiers symptômes"),
    "PROF_SANTE": _l("Professionnel de santé"),
    "HEBERGEMENT": _l("Hébergement"),
    "STRUCTURE_HEBERGEMENT": _l("Structure d’hébergement"),
    "CODE_CAISSE": _l("Code de la caisse"),
}

EXTRA_WORDS = {
    "TEXTE_ANALYSE": _l("Texte à côté du code de l’analyse"),
    "TEXTE_RESULTAT": _l("Texte à côté de la réponse"),
    "DECES": _l("Décès"),
}
"""What messages say beside the fields."""

CODE_WORDS = {
    "RESULTAT": {
        "P": _l("positif"),
        "N": _l("négatif"),
        "I": _l("ininterprétable"),
        "X": _l("non réalisé"),
    },
    "TYPE_ANALYSE": {"PCR": _l("PCR"), "AG": _l("antigénique")},
    TEST: {
        PCR_TEST: _l("PCR de la maladie suivie"),
        ANTIGEN_TEST: _l("antigénique de la maladie suivie"),
        OTHER_METHOD: _l("autre test de la maladie suivie"),
        OTHER_DISEASE: _l("test d’une autre maladie"),
        NO_DISEASE: _l("pas un test de maladie (contrôle, question)"),
    },
    "SYMPTOMES": {
        "ASY": _l("aucun symptôme"),
        "S01": _l("depuis 0 ou 1 jour"),
        "S24": _l("depuis 2 à 4 jours"),
        "S57": _l("depuis 5 à 7 jours"),
        "SP7": _l("depuis plus de 7 jours"),
        "U": _l("inconnu"),
    },
    "PROF_SANTE": {"O": _l("oui"), "N": _l("non"), "U": _l("inconnu")},
    "HEBERGEMENT": {
        "I": _l("domicile"),
        "E": _l("EHPAD"),
        "H": _l("hôpital"),
        "P": _l("prison"),
        "C": _l("autre collectivité"),
        "U": _l("inconnu"),
    },
    "SEXE": {"M": _l("masculin"), "F": _l("féminin"), "I": _l("indéterminé")},
}
"""The meaning of each code of the layout."""

COLUMN_FAULT_WORDS = {
    ColumnFault.MISSING: _l("Ce champ est obligatoire : choisissez sa colonne."),
    ColumnFault.NO_SUCH_HEADING: _l("Aucune colonne n’a ce titre : prenez-en un de la liste."),
    ColumnFault.TWICE: _l("Cette colonne sert déjà à un autre champ."),
    ColumnFault.NO_VALUE: _l("Cette colonne est vide, et ce champ est obligatoire."),
    ColumnFault.NO_DATE: _l("Aucune de ses premières valeurs n’est une date."),
    ColumnFault.NO_LETTER: _l("Aucune de ses premières valeurs n’a de lettre : ce n’est pas un nom."),
    ColumnFault.NOT_UNIQUE: _l("Ses valeurs se répètent : elles ne distinguent pas un résultat d’un autre."),
    ColumnFault.DAY_FIRST: _l("Certaines de ses dates ne peuvent être lues que jour d’abord."),
    ColumnFault.NO_CODES: _l("Ses valeurs sont trop nombreuses ou trop longues pour être des codes."),
}
"""Why a column cannot be a field."""
