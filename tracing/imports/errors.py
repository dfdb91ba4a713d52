"""Why an import refuses a file: one class for each reason, with the sentence the import officer reads."""

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.kernel.errors import Invalid, Missing, Refused


class FileRefused(Invalid):
    """The file as a whole is refused: none of its lines was loaded."""

    refusal: Refusal
    words: LazyString
    words_at_line: LazyString | None = None
    """The sentence where the line is known, for the sender to mend the right thing."""

    def __init__(self, **details: str) -> None:
        words = self.words_at_line if self.words_at_line is not None and "line" in details else self.words
        super().__init__(str(words) % details)


class EmptyFile(FileRefused):
    """The file has no content."""

    refusal = Refusal.EMPTY
    words = _("Ce fichier est vide.")


class UnknownContainer(FileRefused):
    """The file does not begin like any format we know."""

    refusal = Refusal.UNKNOWN_CONTAINER
    words = _(
        "Ce fichier n’est pas un conteneur chiffré connu (CMS, OpenPGP, age, ZIP AES, classeur Excel protégé)."
    )


class NotEncrypted(FileRefused):
    """Names and numbers were sent in clear text: the sender must be told."""

    refusal = Refusal.NOT_ENCRYPTED
    words = _("Ce fichier n’est pas chiffré. Demandez à l’expéditeur un envoi chiffré.")


class NotYetOpened(FileRefused):
    """A container format, or a variant of one, that we recognise but cannot open."""

    refusal = Refusal.NOT_YET_OPENED
    words = _("Ce conteneur n’est pas pris en charge : %(container)s.")


class WeakEncryption(FileRefused):
    """An encryption that protects nothing, or one made to exhaust our processor."""

    refusal = Refusal.WEAK_ENCRYPTION
    words = _(
        "La protection de ce fichier est trop faible ou anormale. Demandez un chiffrement AES par un logiciel récent."
    )


class KeyMissing(FileRefused):
    """The container needs a private key and none was given."""

    refusal = Refusal.KEY_MISSING
    words = _("Ce fichier s’ouvre avec une clé privée : indiquez-la.")


class KeyUnusable(FileRefused):
    """A key or a certificate cannot be read, or the two do not belong together."""

    refusal = Refusal.KEY_UNUSABLE
    words = _(
        "La clé ou le certificat ne peut pas être lu, ou l’un ne va pas avec l’autre (PEM, OpenPGP ou age)."
    )


class WrongKey(FileRefused):
    """The file was encrypted for another key."""

    refusal = Refusal.WRONG_KEY
    words = _("Cette clé n’ouvre pas ce fichier : il a été chiffré pour une autre clé.")


class PasswordMissing(FileRefused):
    """The workbook or the archive needs a password and none was given."""

    refusal = Refusal.PASSWORD_MISSING
    words = _("Ce fichier est protégé par un mot de passe : indiquez-le.")


class WrongPassword(FileRefused):
    """No password given opens the workbook or the archive."""

    refusal = Refusal.WRONG_PASSWORD
    words = _("Ce mot de passe n’ouvre pas ce fichier.")


class ProgramMissing(FileRefused):
    """CMS files of this kind (authenticated envelopes, signatures) need a program that this machine does not have."""

    refusal = Refusal.PROGRAM_MISSING
    words = _("Ce fichier demande le programme openssl, absent de ce serveur. Prévenez l’administrateur.")


class NoIntegrity(FileRefused):
    """Encrypted without integrity protection: it could have been altered on its way without a trace."""

    refusal = Refusal.NO_INTEGRITY
    words = _("Ce message n’est pas protégé contre les modifications. Demandez-le d’un logiciel récent.")


class Unsigned(FileRefused):
    """The source signs its files, and this one is not signed."""

    refusal = Refusal.UNSIGNED
    words = _("Ce fichier n’est pas signé : cette source doit signer ses envois.")


class WrongSignature(FileRefused):
    """Signed with another key, or altered since it was signed."""

    refusal = Refusal.WRONG_SIGNATURE
    words = _(
        "La signature de ce fichier n’est pas celle de cette source, ou le fichier a été modifié depuis."
    )


class SignerMissing(FileRefused):
    """The source must sign its files, but no certificate to verify them with was stored."""

    refusal = Refusal.SIGNER_MISSING
    words = _("Cette source doit signer ses envois, mais aucun certificat confirmé ne permet de le vérifier.")


class DamagedFile(FileRefused):
    """The file was cut short or altered on its way."""

    refusal = Refusal.DAMAGED
    words = _("Ce fichier est abîmé ou incomplet. Demandez un nouvel envoi.")
    words_at_line = _("Ce fichier est abîmé après la ligne %(line)s. Demandez un nouvel envoi.")


