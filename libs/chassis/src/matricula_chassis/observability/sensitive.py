"""A value that must not be seen by accident: masked wherever it is shown, stored or encoded.

It is no protection against code that asks for the value; `reveal` is what a reviewer looks for.
"""

from collections.abc import Hashable
from typing import Any, Final, Generic, NoReturn, TypeVar, cast, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MASK: Final = "[redacted]"

ValueT = TypeVar("ValueT")


class Sensitive(Generic[ValueT]):
    """Holds a value and shows a mask in `repr`, `str`, `format`, JSON and pydantic dumps.

    As a pydantic field, `Sensitive[date]` takes what `date` takes and always dumps the mask:
    a response model that is meant to show the value declares the plain type.
    """

    __slots__ = ("_value",)

    def __init__(self, value: ValueT) -> None:
        self._value = value

    def reveal(self) -> ValueT:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Sensitive({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sensitive):
            return NotImplemented
        return bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash((Sensitive, cast("Hashable", self._value)))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a sensitive value is not pickled")

    def __copy__(self) -> "Sensitive[ValueT]":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Sensitive[ValueT]":
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        arguments = get_args(source)
        inner = handler.generate_schema(arguments[0]) if arguments else core_schema.any_schema()
        wrapped = core_schema.no_info_after_validator_function(cls, inner)
        return core_schema.json_or_python_schema(
            json_schema=wrapped,
            python_schema=core_schema.union_schema(
                [core_schema.is_instance_schema(cls), wrapped], mode="left_to_right"
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _mask, return_schema=core_schema.str_schema()
            ),
        )


def _mask(_value: object) -> str:
    return MASK
