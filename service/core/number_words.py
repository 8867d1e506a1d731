"""Numbers in English words."""

from collections.abc import Mapping
from types import MappingProxyType

ONE_TO_TWELVE: Mapping[str, str] = MappingProxyType(
    {
        "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
        "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
    }
)  # fmt: skip
"""In figures, as what follows them is counted."""
NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        **ONE_TO_TWELVE, "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
        "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40",
        "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90", "dozen": "12", "hundred": "100",
        "thousand": "1000", "million": "1000000", "billion": "1000000000", "trillion": "1000000000000",
    }
)  # fmt: skip
"""In figures, each for itself: "two hundred" is a 2 and a 100."""
