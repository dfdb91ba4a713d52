"""Labels of messages, as users read them."""

from flask_babel import lazy_gettext as _l

from tracing.messages.rules import Channel, MessageState

CHANNEL_WORDS = {Channel.SMS: _l("SMS"), Channel.LETTER: _l("Courrier")}

STATE_WORDS = {
    MessageState.QUEUED: _l("en attente d’envoi"),
    MessageState.WRITTEN: _l("écrit"),
    MessageState.STOPPED: _l("arrêté"),
}

STATE_TONES = {MessageState.QUEUED: "soon", MessageState.WRITTEN: "done"}
"""The colour of each state's badge; the others are neutral."""
