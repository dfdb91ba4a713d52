"""Rules by which two identities are the same person, or may be; and the keys by which a person is found. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

from tracing.people.names import (
    first_given_name,
    given_names_agree,
    is_no_given_name,
    lacks_one_given_name,
    name_tokens,
    normal_form,
    one_letter_apart,
    part_of_the_other,
    placeholder_length,
    placeholders_may_be_one,
)
from tracing.people.nir import counts_for

ABROAD = ("country", "national_number")
"""Fields of people from another country's senders: stored only where they hold something."""
NAMES_AND_BIRTH = ("birth_name", "first_names", "birth_date")
"""Fields by which two records are matched."""
ADDRESS = ("address", "postcode", "city", "insee_code", "country")
"""Fields of an address, which is corrected as a whole: two halves would make a wrong one."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A person's identity and contact details: stored sealed, never in clear.

    `nir` is valid and has 15 characters, or is None; `national_number` is that of another country, and matches nobody.
    `country` is that of the address, and empty for France. `phones` are usable numbers in E.164, the one to try first
    at the front. The birth date of a contact may be unknown, and then no rule matches them with another person. Names
    keep the sender's spelling.
    """

    birth_name: str
    first_names: str
    birth_date: date | None
    usual_name: str = ""
    sex: str = ""
    nir: str | None = None
    phones: tuple[str, ...] = ()
    email: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    insee_code: str = ""
    country: str = ""
    national_number: str = ""
    sent: tuple[tuple[str, str], ...] = ()
    """What a laboratory, or whoever named the person, says where somebody who knows better has corrected it: pairs of a
    field and its earlier value, `address` for all of an address. A later lot does not overwrite these fields, and the
    person is still recognised by the earlier values."""
    stood: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """What was said of their names and birth date, counted for a while, and may be printed on a paper: pairs of a field
    and its value, as `sent`. Whoever types one finds the person; lots are not matched by it, and it is not who they are."""

    @property
    def french_postcode(self) -> str:
        """The postcode if it is a French one: only those have a place of ours."""
        return "" if self.country else self.postcode

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-compatible form."""
        born = self.birth_date.isoformat() if self.birth_date else None
        # not `asdict`: its deep copy takes longer than sealing
        stored = self.__dict__ | {"birth_date": born, "phones": list(self.phones)}
        # a release that does not know them opens the identity of everybody who has none
        for name in ABROAD:
            if not stored[name]:
                del stored[name]
        for name in ("sent", "stood"):
            if stored[name]:
                stored[name] = [list(pair) for pair in stored[name]]
            else:
                del stored[name]
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Identity":
        """Read back what `to_dict` wrote; what only a newer release knows is left out."""
        born = date.fromisoformat(stored["birth_date"]) if stored["birth_date"] else None
        typed: dict[str, Any] = {"birth_date": born, "phones": tuple(stored["phones"])}
        for earlier in ("sent", "stood"):
            if earlier in stored:
                typed[earlier] = tuple((name, value) for name, value in stored[earlier])
        known = {name: value for name, value in stored.items() if name in _FIELDS}
        return cls(**{**known, **typed})

    def __repr__(self) -> str:
        """Reveal nothing: a repr ends up in logs and tracebacks."""
        return "Identity(…)"


_FIELDS = frozenset(one.name for one in fields(Identity))


def same_person(ours: Identity, theirs: Identity) -> bool:
    """Return whether both are one person.

    Birth dates are equal, given names agree, birth names or valid NIRs are equal, and no two NIRs that each
    belong to their own person differ. A name or birth date that was corrected counts as it was sent before, too, with
    an equal number or valid NIR beside it.
    """
    if _looks_the_same(ours, theirs):
        return not nirs_contradict(ours, theirs)
    return _is_same_as_sent(ours, theirs) and _share_a_number(ours, theirs)


def as_sent(identity: Identity) -> tuple[Identity, ...]:
    """Return a person with each mixture of corrected and earlier names and birth dates, other than as they are now."""
    return _mixtures(identity, identity.sent)


def as_ever(identity: Identity) -> tuple[Identity, ...]:
    """Return what `as_sent` does, with what counted in between too: somebody looks for the person by it."""
    return _mixtures(identity, (*identity.sent, *identity.stood))


def _mixtures(identity: Identity, earlier: Iterable[tuple[str, str]]) -> tuple[Identity, ...]:
    mixtures = [identity]
    for name, value in earlier:
        if name in NAMES_AND_BIRTH:
            mixtures += [_as_before(one, name, value) for one in mixtures]
            mixtures = list(dict.fromkeys(mixtures))
    return tuple(mixtures)[1:]


def _as_before(identity: Identity, name: str, value: str) -> Identity:
    before: Any = value
    if name == "birth_date":
        before = date.fromisoformat(value) if value else None
    return replace(identity, **{name: before})


def _is_same_as_sent(ours: Identity, theirs: Identity) -> bool:
    """Return whether both are one person by what was sent before a correction of either."""
    if not ours.sent and not theirs.sent:  # most people
        return False
    return any(
        _looks_the_same(one, other) and not nirs_contradict(one, other)
        for one in (ours, *as_sent(ours))
        for other in (theirs, *as_sent(theirs))
    )


def _share_a_number(ours: Identity, theirs: Identity) -> bool:
    return _shares_a_nir(ours, theirs) or not set(ours.phones).isdisjoint(theirs.phones)


def birth_dates(identity: Identity) -> frozenset[date]:
    """Return the birth date of a person, and every one that counted before it was corrected."""
    known = (identity, *as_ever(identity))
    return frozenset(one.birth_date for one in known if one.birth_date is not None)


def last_names(identity: Identity) -> frozenset[str]:
    """Return the names by which a person is or was called: of birth and in use, every one that counted; not empty."""
    earlier = {
        value for name, value in (*identity.sent, *identity.stood) if name in {"birth_name", "usual_name"}
    }
    return frozenset({identity.birth_name, identity.usual_name, *earlier} - {""})


def may_be_one(ours: Identity, theirs: Identity) -> bool:
    """Return whether given name and number are the same, and neither birth date, name nor NIR differ: a human must say."""
    if first_given_name(ours.first_names) != first_given_name(theirs.first_names):
        return False
    if set(ours.phones).isdisjoint(theirs.phones) or nirs_contradict(ours, theirs):
        return False
    dates, names = (
        {ours.birth_date, theirs.birth_date},
        {normal_form(ours.birth_name), normal_form(theirs.birth_name)},
    )
    return len(dates - {None}) < 2 and len(names - {""}) < 2


class Why(StrEnum):
    """Why two records are compared by a person."""

    SEVERAL = "several"
    """The rule matches them, but it also matched another person."""
    NIRS_DIFFER = "nirs_differ"
    NO_GIVEN_NAME = "no_given_name"
    """A placeholder stands for both given names: two records of a child not yet named, or twins."""
    ONE_LETTER = "one_letter"
    PART_OF_NAME = "part_of_name"
    """One has a part of the other's double surname."""
    USUAL_NAME = "usual_name"
    """The usual name of one, of a marriage mostly, is given as the birth name of the other."""
    GIVEN_NAME_MISSING = "given_name_missing"
    """One list of given names is the other without one."""
    CORRECTED = "corrected"
    """One is as the other was before a correction, and nothing else says that they are one."""
    RESEMBLED = "resembled"
    """They were similar when the line came; their data has changed since."""


