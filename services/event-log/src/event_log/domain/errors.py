"""What can be wrong with a log, as opposed to with a request."""


class LogForkedError(Exception):
    """Storage contradicts what this log has signed before; nothing may be signed any more."""

    def __init__(self, *, signed_size: int, reason: str) -> None:
        super().__init__("the stored log contradicts what was signed")
        self.signed_size = signed_size
        self.reason = reason
