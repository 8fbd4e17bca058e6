"""Settings of the event log; every one is an environment variable with prefix EVENT_LOG_."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from matricula_chassis.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    """One frozen object for all processes of the service."""

    model_config = SettingsConfigDict(env_prefix="EVENT_LOG_")

    service_name: str = "event-log"
    port: Port = 8103
    consumer_group: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=100)] = Field(
        default="event-log",
        description="Kafka group of `consume`, and its name in inbox and dead letters",
    )
    origin: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9./-]*$", max_length=100)] = Field(
        default="matricula.example/event-log",
        description="Name of the log in its checkpoints and of its key; never changes",
    )
    signing_key_path: Path = Field(
        default=Path("event-log.key"), description="The signing key, for `seal` only; mode 0600"
    )
    verifier_key_path: Path = Field(
        default=Path("event-log.vkey"), description="The public key; goes into exports"
    )
    high_water_path: Path = Field(
        default=Path("event-log.last"),
        description="The last checkpoint signed, kept outside of the database, for `seal` only",
    )
    create_signing_key: bool = Field(
        default=False, description="Make a key at the first start of `seal`; for development"
    )
    seal_batch: Annotated[int, Field(ge=1, le=65_536)] = 4096
    exports_path: Path = Field(
        default=Path("exports"), description="Folder of finished exports, shared by all `serve`"
    )
    export_keep_hours: Annotated[int, Field(ge=1, le=720)] = 24
    cursor_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs page marks; the same in all `serve`. Made anew at each start by default",
    )