def possible_duplicate(ours: Identity, theirs: Identity) -> bool:
    """Return whether a person should compare two people who are not the same by rule."""
    return resemblance(ours, theirs) is not None


def resemblance(ours: Identity, theirs: Identity) -> Why | None:
    """Return why a person should compare two people who are not the same by rule; None if they need not.

    Birth dates are always equal. Birth names that differ by a letter or are parts of a double surname need a shared
    telephone number or a valid NIR beside the first given name. Of a corrected person, what was sent before counts too.
    """
    if not _looks_the_same(ours, theirs) and _is_same_as_sent(ours, theirs):
        return None if _share_a_number(ours, theirs) else Why.CORRECTED
    if ours.birth_date is None or ours.birth_date != theirs.birth_date:
        return None
    if _looks_the_same(ours, theirs):
        return Why.NIRS_DIFFER if nirs_contradict(ours, theirs) else None
    name, other_name = normal_form(ours.birth_name), normal_form(theirs.birth_name)
    unnamed = is_no_given_name(ours.first_names), is_no_given_name(theirs.first_names)
    if any(unnamed):
        may_be_one = all(unnamed) and placeholders_may_be_one(ours.first_names, theirs.first_names)
        return Why.NO_GIVEN_NAME if may_be_one and name == other_name else None
    if first_given_name(ours.first_names) == first_given_name(theirs.first_names):
        if _shares_a_nir(ours, theirs) or set(ours.phones) & set(theirs.phones):
            if one_letter_apart(name, other_name):
                return Why.ONE_LETTER
            if part_of_the_other(ours.birth_name, theirs.birth_name):
                return Why.PART_OF_NAME
        if name != other_name and (
            normal_form(ours.usual_name) == other_name or normal_form(theirs.usual_name) == name
        ):
            return Why.USUAL_NAME
    if name == other_name and lacks_one_given_name(ours.first_names, theirs.first_names):
        return Why.GIVEN_NAME_MISSING
    return None


