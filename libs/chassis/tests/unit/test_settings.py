"""Settings from variables and secret files; a bad one is named without its value."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from matricula_chassis.settings import (
    BadConfiguration,
    ServiceSettings,
    SettingFault,
    load_settings,
    variable_of,
)

SECRET = "postgresql+asyncpg://probe:s3cr3t-value@db/x"


class ProbeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_")

    service_name: str = "probe"
    batch_size: int = 10


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROBE_DATABASE_URL", "PROBE_BATCH_SIZE", "PROBE_PORT", "PROBE_DATABASE_URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROBE_PORT", "8199")
    monkeypatch.setenv("PROBE_DATABASE_URL", SECRET)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("OIDC_ISSUER", "http://127.0.0.1:2")
    monkeypatch.setenv("GATEWAY_JWKS_URL", "http://127.0.0.1:3/keys")
    monkeypatch.delenv("GATEWAY_ISSUER", raising=False)


def faults_of() -> tuple[SettingFault, ...]:
    with pytest.raises(BadConfiguration) as caught:
        load_settings(ProbeSettings)
    assert "s3cr3t" not in repr(caught.value) + str(caught.value) + repr(caught.value.faults)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return caught.value.faults


def test_settings_come_from_prefixed_and_shared_variables() -> None:
    settings = load_settings(ProbeSettings)
    assert settings.port == 8199
    assert settings.kafka_bootstrap == "127.0.0.1:1"
    assert settings.internal_issuer == "matricula-gateway"
    assert settings.database_url.get_secret_value() == SECRET
    assert "s3cr3t" not in repr(settings)


def test_settings_can_be_given_by_field_name() -> None:
    settings = ProbeSettings(
        port=1, database_url=SecretStr("x"), kafka_bootstrap="a:1", oidc_issuer="b",
        gateway_jwks_url="c",
    )  # fmt: skip
    assert settings.kafka_bootstrap == "a:1"
    assert settings.port == 1


def test_settings_are_frozen() -> None:
    settings = load_settings(ProbeSettings)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]


def test_a_secret_comes_from_the_file_that_a_variable_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PROBE_DATABASE_URL")
    path = tmp_path / "url"
    path.write_text(SECRET + "\n", encoding="utf-8")
    monkeypatch.setenv("PROBE_DATABASE_URL_FILE", str(path))
    assert load_settings(ProbeSettings).database_url.get_secret_value() == SECRET


def test_a_value_and_a_file_for_one_setting_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "url"
    path.write_text(SECRET, encoding="utf-8")
    monkeypatch.setenv("PROBE_DATABASE_URL_FILE", str(path))
    assert [fault.variable for fault in faults_of()] == ["PROBE_DATABASE_URL"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 65_537])
def test_an_unusable_secret_file_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    monkeypatch.delenv("PROBE_DATABASE_URL")
    path = tmp_path / "url"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("PROBE_DATABASE_URL_FILE", str(path))
    assert [fault.variable for fault in faults_of()] == ["PROBE_DATABASE_URL_FILE"]


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP")
    monkeypatch.delenv("PROBE_DATABASE_URL")
    assert set(faults_of()) == {
        SettingFault("KAFKA_BOOTSTRAP", "is missing"),
        SettingFault("PROBE_DATABASE_URL", "is missing"),
    }


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_BATCH_SIZE", "s3cr3t")
    assert faults_of() == (SettingFault("PROBE_BATCH_SIZE", "is not a whole number"),)


def test_the_variable_of_a_field_is_known() -> None:
    assert variable_of(ProbeSettings, "database_owner_url") == "PROBE_DATABASE_OWNER_URL"
    assert variable_of(ProbeSettings, "kafka_bootstrap") == "KAFKA_BOOTSTRAP"


def test_a_setting_that_a_process_needs_is_given_in_clear_or_named_when_it_is_missing() -> None:
    settings = load_settings(ProbeSettings)
    assert settings.required("database_url") == SECRET
    assert settings.required("oidc_issuer") == "http://127.0.0.1:2"
    with pytest.raises(BadConfiguration) as caught:
        settings.required("database_relay_url")
    assert caught.value.faults == (SettingFault("PROBE_DATABASE_RELAY_URL", "is missing"),)
