"""Open a file and read it with a mapping version that its source has accepted, or refuse it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tracing.imports.decryption.secrets import Secrets
from tracing.imports.errors import FileRefused, UnknownLayout
from tracing.imports.format.inspection import difference
from tracing.imports.format.mapping import Mapping
from tracing.imports.sandbox.client import Extract, opened
from tracing.imports.sources.errors import HeadingsChanged


class Agreed(NamedTuple):
    """An extract, and the id of the mapping version it is read by: None for a source's first file, or its first table."""

    extract: Extract
    mapping_id: int | None


@contextmanager
def open_with_accepted_mapping(
    content: bytes, secrets: Secrets, accepted: Sequence[tuple[int, Mapping]]
) -> Iterator[Agreed]:
    """Open a file and read it by the first accepted version that covers its headings.

    `accepted` are the mapping versions of the source, latest first: some senders alternate between two sorts of file.
    Empty: a first file, which the layout recognises or not.

    Raises:
        HeadingsChanged: its headings are not those that were accepted, and no person has mapped them yet.
        FileRefused: the file as a whole cannot be loaded.
    """
    refusals: list[FileRefused] = []
    # HL7 messages have no headings to compare, and a source that has sent only such has accepted none
    have_headings = any(mapping.headings for _, mapping in accepted)
    with ExitStack() as files:
        for mapping_id, mapping in accepted or ((None, None),):
            try:
                extract = files.enter_context(opened(content, secrets, mapping))
            except UnknownLayout as refusal:
                refusals.append(refusal)
                continue
            if not extract.headings:
                yield Agreed(extract, mapping_id)
                return
            if mapping is None or not have_headings:
                yield Agreed(extract, None)
                return
            change = difference(mapping, extract.headings)
            if mapping.headings and change.is_covered:
                yield Agreed(extract, mapping_id)
                return
            refusals.append(HeadingsChanged(change))
            files.close()
        raise refusals[0]
