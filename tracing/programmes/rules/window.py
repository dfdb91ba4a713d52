"""The contagious window of a case: the days in which its contacts are searched."""

from dataclasses import dataclass
from datetime import date, timedelta

from tracing.programmes.rules.reference import AppliedRule, applied
from tracing.programmes.schema import Pack, WindowRow


@dataclass(frozen=True)
class Window:
    """The contagious days of a case, both ends included."""

    start: date
    end: date
    rule: AppliedRule

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    @property
    def days(self) -> tuple[date, ...]:
        """Each day of the window, in order, to go through with the person."""
        return tuple(self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1))


def day_zero(onset: date | None, sampled: date | None) -> date | None:
    """Return J0: the onset, even if it is after the positive test; without symptoms, the sampling."""
    return onset or sampled


def contagious_window(
    pack: Pack,
    *,
    onset: date | None,
    sampled: date | None,
    on: date,
    isolated_since: date | None = None,
) -> Window | None:
    """Return the days to search, up to the case's isolation or the day of the question.

    None when neither date is known, or when no rule is in force that day.
    """
    anchor = day_zero(onset, sampled)
    row = pack.windows.choose({"symptomatic": onset is not None}, on, began=anchor)
    if row is None or anchor is None:
        return None
    start = _first_day(row, onset, sampled)
    if start is None:
        return None
    end = min(isolated_since or on, on, anchor + timedelta(days=row.days_after))
    # A date typed in the future must not make the window end before it starts.
    return Window(start, max(start, end), applied(pack, row))


def _first_day(row: WindowRow, onset: date | None, sampled: date | None) -> date | None:
    if onset is not None and row.days_before_onset is not None:
        start = onset - timedelta(days=row.days_before_onset)
    elif sampled is not None:
        start = sampled - timedelta(days=row.days_before_sampling)
    else:
        return None
    if sampled is None or row.most_days_before_sampling is None:
        return start
    return max(start, sampled - timedelta(days=row.most_days_before_sampling))


def origin_since(pack: Pack, *, sampled: date, on: date) -> date | None:
    """Return how far back it is asked where an infection comes from; None: no rule in force asks for it."""
    rows = (one for one in pack.hand_offs if one.days_before_test is not None and one.in_force(on))
    days = max((one.days_before_test or 0 for one in rows), default=0)
    return sampled - timedelta(days=days) if days else None