def nirs_contradict(ours: Identity, theirs: Identity) -> bool:
    """Return whether each NIR belongs to its own person and the two differ."""
    if ours.nir is None or theirs.nir is None or ours.nir == theirs.nir:
        return False
    return nir_counts(ours) and nir_counts(theirs)


def nir_counts(identity: Identity) -> bool:
    """Return whether the NIR is this person's own, not a parent's."""
    if identity.nir is None:
        return False
    return identity.birth_date is not None and counts_for(
        identity.nir, sex=identity.sex, birth_date=identity.birth_date
    )


def completed(known: Identity, newer: Identity) -> Identity:
    """Return a known person completed with a newer record of theirs: the latest contact details come first.

    Their own NIR is never replaced, and a parent's NIR is replaced by their own. What was corrected stays.
    """
    keeps_nir = nir_counts(known) or newer.nir is None
    # The address is taken as a whole: two halves would make a wrong one.
    latest = newer if newer.address or newer.postcode or newer.city else known
    both = replace(
        known,
        usual_name=newer.usual_name or known.usual_name,
        sex=known.sex or newer.sex,
        nir=known.nir if keeps_nir else newer.nir,
        phones=tuple(dict.fromkeys(newer.phones + known.phones)),
        email=newer.email or known.email,
        address=latest.address,
        postcode=latest.postcode,
        city=latest.city,
        insee_code=latest.insee_code,
        country=latest.country,
        national_number=newer.national_number or known.national_number,
    )
    return both if not known.sent else with_corrections_of(known, both)


def with_corrections_of(known: Identity, other: Identity) -> Identity:
    """Return another identity of a person with what was corrected in the known one."""
    kept: dict[str, Any] = {}
    for name, _value in known.sent:
        for one in ADDRESS if name == ADDRESS[0] else (name,):
            kept[one] = getattr(known, one)
    kept["sent"] = tuple(sorted((dict(other.sent) | dict(known.sent)).items()))
    kept["stood"] = tuple(sorted({*other.stood, *known.stood}))
    return replace(other, **kept)


def realm_key(value: str, *, is_invented: bool) -> str:
    """Return a search value as it is hashed: fictional people of a training site get hashes of their own."""
    return f"invented|{value}" if is_invented else value


def given_birth_key(identity: Identity) -> str:
    """Return the key that all records of one person share: first given name and birth date.

    A placeholder is no given name: the family's name takes its place, as every unnamed child of a day would share it.
    """
    return given_birth_keys(identity)[0]


def given_birth_keys(identity: Identity) -> tuple[str, ...]:
    """Return the keys of which two possible duplicates share at least one, `given_birth_key` first.

    The second given name has a key too: of two lists, one may lack the first name.
    """
    born = identity.birth_date.isoformat() if identity.birth_date else ""
    tokens = name_tokens(identity.first_names)
    if placeholder_length(tokens):
        return (f"?{normal_form(identity.birth_name)}|{born}",)
    first = f"{tokens[0] if tokens else ''}|{born}"
    if len(tokens) < _TWO or tokens[1] == tokens[0]:
        return (first,)
    return first, f"{tokens[1]}|{born}"


_TWO = 2


def name_birth_key(identity: Identity, given: str | None = None) -> str:
    """Return birth name, first given name and birth date: the key for an exact search by identity.

    `given` is their `given_birth_key`, if the caller already has it.
    """
    return f"{normal_form(identity.birth_name)}|{given or given_birth_key(identity)}"


def nir_key(identity: Identity) -> str | None:
    """Return the NIR as a search key, or None."""
    return identity.nir


def phone_keys(identity: Identity) -> tuple[str, ...]:
    """Return every number by which this person may be found."""
    return identity.phones


def email_key(identity: Identity) -> str | None:
    """Return the e-mail address as a search key, in lower case, or None."""
    return identity.email.lower() or None


def place_key(postcode: str) -> str | None:
    """Return a postcode as it is hashed, or None."""
    return postcode.replace(" ", "") or None


def _looks_the_same(ours: Identity, theirs: Identity) -> bool:
    """Return whether both are one person judging by names and dates, or by an equal valid NIR."""
    if ours.birth_date is None or ours.birth_date != theirs.birth_date:
        return False
    if not given_names_agree(ours.first_names, theirs.first_names):
        return False
    return _shares_a_nir(ours, theirs) or normal_form(ours.birth_name) == normal_form(theirs.birth_name)


def _shares_a_nir(ours: Identity, theirs: Identity) -> bool:
    """Return whether both have the same valid NIR, even if it is a parent's."""
    return ours.nir is not None and ours.nir == theirs.nir
