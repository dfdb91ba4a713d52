"""Codes for why a file as a whole is refused, as the reading process sends them to the main process.

Kept apart from `errors`, which turns each into a sentence: the child process that handles the hostile bytes loads
nothing it does not need.
"""

from enum import StrEnum


class Refusal(StrEnum):
    """One reason to refuse a whole file."""

    EMPTY = "empty"
    UNKNOWN_CONTAINER = "unknown_container"
    NOT_ENCRYPTED = "not_encrypted"
    NOT_YET_OPENED = "not_yet_opened"
    WEAK_ENCRYPTION = "weak_encryption"
    KEY_MISSING = "key_missing"
    KEY_UNUSABLE = "key_unusable"
    WRONG_KEY = "wrong_key"
    PASSWORD_MISSING = "password_missing"  # noqa: S105  the name of a reason
    WRONG_PASSWORD = "wrong_password"  # noqa: S105
    PROGRAM_MISSING = "program_missing"
    NO_INTEGRITY = "no_integrity"
    UNSIGNED = "unsigned"
    WRONG_SIGNATURE = "wrong_signature"
    SIGNER_MISSING = "signer_missing"
    DAMAGED = "damaged"
    NOT_TEXT = "not_text"
    UNKNOWN_ENCODING = "unknown_encoding"
    MACROS = "macros"
    TOO_LARGE = "too_large"
    TOO_WIDE = "too_wide"
    SEVERAL_FILES = "several_files"
    SEVERAL_TABLES = "several_tables"
    NO_RESULTS = "no_results"
    NO_OBSERVATION = "no_observation"
    MESSAGES_APART = "messages_apart"
    UNKNOWN_LAYOUT = "unknown_layout"
    READER_STOPPED = "reader_stopped"


class CannotRead(Exception):
    """The file is refused; `details` complete the sentence and never hold personal data."""

    def __init__(self, refusal: Refusal, **details: str) -> None:
        self.refusal = refusal
        self.details = details
        super().__init__(refusal.value)
