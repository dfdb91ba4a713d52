"""The checker every page test relies on: one fault of each kind, and a page without any."""

import pytest

from tests.support.pages import check_fragment, check_page

GOOD = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Accueil – Suivi</title></head>
<body><h1>Accueil</h1>{}</body></html>"""

TABLE = "<table><thead><tr><th scope='col'>Nom</th></tr></thead><tbody><tr><td>x</td></tr></tbody></table>"


def page(body: str) -> str:
    return GOOD.format(body)


@pytest.mark.parametrize(
    "body",
    [
        "<p>L’appel est terminé : deux contacts.</p>",
        '<form method="post" action="/x"><label for="a">Nom</label><input id="a" name="a"></form>',
        "<label>Nom <input name='a'></label>",
        """<form method="post" action="/x"><label>A <input name="a"></label><button form="c">Fermer</button>
        <button>Enregistrer</button></form><form method="post" action="/y" id="c"></form>""",
        '<a href="/x"><svg role="img" aria-label="Ajouter"></svg></a>',
        TABLE,
        '<p translate="no">d\'Angelo</p>',
        "<p>D'ANGELO Marie, O'Brien Sean</p>",
        '<p><code>it\'s "code"</code></p>',
        '<h2 id="t">Étapes</h2><nav aria-labelledby="t"><a href="#t">Ici</a></nav>',
    ],
)
def test_a_good_page_passes(body):
    check_page(page(body))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<h1>Encore</h1>", "one h1"),
        ('<p id="a"></p><p id="a"></p>', "used 2 times"),
        ('<input name="a">', "no label"),
        ('<label for="a"></label><input id="a">', "no label"),
        ("<select><option>x</option></select>", "no label"),
        ("<fieldset><p>x</p></fieldset>", "no legend"),
        ('<form method="post"><p>x</p></form>', "without action"),
        ('<form action="/x"><p>x</p></form>', "without method"),
        ('<form action="/x" method="post"><label>F<input type="file"></label></form>', "multipart"),
        (
            '<form action="/x" method="post"><label>A<input></label><button formaction="/y">Fermer</button></form>',
            "Enter presses a button",
        ),
        (
            '<form action="/x" method="post"><label>A<input></label><button hx-post="/y">Ok</button></form>',
            "Enter sends the form elsewhere",
        ),
        (
            '<form action="/x" method="post" id="f"><label>A<input></label></form><button form="f">Annuler</button>',
            "Enter gives up",
        ),
        ('<img src="/x">', "without alt"),
        ("<p><div>x</div></p>", "markup"),
        ("<div>x", "markup"),
        ("<p>L'appel est terminé</p>", "apostrophe"),
        ('<p>Dites "oui"</p>', "straight quotes"),
        ("<p>Terminé : deux contacts</p>", "narrow"),
        ('<p title="l\'appel">x</p>', "apostrophe"),
        ('<p style="color: red">x</p>', "inline style"),
        ("<script>alert(1)</script>", "inline script"),
        ('<button type="button" onclick="x()">x</button>', "inline onclick"),
        ('<a href="javascript:x()">x</a>', "script in href"),
        ('<a href="/x"><svg aria-hidden="true"></svg></a>', "without words"),
        ("<table><tbody><tr><td>x</td></tr></tbody></table>", "head cells"),
        ('<a href="#nowhere">x</a>', "leads nowhere"),
        ('<p aria-describedby="nowhere">x</p>', "points to nothing"),
    ],
)
def test_a_faulty_page_is_refused_and_the_fault_named(body, fault):
    with pytest.raises(AssertionError, match=fault):
        check_page(page(body))


def test_the_title_begins_with_the_words_of_the_heading():
    with pytest.raises(AssertionError, match="must begin with"):
        check_page(page("<p>x</p>").replace("<title>Accueil", "<title>Suivi"))


def test_a_fragment_needs_no_heading_but_the_rest():
    check_fragment('<p id="a">Enregistré</p>')
    check_fragment("<tr><td>x</td></tr>")

    with pytest.raises(AssertionError, match="no label"):
        check_fragment('<input name="a">')
