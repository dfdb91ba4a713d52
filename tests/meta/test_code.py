"""What holds for every file of the product, read from the code itself."""

import ast

from tests.support.source import PACKAGE, calls, modules, place, tree

LONGEST = 500
ONLY_COMMITS = PACKAGE / "kernel/db.py"
ONLY_CLOCK = PACKAGE / "kernel/clock.py"
ONLY_ENVIRONMENT = PACKAGE / "kernel/config.py"
INNER_PARTS = {"services.py", "queries.py", "models.py", "rules.py", "forms.py", "errors.py"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
READS_A_CLOCK = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime"),
}


def test_only_the_database_module_commits():
    found = [
        f"{place(path, call.lineno)} {name}"
        for path in modules()
        if path != ONLY_COMMITS
        for call, name in calls(path)
        if name.endswith((".commit", ".rollback"))
    ]

    assert found == [], "a service flushes; the entry point opens `with transaction():`"


def test_only_entry_points_open_a_transaction():
    found = [
        place(path, call.lineno)
        for path in modules()
        if path.name in INNER_PARTS
        and path.parent.name != "vault"  # the vault writes to the key store itself
        for call, name in calls(path)
        if name.split(".")[-1] == "transaction"
    ]

    assert found == []


def test_only_the_clock_knows_the_time():
    found = [
        f"{place(path, call.lineno)} {name}"
        for path in modules()
        if path != ONLY_CLOCK
        for call, name in calls(path)
        if name in READS_A_CLOCK
    ]

    assert found == [], "time is an argument (`at`), or kernel.clock.now() at the entry point"


def test_only_the_settings_read_the_environment():
    found = [
        place(path, node.lineno)
        for path in modules()
        if path != ONLY_ENVIRONMENT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv", "os.putenv"}
    ]

    assert found == []


def test_no_module_has_a_name_that_says_nothing():
    assert [place(path) for path in PACKAGE.rglob("*") if path.stem in VAGUE_NAMES] == []


def test_every_module_says_what_it_is_for():
    silent = [place(path) for path in modules() if not ast.get_docstring(tree(path))]

    assert silent == []


def test_no_file_is_longer_than_one_room():
    long = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}

    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}
