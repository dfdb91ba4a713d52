"""Time of a sick note's paper, unsigned and signed, beside typst alone on the same machine in the same run."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from statistics import median

import typst

from benchmarks.figures import Figure, at_most, say, show, told
from tracing.programmes.vocabulary import Subject
from tracing.sickleave.documents import Bearer, Copy, Issuer, NoteContent, render
from tracing.sickleave.documents.signature import SigningKey, make_key, sign

ROUNDS = 200
UNSIGNED, SIGNED = 6.0, 30.0
"""Milliseconds at the median: issue 18, §3."""
PLAIN = b'#set page(paper: "a4")\n= Avis\n#sys.inputs.name\n#lorem(250)\n'
"""A page of as many words, without tables, tags or a square code."""


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its figures; 1 if a target does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sick_note", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    asked = parser.parse_args(arguments)
    figures = measure(ROUNDS // 10 if asked.quick else ROUNDS)
    show(figures, as_json=asked.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def measure(rounds: int) -> list[Figure]:
    """Return the figures; every paper is another one, so that typst’s memory of what it laid out helps nobody."""
    say("papers, unsigned and signed, beside typst alone")
    key = make_key("Caisse de Nantes", serial="440", at=datetime.now(UTC))
    compiler = typst.Compiler(ignore_system_fonts=True)

    def alone(serial: int) -> object:
        return compiler.compile(input=PLAIN, format="pdf", sys_inputs={"name": f"DUPONT {serial}"})

    makers: dict[str, Callable[[int], object]] = {"alone": alone}
    for copy in Copy:
        makers[f"{copy.value} copy, unsigned"] = partial(_unsigned, copy)
        makers[f"{copy.value} copy, signed"] = partial(_signed, copy, key)
    medians = _medians(makers, rounds)
    raw = medians.pop("alone")
    found = [told("typst alone, a page of words, p50", raw, "ms")]
    for name, value in medians.items():
        target = UNSIGNED if name.endswith("unsigned") else SIGNED
        found.append(at_most(f"{name}, p50", value, "ms", target=target))
        found.append(told(f"{name}, times typst alone", value / raw, "x"))
    return found


def _unsigned(copy: Copy, serial: int) -> bytes:
    return render(_note(serial), copy)


def _signed(copy: Copy, key: SigningKey, serial: int) -> bytes:
    return sign(render(_note(serial), copy), key)


def _medians(makers: dict[str, Callable[[int], object]], rounds: int) -> dict[str, float]:
    """Return the milliseconds of the median round of each, in turn, after some that fill the caches."""
    times: dict[str, list[float]] = {name: [] for name in makers}
    for serial in range(rounds + 5):
        for place, (name, make) in enumerate(makers.items()):
            started = time.perf_counter()
            make(serial * len(makers) + place)
            times[name].append((time.perf_counter() - started) * 1000)
    return {name: median(taken[5:]) for name, taken in times.items()}


def _note(serial: int) -> NoteContent:
    return NoteContent.model_validate(
        {
            "number": f"AI-440-2026-{serial:07}-1",
            "verification_code": "7KQ4-M2XP",
            "issued_at": datetime(2026, 3, 10, 9, tzinfo=UTC),
            "issuer": Issuer(name="Caisse de Nantes", address=("12 rue des Essais",), phone="02 61 91 00 00"),
            "bearer": Bearer(
                last_name=f"DUPONT {serial}",
                first_names="Marie Anne",
                birth_date=date(1985, 3, 1),
                nir="285034410900123",
                address=("3 allée des Tilleuls", "44100 Nantes"),
            ),
            "subject": Subject.CASE,
            "first_day": date(2026, 3, 9),
            "last_day": date(2026, 3, 19),
            "measure_rule": "exercise-2022@2022.2/P0-4b",
            "measure_text": "Isolement de 10 jours pleins.",
            "note_rule": "exercise-2022@2022.2/N-1",
            "programme": "Exercice",
            "neutral_label": "Programme E",
            "exercise": True,
            "legal_basis": "Document d’exercice, sans base légale.",
            "rights": ("Les indemnités journalières sont versées sans délai de carence.",),
        }
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
