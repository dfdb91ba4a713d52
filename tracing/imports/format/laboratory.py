"""Which tests are for the programme's disease, as the programme's files say (`laboratory`). Pure.

The process that reads files knows no programme: this is sent to it with each file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

PCR_TEST, ANTIGEN_TEST, OTHER_METHOD = "PCR", "AG", "OUR"
OTHER_DISEASE, NO_DISEASE = "OTHER", "NONE"
NOT_OURS = frozenset({OTHER_DISEASE, NO_DISEASE})
TESTS = (PCR_TEST, ANTIGEN_TEST, OTHER_METHOD, OTHER_DISEASE, NO_DISEASE)
"""What a test is: for the programme's disease by one of three methods, for another disease, or for none."""


@dataclass(frozen=True, repr=False)
class Laboratory:
    """The tests of a programme: their LOINC codes, and what their names say."""

    codes: Mapping[str, str] = field(default_factory=dict)
    """Of LOINC, with what the test is (`TESTS`)."""
    name: str | None = None
    """Regular expression: the name of a test for this disease."""
    other_names: str | None = None
    """The same for other diseases."""
    around: frozenset[str] = frozenset()
    """Words that name the disease beside an answer: “ROUGEOLE : DETECTE”."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Codes of a terminology that name the disease as the answer, with the code of `RESULTAT` that they mean."""

    def test_of(self, code: str, taught: Mapping[str, str]) -> str | None:
        """Return what the test with a code is: by LOINC, else as was taught for the source; None: nobody knows.

        `taught` has its codes in small letters (`Mapping.tests`).
        """
        return self.codes.get(code) or taught.get(code.casefold())

    def is_named(self, name: str) -> bool:
        """Return whether the name of a test speaks of this disease."""
        return self._ours is not None and self._ours.search(name) is not None

    def names_other(self, name: str) -> bool:
        """Return whether the name of a test speaks of another disease."""
        return self._others is not None and self._others.search(name) is not None

    @cached_property
    def _ours(self) -> re.Pattern[str] | None:
        return re.compile(self.name, re.IGNORECASE) if self.name else None

    @cached_property
    def _others(self) -> re.Pattern[str] | None:
        return re.compile(self.other_names, re.IGNORECASE) if self.other_names else None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-compatible form."""
        return {
            "codes": dict(self.codes),
            "name": self.name,
            "other_names": self.other_names,
            "around": sorted(self.around),
            "answers": dict(self.answers),
        }

    @classmethod
    def from_dict(cls, sent: Mapping[str, Any]) -> "Laboratory":
        """Read back what `to_dict` returned."""
        return cls(
            dict(sent["codes"]),
            sent["name"],
            sent["other_names"],
            frozenset(sent["around"]),
            dict(sent["answers"]),
        )


NO_LABORATORY = Laboratory()
"""No test is known."""
