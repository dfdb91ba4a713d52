"""A published script never changes: a site that has published it would refuse to start."""

import hashlib

import pytest

from tests.support.source import PACKAGE

PUBLISHED = {
    "case_follow_up-2026.1.yaml": "34ee2dc3f5dbf92b73da81422cb822031f7b0d32ccd607f366fd4b7c908f2c2f",
    "case_follow_up-2026.6.yaml": "36e6d9e655efd19d771ed6f22b21ee30475ced07eb6e3dd4681408837a45271f",
    "contact-2026.1.yaml": "3b337c395188e61a8f3fe2a088f1f2b2df046d8d405c0b4c20dd1a10a5b2d555",
    "contact-2026.2.yaml": "0094fa825bf435e414e381a0a9582beabaa150069bad53f318535e310a0dada5",
    "contact-2026.3.yaml": "788080147286e6af649359b2102be5cd8e3bf7ebb1e4e20f27c2da1375fbf731",
    "contact-2026.4.yaml": "546d85f3a89dc5a4ae9a485b1ce979078ce7163d0ed63e0fb91603486d0e107f",
    "contact-2026.5.yaml": "4b22d5ac86187b4cb951dbc42376d985d4572f13def80075865a898143afdc45",
    "contact-2026.6.yaml": "7f28303e06d5fd11817e29a63c6cf17c91f7ee3f4b7a9e9d23b19c884395dd70",
    "contact_follow_up-2026.1.yaml": "6c48ee3405e55ea5fbbf776162f245cc95383490df95a142a2a2ae4e59bc8240",
    "contact_follow_up-2026.6.yaml": "f4870b9b63f22e178ef1b071107f5d71143a6b966ffb0569835c222176798a0d",
    "p0-2026.1.yaml": "633abb6602f43a39d6f70dc0d054b6fdebefc29f4fba8f03804e8f99a1e95e93",
    "p0-2026.2.yaml": "1ec082097b8f63a6f14669d4054689ced97ced24e06eaae30d38ef5b06bb91ee",
    "p0-2026.3.yaml": "e7956ab5260bd0b3b0c386a79b1bb6604fe953daea19298fd4652a1ccd46045d",
    "p0-2026.4.yaml": "c1aaf2a9b89a0dcfb2e6e6312518d4299f57cdbf37ad32ee879cc628733fb3c3",
    "p0-2026.5.yaml": "ca828100bb456c1fa0c64509a9b6b2698ad3931304e8d30865e65bc6486bc8b9",
    "p0-2026.6.yaml": "3b8d46f4f76b7a15af50df7bc230195ee6c9094848e6d7e710017f7505ce53a4",
}
"""SHA-256 of the files that sites have published. A change needs a new version, whose file is added here later."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_script_is_as_it_was(name):
    content = (PACKAGE / "scripts" / "library" / name).read_bytes()

    assert hashlib.sha256(content).hexdigest() == PUBLISHED[name]
