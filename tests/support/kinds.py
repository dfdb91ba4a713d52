"""The kind of every module: from its name, else from its chapter, else from the table of exceptions here."""

RANKS = {
    "views": 7,
    "cli": 7,
    "jobs": 6,
    "forms": 5,
    "words": 5,
    "pages": 5,
    "services": 4,
    "queries": 3,
    "models": 2,
    "rules": 0,
    "errors": 0,
}
"""Inside a feature a module imports its own kind and those of a lower rank. `CONTRIBUTING.md` says what each holds."""

OUTSIDE = {"app", "demo", "cli", "maintenance_commands", "kernel", "ui"}
"""Packages that are not features: entry points above the features, and foundations below. Each has a contract in
`.importlinter`."""

CHAPTERS = {
    "desk.screen": "pages",
    "imports.pages": "views",
    "imports.sandbox": "rules",
    "imports.parsing": "rules",
    "imports.decryption": "rules",
    "imports.format": "rules",
    "people": "rules",
    "programmes": "rules",
    "scripts": "rules",
    "sickleave.documents": "rules",
}
"""The kind of a chapter's modules whose own name says none. In chapters not listed it is `services`."""

EXCEPTIONS = {
    "desk.conversation.questions": "pages",
    "desk.home.dashboard": "pages",
    "duplicates.comparison": "pages",
    "imports.limits": "rules",
    "imports.lots.progress": "rules",
    "imports.lots.report": "rules",
    "imports.refusal_codes": "rules",
    "sickleave.answers": "rules",
    "sickleave.documents.pages": "rules",
    "sickleave.numbering": "rules",
    "sickleave.reasons": "rules",
    "staff.access": "views",
    "staff.agent": "models",
    "staff.login.known_browsers": "views",
    "supervision.board.counting": "queries",
    "supervision.team.status": "queries",
}
"""Modules whose kind follows from neither name nor chapter, with their kind."""


def kind_of(module: str) -> str:
    """Return the kind of a module of a feature, given as a dotted name below `tracing`."""
    if module in EXCEPTIONS:
        return EXCEPTIONS[module]
    leaf = module.rpartition(".")[2]
    for kind in RANKS:
        if leaf == kind or leaf.endswith(f"_{kind}"):
            return kind
    fitting = [chapter for chapter in CHAPTERS if module.startswith(f"{chapter}.")]
    return CHAPTERS[max(fitting, key=len)] if fitting else "services"
