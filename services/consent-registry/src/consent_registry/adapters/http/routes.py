"""Endpoints of consent-registry: agreements, lawful bases, decisions. Thin: one use case each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from consent_registry.adapters.http.schemas import (
    AgreementIn,
    AgreementOut,
    BasisIn,
    BasisOut,
    DecisionOut,
    EndIn,
    QuestionIn,
    UseOut,
)
from consent_registry.application import manage_agreements, manage_bases
from consent_registry.application.decide_processing import decide_processing
from consent_registry.application.ports import WorkFactory
from consent_registry.domain.agreement import Agreement
from consent_registry.domain.decision import Question
from consent_registry.domain.lawful_basis import LawfulBasis
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, provider_of, requires
from matricula_chassis.clock import Clock, london_date
from matricula_chassis.db.idempotency import IdempotencyKey, StoredOutcome
from matricula_chassis.http import (
    Page,
    cursor_after,
    cursor_key,
    decode_cursor,
    etag_of,
    idempotency_key,
    means_of,
)
from matricula_chassis.ids import IdSource

router = APIRouter()
MAX_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Everything that endpoints use; `app.state.means`."""

    work: WorkFactory
    clock: Clock
    ids: IdSource
    cursor_secret: bytes


MeansDep = Annotated[Means, Depends(means_of)]
Key = Annotated[IdempotencyKey, Depends(idempotency_key)]
Cursor = Annotated[str | None, Query(max_length=512)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


@router.post("/v1/agreements", status_code=201, tags=["agreements"])
async def register_agreement(
    body: AgreementIn,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("register_agreement"))],
    key: Key,
) -> AgreementOut:
    """Enter a data-sharing agreement as a draft. It covers nothing until it is activated."""
    ukprn = provider_of(principal)
    async with means.work(ActionContext.from_principal(principal)) as work:
        outcome = await work.replay_or_claim(key)
        if outcome is None:
            one = Agreement(
                agreement_id=means.ids.uuid7(),
                ukprn=ukprn,
                partner_id=body.partner_id,
                partner_role=body.partner_role,
                data_sets=_distinct(body.data_sets),
                purposes=_distinct(body.purposes),
                data_classes=_distinct(body.data_classes),
                measures=_distinct(body.measures),
                starts_on=body.starts_on,
                ends_on=body.ends_on,
                review_on=body.review_on,
                registered_by=principal.subject,
            )
            await manage_agreements.register_agreement(one, work=work)
            location = f"/v1/agreements/{one.agreement_id}"
            outcome = StoredOutcome(201, str(one.agreement_id), etag_of(1), location)
            await work.store_outcome(outcome)
        shown = await work.agreements.get(UUID(outcome.resource_id), ukprn=ukprn)
    response.headers["Location"] = outcome.location
    response.headers["ETag"] = etag_of(shown.version)
    return _agreement(shown, means)


@router.get("/v1/agreements", tags=["agreements"])
async def list_agreements(
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_agreements"))],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AgreementOut]:
    """List the provider's agreements, the newest first."""
    secret = cursor_key(means.cursor_secret, listing="agreements")
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.agreements.page(
            ukprn=provider_of(principal), after=_after(cursor, secret), limit=limit + 1
        )
    following = cursor_after(found, limit, lambda one: [str(one.agreement_id)], key=secret)
    return Page(items=[_agreement(one, means) for one in found[:limit]], next=following)


@router.get("/v1/agreements/{agreement_id}", tags=["agreements"])
async def get_agreement(
    agreement_id: UUID,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_agreement"))],
) -> AgreementOut:
    """Return an agreement."""
    async with means.work(ActionContext.from_principal(principal)) as work:
        one = await work.agreements.get(agreement_id, ukprn=provider_of(principal))
    response.headers["ETag"] = etag_of(one.version)
    return _agreement(one, means)


@router.post("/v1/agreements/{agreement_id}/activation", tags=["agreements"])
async def activate_agreement(
    agreement_id: UUID,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("activate_agreement"))],
    key: Key,
) -> AgreementOut:
    """Bring a draft into force. From then on it covers what it names, between its dates."""
    ukprn = provider_of(principal)
    async with means.work(ActionContext.from_principal(principal)) as work:
        if await work.replay_or_claim(key) is None:
            await manage_agreements.activate_agreement(
                agreement_id, ukprn=ukprn, version=None, work=work
            )
            await work.store_outcome(StoredOutcome(200, str(agreement_id), None, None))
        one = await work.agreements.get(agreement_id, ukprn=ukprn)
    response.headers["ETag"] = etag_of(one.version)
    return _agreement(one, means)


@router.post("/v1/agreements/{agreement_id}/termination", tags=["agreements"])
async def terminate_agreement(
    agreement_id: UUID,
    body: EndIn,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("terminate_agreement"))],
    key: Key,
) -> AgreementOut:
    """End an agreement at once. Nothing that is received or goes live afterwards is covered."""
    ukprn = provider_of(principal)
    async with means.work(ActionContext.from_principal(principal)) as work:
        if await work.replay_or_claim(key) is None:
            await manage_agreements.terminate_agreement(
                agreement_id, ukprn=ukprn, version=None, reason=body.reason, work=work
            )
            await work.store_outcome(StoredOutcome(200, str(agreement_id), None, None))
        one = await work.agreements.get(agreement_id, ukprn=ukprn)
    response.headers["ETag"] = etag_of(one.version)
    return _agreement(one, means)


