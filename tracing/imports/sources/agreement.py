"""Reading a file by what was agreed with its source, or not at all."""

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
    """An extract, and the version of the mapping it is read by: none of a source's first file."""

    extract: Extract
    mapping_id: int | None


@contextmanager
def opened_as_agreed(
    content: bytes, secrets: Secrets, accepted: Sequence[tuple[int, Mapping]]
) -> Iterator[Agreed]:
    """Open a file and read it by the first accepted version that covers its headings.

    `accepted` is what the source's earlier files were read by, the latest first: some senders write two sorts of
    file in turn. None: a first file, which the layout recognises or not.

    Raises:
        HeadingsChanged: its headings are not those that were accepted, and nobody said yet what they mean.
        FileRefused: the file as a whole cannot be taken in.
    """
    refusals: list[FileRefused] = []
    with ExitStack() as files:
        for mapping_id, mapping in accepted or ((None, None),):
            try:
                extract = files.enter_context(opened(content, secrets, mapping))
            except UnknownLayout as refusal:
                refusals.append(refusal)
                continue
            # Messages have no headings, and nothing to compare.
            change = difference(mapping, extract.headings) if mapping and extract.headings else None
            if change is None or change.is_covered:
                yield Agreed(extract, mapping_id)
                return
            refusals.append(HeadingsChanged(change))
            files.close()
        raise refusals[0]
