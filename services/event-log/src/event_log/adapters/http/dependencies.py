"""What the endpoints are given: units of work, clock, ids, cursors. Built by bootstrap."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends

from event_log.domain.events import Scope, scope_of
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Forbidden
from matricula_chassis.http import means_of
from matricula_chassis.ids import IdSource


@dataclass(frozen=True, slots=True)
class Means:
    """Everything that endpoints use; `app.state.means`. `open_unit` gives the unit of work."""

    open_unit: Callable[[ActionContext], Any]
    clock: Clock
    ids: IdSource
    cursor_key: bytes
    pack_path: Callable[[UUID], Path]


MeansDep = Annotated[Means, Depends(means_of)]


def visible_to(principal: Principal) -> Scope:
    """Return whose events this caller may see; Forbidden when there is nothing."""
    scope = scope_of(
        principal.roles,
        subject=principal.subject,
        client=principal.client_id,
        ukprn=principal.ukprn,
    )
    if scope is None:
        raise Forbidden("forbidden", reason="no_provider")
    return scope
