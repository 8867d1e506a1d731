"""An error as OpenAI's clients read it."""

from pydantic import BaseModel, ConfigDict, Field


class ErrorDetail(BaseModel):
    """What is wrong."""

    message: str
    type: str
    param: str | None = Field(None, description="The field that is wrong, where one is.")
    code: str | None = None


class ErrorOut(BaseModel):
    """An error."""

    error: ErrorDetail

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "message": "max_num_results: Input should be less than or equal to 50",
                        "type": "invalid_request_error",
                        "param": "max_num_results",
                        "code": "invalid_value",
                    }
                }
            ]
        }
    )
