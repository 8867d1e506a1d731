"""The names of the encoder backends and precisions; apart from them, so that reading the settings imports none."""

from enum import StrEnum


class Backend(StrEnum):
    """What runs the model."""

    ONNX = "onnx"
    SENTENCE_TRANSFORMERS = "sentence-transformers"


class Precision(StrEnum):
    """What an exported model computes its matrix products in."""

    INT8 = "int8"
    FP32 = "fp32"
