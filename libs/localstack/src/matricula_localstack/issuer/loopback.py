"""DEV ONLY: what counts as this computer, and the refusal of everything else."""

import ipaddress


class NotLoopback(ValueError):  # noqa: N818 - named as the fact it states
    """The development issuer was asked to listen where others could reach it."""

    def __init__(self) -> None:
        super().__init__("the development issuer listens on loopback only, never elsewhere")


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_loopback(host: str) -> str:
    """Return the host; raises NotLoopback unless it means this computer."""
    if not is_loopback(host):
        raise NotLoopback
    return host
