"""What is wrong with a pack, or with the wish for one."""


class PackError(LookupError):
    """There is no such pack, or something that it should hold is not there."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts

    def __str__(self) -> str:
        """Say it as users read it: "there is no pack of this year (year: 1999-00)"."""
        said = ", ".join(f"{name}: {_listed(value)}" for name, value in self.facts.items())
        return f"{self.reason} ({said})"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
