"""French words for what laboratories said about a case."""

from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.programmes.in_force import get_pack
from tracing.ui.filters import day

STATUS_WORDS = {
    CaseStatus.OPEN: ("info", _l("Ouvert")),
    CaseStatus.CLOSED: ("neutral", _l("Clos")),
    CaseStatus.WITHDRAWN: ("soon", _l("Résultat retiré")),
}
OUTCOME_WORDS = {
    CaseOutcome.COMPLETED: _l("Clos, suivi complet"),
    CaseOutcome.REFUSED: _l("Clos, refus"),
    CaseOutcome.UNREACHABLE: _l("Clos, injoignable"),
    CaseOutcome.NOT_A_CASE: _l("Clos, pas un cas"),
    CaseOutcome.DECEASED: _l("Clos, décès"),
    CaseOutcome.HANDED_ON: _l("Clos, transmis"),
}

DECISIVE_WORDS = {
    "PCR": _l("Selon le programme, la PCR l’emporte."),
    "AG": _l("Selon le programme, le test antigénique l’emporte."),
    None: _l("Le programme ne dit pas lequel des deux l’emporte."),
}


def contradiction(days: Iterable[date]) -> str:
    """Return the sentence about negative PCRs of a case known by an antigen test."""
    sampled = sorted(set(days))
    said = ngettext(
        "PCR négative, prélevée le %(days)s, après un test antigénique positif.",
        "%(num)d PCR négatives, prélevées le %(days)s, après un test antigénique positif.",
        len(sampled),
        days=_(" et le ").join(day(one) for one in sampled),
    )
    return str(said)


def received(sampled_on: date) -> str:
    """Return the line of a timeline about one of them."""
    return str(_("Résultat reçu : PCR négative, prélevée le %(day)s", day=day(sampled_on)))


def which_decides(programme: str) -> str:
    """Return the sentence about the test that decides when two of one episode differ."""
    return str(DECISIVE_WORDS[get_pack(programme).decisive_test])
