"""What we take from others: pinned, explained, and from no particular registry."""

import re
import tomllib

import pytest

from tests.support.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {
    "requirements.lock": PROJECT["dependencies"],
    "requirements-dev.lock": PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"],
}


def name_of(requirement):
    return re.match(r"[A-Za-z0-9-]+", requirement)[0].lower()


@pytest.mark.parametrize("file", LOCKS)
def test_every_requirement_is_pinned_by_hash_and_names_no_registry(file):
    lock = (ROOT / file).read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", lock, re.MULTILINE)

    assert {name_of(requirement) for requirement in LOCKS[file]} <= set(pinned)
    assert lock.count("==") <= lock.count("--hash=sha256:")
    assert "://" not in lock
    assert "--index-url" not in lock


def test_every_part_we_take_has_its_reason_in_the_architecture():
    architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").lower()

    unexplained = [name for name in map(name_of, PROJECT["dependencies"]) if f"`{name}`" not in architecture]

    assert unexplained == []
