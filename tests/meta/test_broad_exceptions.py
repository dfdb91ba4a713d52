"""Whatever goes wrong is caught in few places, each of which knows what to do about anything."""

import ast
from collections.abc import Iterator

from tests.support.source import PACKAGE, modules, tree

TOP = "the top of a process or a request: somebody is told"
ISOLATION = "one of many: what fails with one keeps no other from being done, and is noted"
HOSTILE = "a library opens bytes from outside: whatever it trips over, the file is refused"
UNDOES = "undoes what was begun, and raises again"

ALLOWED = {
    "cli.Commands.invoke": TOP,
    "ui.errors.show": TOP,
    "app.scheduler.run_once_per_slot.run": ISOLATION,
    "calls.jobs._end_these": ISOLATION,
    "consequences.jobs.follow_ended_calls": ISOLATION,
    "consequences.jobs.end_follow_ups": ISOLATION,
    "retention.jobs._erase": ISOLATION,
    "imports.jobs.process_next_lot": ISOLATION,
    "studio.jobs._go_through": ISOLATION,
    "imports.jobs._undo": ISOLATION,
    "imports.decryption.layers._take_all_off": HOSTILE,
    "imports.decryption.workbook.open_protected": HOSTILE,
    "imports.decryption.workbook._unlocks": HOSTILE,
    "imports.decryption.workbook._decrypted": HOSTILE,
    "imports.decryption.zip_archive.open_archive": HOSTILE,
    "imports.decryption.zip_archive._names": HOSTILE,
    "imports.lots.lock._apart": UNDOES,
    "kernel.db.transaction": UNDOES,
    "kernel.postgres.embedded._shared": UNDOES,
}
"""By place, why anything may be caught there. CONTRIBUTING.md has the same four reasons."""

BROAD = {"Exception", "BaseException"}


def broad_handlers(node: ast.AST, inside: str) -> Iterator[tuple[str, ast.ExceptHandler]]:
    """Yield the handlers that catch anything, with the name of the function they are in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ExceptHandler):
            caught = child.type.elts if isinstance(child.type, ast.Tuple) else [child.type]
            if any(one is None or ast.unparse(one) in BROAD for one in caught):
                yield inside, child
        is_named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from broad_handlers(child, f"{inside}.{child.name}" if is_named else inside)


def found() -> list[tuple[str, ast.ExceptHandler]]:
    """Return every such handler of the product."""
    return [
        one
        for path in modules()
        for one in broad_handlers(tree(path), ".".join(path.relative_to(PACKAGE).with_suffix("").parts))
    ]


def test_anything_is_caught_only_where_a_reason_is_given():
    assert {place for place, _handler in found()} == set(ALLOWED)


def test_what_only_undoes_raises_again():
    for place, handler in found():
        if ALLOWED.get(place) == UNDOES:
            assert isinstance(handler.body[-1], ast.Raise), place