class NotText(FileRefused):
    """Too many bytes that no text contains: it was altered, or is something else."""

    refusal = Refusal.NOT_TEXT
    words = _(
        "Ce fichier contient trop de caractères illisibles, dès la ligne %(line)s. Demandez un nouvel envoi."
    )


class UnknownEncoding(FileRefused):
    """Names would be garbled: the letters with accents make sense in no encoding, or in several."""

    refusal = Refusal.UNKNOWN_ENCODING
    words = _(
        "L’encodage des lettres accentuées est incertain dès la ligne %(line)s (%(candidates)s ?). Demandez un envoi en UTF-8."
    )


class HoldsMacros(FileRefused):
    """A workbook that contains macros."""

    refusal = Refusal.MACROS
    words = _("Ce classeur contient des macros. Demandez-le sans macros (.xlsx).")


class TooLarge(FileRefused):
    """It would fill the memory: a mistake, or a decompression bomb."""

    refusal = Refusal.TOO_LARGE
    words = _("Ce fichier est trop volumineux une fois ouvert : demandez à l’expéditeur de le découper.")


class TooWide(FileRefused):
    """A row with more columns, or a line with more characters, than any table of results has."""

    refusal = Refusal.TOO_WIDE
    words = _("Une ligne de ce fichier est trop longue ou compte trop de colonnes : il n’a pas été lu.")


class SeveralFiles(FileRefused):
    """An archive that holds several files, none, or another archive."""

    refusal = Refusal.SEVERAL_FILES
    words = _("Cette archive doit contenir un seul fichier de résultats, et aucune autre archive.")


class SeveralTables(FileRefused):
    """Two sheets hold results: a row number would not tell which line is meant."""

    refusal = Refusal.SEVERAL_TABLES
    words = _(
        "Plusieurs feuilles de ce classeur contiennent des résultats (feuilles %(sheets)s). Demandez une seule feuille."
    )


class NoResults(FileRefused):
    """HL7 messages of a kind that carries no results."""

    refusal = Refusal.NO_RESULTS
    words = _("Ces messages HL7 ne sont pas des résultats (ORU^R01) : %(found)s.")


class NoObservation(FileRefused):
    """HL7 results without an observation: the sender's system left it out."""

    refusal = Refusal.NO_OBSERVATION
    words = _("Ces messages HL7 ne contiennent aucun résultat : le segment OBX manque.")


class MessagesApart(FileRefused):
    """One of the messages gathered into a lot cannot be read: the others must not wait for it."""

    refusal = Refusal.MESSAGES_APART
    words = _(
        "Un de ces messages ne peut pas être lu. Ils sont repris dans d’autres lots, où lui seul sera refusé."
    )


class UnknownLayout(FileRefused):
    """The headings without which the file cannot be understood are missing."""

    refusal = Refusal.UNKNOWN_LAYOUT
    words = _("Des colonnes obligatoires sont introuvables : %(missing)s.")


class ReaderStopped(FileRefused):
    """The reading process crashed, or reached its limit of memory or time."""

    refusal = Refusal.READER_STOPPED
    words = _("La lecture de ce fichier a été arrêtée : il est abîmé, ou trop lourd une fois ouvert.")


_CLASSES = {each.refusal: each for each in FileRefused.__subclasses__()}


def refused(cause: CannotRead) -> FileRefused:
    """Return the refusal with the sentence a person reads, for the code of the reading process."""
    return _CLASSES[cause.refusal](**cause.details)


class NoSuchLot(Missing):
    """The lot does not exist or is outside the reader's scope."""

    def __init__(self) -> None:
        super().__init__(str(_("Ce lot n’existe pas.")))


class AnotherLotIsLoading(Refused):
    """Only one lot is written at a time, and another one is being written."""

    def __init__(self) -> None:
        super().__init__(
            str(_("Un autre lot est en cours de chargement. Réessayez dans une minute : rien n’est perdu."))
        )


class NotNow(Refused):
    """The lot is no longer in the state this action needs: another person was faster, or the page is old."""

    def __init__(self) -> None:
        super().__init__(
            str(_("Ce lot a changé d’état entre-temps. Rien n’a été fait : regardez où il en est."))
        )


class OriginalGone(Refused):
    """The file itself is no longer kept."""

    def __init__(self) -> None:
        super().__init__(
            str(_("Le fichier d’origine n’est plus conservé. Demandez-le de nouveau à l’expéditeur."))
        )


class NoLongerToCorrect(Refused):
    """The line was already corrected, by a person or by the sender, or it was set aside."""

    def __init__(self) -> None:
        super().__init__(str(_("Cette ligne n’est plus à corriger : quelqu’un s’en est déjà occupé.")))


class NoFileYet(Refused):
    """The lines to correct were never downloaded, so there is no password to open the file that was sent."""

    def __init__(self) -> None:
        super().__init__(
            str(_("Personne n’a encore téléchargé les lignes à corriger de ce lot. Commencez par là."))
        )
