"""The names of the encoder backends; apart from them, so that reading the settings imports none."""

from enum import StrEnum


class Backend(StrEnum):
    """What runs the model."""

    ONNX = "onnx"
    SENTENCE_TRANSFORMERS = "sentence-transformers"
