"""Refusals: the errors a user reads when an action is not allowed or not possible. One class each, one handler."""


class Refused(Exception):
    """The action was not done and nothing was lost. `message` is shown to the user, `status` is the HTTP status."""

    status = 409
    message = ""

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.message
        super().__init__(self.message)


class Missing(Refused):
    """The thing does not exist, or this user may not see it: both get the same answer on purpose."""

    status = 404


class Forbidden(Refused):
    """The user is known but may not do this."""

    status = 403


class Invalid(Refused):
    """The input cannot be used."""

    status = 422
