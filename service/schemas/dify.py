"""What Dify sends to an external knowledge base, and what it expects back."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.core.errors import MAX_K
from service.core.values import Hit
from service.schemas.dify_conditions import MetadataCondition
from service.schemas.fields import Exact, Question, Text
from service.schemas.passages import PassageOut

KNOWLEDGE_ID = "byline"
"""The one knowledge base there is: all articles."""


class RetrievalSetting(BaseModel):
    """How much is wanted."""

    top_k: Annotated[int, Field(ge=1, le=MAX_K, strict=True)] = Field(description="Most records returned.")
    score_threshold: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = Field(
        0.0, description="Records of a lower score are left out. Scores compare within one result only."
    )


class RetrievalIn(BaseModel):
    """A question to a knowledge base."""

    # Dify adds fields from version to version; what narrows the result is checked to the last field
    knowledge_id: Text = Field(description=f"`{KNOWLEDGE_ID}`.")
    query: Question
    retrieval_setting: RetrievalSetting
    metadata_condition: MetadataCondition | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "knowledge_id": KNOWLEDGE_ID,
                    "query": "Why did Oh Chong-song keep driving?",
                    "retrieval_setting": {"top_k": 3, "score_threshold": 0.5},
                    "metadata_condition": {
                        "logical_operator": "and",
                        "conditions": [
                            {"name": "published_at", "comparison_operator": "after", "value": "2018-06-01"},
                            {"name": "publisher", "comparison_operator": "contains", "value": "Independent"},
                        ],
                    },
                }
            ]
        }
    )


class RecordMetadata(Exact):
    """Where a record stands: `text[start:end]` of that revision of the article, in code points."""

    article_id: str
    revision: str
    start: int
    end: int
    passage_id: int
    publisher: str | None
    published_at: date | None
    url: str | None


class RecordOut(Exact):
    """A passage."""

    content: str
    score: float = Field(ge=0, le=1, description="Comparable within one result only.")
    title: str
    metadata: RecordMetadata

    @classmethod
    def of(cls, hit: Hit) -> "RecordOut":
        """From the core's value."""
        shown = PassageOut.of(hit.passage, score=hit.score)
        metadata = RecordMetadata(**{name: getattr(shown, name) for name in RecordMetadata.model_fields})
        return cls(content=shown.text, score=shown.score or 0.0, title=shown.title, metadata=metadata)


class RetrievalOut(Exact):
    """What was found, best first."""

    records: list[RecordOut]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "records": [
                        {
                            "content": "Leaving can be hazardous. A soldier who ran for the South in November 2017 ...",
                            "score": 1.0,
                            "title": "Soldier slips across eastern stretch of Korean border ...",
                            "metadata": {
                                "article_id": "dmz-defection-december-2018",
                                "revision": "6ca55b9e8ad3719185c15aa955a427c95f2c683df2f5b0afda7b1e9f6f930357",
                                "start": 2315,
                                "end": 2760,
                                "passage_id": 4,
                                "publisher": "The Independent",
                                "published_at": "2018-12-01",
                                "url": None,
                            },
                        }
                    ]
                }
            ]
        }
    )


class DifyError(BaseModel):
    """An error as Dify shows it."""

    error_code: int = Field(
        description="1001 no API key, 1002 a wrong one, 2001 no such knowledge base; else the status."
    )
    error_msg: str
