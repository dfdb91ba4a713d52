"""The values of an enum are those that its tables accept: Alembic compares no CHECK constraint."""

import re

import pytest
from sqlalchemy import Enum, text

from tests.support.tables import models

COLUMNS = [
    pytest.param(model.__table__.name, column.type, id=f"{model.__table__.name}.{column.name}")
    for model in models()
    for column in model.__table__.columns
    if isinstance(column.type, Enum)
]


@pytest.mark.parametrize(("table", "codes"), COLUMNS)
def test_a_table_accepts_the_values_of_its_enum_and_no_other(session, table, codes):
    definition = session.execute(
        text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{codes.name}"},
    ).scalar_one()

    assert set(re.findall(r"'(\w+)'", definition)) == set(codes.enums), "a migration must say so"
