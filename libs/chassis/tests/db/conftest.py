"""Fixtures of the database tests: the sample service's."""

from matricula_testkit.sample_service.fixtures import database, owner, sample_urls, urls, work

__all__ = ["database", "owner", "sample_urls", "urls", "work"]
