"""The settings base: environment variables, secrets from files, nothing read at import.

A subclass sets its prefix and may add fields. A wrong setting is reported by its name; its value
never appears in an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError

Port = Annotated[int, Field(ge=0, le=65535)]

_SECRET_FILE_LIMIT: Final = 65_536
_FILE_SUFFIX: Final = "_FILE"
_REASONS: Final = {
    "missing": "is missing",
    "string_type": "is not a text",
    "int_parsing": "is not a whole number",
    "float_parsing": "is not a number",
    "bool_parsing": "is neither true nor false",
    "greater_than": "is too small",
    "greater_than_equal": "is too small",
    "less_than": "is too large",
    "less_than_equal": "is too large",
    "literal_error": "is not one of the allowed values",
    "enum": "is not one of the allowed values",
}


@dataclass(frozen=True, slots=True)
class SettingFault:
    """A setting that is missing or wrong: the variable's name and the reason, never the value."""

    variable: str
    reason: str


class BadConfiguration(Exception):  # noqa: N818 - named as the fact it states
    """Settings that a process cannot start with; `faults` names them."""

    def __init__(self, faults: Sequence[SettingFault]) -> None:
        super().__init__("the configuration is not usable")
        self.faults = tuple(faults)


class FileSettingsSource(EnvSettingsSource):
    """Reads `<VARIABLE>_FILE`: the path of a file that holds the value (one last newline is cut).

    The variable and its file given together are refused: one of them would silently lose.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the content of the first file that is named for this field, or None."""
        for key, name, is_complex in self._extract_field_info(field, field_name):
            path = self.env_vars.get(self._apply_case_sensitive(name + _FILE_SUFFIX))
            if path is None:
                continue
            variable = name.upper()
            if self.env_vars.get(name) is not None:
                raise BadConfiguration(
                    [SettingFault(variable, "is given both as a value and as a file")]
                )
            return _read_secret(Path(path), variable=variable + _FILE_SUFFIX), key, is_complex
        return None, field_name, False


class ServiceSettings(BaseSettings):
    """What every service reads; frozen. Variables: the subclass's prefix and the field's name.

    Addresses that all services share (`KAFKA_BOOTSTRAP`, `OIDC_ISSUER`, `GATEWAY_JWKS_URL`,
    `GATEWAY_ISSUER`) carry no prefix.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
        env_ignore_empty=True,
    )

    service_name: str
    host: str = "127.0.0.1"
    port: Port
    health_host: str = Field(default="127.0.0.1", description="Where consumers and relays listen")
    health_port: Port | None = Field(
        default=None,
        description="Port of the probes and metrics of consumers and relays; none by default",
    )
    database_url: SecretStr = Field(description="postgresql+asyncpg://… as the service's app role")
    database_owner_url: SecretStr | None = None
    database_relay_url: SecretStr | None = None
    kafka_bootstrap: str = Field(validation_alias=AliasChoices("KAFKA_BOOTSTRAP"))
    oidc_issuer: str = Field(validation_alias=AliasChoices("OIDC_ISSUER"))
    gateway_jwks_url: str = Field(validation_alias=AliasChoices("GATEWAY_JWKS_URL"))
    internal_issuer: str = Field(
        default="matricula-gateway", validation_alias=AliasChoices("GATEWAY_ISSUER")
    )
    client_id: str | None = None
    client_secret: SecretStr | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    otlp_endpoint: str | None = None
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = 20.0
    linger_seconds: Annotated[float, Field(ge=0, le=60)] = 0.5
    stall_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0

    def required(self, name: str) -> str:
        """Return a setting that some processes do without and this one does not, secrets in clear.

        Raises BadConfiguration when it is not set.
        """
        value: SecretStr | str | None = getattr(self, name)
        if value is None:
            raise BadConfiguration([SettingFault(variable_of(type(self), name), "is missing")])
        return value.get_secret_value() if isinstance(value, SecretStr) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then the files the environment names."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, FileSettingsSource(settings_cls)


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load_settings(settings: type[SettingsT]) -> SettingsT:
    """Read the settings from the environment; raises BadConfiguration naming what is wrong."""
    try:
        return settings()
    except ValidationError as error:
        faults = [
            SettingFault(
                variable_of(settings, str(fault["loc"][0])) if fault["loc"] else "(several)",
                _REASONS.get(fault["type"], "is not usable"),
            )
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise BadConfiguration(faults) from None
    except SettingsError as error:
        if isinstance(error.__cause__, BadConfiguration):
            raise error.__cause__ from None
        raise BadConfiguration([SettingFault("(structured setting)", "is not usable")]) from None


def variable_of(settings: type[BaseSettings], field_or_alias: str) -> str:
    """Return the name of the environment variable behind a field or its alias."""
    info = settings.model_fields.get(field_or_alias)
    if info is None:
        return field_or_alias.upper()
    if isinstance(info.validation_alias, AliasChoices):
        return str(info.validation_alias.choices[0])
    return f"{settings.model_config.get('env_prefix', '')}{field_or_alias}".upper()


def _read_secret(path: Path, *, variable: str) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_SECRET_FILE_LIMIT + 1)
    except (OSError, UnicodeDecodeError):
        raise BadConfiguration([SettingFault(variable, "names a file that cannot be read")]) from (
            None
        )
    if len(text) > _SECRET_FILE_LIMIT:
        raise BadConfiguration([SettingFault(variable, "names a file that is too large")])
    return text.removesuffix("\n")
