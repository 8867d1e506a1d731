"""An index for which there is no room is an error when it is written, and not when it is read."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.resilience.workers import ROOT

_SAVE = """
import resource, sys
from pathlib import Path
import numpy as np
from indexing.vectors import faiss
from indexing.vectors.plan import Kind, Plan
vectors = np.eye(16, 8, dtype=np.float16)
index = faiss.build(np.arange(16), vectors, plan=Plan(Kind(sys.argv[2]), 0.9, 1))
# no file may grow beyond this, which a write meets like the end of the disk; less than a buffer, so that it is met last
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
try:
    index.save(Path(sys.argv[1]))
except (OSError, RuntimeError):
    sys.exit(0)
sys.exit("nothing was raised")
"""


@pytest.mark.parametrize("kind", ["exact", "quantised"])
def test_a_vector_index_whose_last_bytes_find_no_room_is_not_taken_for_written(tmp_path: Path, kind: str) -> None:
    command = [sys.executable, "-c", _SAVE, str(tmp_path), kind]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
