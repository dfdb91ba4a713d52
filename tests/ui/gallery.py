"""A small application that shows every component on invented people: to photograph, and for the tests here.

Run it with `python -m tests.ui.gallery` and open http://127.0.0.1:8099/.
"""

from datetime import timedelta

from flask import Flask, abort, flash, g, render_template, request
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FileField,
    FormField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.form import Form
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from tracing.kernel import clock
from tracing.kernel.errors import Forbidden, Missing, Refused
from tracing.ui.errors import register_errors
from tracing.ui.frame import Account, MenuLink, Place
from tracing.ui.setup import init_ui

PASSWORD = "correct horse"


class LoginForm(FlaskForm):
    username = StringField("Identifiant", [InputRequired("Donnez votre identifiant")])
    password = PasswordField("Mot de passe", [InputRequired("Donnez votre mot de passe")])


class PlaceForm(Form):
    town = StringField("Commune", [InputRequired("Donnez la commune")])
    code = StringField("Code postal", [Optional()], description="Cinq chiffres.")


class ContactForm(FlaskForm):
    """One field of each kind."""

    last_name = StringField("Nom", [InputRequired("Donnez le nom de la personne")])
    phone = StringField(
        "Téléphone", [Optional()], description="Dix chiffres, ou un numéro étranger avec son indicatif."
    )
    last_contact = DateField("Dernier contact", [InputRequired("Donnez le jour du dernier contact")])
    at = TimeField("Heure", [Optional()])
    people = IntegerField("Combien de personnes étaient là", [Optional()])
    place = SelectField(
        "Lieu",
        choices=[SelectChoice("home", "Domicile"), SelectChoice("work", "Travail")],
        validators=[InputRequired()],
    )
    mask = RadioField(
        "Portiez-vous tous les deux un masque ?",
        choices=[
            SelectChoice("yes", "Oui"),
            SelectChoice("no", "Non"),
            SelectChoice("unknown", "Ne sait pas"),
        ],
        validators=[InputRequired("Dites si un masque était porté")],
    )
    where = SelectMultipleField(
        "Ce que vous avez fait ensemble",
        choices=[SelectChoice("meal", "Un repas"), SelectChoice("car", "Un trajet")],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[Optional()],
    )
    may_name = BooleanField("La personne accepte que son nom soit dit à ce contact")
    notes = TextAreaField("Notes", [Optional()], description="Ce qui aidera la personne qui appellera.")
    proof = FileField("Justificatif", [Optional()])
    address = FormField(PlaceForm, label="Adresse")
    others = FieldList(StringField("Autre numéro", [Optional()]), min_entries=1, label="Autres numéros")

    def validate_last_contact(self, field: DateField) -> None:
        if field.data and field.data > clock.now().date():
            raise ValidationError("Ce jour est à venir : donnez un jour passé ou aujourd’hui")


