"""Use case: answer whether a partner may send a provider its data."""

from consent_registry.application.ports import Work
from consent_registry.domain.decision import Decision, Question, decide


async def decide_processing(question: Question, *, work: Work) -> Decision:
    """Return the decision on the register as it stands; changes nothing."""
    agreements = await work.agreements.with_partner(question.partner_id, ukprn=question.ukprn)
    bases = await work.bases.for_purpose(question.purpose, ukprn=question.ukprn)
    return decide(question, agreements, bases)
