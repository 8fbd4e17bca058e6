"""Every problem a service may answer: slug -> status, title, detail, help. Data only."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from matricula_contracts._problems import PROBLEMS

DOCUMENT: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(PROBLEMS)
"""{slug: {"status": int, "title": str, "detail": str, "help": str}}, as in problems.yaml."""
