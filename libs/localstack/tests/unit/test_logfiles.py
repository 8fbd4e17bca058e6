"""Logs of processes: kept small while the process holds them open."""

from pathlib import Path

from matricula_localstack.logfiles import last_lines, new_lines, open_log, rotate


def test_a_log_over_the_limit_is_cut_while_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    with open_log(tmp_path, "api") as writer:
        writer.write(b"old\n" * 10)
        assert rotate(path, limit=20)
        writer.write(b"new\n")
    assert path.read_bytes() == b"new\n"
    assert (tmp_path / "api.log.1").read_bytes() == b"old\n" * 10


def test_a_small_or_absent_log_is_left_alone(tmp_path: Path) -> None:
    assert not rotate(tmp_path / "absent.log", limit=20)
    (tmp_path / "api.log").write_bytes(b"x" * 20)
    assert not rotate(tmp_path / "api.log", limit=20)


def test_only_so_many_old_logs_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    for number in range(1, 6):
        path.write_text(f"run {number}")
        rotate(path, limit=1, kept=3)
    kept = {found.name: found.read_text() for found in tmp_path.iterdir() if found != path}
    assert kept == {"api.log.1": "run 5", "api.log.2": "run 4", "api.log.3": "run 3"}


def test_a_log_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with open_log(tmp_path, "api"):
        assert (tmp_path / "api.log").stat().st_mode & 0o777 == 0o600


def test_the_end_of_a_log_is_shown(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_text("".join(f"line {n}\n" for n in range(100)))
    assert last_lines(tmp_path / "api.log", 2) == ["line 98", "line 99"]
    assert last_lines(tmp_path / "absent.log", 2) == []


def test_following_shows_whole_lines_once_and_starts_over_after_a_cut(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    path.write_text("one\ntw")
    lines, position = new_lines(path, 0)
    assert lines == ["one"]
    path.write_text("one\ntwo\n")
    lines, position = new_lines(path, position)
    assert lines == ["two"]
    path.write_text("cut\n")
    assert new_lines(path, position)[0] == ["cut"]
