"""All checks in turn, each on a part of BYLINE_HOME that may be sound whatever the others are."""

from collections.abc import Iterator

from service.compose import Parts
from service.doctor.feedback import examine_feedback
from service.doctor.finding import Finding
from service.doctor.folder import examine_folder
from service.doctor.keys import examine_keys
from service.doctor.library import examine_library


def examine(parts: Parts) -> Iterator[Finding]:
    """Every check; one that needs what an earlier one found broken is left out."""
    yield from examine_library(parts)
    yield from examine_keys(parts.settings)
    yield from examine_feedback(parts)
    yield from examine_folder(parts.settings.home)
