"""Every module has a kind, and imports only what its kind may: nothing slips past because of its name."""

import grimp
import pytest

from tests.support.kinds import CHAPTERS, EXCEPTIONS, OUTSIDE, RANKS, kind_of
from tests.support.source import PACKAGE

HTTP = {"flask", "flask_wtf", "werkzeug", "wtforms"}
DATABASE = {"sqlalchemy", "psycopg", "tracing.kernel.db", "tracing.kernel.clock"}
FORBIDDEN = {
    "services": HTTP,
    "queries": HTTP,
    "models": HTTP,
    "pages": HTTP,
    "rules": HTTP | DATABASE,
    "errors": HTTP | DATABASE,
}
MOST_MODULES = 15


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("tracing", include_external_packages=True, cache_dir=None)


def below(module: str) -> str:
    return module.removeprefix("tracing.")


def feature_of(module: str) -> str:
    return module.split(".")[1]


def modules_of_features(graph: grimp.ImportGraph) -> list[str]:
    return sorted(
        module
        for module in graph.modules
        if module.count(".") >= 2
        and module.startswith("tracing.")
        and feature_of(module) not in OUTSIDE
        and not graph.find_children(module)
    )


def test_inside_a_feature_a_module_imports_nothing_of_a_higher_kind(graph):
    found = [
        f"{below(module)} ({kind}) imports {below(imported)} ({kind_of(below(imported))})"
        for module in modules_of_features(graph)
        for kind in [kind_of(below(module))]
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.startswith("tracing.")
        and imported.count(".") >= 2
        and feature_of(imported) == feature_of(module)
        and not graph.find_children(imported)
        and RANKS[kind_of(below(imported))] > RANKS[kind]
    ]

    assert found == []


def test_a_kind_knows_only_the_libraries_that_it_may(graph):
    found = [
        f"{below(module)} ({kind}) imports {imported}"
        for module in modules_of_features(graph)
        for kind in [kind_of(below(module))]
        for imported in graph.find_modules_directly_imported_by(module)
        if {imported, imported.split(".")[0]} & FORBIDDEN.get(kind, set())
    ]

    assert found == []


def test_what_names_a_kind_names_something_that_is_there(graph):
    assert {f"tracing.{name}" for name in (*CHAPTERS, *EXCEPTIONS)} <= graph.modules
    needless = [name for name, kind in list(EXCEPTIONS.items()) if kind_of_without_exception(name) == kind]
    assert needless == []


def kind_of_without_exception(name: str) -> str:
    kept = EXCEPTIONS.pop(name)
    try:
        return kind_of(name)
    finally:
        EXCEPTIONS[name] = kept


def test_a_folder_is_divided_before_it_is_too_full_to_read():
    full = {
        str(folder.relative_to(PACKAGE)): number
        for folder in [PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir())]
        for number in [len([path for path in folder.glob("*.py") if path.stem != "__init__"])]
        if number > MOST_MODULES
    }

    assert full == {}
