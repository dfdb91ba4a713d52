"""Appends to a PDF without rewriting its description: loaded only when a paper is signed."""

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


class Appending(IncrementalPdfFileWriter):
    """Leaves the description (XMP) as typst wrote it: pyHanko would write another one, and archives read it first."""

    def _update_meta(self) -> None:
        pass
