"""Forms for sources and their keys; they check only presence and shape."""

from typing import Any, Self

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp

from tracing.imports.models import ImportSource, SourceKind
from tracing.imports.pages.source_words import COUNTRY_WORDS, KIND_WORDS
from tracing.imports.sources.services import Terms
from tracing.people.countries import Country
from tracing.staff.models import Site
from tracing.ui.forms import PageForm


class SourceForm(PageForm):
    """The sender, and the decisions about its files."""

    code = StringField(
        _l("Code"),
        description=_l("Court et définitif : il est écrit dans le nom des dossiers et des rapports."),
        validators=[
            InputRequired(_l("Tapez un code.")),
            Length(max=20, message=_l("20 caractères au plus.")),
            Regexp(r"^[A-Z0-9_-]+$", message=_l("Majuscules, chiffres et tirets seulement, comme PDL.")),
        ],
        render_kw={"autocapitalize": "characters", "spellcheck": "false", "autocomplete": "off"},
    )
    label = StringField(
        _l("Nom"),
        description=_l("Tel qu’on le nomme au téléphone, par exemple Biologie des Pays de la Loire."),
        validators=[
            InputRequired(_l("Tapez un nom.")),
            Length(max=120, message=_l("120 caractères au plus.")),
        ],
    )
    kind = RadioField(
        _l("Sorte d’expéditeur"),
        choices=[SelectChoice(kind.value, words) for kind, words in KIND_WORDS.items()],
        default=SourceKind.LABORATORY.value,
        validators=[InputRequired(_l("Choisissez."))],
    )
    contact = TextAreaField(
        _l("Contact chez l’expéditeur"),
        description=_l("À qui demander un fichier corrigé : un service, un numéro, une adresse."),
        validators=[Optional(), Length(max=500, message=_l("500 caractères au plus."))],
        render_kw={"rows": 3},
    )
    site = SelectField(
        _l("Site qui appelle les personnes"),
        description=_l("Un seul site pour tous ses lots, ou celui de la caisse écrite sur chaque ligne."),
    )
    country = SelectField(
        _l("Pays de l’expéditeur"),
        description=_l(
            "Les numéros nationaux, les codes postaux et les téléphones sans indicatif de ses fichiers sont lus comme là-bas."
        ),
        choices=[SelectChoice(country.value, words) for country, words in COUNTRY_WORDS.items()],
        default=Country.FRANCE.value,
    )
    is_trusted = BooleanField(
        _l("Charger ses lots sans attendre"),
        description=_l("Sinon, chaque lot montre d’abord son plan, et une personne le valide."),
    )
    reuses_ids = BooleanField(
        _l("Réutilise ses identifiants de résultats"),
        description=_l(
            "Chaque ligne est alors reconnue à son contenu, et un résultat négatif n’en retire plus aucun autre."
        ),
    )
    needs_signature = BooleanField(
        _l("Exiger sa signature"),
        description=_l("Un fichier sans signature valable de cet expéditeur est alors refusé en entier."),
    )

    @classmethod
    def of(cls, source: ImportSource | None, sites: list[Site], *, may_be_national: bool) -> Self:
        """Return the form filled in for a source, or empty for a new one; `sites` are its possible owners."""
        known: dict[str, Any] = {}
        if source is not None:
            known = {
                "code": source.code,
                "label": source.label,
                "kind": source.kind.value,
                "contact": source.contact,
                "site": str(source.site_id or ""),
                "is_trusted": source.is_trusted,
                "reuses_ids": not source.ids_are_unique,
                "needs_signature": source.needs_signature,
                "country": source.country.value,
            }
        form: Self = cls(data=known)
        form.site.choices = [
            *([SelectChoice("", _l("Selon la caisse de chaque ligne"))] if may_be_national else []),
            *(SelectChoice(str(site.id), site.name) for site in sites),
        ]
        if source is not None:
            del form.code
        return form

    def terms(self) -> Terms:
        """Return the decisions that were entered."""
        return Terms(
            label=(self.label.data or "").strip(),
            kind=SourceKind(self.kind.data),
            is_trusted=bool(self.is_trusted.data),
            ids_are_unique=not self.reuses_ids.data,
            needs_signature=bool(self.needs_signature.data),
            site_id=int(self.site.data) if self.site.data else None,
            contact=(self.contact.data or "").strip(),
            country=Country(self.country.data),
        )


class KeyForm(PageForm):
    """What every key has: a name by which people recognise it."""

    label = StringField(
        _l("Nom de cette clé"),
        description=_l("Pour la reconnaître dans la liste, par exemple « clé de 2026 »."),
        validators=[
            InputRequired(_l("Donnez-lui un nom.")),
            Length(max=80, message=_l("80 caractères au plus.")),
        ],
        render_kw={"autocomplete": "off"},
    )


class PrivateKeyForm(KeyForm):
    """A private key; its kind is determined from the file."""

    file = FileField(
        _l("Fichier de la clé privée"),
        description=_l("PEM (CMS), OpenPGP ou age : la sorte est reconnue d’elle-même."),
        validators=[FileRequired(_l("Choisissez le fichier de la clé."))],
    )
    certificate = FileField(
        _l("Certificat de cette clé"),
        description=_l("Pour une clé PEM dont le certificat est dans un autre fichier."),
    )
    passphrase = PasswordField(
        _l("Phrase secrète de la clé"),
        description=_l("Si le fichier en a une. Elle sert une fois et n’est pas gardée."),
        validators=[Optional(), Length(max=500)],
        render_kw={"autocomplete": "off"},
    )


class PasswordForm(KeyForm):
    """A password; the second person types it again to confirm."""

    password = PasswordField(
        _l("Mot de passe"),
        description=_l("Celui que l’expéditeur a donné par un autre canal que le fichier."),
        validators=[InputRequired(_l("Tapez le mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "off"},
    )


class SignerForm(KeyForm):
    """The public certificate or key of a signer."""

    file = FileField(
        _l("Certificat de signature"),
        description=_l("Un certificat (PEM ou DER), ou une clé publique OpenPGP."),
        validators=[FileRequired(_l("Choisissez le fichier du certificat."))],
    )


class ConfirmKeyForm(PageForm):
    """The end of the fingerprint, which the second person heard or read elsewhere."""

    typed = StringField(
        _l("Les 8 derniers caractères de l’empreinte"),
        validators=[InputRequired(_l("Tapez les 8 derniers caractères.")), Length(max=40)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class ConfirmPasswordForm(PageForm):
    """The password again, from a second person who has it from the sender."""

    typed = PasswordField(
        _l("Le mot de passe, une seconde fois"),
        validators=[InputRequired(_l("Tapez le mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "off"},
    )
