"""The base class of every form."""

from typing import TYPE_CHECKING, Any

from flask_wtf import FlaskForm

if TYPE_CHECKING:
    from wtforms import Form

    class PageForm(Form):
        """What type checking sees: Flask-WTF has no types, and its base class would let any attribute pass."""

        def __init__(self, formdata: Any = ..., **kwargs: Any) -> None:
            """Without `formdata`, what the request sent is read."""

        def is_submitted(self) -> bool:
            """Say whether the request sent a form."""

        def validate_on_submit(self) -> bool:
            """Say whether the form was sent and is valid."""

else:

    class PageForm(FlaskForm):
        """What a person types into a page, with the token that protects it against forged requests."""
