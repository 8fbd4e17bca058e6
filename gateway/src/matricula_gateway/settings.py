"""The gateway's settings, one frozen object; variables begin with GATEWAY_.

Nothing else reads the environment.
"""

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from matricula_chassis.settings import Port, ServiceSettings

SERVICES: Final = ("learner-api", "consent-registry", "event-log", "ilr-validator")


def _upstream(url: str) -> str:
    parts = urlsplit(url)
    if (
        parts.scheme != "http"
        or not parts.hostname
        or parts.path not in {"", "/"}
        or parts.query
        or parts.username
    ):
        raise ValueError("an upstream is http://host:port")
    return url


class GatewaySettings(ServiceSettings):
    """What the gateway reads. It has no database: those fields of the base are not used."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    service_name: str = "gateway"
    port: Port = 8080
    internal_host: str = Field(
        default="127.0.0.1", description="Where the key set, the probes and the metrics are"
    )
    internal_port: Port = 8081
    database_url: SecretStr = SecretStr("")
    kafka_bootstrap: str = Field(
        default="",
        validation_alias=AliasChoices("KAFKA_BOOTSTRAP"),
        description="Broker of the published decisions; only the relay needs it",
    )
    gateway_jwks_url: str = Field(default="", validation_alias=AliasChoices("GATEWAY_JWKS_URL"))

    audience: str = Field(default="matricula-gateway", description="The `aud` of access tokens")
    learner_api_url: str = "http://127.0.0.1:8101"
    consent_registry_url: str = "http://127.0.0.1:8102"
    event_log_url: str = "http://127.0.0.1:8103"
    ilr_validator_url: str = "http://127.0.0.1:8104"

    key_file: Path = Field(
        default=Path(".local/gateway/keys.json"), description="Signing keys; made when absent"
    )
    spool_directory: Path = Field(
        default=Path(".local/gateway/spool"), description="Decisions not yet published"
    )
    spool_max_bytes: Annotated[int, Field(ge=1_048_576)] = 1_073_741_824

    forward_fields: str = Field(
        default="", description="Further request fields to pass on, separated by commas"
    )
    session_count: Annotated[int, Field(ge=1)] = 20_000
    session_seconds: Annotated[float, Field(gt=0, le=300)] = 60.0
    key_set_seconds: Annotated[float, Field(ge=10)] = Field(
        default=10.0, description="How often the issuer's key set is fetched"
    )

    head_seconds: Annotated[float, Field(gt=0)] = 10.0
    idle_seconds: Annotated[float, Field(gt=0)] = 65.0
    body_window_seconds: Annotated[float, Field(gt=0)] = 15.0
    body_window_bytes: Annotated[int, Field(ge=1)] = 4_096
    write_seconds: Annotated[float, Field(gt=0)] = 60.0
    max_connections: Annotated[int, Field(ge=1)] = 8_192
    max_connections_per_address: Annotated[int, Field(ge=1)] = 4_096
    max_in_flight: Annotated[int, Field(ge=1)] = 2_048

    upstream_connections: Annotated[int, Field(ge=1)] = 512
    upstream_connect_seconds: Annotated[float, Field(gt=0)] = 2.0
    upstream_answer_seconds: Annotated[float, Field(gt=0)] = 30.0
    upstream_stale_seconds: Annotated[float, Field(gt=0)] = Field(
        default=60.0, description="Must be below the services' own keep-alive time"
    )

    @field_validator(
        "learner_api_url", "consent_registry_url", "event_log_url", "ilr_validator_url"
    )
    @classmethod
    def _is_upstream(cls, value: str) -> str:
        return _upstream(value)

    @property
    def upstreams(self) -> dict[str, tuple[str, int]]:
        """Host and port by service."""
        urls = (
            self.learner_api_url,
            self.consent_registry_url,
            self.event_log_url,
            self.ilr_validator_url,
        )
        found = {}
        for service, url in zip(SERVICES, urls, strict=True):
            parts = urlsplit(url)
            found[service] = (parts.hostname or "", parts.port or 80)
        return found
