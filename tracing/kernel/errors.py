"""Refusals: what the product says when it will not do something. One class each, one handler for all."""


class Refused(Exception):
    """The action is not done; nothing was lost. `message` is what the user reads, `status` the answer."""

    status = 409
    message = ""

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.message
        super().__init__(self.message)


class Missing(Refused):
    """There is no such thing, or not for this person: the two answers are the same on purpose."""

    status = 404


class Forbidden(Refused):
    """The person is known, and may not do this."""

    status = 403


class Invalid(Refused):
    """What was typed cannot be used."""

    status = 422
