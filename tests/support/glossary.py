"""The glossary as a document: the French word on the screen, the English word in code, its meaning and its place.

What a word means is the docstring of the class or attribute that it names. Words of states, outcomes and reasons are
taken from the modules of words. Only the terms below are listed by hand, because no code joins a table to its French.
"""

import ast
import sys
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from typing import Any, NamedTuple

from tests.support.source import PACKAGE, ROOT, modules, tree
from tests.support.tables import first_sentence, in_flow

DOCUMENT = ROOT / "docs/glossary.md"


class Term(NamedTuple):
    """A word of the work, and where the code has it."""

    french: str
    """As it is on a screen."""
    english: str
    place: str
    """`module:Name` or `module:Name.attribute`, below `tracing`."""
    meaning: str = ""
    """Where the docstring of that place is written for somebody who knows the word already."""


TERMS = (
    Term("expéditeur", "source", "imports.models:ImportSource"),
    Term("lot", "lot", "imports.models:ImportLot"),
    Term("ligne", "line", "imports.models:ImportLine"),
    Term(
        "lignes à corriger",
        "quarantine",
        "imports.rules:Outcome.QUARANTINED",
        "Lines that cannot be used as they came: they wait until a person corrects them or sets them aside.",
    ),
    Term("clé d’expéditeur", "source key", "imports.models:SourceKey"),
    Term("titres", "mapping", "imports.models:SourceMapping"),
    Term(
        "dossier surveillé",
        "inbox, watched folder",
        "imports.lots.inbox",
        "The folder into which senders put their files; a file that was received is removed from it.",
    ),
    Term("doublon possible", "possible duplicate, pair", "people.models:PossibleDuplicate"),
    Term("personne", "person", "people.models:Person"),
    Term("foyer", "household", "people.models:Household"),
    Term(
        "numéro de sécurité sociale",
        "NIR",
        "people.nir",
        "The French social-security number: 13 digits and a key of two.",
    ),
    Term("dossier", "case", "cases.models:Case"),
    Term(
        "patient zéro",
        "case (P0)",
        "queue.models:TaskKind.CASE_FIRST",
        "A person with a positive result who is called first, before the contacts whom they name.",
    ),
    Term("référence", "reference", "cases.models:Case.reference"),
    Term(
        "épisode",
        "episode",
        "cases.models:Case.episode",
        "One infection of a person: a later positive result belongs to it for 60 days, then a new episode begins.",
    ),
    Term("résultat", "lab result", "cases.models:LabResult"),
    Term("prélèvement", "sampling", "cases.models:Case.first_sampled_at"),
    Term(
        "premiers symptômes",
        "onset",
        "cases.models:Case.onset_on",
        "The day of the first symptoms; the contagious days and the isolation are counted from it.",
    ),
    Term("contagion", "window", "cases.models:Case.window_end"),
    Term(
        "isolement",
        "isolation",
        "cases.models:Case.isolation_end",
        "The days for which a case stays apart from others, by the programme in force.",
    ),
    Term("personne contact", "contact", "contacts.models:Contact"),
    Term(
        "quarantaine",
        "quarantine of a contact",
        "contacts.models:Contact.quarantine_end",
        "The days for which a contact at risk stays apart. Not to be confused with lines in quarantine.",
    ),
    Term("nom du cas", "disclosure", "contacts.models:Contact.may_disclose"),
    Term("la file", "queue", "queue.models:QueueEntry"),
    Term("appel à passer", "task", "queue.models:CallTask"),
    Term(
        "prise",
        "claim",
        "queue.models:QueueEntry.claim_number",
        "One tracer has the household and nobody else calls it; every write of the call states the claim's number.",
    ),
    Term(
        "échéance",
        "due time",
        "queue.models:QueueEntry.due_at",
        "Until when the household must have been called.",
    ),
    Term("rang", "rank", "queue.models:QueueEntry.rank_at"),
    Term("poids", "weights", "queue.models:QueueWeights"),
    Term("priorité", "priority", "queue.models:Priority"),
    Term("rappel promis", "callback, promise", "queue.models:Promise"),
    Term("confié", "given, reserved", "queue.models:QueueEntry.reserved_for"),
    Term("appel", "call", "calls.models:Call"),
    Term("conversation", "conversation", "calls.models:Conversation"),
    Term("réponse", "answer", "calls.models:Answer"),
    Term("brouillon", "draft", "calls.models:Draft"),
    Term("demande", "caller request", "calls.models:CallerRequest"),
    Term("tentatives", "attempts", "queue.models:CallTask.attempts"),
    Term("étape", "step", "scripts.definitions:Step"),
    Term("avis", "escalation", "escalations.models:Escalation"),
    Term("aide demandée", "help request", "help_requests.models:HelpRequest"),
    Term("arrêt de travail", "sick note", "sickleave.models:SickNote"),
    Term(
        "exemplaire de l’employeur",
        "employer's copy",
        "sickleave.documents.pages:Copy.EMPLOYER",
        "The copy for the employer, without a word of health.",
    ),
    Term("site", "site", "staff.models:Site"),
    Term("caisse", "fund", "staff.models:SiteFund"),
    Term("compte", "member", "staff.models:Member"),
    Term("rôle", "role", "staff.models:MemberRole"),
    Term("prêt", "loan", "staff.models:Loan"),
    Term("absence", "absence", "staff.models:Absence"),
    Term("session", "session", "staff.models:StaffSession"),
    Term("site d’entraînement", "training site", "staff.models:SiteKind"),
    Term(
        "recrue", "recruit", "staff.models:MemberKind.RECRUIT", "Somebody who practises on invented people."
    ),
    Term("invitation", "invitation", "onboarding.models:Invitation"),
    Term("habilitée", "certification", "onboarding.models:Certification"),
    Term("SMS", "message", "messages.models:Message"),
    Term("journal", "event", "kernel.events:Event"),
    Term(
        "identité montrée",
        "sighting",
        "kernel.events:IdentityAccess",
        "That a member was shown somebody's identity, why, and when.",
    ),
    Term(
        "identités d’un jour",
        "cohort",
        "vault.models:CohortKey",
        "All that was collected on one day, sealed under one key: without the key, none of it can be read.",
    ),
)

