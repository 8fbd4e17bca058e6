"""Endpoints of the rules of a year: what is published of them, and which are implemented."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from ilr_validator.adapters.http.schemas import RuleName, RuleOut
from ilr_validator.packs.pack import Pack, load
from matricula_chassis.auth import Principal, requires
from matricula_chassis.errors import NotFound
from matricula_chassis.http import Page, problem_responses

router = APIRouter(tags=["rules"])
AcademicYear = Annotated[
    str, Query(pattern=r"^\d{4}-\d{2}$", description="Academic year, for example 2025-26.")
]


@router.get("/v1/rules", responses=problem_responses(404))
async def list_rules(
    principal: Annotated[Principal, Depends(requires("list_rules"))],
    academic_year: AcademicYear = "2025-26",
) -> Page[RuleOut]:
    """List the rules of an academic year, by name."""
    del principal
    pack = _pack(academic_year)
    return Page(items=[_rule(pack, name) for name in sorted(pack.facts)], next=None)


@router.get("/v1/rules/{rule}", responses=problem_responses(404))
async def get_rule(
    rule: RuleName,
    principal: Annotated[Principal, Depends(requires("get_rule"))],
    academic_year: AcademicYear = "2025-26",
) -> RuleOut:
    """Return a rule of an academic year."""
    del principal
    pack = _pack(academic_year)
    if rule not in pack.facts:
        raise NotFound("rule-not-found")
    return _rule(pack, rule)


def _pack(academic_year: str) -> Pack:
    try:
        return load(academic_year)
    except LookupError:
        raise NotFound("academic-year-not-found") from None


def _rule(pack: Pack, name: str) -> RuleOut:
    facts = pack.facts[name]
    rule: Any = pack.rules.get(name)
    return RuleOut(
        rule=name,
        group=facts.group,
        stage=facts.stage,
        severity=facts.severity_at(None),
        severity_from=dict(facts.severity_from),
        rejects_file=facts.rejects_file,
        online_only=facts.is_online_only,
        in_fis=facts.is_in_fis,
        implemented=name not in pack.not_implemented,
        message=None if rule is None else rule.message,
    )
