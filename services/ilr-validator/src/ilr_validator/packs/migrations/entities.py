"""A learner's record as a tree of entities, as the files of all years have it: names and texts."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Entity:
    """One entity: its fields as they are written, and the entities below it, in order."""

    name: str
    fields: dict[str, str] = field(default_factory=dict)
    children: list["Entity"] = field(default_factory=list)

    def of(self, name: str) -> Iterator["Entity"]:
        """Give the entities of a name that stand below this one."""
        return (child for child in self.children if child.name == name)

    def day(self, name: str) -> str:
        """Give a date as ISO text, which sorts as dates do; empty where it is not there."""
        return self.fields.get(name, "")[:10]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is left of the entity."""
        return not self.fields and not self.children
