"""Secrets: made once, the same for everybody who asks, private."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from matricula_localstack.secret_files import SecretFiles


def test_a_secret_stays_the_same_and_two_stacks_differ(tmp_path: Path) -> None:
    one, other = SecretFiles(tmp_path / "one"), SecretFiles(tmp_path / "other")
    assert one.random("admin") == one.random("admin")
    assert one.random("admin") != other.random("admin")
    assert one.password("learner_api_app") == one.password("learner_api_app")
    assert one.password("learner_api_app") != one.password("learner_api_owner")
    assert one.password("learner_api_app") != other.password("learner_api_app")


def test_those_who_ask_at_the_same_time_get_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _n: SecretFiles(tmp_path / "s").random("admin"), range(200)))
    assert len(found) == 1
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["admin"]


def test_files_and_folder_are_private(tmp_path: Path) -> None:
    files = SecretFiles(tmp_path / "secrets")
    files.random("admin")
    files.store("url", "postgresql://…")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}
