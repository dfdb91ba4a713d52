"""Headings in other languages, one module for each: proposals for a person to accept, never taken for granted.

Each field has its headings in capitals without accents, blanks and punctuation, the likeliest first. A word for the
patient before or after a heading need not be listed (`proposals`). French headings are in `columns`: those are known.
"""

from tracing.imports.format.synonyms.english import ENGLISH
from tracing.imports.format.synonyms.german import GERMAN

LANGUAGES = (ENGLISH, GERMAN)
