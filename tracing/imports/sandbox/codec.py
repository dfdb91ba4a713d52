"""Encode and decode parsed lines between the reading process and ours; decoding accepts only the agreed format. Pure.

Separated text and not pickle: the other side may be hostile.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import IO

from tracing.imports.format.columns import EXTRAS, FIELDS
from tracing.imports.format.faults import Problem
from tracing.imports.format.line import Background, Doubt, LabFacts, NegativePcr, ParsedLine
from tracing.imports.format.reading import NEGATIVE, NOT_POSITIVE, OTHER_PATHOGEN, POSITIVE
from tracing.imports.sandbox.framing import ProtocolError, body, framed
from tracing.people.rules import Identity

MOST_IN_A_MESSAGE = 64_000_000
"""Bytes. A file holds 30 MB at most, and each field of a line is sent twice: as it came, and parsed."""
ENOUGH_FOR_A_MESSAGE = 250_000
_PARTS_OF_A_USABLE = 5
_PARTS_OF_A_NEGATIVE_PCR = 3
_LINE, _PART, _FIELD, _OF_SEVERAL = "\n", "\x1e", "\x1f", " "


def pack(lines: Iterable[ParsedLine]) -> Iterator[bytes]:
    """Yield encoded lines, some hundreds per message. No cleaned value contains the separators."""
    texts: list[str] = []
    size = 0
    for line in lines:
        texts.append(_text_of(line))
        size += len(texts[-1])
        if size > ENOUGH_FOR_A_MESSAGE:
            yield framed(_LINE.join(texts).encode())
            texts, size = [], 0
    if texts:
        yield framed(_LINE.join(texts).encode())


def unpack(stream: IO[bytes]) -> Iterator[ParsedLine]:
    """Read and decode a message of lines.

    Raises:
        ProtocolError: it is not a valid message.
    """
    try:
        for text in body(stream, MOST_IN_A_MESSAGE).decode().split(_LINE):
            yield _line_of(text)
    except (ValueError, TypeError) as cause:
        raise ProtocolError from cause


def _text_of(line: ParsedLine) -> str:
    rest: tuple[str, ...]
    if line.negative_pcr is not None:
        who, sampled_on = line.negative_pcr
        rest = (line.fund_code, _identity_text(who), _day_text(sampled_on))
    elif line.identity is None or line.facts is None or line.background is None:
        rest = (_OF_SEVERAL.join(line.problems), _FIELD.join(line.values + line.extras))
    else:
        rest = (
            *(_OF_SEVERAL.join(line.doubts), line.fund_code, _identity_text(line.identity)),
            *(_facts_text(line.facts), _FIELD.join(line.background)),
        )
    made = _moment_text(line.extracted_at)
    return _PART.join((str(line.row), line.result_id, line.result, made, line.fingerprint_content, *rest))


def _line_of(text: str) -> ParsedLine:
    row, result_id, result, made, content, *rest = text.split(_PART)
    if len(rest) == _PARTS_OF_A_USABLE:
        doubts, fund_code, identity, facts, background = rest
        if result != POSITIVE:
            raise ProtocolError
        return ParsedLine(
            int(row),
            result_id,
            result,
            (),
            content,
            (),
            tuple(map(Doubt, doubts.split())) if doubts else (),
            _identity_of(identity),
            _facts_of(facts),
            Background(*background.split(_FIELD)),
            fund_code,
            extracted_at=_moment_of(made),
        )
    if len(rest) == _PARTS_OF_A_NEGATIVE_PCR:
        fund_code, identity, sampled_on = rest
        if result != NEGATIVE:
            raise ProtocolError
        pcr = NegativePcr(_identity_of(identity), date.fromisoformat(sampled_on))
        return ParsedLine(
            int(row),
            result_id,
            result,
            (),
            content,
            fund_code=fund_code,
            negative_pcr=pcr,
            extracted_at=_moment_of(made),
        )
    told, fields = rest
    problems = tuple(map(Problem, told.split()))
    sent = tuple(fields.split(_FIELD)) if fields else ()
    values, extras = sent[: len(FIELDS)], sent[len(FIELDS) :]
    is_not_positive = result in NOT_POSITIVE or result == OTHER_PATHOGEN
    if bool(problems) == is_not_positive or len(values) != (len(FIELDS) if problems else 0):
        raise ProtocolError
    if len(extras) not in (0, len(EXTRAS)):
        raise ProtocolError
    return ParsedLine(
        int(row), result_id, result, values, content, problems, extras=extras, extracted_at=_moment_of(made)
    )


def _identity_text(identity: Identity) -> str:
    return _FIELD.join(
        (
            *(identity.birth_name, identity.usual_name, identity.first_names, identity.sex),
            *(_day_text(identity.birth_date), identity.nir or "", _OF_SEVERAL.join(identity.phones)),
            *(identity.email, identity.address, identity.postcode, identity.city, identity.insee_code),
            *(identity.country, identity.national_number),
        )
    )


def _identity_of(text: str) -> Identity:
    birth_name, usual_name, first_names, sex, born, nir, phones, *rest = text.split(_FIELD)
    email, address, postcode, city, insee_code, country, national_number = rest
    return Identity(
        birth_name=birth_name,
        usual_name=usual_name,
        first_names=first_names,
        sex=sex,
        birth_date=date.fromisoformat(born),
        nir=nir or None,
        phones=tuple(phones.split()),
        email=email,
        address=address,
        postcode=postcode,
        city=city,
        insee_code=insee_code,
        country=country,
        national_number=national_number,
    )


def _facts_text(facts: LabFacts) -> str:
    return _FIELD.join(
        (
            *(_moment_text(facts.sampled_at), _moment_text(facts.validated_at)),
            *(facts.analysis, facts.loinc, facts.variant_screen, facts.symptoms, _day_text(facts.onset_on)),
        )
    )


def _facts_of(text: str) -> LabFacts:
    sampled, validated, analysis, loinc, variant_screen, symptoms, onset = text.split(_FIELD)
    return LabFacts(
        _moment_of(sampled),
        _moment_of(validated) if validated else None,
        analysis,
        loinc,
        variant_screen,
        symptoms,
        date.fromisoformat(onset) if onset else None,
    )


def _day_text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _moment_text(moment: datetime | None) -> str:
    """Return a moment as text in UTC, without naming the zone."""
    return moment.replace(tzinfo=None).isoformat() if moment else ""


@lru_cache(maxsize=8192)
def _moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
