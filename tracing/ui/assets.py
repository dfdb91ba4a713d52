"""Style, script and icons, served locally under addresses that change when their content does."""

import re
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import flask_bootstrap
from flask import Blueprint, Flask, Response, g, send_file, url_for

HERE = Path(__file__).parent
STATIC = HERE / "static"
BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5"
HTMX = Path(str(files("js_lib_htmx"))) / "static" / "htmx" / "htmx.min.js"
SPRITE = BOOTSTRAP / "icons" / "bootstrap-icons.svg"

# The full sprite is 1.1 MB, which the browser would read again for each page; ours contains only the icons we use.
# Names are those of Bootstrap Icons; add one here to use it.
NAMES = """
    activity basket arrow-clockwise arrow-counterclockwise arrow-down arrow-left arrow-left-right arrow-right
    arrow-up award bell bell-slash book box-arrow-right box-arrow-up-right briefcase building calendar-check
    calendar-event calendar3 card-list chat-left-text check-circle check-circle-fill check-lg
    chevron-down chevron-left chevron-right chevron-up circle clipboard clipboard-check clock
    clock-history cup-hot dash-circle dash-lg download diagram-3 envelope envelope-check exclamation-circle exclamation-circle-fill
    exclamation-triangle exclamation-triangle-fill eye eye-slash file-earmark-arrow-up file-earmark-pdf
    file-earmark-text file-medical filter flag gear geo-alt headset heart-pulse hospital hourglass-split house
    house-door inbox info-circle info-circle-fill journal-text key keyboard link-45deg list list-check
    list-ul lock lock-fill mortarboard pause-circle pencil people people-fill person person-badge
    person-check person-fill person-lines-fill person-plus person-x play-circle plus-circle plus-lg
    prescription2 printer question-circle receipt search send shield-check shield-exclamation shield-lock
    signpost-split skip-forward slash-circle sort-down stop-circle tag telephone telephone-fill telephone-forward
    telephone-inbound telephone-minus telephone-outbound telephone-plus telephone-x thermometer-half
    translate trash unlock upload voicemail wifi-off x-circle x-circle-fill x-lg
"""
ICONS = frozenset(NAMES.split())

bp = Blueprint(
    "ui",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/assets",
    url_prefix="",
)


@bp.get("/assets/htmx.min.js")
def htmx() -> Response:
    """Serve htmx from the package that carries it."""
    return send_file(HTMX, mimetype="text/javascript")


@bp.get("/assets/icons.svg")
def icons() -> Response:
    """Serve the icons we use as one sprite."""
    return Response(sprite(), mimetype="image/svg+xml")


@cache
def sprite() -> str:
    """Return the part of Bootstrap's sprite with our icons; an unknown name stops the start."""
    whole = SPRITE.read_text(encoding="utf-8")
    symbols = {
        found["name"]: found[0]
        for found in re.finditer(r'<symbol[^>]*\bid="(?P<name>[^"]+)"[^>]*>.*?</symbol>', whole, re.DOTALL)
    }
    wanted = [symbols[name] for name in sorted(ICONS)]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(wanted)}</svg>'


def icon_url(name: str) -> str:
    """Return the address of one icon of the sprite."""
    if name not in ICONS:
        raise KeyError(f"icon {name!r} is not in the sprite: add it to tracing/ui/assets.py")
    # a page shows hundreds of icons, all from one address
    if "icons_url" not in g:
        g.icons_url = url_for("ui.icons")
    return f"{g.icons_url}#{name}"


@cache
def fingerprint(endpoint: str, filename: str) -> str | None:
    """Return a few digits that change when the asset does, or None if it is not one of our assets."""
    match endpoint:
        case "ui.htmx":
            content = HTMX.read_bytes()
        case "ui.icons":
            content = sprite().encode()
        case "ui.static":
            content = (STATIC / filename).read_bytes()
        case "bootstrap.static":
            content = (BOOTSTRAP / filename).read_bytes()
        case _:
            return None
    return sha256(content).hexdigest()[:12]


def add_fingerprint(endpoint: str, values: dict[str, Any]) -> None:
    """Put the fingerprint into the address of each asset, so that a browser may keep it for a year."""
    if endpoint in {"ui.htmx", "ui.icons", "ui.static", "bootstrap.static"} and "v" not in values:
        values["v"] = fingerprint(endpoint, values.get("filename", ""))


def register(app: Flask) -> None:
    """Serve the assets and let templates name an icon."""
    sprite()
    app.register_blueprint(bp)
    app.url_defaults(add_fingerprint)
    app.jinja_env.globals["icon_url"] = icon_url
