"""Years and months that a question names, and how well an article's date agrees with them."""

import re
from dataclasses import dataclass
from datetime import date

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b(?!\s+[a-z]+s\b)")
"""Not where it counts something: "2000 soldiers"."""
_MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)})\b", re.IGNORECASE)
_MAY_OR_MARCH = re.compile(
    r"\b(?:[Ii]n|[Oo]f|[Oo]n|[Bb]y|[Ss]ince|[Uu]ntil|[Ll]ate|[Ee]arly|[Ll]ast|[Nn]ext|[Tt]his|[0-9]{1,2}(?:st|nd|rd|th)?)"
    r"\s+(?:May|March)\b|\b(?:May|March)\s+[0-9]"
)
"""Where these two are months, in capitals: they are words of other meanings as well."""


@dataclass(frozen=True, slots=True)
class AskedDates:
    """Years and months that a question names."""

    years: frozenset[int]
    months: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.years or self.months)

    def agreement(self, published: date | None) -> float:
        """1 if an article was published then, 0.5 if only in the year, 0 if not or if its date is not known."""
        if published is None or (self.years and published.year not in self.years):
            return 0.0
        return 1.0 if not self.months or published.month in self.months else 0.5 * bool(self.years)


def asked_dates(question: str) -> AskedDates:
    """What the question says of years and months in figures and English names."""
    certain = {match.group().lower() for match in _MONTH.finditer(question)} - {"may", "march"}
    doubtful = " ".join(match.group().lower() for match in _MAY_OR_MARCH.finditer(question))
    certain |= {name for name in ("may", "march") if name in doubtful}
    years = frozenset(int(year) for year in _YEAR.findall(question))
    return AskedDates(years, frozenset(MONTHS.index(name) + 1 for name in certain))
