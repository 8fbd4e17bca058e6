"""The policy: roles, purposes, permissions and the operations of every service. Data only."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from matricula_contracts._policy import POLICY

DOCUMENT: Final[Mapping[str, Any]] = MappingProxyType(POLICY)
"""version, roles, purposes, permissions, services; every operation is complete."""
