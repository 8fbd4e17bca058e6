"""The settings of learner-api, read once from the environment (prefix LEARNER_API_)."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from matricula_chassis.settings import BadConfiguration, ServiceSettings, SettingFault

_INDEX_KEY_BYTES: Final = 32


class Settings(ServiceSettings):
    """What learner-api reads besides the settings of every service."""

    model_config = SettingsConfigDict(env_prefix="LEARNER_API_")

    service_name: str = "learner-api"
    port: int = 8101
    keys_database_url: SecretStr = Field(
        description="The database of the data keys, as its own role: postgresql+asyncpg://…"
    )
    keys_database_owner_url: SecretStr | None = Field(
        default=None, description="The same as the owner, for migrations"
    )
    consent_registry_url: str = Field(
        default="http://127.0.0.1:8102", description="Where consent-registry answers"
    )
    event_log_url: str = Field(
        default="http://127.0.0.1:8103", description="Where the event log answers"
    )
    key_file: Path = Field(description="The file of the key-encryption keys (mode 0600)")
    index_key: SecretStr = Field(
        description="Root of the blind indexes and cursors: 64 hexadecimal digits"
    )
    upload_directory: Path = Field(description="Where raw uploads are kept, encrypted")
    upload_limit_bytes: Annotated[int, Field(gt=0)] = 500 * 1024 * 1024
    raw_upload_days: Annotated[int, Field(ge=0)] = 7
    staged_record_days: Annotated[int, Field(ge=0)] = 90
    rejected_record_days: Annotated[int, Field(ge=0)] = 30
    entry_target_working_days: Annotated[int, Field(ge=0)] = 2
    intake_parallel: Annotated[int, Field(ge=1, le=8)] = Field(
        default=2, description="Submissions that one intake worker reads at the same time"
    )

    def root_key(self) -> bytes:
        """Return the root of the blind indexes and cursors; raises BadConfiguration."""
        try:
            key = bytes.fromhex(self.index_key.get_secret_value())
        except ValueError:
            key = b""
        if len(key) != _INDEX_KEY_BYTES:
            raise BadConfiguration(
                [SettingFault("LEARNER_API_INDEX_KEY", "is not 64 hexadecimal digits")]
            )
        return key
