"""Why what a laboratory's system sends is refused: one class each, with the sentence that goes back to it."""

from typing import ClassVar

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from tracing.imports.limits import MOST_MESSAGE_BYTES
from tracing.kernel.errors import Invalid, Missing, Refused

Condition = tuple[int, str]
"""A code of HL7's table 0357, and its name there."""
SEQUENCE: Condition = (100, "Segment sequence error")
REQUIRED: Condition = (101, "Required field missing")
MESSAGE_TYPE: Condition = (200, "Unsupported message type")
INTERNAL: Condition = (207, "Application internal error")


class TokenRefused(Refused):
    """No token of this source was given, or a wrong or revoked one. An unknown source is answered alike."""

    status = 401

    def __init__(self) -> None:
        super().__init__(str(_("Le jeton manque, n’est pas celui de cet expéditeur, ou a été révoqué.")))


class TooManyWrongTokens(Refused):
    """Wrong tokens came from there: the next one is looked at later."""

    status = 429

    def __init__(self) -> None:
        super().__init__(str(_("Trop d’essais avec un mauvais jeton. Réessayez plus tard.")))


class NoSuchToken(Missing):
    """The source has no such token, or it was revoked already."""

    def __init__(self) -> None:
        super().__init__(str(_("Ce jeton n’existe pas, ou a déjà été révoqué.")))


class TooManyTokens(Refused):
    """A source needs one token, and a second one while its system changes over."""

    def __init__(self) -> None:
        super().__init__(
            str(_("Cet expéditeur a déjà plusieurs jetons : révoquez d’abord celui qui ne sert plus."))
        )


class NoSuchMessage(Missing):
    """The source sent no such message, or it is no longer known."""

    def __init__(self) -> None:
        super().__init__(str(_("Ce message n’est pas connu, ou ne l’est plus.")))


class NoFile(Invalid):
    """The request has no content, or not exactly one file."""

    def __init__(self) -> None:
        super().__init__(
            str(_("Envoyez un seul fichier, ou un message HL7 : cette demande n’en contient pas un."))
        )


class FileTooLarge(Invalid):
    """The file is larger than any that can be read."""

    status = 413

    def __init__(self) -> None:
        super().__init__(str(_("Ce fichier est trop gros : rien n’en a été gardé. Découpez-le.")))


class MessageRefused(Invalid):
    """An HL7 message is refused: nothing of it was stored."""

    code: ClassVar[str] = "AE"
    """MSA-1: AE when the message is at fault, AR when another one or another moment is needed."""
    condition: ClassVar[Condition] = INTERNAL
    words: ClassVar[LazyString]

    def __init__(self) -> None:
        super().__init__(str(self.words))


class NotAMessage(MessageRefused):
    """It does not begin with a header that can be read."""

    code, condition = "AR", SEQUENCE
    words = _("Ce n’est pas un message HL7 : son segment MSH manque ou ne peut pas être lu.")


class NoControlId(MessageRefused):
    """Without its control id, the sender could not tell what was acknowledged."""

    condition = REQUIRED
    words = _("Le message n’a pas d’identifiant (MSH-10).")


class NotResults(MessageRefused):
    """A message of another type."""

    code, condition = "AR", MESSAGE_TYPE
    words = _("Seuls des résultats (ORU^R01) sont reçus ici.")


class NoPatient(MessageRefused):
    """Results about nobody."""

    condition = SEQUENCE
    words = _("Le message ne dit pas de qui il s’agit : le segment PID manque.")


class NoObservationSent(MessageRefused):
    """The sender's system left the results out."""

    condition = SEQUENCE
    words = _("Le message ne contient aucun résultat : le segment OBX manque.")


class MessageTooLong(MessageRefused):
    """Longer than what can be received in clear text without touching a disk."""

    status = 413
    code = "AR"
    words = _(
        "Ce message est trop long (%(most)d ko au plus) : envoyez-le dans un fichier chiffré.",
        most=MOST_MESSAGE_BYTES // 1000,
    )


class MessageUnsigned(MessageRefused):
    """The source must sign what it sends, and a message in clear text is not signed."""

    code = "AR"
    words = _("Cet expéditeur doit signer ses envois : envoyez un fichier signé et chiffré.")


class BrokenFrame(MessageRefused):
    """The bytes around a message are not those of MLLP, or the message was cut short."""

    code, condition = "AR", SEQUENCE
    words = _("Le cadre MLLP est incomplet : renvoyez le message entier.")


class NotStored(MessageRefused):
    """The database could not take it: the sender sends it again."""

    status = 503
    code = "AR"
    words = _("Le message n’a pas pu être enregistré. Renvoyez-le plus tard.")
