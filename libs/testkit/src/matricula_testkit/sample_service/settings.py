"""The settings of the sample service, as a test gives them: nothing comes from the environment."""

from typing import Any, Final

from matricula_chassis.settings import Port, ServiceSettings
from matricula_testkit.sample_service.service import SERVICE

_GIVEN: Final = {
    "database_url": "postgresql+asyncpg://sample@127.0.0.1:9/none",
    "kafka_bootstrap": "127.0.0.1:9",
    "oidc_issuer": "https://issuer.test",
    "gateway_jwks_url": "http://127.0.0.1:9/jwks",
}


class SampleSettings(ServiceSettings, env_prefix="SAMPLE_"):
    """What every service reads; variables begin with SAMPLE_."""

    service_name: str = SERVICE
    port: Port = 0


def sample_settings(**changes: Any) -> SampleSettings:
    """Return settings by which nobody is reached, with these changes."""
    return SampleSettings.model_validate(_GIVEN | changes)
