"""When two descriptions of a place are one place: spelling, common words and the town. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from tracing.kernel.redaction import redacted
from tracing.people.names import name_tokens


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] in "SX" and not word.endswith("SS") else word


def _set(*words: str) -> frozenset[str]:
    return frozenset(word for line in words for word in line.split())


def _kinds(*words: str) -> frozenset[str]:
    return frozenset(map(_singular, _set(*words)))


SMALL_WORDS = _set(
    "LE LA LES L DU DE DES D UN UNE AU AUX A EN ET SUR SOUS DANS PRES THE OF AND AT IN",
)
MAPPED = {
    "ST": "SAINT",
    "STE": "SAINTE",
    "DR": "DOCTEUR",
    "COLL": "COLLEGE",
    "HOP": "HOPITAL",
    "CLIN": "CLINIQUE",
    "RESTO": "RESTAURANT",
    "CINE": "CINEMA",
    "FAC": "UNIVERSITE",
    "UNIV": "UNIVERSITE",
    "ETS": "ENTREPRISE",
}
"""Short forms, as they are typed on the telephone."""
KIND_ONLY = _kinds(
    "PRIMAIRE ELEMENTAIRE MATERNELLE PUBLIC PUBLIQUE PRIVE PRIVEE MUNICIPAL MUNICIPALE COMMUNAL COMMUNALE"
)
"""What one says of a place and the next does not: left out where something else is left."""
ONE_OF_A_TOWN = _kinds(
    "MAIRIE GARE PISCINE EGLISE MOSQUEE SYNAGOGUE TEMPLE HOPITAL CHU CHR CLINIQUE EHPAD PRISON POSTE",
    "PREFECTURE COMMISSARIAT GENDARMERIE MEDIATHEQUE BIBLIOTHEQUE PATINOIRE CONSERVATOIRE AEROPORT",
    "COLLEGE LYCEE",
)
"""A town usually has one: with the town it is a place."""
KINDS = ONE_OF_A_TOWN | _kinds(
    "ECOLE CRECHE UNIVERSITE RESTAURANT BAR CAFE BRASSERIE CANTINE HOTEL CAMPING CINEMA THEATRE SALLE",
    "CONCERT SPECTACLE MATCH STADE GYMNASE CLUB DOJO FETE MARIAGE ANNIVERSAIRE BAPTEME ENTERREMENT",
    "REUNION SEMINAIRE SOIREE REPAS DEJEUNER DINER APERO APERITIF MARCHE MAGASIN SUPERMARCHE COMMERCE",
    "BOULANGERIE PHARMACIE COIFFEUR ENTREPRISE SOCIETE USINE ATELIER CHANTIER BUREAU TRAVAIL BOULOT",
    "FOYER RESIDENCE INTERNAT CENTRE AERE LOISIR SPORT CABINET MEDECIN DENTISTE ASSOCIATION",
    "CLASSE COURS GROUPE SCOLAIRE FAMILLE VACANCE WEEK END WEEKEND COURSE VILLE QUARTIER PARC JARDIN",
    "BOITE NUIT DISCOTHEQUE POLYVALENTE SERVICE URGENCE MEDICAL MEDICALE RETRAITE MAISON SANTE",
)
"""What a place is; alone it does not say which."""
NO_PLACE = _set(
    "DOMICILE APPARTEMENT APPART VOITURE AUTO COVOITURAGE CAMION TAXI TRAIN TGV TER RER BUS CAR METRO",
    "TRAM TRAMWAY AVION BATEAU RUE DEHORS EXTERIEUR COLOC COLOCATION STUDIO",
)
"""Somebody's home, or a means of transport: the same words are said of many that are not the same."""
PUBLIC_HOUSES = _kinds("RETRAITE QUARTIER ASSOCIATION MEDICALE ARRET JEUNE SANTE COMMUNE PEUPLE CULTURE")
"""What makes a house one that is open to others."""
NO_TOWN = _set(
    "CLASSE GROUPE SALLE ETAGE BAT BATIMENT SERVICE EQUIPE ATELIER RUE AVENUE AV BOULEVARD BD PLACE",
    "QUAI CHEMIN IMPASSE ALLEE ROUTE ZONE ZA ZI ZAC QUARTIER COURS SQUARE RESIDENCE MATIN SOIR MIDI",
    "LUNDI MARDI MERCREDI JEUDI VENDREDI SAMEDI DIMANCHE HIER FRANCE TERRASSE INTERIEUR",
)
"""A part behind a comma that holds one of these is no town."""
FRAGILE = _set(
    "EHPAD RETRAITE HOPITAL CHU CHR CLINIQUE FOYER PRISON CRECHE MATERNITE IME ESAT SSR",
    "DIALYSE ONCOLOGIE CANCEROLOGIE HEBERGEMENT ARRET",
)
"""Where fragile people, or people who cannot keep apart, live or are cared for."""
MOST_TOWN_WORDS = 6

