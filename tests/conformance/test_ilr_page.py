"""The page of the rules says what the packs and their cases say today."""

import pytest
from tests.conformance import ilr_coverage
from tests.conformance.ilr_vectors import PLAIN


@pytest.mark.skipif(not PLAIN.is_file(), reason=f"{PLAIN.name} not present beside the checkout")
def test_the_page_of_the_rules_is_current() -> None:
    written = ilr_coverage.PAGE.read_text("utf-8")
    assert written == ilr_coverage.page(), "run: make rules-page"
