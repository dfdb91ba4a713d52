"""Pages of the gallery: whole, labelled, said in words; and the headers around them."""

import re

import pytest
from bs4 import BeautifulSoup

from tests.support.pages import check_fragment, check_page
from tracing.kernel.errors import Refused
from tracing.ui.assets import ICONS, icon_url, sprite

PAGES = ["/", "/cases", "/cases?empty=1", "/form", "/call", "/parts", "/board", "/login"]
REFUSALS = [
    ("/refused", 409),
    ("/missing", 404),
    *((f"/status/{code}", code) for code in (400, 401, 403, 404, 413, 422, 423, 429, 500, 503)),
]


def soup(answer):
    return BeautifulSoup(answer.text, "html.parser")


@pytest.mark.parametrize("path", PAGES)
def test_every_component_stands_on_a_good_page(client, path):
    answer = client.get(path)

    assert answer.status_code == 200
    check_page(answer.text)


@pytest.mark.parametrize(("path", "status"), REFUSALS)
def test_what_is_not_done_is_said_on_a_good_page(client, path, status):
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    check_page(answer.text)


@pytest.mark.parametrize(("path", "status"), REFUSALS)
def test_htmx_gets_the_same_as_a_message_above_the_page(client, path, status):
    answer = client.get(path, headers={"HX-Request": "true"})

    assert answer.status_code == status
    assert answer.headers["HX-Retarget"] == "#alerts"
    assert answer.headers["HX-Reswap"] == "innerHTML"
    check_fragment(answer.text)


def test_a_refusal_is_read_in_its_own_words(client):
    assert "Deux contacts attendent encore un appel." in client.get("/refused").text


def test_a_bug_says_nothing_of_what_it_was_about(gallery):
    gallery.config["PROPAGATE_EXCEPTIONS"] = False
    gallery.logger.disabled = True

    answer = gallery.test_client().get("/broken")

    assert answer.status_code == 500
    assert "Une panne de notre côté" in answer.text
    assert "DUPONT" not in answer.text


def test_a_locked_session_makes_htmx_cover_the_page(client):
    assert client.get("/status/423", headers={"HX-Request": "true"}).headers["X-Locked"] == "1"


def test_a_wrong_answer_is_named_in_the_summary_and_beside_its_field(client):
    answer = client.post("/form", data={"others-0": ""})

    page = soup(answer)
    check_page(answer.text)
    assert answer.status_code == 422
    assert page.select_one(".error-summary a[href='#last_name']").text == "Donnez le nom de la personne"
    assert page.select_one(".error-summary a[href='#mask-0']").text == "Dites si un masque était porté"
    assert page.select_one(".error-summary a[href='#address-town']").text == "Donnez la commune"
    field = page.select_one("#last_name")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "last_name-error"
    assert "Donnez le nom" in page.select_one("#last_name-error").text


def test_what_was_typed_is_still_there_after_a_mistake(client):
    page = soup(client.post("/form", data={"phone": "0612345678", "mask": "no", "may_name": "y"}))

    assert page.select_one("#phone")["value"] == "0612345678"
    assert page.select_one("#mask-1").has_attr("checked")
    assert page.select_one("#may_name").has_attr("checked")


def test_two_forms_on_a_page_share_no_id_and_each_has_its_token(gallery):
    gallery.config["WTF_CSRF_ENABLED"] = True

    page = soup(gallery.test_client().get("/form"))

    posted = [form for form in page.find_all("form") if form.get("method") == "post"]
    assert len(posted) >= 3
    assert all(form.find("input", attrs={"name": "csrf_token"}) for form in posted)


def test_a_page_is_never_stored_and_nothing_from_elsewhere_runs(client):
    headers = client.get("/").headers

    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"} <= set(
        policy
    )
    assert {"form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "microphone=()" in headers["Permissions-Policy"]


def test_every_asset_is_ours_and_kept_under_an_address_with_its_fingerprint(client):
    page = soup(client.get("/"))
    links = [tag["href"] for tag in page.select("link[rel=stylesheet], link[rel=icon]")]
    scripts = [tag["src"] for tag in page.select("script")]
    icons = {tag["href"].split("#")[0] for tag in page.select("use")}

    assert len(links) == 3
    assert len(scripts) == 2
    for address in [*links, *scripts, *icons]:
        assert re.search(r"^/.*\?v=[0-9a-f]{12}$", address), address
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        answer.close()


def test_an_asset_without_its_fingerprint_is_not_kept_for_a_year(client):
    answer = client.get("/assets/tracing.css")

    assert "immutable" not in answer.headers["Cache-Control"]
    answer.close()


def test_the_sprite_holds_our_icons_and_refuses_an_unknown_one(gallery):
    assert sprite().count("<symbol") == len(ICONS)
    assert len(sprite()) < 120_000
    with gallery.test_request_context(), pytest.raises(KeyError, match="add it to"):
        icon_url("no-such-icon")


def test_a_list_without_rows_says_what_to_do(client):
    page = soup(client.get("/cases?empty=1"))

    assert page.find("table") is None
    assert "Aucun appel n’attend." in page.select_one(".empty").text


def test_the_reader_s_language_is_their_own_or_the_installation_s(gallery):
    @gallery.before_request
    def english():
        from flask import g

        g.locale = "en"

    page = soup(gallery.test_client().get("/login"))

    assert page.html["lang"] == "en"


def test_a_refusal_without_words_gets_those_of_its_status(gallery):
    @gallery.get("/bare-refusal")
    def bare_refusal():
        raise Refused

    page = soup(gallery.test_client().get("/bare-refusal"))

    assert "La situation a changé" in page.text
