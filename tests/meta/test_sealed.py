"""Whatever is sealed is known to destruction, and whatever is a blind index too."""

from sqlalchemy import LargeBinary

import tracing.app
from tracing.kernel.db import Base
from tracing.vault.registry import BLIND, SEALED

NOT_ABOUT_PEOPLE = {
    "staff_sessions": {"token_hash"},
    "login_attempts": {"name_hash"},
    "submitted_forms": {"digest"},
    "invitations": {"token_hash"},
    "source_keys": {"secret"},
    "site_signing_keys": {"secret", "certificate"},
    "import_originals": {"secret", "content"},
    "import_uploads": {"content"},
    "import_lots": {"corrections_secret"},
    "source_tokens": {"token_hash"},
    "import_messages": {"digest", "content"},
    "queue_priorities": {"postcode_hash"},
    "public_tries": {"address_hash"},
    "public_link_tries": {"link_hash"},
}
"""Hashes and keys that say nothing about anybody who is called; a file as it came is encrypted by its sender, a message
is sealed, and both are gone after days."""

TABLES = Base.metadata.tables


def test_every_sealed_column_is_registered_with_its_day():
    assert tracing.app
    sealed = {name: "sealed" for name, table in TABLES.items() if "sealed" in table.columns}

    assert sealed.items() <= SEALED.items()
    for name, column in SEALED.items():
        assert TABLES[name].columns[column].nullable, f"{name}.{column} could not be cleared"
        assert "cohort" in TABLES[name].columns, name


def test_every_day_can_be_found_without_reading_a_whole_table():
    for name in {*SEALED, *BLIND}:
        indexed = [index.columns[0].name for index in TABLES[name].indexes]
        assert "cohort" in indexed, f"{name} has no index that begins with cohort"


def test_every_other_column_of_bytes_is_a_registered_blind_index():
    unknown = {
        f"{name}.{column.name}"
        for name, table in TABLES.items()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
        and SEALED.get(name) != column.name
        and column.name not in NOT_ABOUT_PEOPLE.get(name, ())
        and not (name in BLIND and (not BLIND[name].columns or column.name in BLIND[name].columns))
    }

    assert unknown == set()


def test_blind_columns_may_be_emptied():
    for name, how in BLIND.items():
        assert "cohort" in TABLES[name].columns, name
        for column in how.columns:
            assert TABLES[name].columns[column].nullable, f"{name}.{column}"
