"""A published script never changes: a site that has published it would refuse to start."""

import hashlib

import pytest

from tests.support.source import PACKAGE

PUBLISHED = {
    "contact-2026.1.yaml": "3b337c395188e61a8f3fe2a088f1f2b2df046d8d405c0b4c20dd1a10a5b2d555",
    "contact-2026.2.yaml": "0094fa825bf435e414e381a0a9582beabaa150069bad53f318535e310a0dada5",
    "p0-2026.1.yaml": "633abb6602f43a39d6f70dc0d054b6fdebefc29f4fba8f03804e8f99a1e95e93",
    "p0-2026.2.yaml": "1ec082097b8f63a6f14669d4054689ced97ced24e06eaae30d38ef5b06bb91ee",
}
"""SHA-256 of the files that sites have published. A change needs a new version, whose file is added here later."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_script_is_as_it_was(name):
    content = (PACKAGE / "scripts" / "library" / name).read_bytes()

    assert hashlib.sha256(content).hexdigest() == PUBLISHED[name]
