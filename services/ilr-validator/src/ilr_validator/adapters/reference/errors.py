"""What is wrong with reference data, and where."""


class SnapshotError(Exception):
    """Reference data cannot be read: which file, which line and column, and what is wrong."""

    def __init__(
        self,
        reason: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.file = file
        self.line = line
        self.column = column
        self.value = value

    def __str__(self) -> str:
        """Say it as users read it: "lars_aims.csv, line 3, column X: no date: 2025-02-30"."""
        where = [
            self.file,
            None if self.line is None else f"line {self.line}",
            None if self.column is None else f"column {self.column}",
        ]
        place = ", ".join(part for part in where if part)
        said = self.reason if self.value is None else f"{self.reason}: {self.value}"
        return f"{place}: {said}" if place else said
