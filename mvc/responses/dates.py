"""HTTP dates (RFC 9110 section 5.6.7): written in one form, read in all three."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.utils import formatdate

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FORMS = tuple(
    re.compile(form)
    for form in (
        # IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
        rf"[A-Z][a-z]{{2}}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",
        # rfc850-date: Sunday, 06-Nov-94 08:49:37 GMT
        rf"[A-Z][a-z]{{5,8}}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        # asctime-date: Sun Nov  6 08:49:37 1994
        rf"[A-Z][a-z]{{2}} {_MONTH} (?P<day>[0-9 ][0-9]) {_TIME} (?P<year>[0-9]{{4}})",
    )
)
_LONGEST = 40  # characters; a date of any form is shorter


def format_http_date(moment: datetime | float) -> str:
    """IMF-fixdate of an aware datetime, or of seconds since the epoch."""
    seconds = moment.timestamp() if isinstance(moment, datetime) else moment
    return formatdate(int(seconds), usegmt=True)


def format_last_modified(modified: float) -> str:
    """The date of a file's last change, in seconds since the epoch, for `Last-Modified`.

    Never in the future (http:V3), and none that has no name: file systems take any number.
    """
    return format_http_date(min(max(modified, 0.0), time.time()))


def parse_http_date(text: str | None) -> int | None:
    """Seconds since the epoch, or None for what is no HTTP date: such a field is ignored."""
    if text is None or len(text) > _LONGEST:
        return None
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _seconds(match)
    return None


def _seconds(match: re.Match[str]) -> int | None:
    year = _full_year(match["year"])
    month = _MONTHS.index(match["month"]) + 1
    # A leap second is a legal date; our clock knows none.
    second = min(int(match["second"]), 59)
    try:
        moment = datetime(
            year,
            month,
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            second,
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return int(moment.timestamp())


def _full_year(digits: str) -> int:
    """Two digits that would lie over 50 years ahead mean the century before (RFC 9110 5.6.7)."""
    if len(digits) == 4:
        return int(digits)
    this_year = datetime.now(UTC).year
    year = this_year - this_year % 100 + int(digits)
    return year - 100 if year > this_year + 50 else year
