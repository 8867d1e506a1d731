"""The steps of the generations in a library's own folder, in this process or in one of its own.

`python -m indexing.generations.carrying_out flush|merge|rebuild HOME SECONDS` is that, with the plan over standard
input; see `other_process`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

from corpus.library.reading import Library
from indexing.generations.manifest import Manifest
from indexing.generations.other_process import be_other_process, run_in_other_process
from indexing.generations.publishing import flush, merge, publish
from indexing.generations.step import Step
from indexing.vectors.plan import Plan, plan_of

_STEPS: Mapping[Step, Callable[..., Manifest | None]] = {Step.FLUSH: flush, Step.MERGE: merge, Step.REBUILD: publish}


def carry_out(step: Step, library: Library, *, wait_seconds: float, plan: Plan) -> None:
    """Does it in this process. Raises what `publishing` raises, LibraryBusy where another process is at it."""
    _STEPS[step](library, wait_seconds=wait_seconds, plan=plan)


def carry_out_in_other_process(step: Step, library: Library, *, wait_seconds: float, plan: Plan) -> None:
    """Does it in a new process and returns when that has ended.

    Raises LibraryBusy where another process is at it, and PublishingFailed with what the new one said.
    """
    run_in_other_process(__spec__.name, step, library, wait_seconds=wait_seconds, told=json.dumps(asdict(plan)))


def _carry_out(step: Step, library: Library, *, wait_seconds: float, told: str) -> None:
    carry_out(step, library, wait_seconds=wait_seconds, plan=plan_of(json.loads(told)))


if __name__ == "__main__":
    be_other_process(_carry_out)
