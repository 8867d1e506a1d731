"""Real models for tests: encoders opened, exported and held one against another, and tiny ones made on the spot."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from indexing.encoders.backend import Backend, Precision
from indexing.encoders.choose import open_encoder
from indexing.encoders.exported import ExportManifest
from indexing.encoders.protocol import PieceEncoder
from indexing.encoders.source import find_model

LEAST_COSINE = {Precision.FP32: 0.9999, Precision.INT8: 0.95}


@contextmanager
def unwarned() -> Iterator[None]:
    """torch, transformers and the exporter warn of their own plans."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def opened(
    name: str, backend: Backend, cache: Path, *, precision: Precision = Precision.INT8, threads: int = 2
) -> PieceEncoder:
    with unwarned():
        return open_encoder(
            name,
            backend=backend,
            precision=precision,
            cache=cache,
            threads=threads,
            device="cpu",
            on_export=lambda _: None,
        )


def cosines(one: PieceEncoder, other: PieceEncoder, texts: list[str]) -> list[float]:
    pairs = [(one.encode_passages(texts), other.encode_passages(texts))]
    questions = [np.stack([each.encode_question(text) for text in texts]) for each in (one, other)]
    pairs.append((questions[0], questions[1]))
    return [float(cosine) for left, right in pairs for cosine in (left * right).sum(axis=1)]


LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!:;'"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]


def tiny_model(
    folder: Path,
    *,
    pooling: str = "mean",
    normalise: bool = False,
    max_pieces: int | None = 64,
    prompts: dict[str, str] | None = None,
    default_prompt: str | None = None,
) -> Path:
    """A BERT with two small random layers, saved as sentence-transformers saves a model."""
    with unwarned():
        import torch  # noqa: PLC0415 - takes seconds, and only the tests here need it
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from sentence_transformers.sentence_transformer.modules import (  # noqa: PLC0415
            Normalize,
            Pooling,
            Transformer,
        )
        from transformers import BertConfig, BertModel, BertTokenizer  # noqa: PLC0415

        torch.manual_seed(5)
        base = folder.with_name(f"{folder.name}-base")
        base.mkdir()
        (base / "vocab.txt").write_text("\n".join(VOCABULARY))
        config = BertConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=128,
        )
        BertModel(config).save_pretrained(base)
        BertTokenizer(vocab={word: n for n, word in enumerate(VOCABULARY)}).save_pretrained(base)
        transformer = Transformer(str(base), max_seq_length=max_pieces)
        modules = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)]
        if normalise:
            modules.append(Normalize())
        model = SentenceTransformer(
            modules=modules, device="cpu", prompts=prompts or {}, default_prompt_name=default_prompt
        )
        model.save(str(folder))
    return folder


def tiny_cross_encoder(
    folder: Path,
    *,
    labels: int = 1,
    max_pieces: int = 128,
    prompt: str | None = None,
    change: Callable[[dict[str, object]], None] = lambda _: None,
) -> Path:
    """A BERT that judges pairs with two small random layers, saved as sentence-transformers saves one.

    `change` alters the weights, by name, before they are saved.
    """
    with unwarned():
        import torch  # noqa: PLC0415 - takes seconds, and only the tests of real models need it
        from sentence_transformers import CrossEncoder  # noqa: PLC0415
        from transformers import BertConfig, BertForSequenceClassification, BertTokenizer  # noqa: PLC0415

        torch.manual_seed(5)
        base = folder.with_name(f"{folder.name}-base")
        config = BertConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=max_pieces,
            initializer_range=0.5,
        )
        config.num_labels = labels
        bert = BertForSequenceClassification(config)
        weights = bert.state_dict()
        change(weights)
        bert.load_state_dict(weights)
        bert.save_pretrained(base)
        BertTokenizer(vocab={word: n for n, word in enumerate(VOCABULARY)}).save_pretrained(base)
        prompts = {} if prompt is None else {"judge": prompt}
        model = CrossEncoder(str(base), device="cpu", prompts=prompts, default_prompt_name="judge" if prompts else None)
        model.save_pretrained(str(folder))
    return folder


def exported(folder: Path, cache: Path, precision: Precision = Precision.FP32) -> ExportManifest:
    with unwarned():
        from indexing.encoders.export import export  # noqa: PLC0415 - imports torch

        return export(find_model(str(folder)), precision=precision, cache=cache)
