"""Whoever reads a file reads each fact and its source in French: a new kind comes with its words."""

from tracing.facts.rules import FactKind, FactSource
from tracing.facts.words import KIND_WORDS, SOURCE_WORDS


def test_every_kind_of_fact_and_every_source_has_its_words():
    assert set(KIND_WORDS) == set(FactKind)
    assert set(SOURCE_WORDS) == set(FactSource)
    assert len({str(word) for word in KIND_WORDS.values()}) == len(KIND_WORDS)
