"""Every setting is documented, and nothing else is."""

import ast
import re

from tests.support.source import PACKAGE, ROOT, tree
from tracing.kernel.config import Settings

NAME = re.compile(r"TRACING_[A-Z_]+[A-Z]")


def settings_read():
    """Return the names that the settings module mentions as whole strings."""
    return {
        node.value
        for node in ast.walk(tree(PACKAGE / "kernel/config.py"))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value)
    }


def settings_documented():
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    return set(re.findall(rf"^\| `({NAME.pattern})` \|", text, re.MULTILINE))


def test_the_settings_read_are_those_documented():
    assert settings_read() == settings_documented()


def test_each_setting_has_one_variable():
    assert len(Settings.__dataclass_fields__) == len(settings_read())
