"""A trusted source, the token of its laboratory's system, and messages as that system writes them."""

import pytest

from tests.conftest import NOW
from tracing.imports.arrivals import tokens
from tracing.imports.models import ImportSource

MSH = "MSH|^~\\&|SIL|LABO^750000002^FINESS|PTF|CPAM|20260310094500+0100||ORU^R01^ORU_R01|{id}|{processing}|2.5.1"
PID = "PID|1||{id}^^^SIL^PI||{name}^Anne^^^^^L||19850720|F|||12 rue A^^NANTES^^44000^FRA^H||^PRN^CP^^33^^639980112"
OBR = "OBR|1|P{id}|F{id}^SIL|94500-6^SARS-CoV-2 RNA^LN|||20260309083000+0100"
OBX = "OBX|1|CWE|94500-6^SARS-CoV-2 RNA^LN||10828004^Positif^SCT||||||F"


def oru(control_id="M1", *, name="LE GOFF", processing="P", without=""):
    """Return a message with one positive result."""
    rows = [row.format(id=control_id, name=name, processing=processing) for row in (MSH, PID, OBR, OBX)]
    return "".join(f"{row}\r" for row in rows if row[:3] != without).encode()


@pytest.fixture
def source(session, story):
    made = ImportSource(code="PDL", label="PDL", layout="lab-positive-v1", created_at=NOW, is_trusted=True)
    session.add(made)
    session.commit()
    return made


@pytest.fixture
def token(source, session, story):
    made = tokens.make("PDL", label="serveur", by=story.ivan.id, at=NOW)
    session.commit()
    return made.text


@pytest.fixture
def post(app, token):
    """Send something to the source's address as its laboratory's system does."""
    client = app.test_client()

    def send(content, *, given=token, path="/api/sources/PDL", **kwargs):
        headers = kwargs.pop("headers", {}) | {"Authorization": f"Bearer {given}"}
        return client.post(path, data=content, headers=headers, **kwargs)

    return send


@pytest.fixture
def read(app, token):
    """Read an address with the token."""
    return lambda address: app.test_client().get(address, headers={"Authorization": f"Bearer {token}"})
