"""Open a file and read it with a mapping version that its source has accepted, or refuse it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tracing.imports.decryption.secrets import Secrets
from tracing.imports.errors import FileRefused, UnknownLayout
from tracing.imports.format.columns import FIELDS, doubled_headings, match_headings
from tracing.imports.format.date_orders import DateOrder, must_be_said
from tracing.imports.format.inspection import difference
from tracing.imports.format.laboratory import Laboratory
from tracing.imports.format.mapping import Mapping
from tracing.imports.sandbox.client import Extract, opened
from tracing.imports.sources.errors import (
    DateOrderUnsaid,
    HeadingsChanged,
    HeadingsDoubled,
    NoLongerMonthFirst,
)


class Agreed(NamedTuple):
    """An extract, and the id of the mapping version it is read by: None for a source's first file, or its first table."""

    extract: Extract
    mapping_id: int | None


@contextmanager
def open_with_accepted_mapping(
    content: bytes, secrets: Secrets, accepted: Sequence[tuple[int, Mapping]], laboratory: Laboratory
) -> Iterator[Agreed]:
    """Open a file and read it by the first accepted version that covers its headings.

    `accepted` are the mapping versions of the source, latest first: some senders alternate between two sorts of file.
    Empty: a first file, which the layout recognises or not.

    Raises:
        HeadingsChanged: its headings are not those that were accepted, and no person has mapped them yet.
        HeadingsDoubled: a first file has two columns for one field.
        DateOrderUnsaid: a column of dates seems to be month first, and no person has said so yet.
        FileRefused: the file as a whole cannot be loaded.
    """
    refusals: list[FileRefused] = []
    # HL7 messages have no headings to compare, and a source that has sent only such has accepted none
    have_headings = any(mapping.headings for _, mapping in accepted)
    with ExitStack() as files:
        for mapping_id, mapping in accepted or ((None, None),):
            try:
                extract = files.enter_context(opened(content, secrets, mapping, laboratory))
            except UnknownLayout as unknown:
                refusals.append(unknown)
                continue
            refusal = _refusal_of(extract, mapping, is_first_table=not have_headings)
            if refusal is None and extract.headings and not have_headings:
                yield Agreed(extract, None)
                return
            if refusal is None:
                yield Agreed(extract, mapping_id)
                return
            refusals.append(refusal)
            files.close()
        raise refusals[0]


def _refusal_of(extract: Extract, mapping: Mapping | None, *, is_first_table: bool) -> FileRefused | None:
    """Return why a person must look at the columns first; HL7 messages have no headings to compare."""
    if not extract.headings:
        return None
    if mapping is None or is_first_table:
        doubled = doubled_headings(extract.headings)
        if doubled:
            return HeadingsDoubled(doubled)
    else:
        change = difference(mapping, extract.headings)
        if not mapping.headings or not change.is_covered:
            return HeadingsChanged(change)
    unsaid = must_be_said(mapping.date_orders if mapping else {}, extract.date_orders)
    if unsaid:
        name, proof = next(iter(unsaid.items()))
        place = match_headings(0, extract.headings, mapping).positions[FIELDS.index(name)]
        heading = name if place is None else extract.headings[place]
        kind = DateOrderUnsaid if proof.order is DateOrder.MONTH else NoLongerMonthFirst
        return kind(heading=heading, row=str(proof.row))
    return None
