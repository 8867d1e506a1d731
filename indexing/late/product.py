"""Products of small integers, by ONNX Runtime, which has the processor's instructions for them; numpy has not."""

from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from indexing.carried import check_carried

GRAPH = Path(__file__).parent.parent / "data" / "product.onnx"
"""One MatMulInteger node, of `left - ZERO` and `right`; a test makes the same file."""
_GRAPH_SHA256 = "4ceb92c1f06d80f4ce5fe0a7cc9af638a3d1046e28aa47b1e7ed479a7ef03580"
ZERO = 10
"""What stands for 0 in `left`."""


def product(left: NDArray[np.uint8], right: NDArray[np.int8]) -> NDArray[np.int32]:
    """The exact matrix product of `left - ZERO`, shape (n, k), and `right`, shape (k, m): shape (n, m).

    `left` must not exceed 2 * ZERO: processors without VNNI add two products in 16 bits.
    """
    found: NDArray[np.int32] = _session().run(None, {"left": left, "right": right})[0]
    return found


@cache
def _session() -> onnxruntime.InferenceSession:
    check_carried(GRAPH, sha256=_GRAPH_SHA256)
    options = onnxruntime.SessionOptions()
    # one thread does a question's products in less time than a second one takes to wake up
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(GRAPH), sess_options=options, providers=["CPUExecutionProvider"])
