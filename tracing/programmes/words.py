"""French words of the codes of a programme."""

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from tracing.programmes.vocabulary import TestKind

TEST_WORDS: dict[TestKind, LazyString] = {
    TestKind.PCR: _l("PCR"),
    TestKind.ANTIGEN: _l("antigénique"),
    TestKind.PCR_OR_ANTIGEN: _l("PCR ou antigénique"),
    TestKind.SELF_TEST: _l("autotest"),
    TestKind.ANY: _l("PCR, antigénique ou autotest"),
    TestKind.SEROLOGY: _l("sérologie"),
}
TABLE_WORDS: dict[str, LazyString] = {
    "windows": _l("Période de contagiosité"),
    "isolations": _l("Isolement des personnes positives"),
    "quarantines": _l("Quarantaine des contacts"),
    "risks": _l("Risque des contacts"),
    "follow_ups": _l("Appels de suivi"),
    "notes": _l("Arrêts de travail"),
}
