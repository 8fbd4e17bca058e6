"""A file from its arrival to its reports: what is kept, shown, refused, stopped and erased."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ilr_validator.__main__ import app as command_line

pytestmark = pytest.mark.postgres


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def by_hand(path: Path, out: Path) -> dict[str, bytes]:
    """Validate a file by the command and return its reports."""
    CliRunner().invoke(command_line, ["validate", str(path), "--out", str(out)])
    return {one.name: one.read_bytes() for one in out.iterdir() if one.is_file()}


async def test_a_small_file_is_finished_without_parts(bench: Any, make_sample: Any) -> None:
    small = make_sample(8)
    done = await bench.validated(small)
    assert done["state"] == "finished"
    assert (done["learners"], done["checked"]) == (8, 8)
    assert done["academic_year"] == "2025-26"
    assert done["file_name"] == small.name
    types = [event.type for event in await bench.events()]
    assert types[:3] == [
        "ilr.validation.received.v1",
        "ilr.validation.started.v1",
        "ilr.validation.finished.v1",
    ]


async def test_parts_give_what_the_command_gives(bench: Any, small: Path, tmp_path: Path) -> None:
    done = await bench.validated(small)
    assert done["state"] == "finished"
    expected = by_hand(small, tmp_path / "out")
    for kind, name in (("errors.json", "errors.json"), ("valid.xml", f"{small.stem}-valid.xml")):
        got = await bench.get(f"/v1/validations/{done['validation_id']}/reports/{kind}")
        assert got.status_code == 200, got.text
        assert got.content == expected[name]
    (official,) = (body for name, body in expected.items() if name.startswith("Rule Violation Rep"))
    got = await bench.get(f"/v1/validations/{done['validation_id']}/reports/violations.csv")
    assert got.content == official
    rows = len(list(csv.reader(io.StringIO(official.decode("utf-8-sig"))))) - 1
    found = await bench.findings(done["validation_id"], limit=7)
    assert len(found) == done["errors"] + done["warnings"] == rows
    assert [one["position"] for one in found] == sorted(one["position"] for one in found)
    assert await bench.shards(done["validation_id"]) == 0


async def test_events_that_come_twice_change_nothing(bench: Any, small: Path) -> None:
    answer = await bench.send(small)
    await bench.settle(each=2)
    again = await bench.events()
    for event in again:
        await bench.apply(event)
    assert await bench.events() == again
    done = await bench.validation(answer.json()["validation_id"])
    assert done["checked"] == 40
    sequences = [one.sequence for one in again if one.topic == "ilr.validation"]
    assert sequences == list(range(1, len(sequences) + 1))
    assert [one.type for one in again].count("ilr.validation.finished.v1") == 1


async def test_reports_open_as_what_they_are(bench: Any, small: Path) -> None:
    done = await bench.validated(small)
    address = f"/v1/validations/{done['validation_id']}/reports"
    for kind in done["reports"]:
        got = await bench.get(f"{address}/{kind}")
        assert got.status_code == 200
        assert int(got.headers["content-length"]) == len(got.content)
    archive = zipfile.ZipFile(io.BytesIO((await bench.get(f"{address}/report.zip")).content))
    assert "report.html" in archive.namelist()
    assert (await bench.get(f"{address}/nothing.csv")).status_code == 404
    assert (await bench.get(f"{address}/..%2Fupload")).status_code == 404


async def test_the_same_file_again_is_the_same_validation(bench: Any, small: Path) -> None:
    first = await bench.send(small)
    again = await bench.send(small)
    assert (again.status_code, again.json()["validation_id"]) == (
        200,
        first.json()["validation_id"],
    )
    other_return = await bench.send(small, return_name="R14")
    assert other_return.status_code == 202
    assert len(list(bench.storage.iterdir())) == 2


async def test_findings_are_filtered_and_found_by_learner(bench: Any, small: Path) -> None:
    done = await bench.validated(small)
    everything = await bench.findings(done["validation_id"])
    one = next(each for each in everything if each["learn_ref_number"])
    mine = await bench.findings(done["validation_id"], rule=one["rule"])
    assert mine == [each for each in everything if each["rule"] == one["rule"]]
    warnings = await bench.findings(done["validation_id"], severity="W")
    assert warnings == [each for each in everything if each["severity"] == "W"]
    got = await bench.client.post(
        f"/v1/validations/{done['validation_id']}/findings/search",
        json={"learn_ref_number": one["learn_ref_number"].lower()},
        headers=bench.as_role(),
    )
    assert got.json()["items"] == [
        each for each in everything if each["learn_ref_number"] == one["learn_ref_number"]
    ]


async def test_an_auditor_sees_rules_and_counts_but_no_learner(bench: Any, small: Path) -> None:
    done = await bench.validated(small)
    address = f"/v1/validations/{done['validation_id']}"
    items = (await bench.get(f"{address}/findings", "auditor")).json()["items"]
    assert items
    for item in items:
        assert item["rule"]
        assert item["learn_ref_number"] is item["parameters"] is item["message"] is None
    assert (await bench.get(f"{address}/reports/violations.csv", "auditor")).status_code == 403
    assert (await bench.get(f"{address}/reports/summary.json", "auditor")).status_code == 200


async def test_other_providers_see_nothing(bench: Any, small: Path) -> None:
    done = await bench.validated(small)
    headers = bench.as_role(ukprn=10_000_002)
    for path in ("", "/findings", "/events", "/reports/valid.xml"):
        got = await bench.client.get(
            f"/v1/validations/{done['validation_id']}{path}", headers=headers
        )
        assert got.status_code == 404, path
    stop = await bench.client.post(
        f"/v1/validations/{done['validation_id']}/cancellation", headers=headers
    )
    assert stop.status_code == 404
    assert (await bench.client.get("/v1/validations", headers=headers)).json()["items"] == []


async def test_after_it_was_stopped_nothing_is_checked(bench: Any, small: Path) -> None:
    answer = await bench.send(small)
    validation_id = answer.json()["validation_id"]
    (received,) = await bench.events()
    await bench.apply(received)
    assert (await bench.validation(validation_id))["state"] == "checking"
    stop = f"/v1/validations/{validation_id}/cancellation"
    for _ in range(2):
        stopped = await bench.client.post(stop, headers=bench.as_role())
        assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    await bench.settle()
    done = await bench.validation(validation_id)
    assert (done["state"], done["checked"]) == ("cancelled", 0)
    assert await bench.findings(validation_id) == []
    again = await bench.send(small)
    assert again.status_code == 202, "a stopped file may be sent again"


async def test_a_validation_that_has_ended_is_not_stopped(bench: Any, small: Path) -> None:
    done = await bench.validated(small)
    stop = f"/v1/validations/{done['validation_id']}/cancellation"
    assert (await bench.client.post(stop, headers=bench.as_role())).status_code == 409


@pytest.mark.parametrize(
    ("change", "name", "rule"),
    [
        (lambda xml: xml[: len(xml) // 2], None, "Schema"),
        (
            lambda xml: xml.replace(b"<LearnAimRef>", b"<Nonsense>x</Nonsense><LearnAimRef>", 1),
            None,
            "Schema",
        ),
        (lambda xml: xml, "learners.xml", "Filename_1"),
    ],
    ids=["cut short", "unknown element", "name"],
)
async def test_a_file_that_breaks_a_file_rule_is_refused_and_says_why(
    bench: Any, small: Path, change: Any, name: str | None, rule: str
) -> None:
    rewrite(small, change)
    done = await bench.validated(small, name=name)
    assert done["state"] == "refused"
    refusals = await bench.findings(done["validation_id"], severity="F")
    assert {one["rule"] for one in refusals} == {rule}
    assert "violations.csv" in done["reports"]
    assert "valid.xml" not in done["reports"]


async def test_another_providers_file_and_an_unknown_year_are_refused(
    bench: Any, small: Path
) -> None:
    rewrite(small, lambda xml: xml.replace(b"10000001", b"10000002"))
    done = await bench.validated(small, name=small.name.replace("10000001", "10000002"))
    assert (done["state"], done["problem"]["type"]) == ("refused", "/problems/ukprn-mismatch")
    rewrite(small, lambda xml: xml.replace(b"ESFA/ILR/2025-26", b"ESFA/ILR/1999-00"))
    done = await bench.validated(small)
    assert (done["state"], done["problem"]["type"]) == ("refused", "/problems/wrong-year")


async def test_a_zip_is_unpacked_and_checked(bench: Any, small: Path, tmp_path: Path) -> None:
    packed = tmp_path / f"{small.stem}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(small, small.name)
    done = await bench.validated(packed)
    assert (done["state"], done["learners"]) == ("finished", 40)


async def test_what_is_sent_wrongly_is_refused_at_once(bench: Any, small: Path) -> None:
    rewrite(small, lambda _: b"")
    assert (await bench.send(small)).status_code == 422
    assert (await bench.send(small, name="a/b.xml")).status_code == 422
    assert (await bench.send(small, return_name="R15")).status_code in {400, 422}
    assert (await bench.send(small, role="auditor")).status_code == 403
    assert list(bench.storage.iterdir()) == []


async def test_after_its_period_nothing_personal_is_left(bench: Any, small: Path) -> None:
    done = await bench.validated(small)
    assert (bench.storage / done["validation_id"]).exists()
    assert await bench.erase(bench.context) == 1
    assert await bench.erase(bench.context) == 0
    left = await bench.validation(done["validation_id"])
    assert left["erased_at"] is not None
    assert (left["file_name"], left["reports"]) == (None, [])
    assert left["errors"] == done["errors"], "counts stay"
    assert list(bench.storage.iterdir()) == []
    assert await bench.findings(done["validation_id"]) == []
    (row,) = await bench.rows("SELECT wrapped_key, sealed_file_name FROM validation")
    assert tuple(row) == (None, None)
    assert (await bench.send(small)).status_code == 202


async def test_rules_are_listed_by_year(bench: Any) -> None:
    rules = (await bench.get("/v1/rules", academic_year="2020-21")).json()["items"]
    assert len(rules) > 500
    one = (await bench.get("/v1/rules/LearnDelFAMType_01")).json()
    assert one["severity"] in {"E", "W"}
    assert (await bench.get("/v1/rules/Nothing_99")).status_code == 404
    assert (await bench.get("/v1/rules", academic_year="1999-00")).status_code == 404


async def test_progress_ends_with_the_validation(bench: Any, small: Path) -> None:
    done = await bench.validated(small)
    got = await bench.get(f"/v1/validations/{done['validation_id']}/events")
    assert "event: end" in got.text


async def test_a_file_that_the_storage_lost_fails_and_may_be_sent_again(
    bench: Any, small: Path
) -> None:
    answer = await bench.send(small)
    lost = bench.storage / answer.json()["validation_id"] / "upload"
    lost.unlink()
    await bench.settle()
    done = await bench.validation(answer.json()["validation_id"])
    assert (done["state"], done["problem"]["type"]) == ("failed", "/problems/internal-error")
    assert (await bench.send(small)).status_code == 202


async def test_what_never_ended_is_erased_as_well(bench: Any, small: Path) -> None:
    answer = await bench.send(small)
    assert await bench.erase(bench.context) == 1
    assert list(bench.storage.iterdir()) == []
    await bench.settle()
    done = await bench.validation(answer.json()["validation_id"])
    assert (done["state"], done["file_name"]) == ("failed", None)


async def test_every_read_of_findings_and_reports_is_recorded(bench: Any, small: Path) -> None:
    done = await bench.validated(small)
    await bench.get(f"/v1/validations/{done['validation_id']}/findings")
    await bench.get(f"/v1/validations/{done['validation_id']}/reports/violations.csv")
    reads = [one for one in await bench.events() if one.type == "access.data.read.v1"]
    assert [one.data["operation"] for one in reads] == ["list_findings", "get_validation_report"]
