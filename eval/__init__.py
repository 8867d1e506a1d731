"""How good: question sets, systems under test, metrics, significance, exchange formats and reports."""

import indexing  # noqa: F401 - what it says to ONNX Runtime comes before whatever here imports that
