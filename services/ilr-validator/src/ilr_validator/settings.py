"""The settings of ilr-validator, read once from the environment (prefix ILR_VALIDATOR_)."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from matricula_chassis.settings import BadConfiguration, ServiceSettings, SettingFault

_INDEX_KEY_BYTES: Final = 32


class Settings(ServiceSettings):
    """What ilr-validator reads besides the settings of every service."""

    model_config = SettingsConfigDict(env_prefix="ILR_VALIDATOR_")

    service_name: str = "ilr-validator"
    port: int = 8104
    event_log_url: str = Field(
        default="http://127.0.0.1:8103", description="Where the event log answers"
    )
    learner_api_url: str = Field(
        default="http://127.0.0.1:8101", description="Where learner-api answers"
    )
    key_file: Path = Field(description="The file of the key-encryption keys (mode 0600)")
    index_key: SecretStr = Field(
        description="Root of the blind indexes and cursors: 64 hexadecimal digits"
    )
    storage_directory: Path = Field(description="Where files and reports are kept, encrypted")
    scratch_directory: Path | None = Field(
        default=None,
        description="Where reports are written before they are encrypted: memory, not a disk",
    )
    reference_directory: Path | None = Field(
        default=None, description="A snapshot of reference data; without one, rules are not run"
    )
    file_limit_bytes: Annotated[int, Field(gt=0)] = 500 * 1024 * 1024
    part_learners: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=1_000, description="Most learners of a part that one process checks at a time"
    )
    keep_days: Annotated[int, Field(ge=0)] = Field(
        default=30, description="Files, findings and reports are erased so long after the end"
    )

    def root_key(self) -> bytes:
        """Return the root of the blind indexes and cursors; raises BadConfiguration."""
        try:
            key = bytes.fromhex(self.index_key.get_secret_value())
        except ValueError:
            key = b""
        if len(key) != _INDEX_KEY_BYTES:
            raise BadConfiguration(
                [SettingFault("ILR_VALIDATOR_INDEX_KEY", "is not 64 hexadecimal digits")]
            )
        return key
