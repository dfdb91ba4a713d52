"""LOINC codes of tests for SARS-CoV-2 and for other pathogens. Fixed here: another disease needs its own. Pure."""

PCR = frozenset(
    {"94500-6", "94309-2", "94845-5", "94531-1", "94533-7", "94534-5", "94559-2", "94759-8", "94565-9"}
)
ANTIGEN = frozenset({"94558-4", "97097-0", "96119-3", "95209-3"})
"""The genome found by amplification, and the antigen. Antibodies say nothing of today."""
OTHER_PATHOGENS = frozenset(
    {
        *("80382-5", "80383-3"),  # antigens of influenza A and B
        *("92142-9", "92141-1", "85477-8", "85478-6"),  # genomes of influenza A and B
        *("92131-2", "85479-4"),  # genome of the respiratory syncytial virus
    }
)
"""Tests that often stand beside ours in one file. A positive one is no case of the programme's disease."""
