"""What every event type shares: strict writing, tolerant reading, and types that cannot hold prose.

No event may hold personal data, so there is no plain `str` here: each text is an identifier, a code
or a name of a field, with a pattern and a length.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.:-]*$", max_length=64)]
"""A lower-case code: a reason, a method, a problem's slug, an operation's name."""
ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]
"""The id of an OAuth client."""
Identifier = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/|-]*$", max_length=128)
]
"""An identifier that another system may have made: a subject, a policy hash, a log's origin."""
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.]+$", max_length=120)]
"""The name of a field of the record, never its value."""
Ukprn = Annotated[int, Field(ge=10_000_000, le=99_999_999)]
Count = Annotated[int, Field(ge=0)]
Position = Annotated[int, Field(ge=1)]
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=128)]
DataClass = Literal["ordinary", "special_category", "criminal_offence"]
Id = UUID


class Event(BaseModel):
    """The data of one event type. Construct it to publish (unknown fields are refused)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]
    EXAMPLE: ClassVar[Mapping[str, Any]]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Return the event in received data; unknown fields and the audit block are ignored."""
        return cls.model_validate(data, extra="ignore")

    def data(self) -> dict[str, Any]:
        """Return the JSON object to publish; fields without a value are left out."""
        return self.model_dump(mode="json", exclude_none=True)