HEAD = """\
# Glossary

Written by `make docs` from docstrings and the modules of words; do not edit. Meanings are those of this program:
they explain the code and state no law. One word per thing: a new thing gets its word here first, as the docstring of
its table or enum.

## Words of the work

In the order of the work, from the file that comes in to the keys that seal it.
"""

HEAD_OF_STATES = """
## States, outcomes, reasons

Each enum whose values a user reads, with its docstring, and the words of every screen that shows a value. A value has
a meaning here where its name does not say enough.
"""


def text() -> str:
    """Return the whole document."""
    lines = [HEAD, "| on the screen | in code | meaning | where |", "|---|---|---|---|"]
    for term in sorted(TERMS, key=lambda term: in_flow(term.place.split(".")[0])):
        path, name = _where(term.place)
        meaning = term.meaning or first_sentence(_docstring(term.place))
        code = f"{term.english} (`{name}`)" if name else term.english
        lines.append(_row(term.french, code, meaning, f"`{path}`"))
    lines.append(HEAD_OF_STATES)
    for kind, words in sorted(_words().items(), key=lambda item: _place_of(item[0])):
        path = _path(kind.__module__)
        lines += [f"**{kind.__name__}**, `{path}`: {first_sentence(kind.__doc__)}", ""]
        meanings = [
            first_sentence(_docstring_in(kind.__module__, f"{kind.__name__}.{value.name}")) for value in kind
        ]
        with_meaning = any(meanings)
        lines += [
            "| on the screen | in code |" + " meaning |" * with_meaning,
            "|---|---|" + "---|" * with_meaning,
        ]
        for value, meaning in zip(kind, meanings, strict=True):
            shown = " · ".join(words.get(value, [])) or "–"
            lines.append(_row(shown, f"`{value.name}`", *([meaning] * with_meaning)))
        lines.append("")
    return "\n".join(lines)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _words() -> dict[type[Enum], dict[Enum, list[str]]]:
    """Return the French words of each value of each enum, from every `…_WORDS` of the modules of words."""
    found: dict[type[Enum], dict[Enum, list[str]]] = {}
    for path in modules():
        if not path.stem.endswith("words"):
            continue
        module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name, words in vars(module).items():
            if name.endswith("_WORDS") and isinstance(words, dict):
                for value, word in _entries(words):
                    sentences = found.setdefault(type(value), {}).setdefault(value, [])
                    sentences += [said for said in [_said(word)] if said not in sentences]
    return found


def _entries(words: dict[Any, Any]) -> Iterator[tuple[Enum, Any]]:
    """Yield each value with its entry; of words that depend on a second value, those of the second."""
    for value, word in words.items():
        if isinstance(word, dict):
            yield from _entries(word)
        elif isinstance(value, Enum):
            yield value, word


def _said(word: Any) -> str:
    """Return the sentence of an entry, which may have the name of an icon or a tone before it."""
    return str(word[-1] if isinstance(word, tuple) else word)


def _place_of(kind: type[Enum]) -> tuple[tuple[int, str], str, str]:
    return in_flow(kind.__module__.split(".")[1]), kind.__module__, kind.__name__


def _path(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _where(place: str) -> tuple[str, str]:
    module, _colon, name = place.partition(":")
    return _path(f"tracing.{module}"), name


def _docstring(place: str) -> str | None:
    module, _colon, name = place.partition(":")
    return _docstring_in(f"tracing.{module}", name)


def _docstring_in(module: str, name: str) -> str | None:
    """Return the docstring of a module, a class or an attribute of a class.

    Raises:
        LookupError: there is no such class or attribute.
    """
    parsed = tree(PACKAGE.parent / _path(module))
    if not name:
        return ast.get_docstring(parsed)
    class_name, _dot, attribute = name.partition(".")
    found = [node for node in parsed.body if isinstance(node, ast.ClassDef) and node.name == class_name]
    if not found:
        raise LookupError(f"{module} has no {class_name}")
    return _of_attribute(found[0], attribute) if attribute else ast.get_docstring(found[0])


def _of_attribute(node: ast.ClassDef, attribute: str) -> str | None:
    for index, line in enumerate(node.body):
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
            after = node.body[index + 1] if index + 1 < len(node.body) else None
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                return str(after.value.value)
            return None
    raise LookupError(f"{node.name} has no {attribute}")


def write() -> None:
    """Write the document."""
    DOCUMENT.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"wrote {DOCUMENT.relative_to(ROOT)}\n")
