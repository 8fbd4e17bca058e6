"""The README's table of settings is the settings."""

import re
from pathlib import Path

from matricula_chassis.settings import ServiceSettings, variable_of
from matricula_gateway.settings import GatewaySettings

README = Path(__file__).parents[2] / "README.md"
SHARED_AND_EXPLAINED_ELSEWHERE = set(ServiceSettings.model_fields) - {
    "host", "port", "oidc_issuer", "kafka_bootstrap", "internal_issuer", "linger_seconds",
    "drain_seconds",
}  # fmt: skip


def test_every_setting_is_explained_and_nothing_else() -> None:
    text = README.read_text(encoding="utf-8").partition("## Configuration")[2]
    table = text.partition("## Runbook")[0]
    told = set(re.findall(r"`((?:GATEWAY|OIDC|KAFKA)_[A-Z_]+)`", table))
    known = {
        variable_of(GatewaySettings, name)
        for name in set(GatewaySettings.model_fields) - SHARED_AND_EXPLAINED_ELSEWHERE
    }
    assert told == known


def test_the_readme_has_the_seven_headings() -> None:
    headings = re.findall(r"^## (.+)$", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert headings == [
        "Purpose", "Data owned", "API", "Events in and out", "Invariants", "Configuration",
        "Runbook",
    ]  # fmt: skip
