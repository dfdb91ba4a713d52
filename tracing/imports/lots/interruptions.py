"""Errors that interrupt a lot although its file is fine (full disk, lost database), after which it is tried again."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.exc import DBAPIError

_BY_CLASS: dict[str, LazyString] = {
    "53": _l("Le serveur manque de place ou de mémoire."),
    "57": _l("La base de données a été arrêtée."),
    "08": _l("La base de données ne répondait plus."),
    "40": _l("Une autre écriture était en cours au même endroit."),
    "55": _l("Une autre écriture était en cours au même endroit."),
    "58": _l("Le disque du serveur ne répondait plus."),
}
"""Sentence by class of PostgreSQL's error codes."""
_BY_CODE: dict[str, LazyString] = {
    "57014": _l("La base de données a mis trop de temps à répondre."),
}
"""Sentence by error code, where the one of its class would be wrong: a statement timeout is no lost database."""
_LOST = _l("La base de données ne répondait plus.")
_UNEXPECTED = _l("Une erreur inattendue a interrompu le travail ; l’administrateur en trouve la trace.")


def is_passing(error: Exception) -> bool:
    """Return whether an error comes from the environment and will pass, rather than from a bug of ours."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError)
    return error.connection_invalidated or _code(error)[:2] in ("", *_BY_CLASS)


def sentence_of(error: Exception) -> str:
    """Return the sentence a person reads about an error; never its own text, which may quote a line."""
    if not isinstance(error, DBAPIError):
        return str(_UNEXPECTED)
    code = _code(error)
    return str(_BY_CODE.get(code) or _BY_CLASS.get(code[:2], _UNEXPECTED if code else _LOST))


def not_undone(sentence: str) -> str:
    """Return the sentence a person reads about a lot that could not be undone."""
    return str(_("Ce lot n’a pas été annulé. %(why)s", why=sentence))


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
