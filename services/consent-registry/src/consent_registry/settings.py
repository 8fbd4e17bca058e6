"""The settings of consent-registry, read once from the environment (CONSENT_REGISTRY_)."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from matricula_chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What consent-registry reads besides the settings of every service."""

    model_config = SettingsConfigDict(env_prefix="CONSENT_REGISTRY_")

    service_name: str = "consent-registry"
    port: int = 8102
    event_log_url: str = Field(
        default="http://127.0.0.1:8103", description="Where the event log answers"
    )
    cursor_secret: SecretStr = Field(description="Signs page cursors: at least 32 characters")