@router.get("/v1/agreements/{agreement_id}/uses", tags=["agreements"])
async def list_agreement_uses(
    agreement_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_agreement_uses"))],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[UseOut]:
    """List the submissions that were taken in under an agreement, the newest first."""
    secret = cursor_key(means.cursor_secret, listing="agreement-uses")
    async with means.work(ActionContext.from_principal(principal)) as work:
        await work.agreements.get(agreement_id, ukprn=provider_of(principal))
        found = await work.agreements.uses(
            agreement_id, after=_after(cursor, secret), limit=limit + 1
        )
    following = cursor_after(found, limit, lambda use: [str(use.submission_id)], key=secret)
    return Page(items=[UseOut.of(use) for use in found[:limit]], next=following)


@router.post("/v1/lawful-bases", status_code=201, tags=["lawful bases"])
async def register_lawful_basis(
    body: BasisIn,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("register_lawful_basis"))],
    key: Key,
) -> BasisOut:
    """Enter a lawful basis. Protected classes need Article 9 or 10 and Schedule 1 conditions."""
    ukprn = provider_of(principal)
    async with means.work(ActionContext.from_principal(principal)) as work:
        outcome = await work.replay_or_claim(key)
        if outcome is None:
            one = LawfulBasis(
                basis_id=means.ids.uuid7(),
                ukprn=ukprn,
                purpose=body.purpose,
                data_class=body.data_class,
                conditions=_distinct(body.conditions),
                starts_on=body.starts_on,
                ends_on=body.ends_on,
                registered_by=principal.subject,
            )
            await manage_bases.register_lawful_basis(one, work=work)
            location = f"/v1/lawful-bases/{one.basis_id}"
            outcome = StoredOutcome(201, str(one.basis_id), etag_of(1), location)
            await work.store_outcome(outcome)
        shown = await work.bases.get(UUID(outcome.resource_id), ukprn=ukprn)
    response.headers["Location"] = outcome.location
    response.headers["ETag"] = etag_of(shown.version)
    return _basis(shown, means)


@router.get("/v1/lawful-bases", tags=["lawful bases"])
async def list_lawful_bases(
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_lawful_bases"))],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[BasisOut]:
    """List the provider's lawful bases, the newest first."""
    secret = cursor_key(means.cursor_secret, listing="lawful-bases")
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.bases.page(
            ukprn=provider_of(principal), after=_after(cursor, secret), limit=limit + 1
        )
    following = cursor_after(found, limit, lambda one: [str(one.basis_id)], key=secret)
    return Page(items=[_basis(one, means) for one in found[:limit]], next=following)


@router.get("/v1/lawful-bases/{basis_id}", tags=["lawful bases"])
async def get_lawful_basis(
    basis_id: UUID,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_lawful_basis"))],
) -> BasisOut:
    """Return a lawful basis."""
    async with means.work(ActionContext.from_principal(principal)) as work:
        one = await work.bases.get(basis_id, ukprn=provider_of(principal))
    response.headers["ETag"] = etag_of(one.version)
    return _basis(one, means)


@router.post("/v1/lawful-bases/{basis_id}/end", tags=["lawful bases"])
async def end_lawful_basis(
    basis_id: UUID,
    body: EndIn,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("end_lawful_basis"))],
    key: Key,
) -> BasisOut:
    """Let a lawful basis end today; today still counts."""
    ukprn = provider_of(principal)
    async with means.work(ActionContext.from_principal(principal)) as work:
        if await work.replay_or_claim(key) is None:
            await manage_bases.end_lawful_basis(
                basis_id,
                ukprn=ukprn,
                version=None,
                on=london_date(means.clock.now()),
                reason=body.reason,
                work=work,
            )
            await work.store_outcome(StoredOutcome(200, str(basis_id), None, None))
        one = await work.bases.get(basis_id, ukprn=ukprn)
    response.headers["ETag"] = etag_of(one.version)
    return _basis(one, means)


@router.post("/v1/decisions", tags=["decisions"])
async def decide(
    body: QuestionIn,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("decide"))],
) -> DecisionOut:
    """Answer another service: may this partner send this data, and why. Changes nothing."""
    question = Question(
        partner_id=body.partner_id,
        ukprn=body.ukprn,
        data_set=body.data_set,
        purpose=body.purpose,
        on=london_date(body.at),
    )
    async with means.work(ActionContext.from_principal(principal)) as work:
        decision = await decide_processing(question, work=work)
    return DecisionOut.of(decision, now=means.clock.now())


def _agreement(one: Agreement, means: Means) -> AgreementOut:
    return AgreementOut.of(one, today=london_date(means.clock.now()))


def _basis(one: LawfulBasis, means: Means) -> BasisOut:
    return BasisOut.of(one, today=london_date(means.clock.now()))


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _after(cursor: str | None, secret: bytes) -> UUID | None:
    return None if cursor is None else UUID(str(decode_cursor(cursor, key=secret)[0]))
