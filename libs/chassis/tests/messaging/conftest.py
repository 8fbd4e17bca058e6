"""Fixtures of the messaging tests: the sample service's."""

from matricula_testkit.sample_service.fixtures import database, owner, urls, work

__all__ = ["database", "owner", "urls", "work"]
