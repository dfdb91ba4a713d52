"""The two printed copies of a sick note: one for the insured, one for the employer, who must not learn the reason."""

from tracing.sickleave.documents.content import Bearer, Declared, Issuer, NoteContent, ParentSaid, content_of
from tracing.sickleave.documents.pages import Copy, file_name
from tracing.sickleave.documents.pdf import render

__all__ = [
    "Bearer",
    "Copy",
    "Declared",
    "Issuer",
    "NoteContent",
    "ParentSaid",
    "content_of",
    "file_name",
    "render",
]