_WORD = re.compile(r"[A-Z0-9]+")
_PARTS = re.compile(r"[,;()\n/]| [-–—] ")
_IN_TOWN = re.compile(r"\s[àÀaA]\s+(?!l[ae]s?\s|l['’])(\D.*)$")
_POSTCODE = re.compile(r"[0-9]{5}")


@redacted
class Place(NamedTuple):
    """A place as it is hashed; town and postcode are empty where nobody said them."""

    name: str
    town: str
    postcode: str


def read_place(typed: str) -> Place | None:
    """Return the place that was typed, the same for all its spellings; None if the words fit many places.

    « École Jules-Ferry, Lille », « ecole jules ferry 59000 LILLE » and « Jules Ferry (école) » differ in what they say
    of the town, not in the name.
    """
    head, *others = _PARTS.split(typed)
    town: list[str] = []
    if found := _IN_TOWN.search(head):
        head, town = head[: found.start()], _words(found[1])
    said = _words(head)
    postcodes = [word for word in _words(typed) if _POSTCODE.fullmatch(word)]
    if postcodes and postcodes[0] in said:
        at = said.index(postcodes[0])
        said, town = said[:at], town or said[at + 1 :]
    for part in reversed(others):
        town = town or _town_in(part)
    # a bracket may also hold what the place is
    said += [word for part in others for word in _words(part) if word in KINDS and word not in NO_TOWN]
    name = _name(said, town, raw=typed)
    if not name:
        return None
    return Place(name, _town(town), postcodes[0] if postcodes else "")


def houses_fragile_people(typed: str) -> bool:
    """Return whether the words of a place say that fragile people, or people who cannot keep apart, are there."""
    return not FRAGILE.isdisjoint(_words(typed))


def _words(text: str) -> list[str]:
    return [MAPPED.get(word, word) for word in _WORD.findall(" ".join(name_tokens(text)))]


def _town_in(part: str) -> list[str]:
    """Return the words of a part if it is a town, with or without its postcode."""
    words = _words(part)
    letters = [word for word in words if not word.isdigit()]
    numbers = [word for word in words if word.isdigit() and not _POSTCODE.fullmatch(word)]
    is_town = (
        0 < len(letters) <= MOST_TOWN_WORDS
        and NO_TOWN.isdisjoint(letters)
        and all(word.isalpha() for word in letters)
        # an arrondissement may follow, a house number stands first
        and (not numbers or not words[0].isdigit() or bool(_POSTCODE.fullmatch(words[0])))
        and not set(map(_singular, letters)) <= KINDS
    )
    return letters if is_town else []


def _town(words: Iterable[str]) -> str:
    kept = [word for word in words if word.isalpha() and word not in SMALL_WORDS and word != "CEDEX"]
    return " ".join(kept[:MOST_TOWN_WORDS])


def _name(said: list[str], town: list[str], *, raw: str) -> str:
    """Return the words that say which place it is, in one order; empty if they fit many."""
    if said[:1] == ["CHEZ"] or not NO_PLACE.isdisjoint(said) or _is_a_home(said):
        return ""
    words = {_singular(word) for word in said if word not in SMALL_WORDS and word != "CHEZ"}
    if {"GROUPE", "SCOLAIRE"} <= words:
        words = (words - {"GROUPE", "SCOLAIRE"}) | {"ECOLE"}
    of_town = {_singular(word) for word in town}
    which = {word for word in words - KINDS - KIND_ONLY - of_town if len(word) > 1 and not word.isdigit()}
    if not which:
        alone = words & ONE_OF_A_TOWN
        return " ".join(sorted(alone)) if alone and (town or _POSTCODE.search(raw)) else ""
    return " ".join(sorted(words - of_town - KIND_ONLY))


def _is_a_home(said: list[str]) -> bool:
    return "MAISON" in said and PUBLIC_HOUSES.isdisjoint(map(_singular, said))