def create_gallery() -> Flask:
    """Build the gallery."""
    app = Flask("tests.ui", root_path=__file__.rsplit("/", 1)[0])
    app.secret_key = "gallery"
    CSRFProtect(app)
    init_ui(app)
    register_errors(app)
    app.locked = False
    app.drafts = []
    app.activity = 0

    @app.before_request
    def stay_locked():
        if app.locked and request.path.startswith(("/save", "/draft")):
            abort(423)

    @app.context_processor
    def frame():
        rail = [
            Place(endpoint="home", label="Accueil", icon="house-door", active=request.endpoint == "home"),
            Place(endpoint="cases", label="Mes appels", icon="telephone", active=request.endpoint == "cases"),
            Place(endpoint="form", label="Rappels promis", icon="calendar-check", badge=2),
            Place(endpoint="parts", label="Demandes au médecin", icon="heart-pulse"),
            Place(endpoint="board", label="Boîte à outils", icon="book", active=request.endpoint == "board"),
        ]
        return {"rail": rail, "account": account()}

    def account():
        return Account(
            name="Ada Martin",
            site="CPAM de l’Isère",
            role="Enquêtrice",
            login_url="/login",
            sign_out_url="/sign-out",
            lock_url="/lock",
            unlock_url="/unlock",
            activity_url="/activity",
            idle_minutes=g.get("idle_minutes", 15),
            menu=(MenuLink(url="/account", label="Mon compte", icon="person"),),
        )

    now = clock.now().replace(microsecond=0)

    @app.get("/")
    def home():
        return render_template(
            "gallery/home.html",
            callbacks=[
                {
                    "at": now + timedelta(minutes=22),
                    "reference": "P0-26-000098-1",
                    "who": "Madame D.",
                    "why": "sort du travail à 17 h",
                },
                {
                    "at": now + timedelta(hours=2),
                    "reference": "C-26-000431-5",
                    "who": "Monsieur L.",
                    "why": "veut consulter son agenda",
                },
            ],
            done=[
                {
                    "at": now - timedelta(minutes=12),
                    "reference": "P0-26-000121-3",
                    "what": "Appel terminé, 3 contacts",
                    "tone": "done",
                },
                {
                    "at": now - timedelta(minutes=41),
                    "reference": "P0-26-000119-8",
                    "what": "Message vocal",
                    "tone": "neutral",
                },
                {
                    "at": now - timedelta(hours=3),
                    "reference": "C-26-000402-2",
                    "what": "Appel terminé",
                    "tone": "done",
                },
            ],
        )

    @app.get("/cases")
    def cases():
        rows = [
            {
                "reference": f"P0-26-{n:06d}-{n % 10}",
                "status": ("overdue", "soon", "done", "waiting")[min(n // 2, 3)],
                "due": now + timedelta(minutes=(n - 2) * 35 - 30),
                "attempts": n % 4,
                "people": 1 + n % 5,
                "site": "CPAM de l’Isère",
            }
            for n in range(28)
        ]
        return render_template("gallery/cases.html", rows=[] if "empty" in request.args else rows)

    @app.route("/form", methods=["GET", "POST"])
    def form():
        contact = ContactForm()
        if contact.validate_on_submit():
            flash("Contact ajouté.")
            return render_template("gallery/form.html", form=ContactForm(formdata=None))
        return render_template("gallery/form.html", form=contact), 422 if contact.errors else 200

    @app.get("/call")
    def call():
        return render_template(
            "gallery/call.html",
            started=now - timedelta(minutes=4, seconds=12),
            due=now + timedelta(minutes=38),
        )

    @app.get("/parts")
    def parts():
        flash("Contact retiré de la liste.")
        return render_template("gallery/parts.html", now=now)

    @app.get("/board")
    def board():
        return render_template("gallery/board.html")

    @app.route("/login", methods=["GET", "POST"])
    def login():
        wanted = LoginForm()
        wanted.validate_on_submit()
        return render_template("gallery/login.html", form=wanted)

    @app.post("/save")
    def save():
        app.drafts.append(request.form.get("onset"))
        return "", 204

    @app.post("/draft")
    def draft():
        app.drafts.append(request.form["notes"])
        return "", 204

    @app.post("/lock")
    def lock():
        app.locked = True
        return "", 204

    @app.post("/unlock")
    def unlock():
        if request.form["password"] != PASSWORD:
            raise Forbidden("Ce mot de passe n’est pas le bon. Il reste quatre essais.")
        app.locked = False
        return "", 204

    @app.post("/activity")
    def activity():
        app.activity += 1
        return "", 204

    @app.post("/sign-out")
    def sign_out():
        return "", 204

    @app.get("/refused")
    def refused():
        raise Refused("Deux contacts attendent encore un appel. Terminez-les ou confiez-les d’abord.")

    @app.get("/missing")
    def missing():
        raise Missing

    @app.get("/broken")
    def broken():
        raise RuntimeError("DUPONT Marie 0612345678")

    @app.get("/status/<int:status>")
    def status(status: int):
        abort(status)

    return app


if __name__ == "__main__":
    gallery = create_gallery()
    gallery.jinja_env.auto_reload = True
    gallery.run(port=8099, threaded=True)
