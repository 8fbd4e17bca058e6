"""The part of the journey that looks at official rules: the accepted file, and the live learners.

Each step checks what the platform answers against what must be true; none of them looks inside.
"""

import csv
import shutil
import time
import zipfile
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from matricula_localstack.demo.accepted_file import accepted_part, official_name
from matricula_localstack.demo.platform_client import Actor, PlatformClient, chunks, size_of
from matricula_localstack.demo.story import Story
from matricula_localstack.demo.waiting import until

VALIDATE_SECONDS: Final = 1_800
LIVE_SECONDS: Final = 1_800
MOST_FREQUENT: Final = 10
VIOLATIONS: Final = "violations.csv"
ARCHIVE: Final = "report.zip"
ENDED: Final = frozenset({"finished", "refused", "cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A file that went live: which of its records did not, and how many did."""

    path: Path
    ukprn: int
    is_xml: bool
    left_out: Collection[int]
    accepted: int
    live: int
    breaches: Mapping[str, int]
    """Planted: how many learners break which rule. None in a file of the user's own."""


@dataclass(slots=True)
class Validating:
    """Two steps of a story. `folder` is where the reports go, below `root`."""

    story: Story
    platform: PlatformClient
    actor: Actor
    folder: Path
    root: Path

    async def run(self, taken_in: TakenIn) -> None:
        """Validate what was taken in and look at the live learners; raises StepFailed."""
        facts: dict[str, Any] = {"status": "not_run"}
        self.story.facts["validation"] = facts
        shutil.rmtree(self.folder, ignore_errors=True)
        async with self.story.step("validate", "The accepted records meet the official rules"):
            if not taken_in.is_xml:
                self.story.say("Not run: files are validated as XML, and this one is not")
            elif not taken_in.accepted:
                self.story.say("Not run: no record was accepted")
            else:
                await self._validate(taken_in, facts)
        async with self.story.step("findings", "Every live learner was checked as well"):
            facts["live"] = await self._live(taken_in.live)

    async def _validate(self, taken_in: TakenIn, facts: dict[str, Any]) -> None:
        self.folder.mkdir(mode=0o700, parents=True)
        path = self.folder / official_name(taken_in.path, taken_in.ukprn)
        accepted_part(taken_in.path, path, left_out=taken_in.left_out)
        sent = await self.platform.call(
            self.actor,
            "POST",
            "/v1/validations",
            content=chunks(path, 0, size_of(path)),
            headers={
                "Content-Type": "application/xml",
                "Content-Length": str(size_of(path)),
                "Content-Disposition": f'attachment; filename="{path.name}"',
            },
        )
        path.unlink()
        found = await self._ended(sent.headers["Location"])
        self.story.require(found["state"] in {"finished", "refused"}, "the validation has an end")
        await self._download(found)
        by_rule = self._by_rule()
        facts |= {
            "status": found["state"],
            "academic_year": found["academic_year"],
            "return": found["return_name"],
            "learners": found["learners"] or 0,
            "errors": found["errors"],
            "warnings": found["warnings"],
            "rules_not_run": len(found["not_run"]),
            "findings": dict(by_rule.most_common()),
            "reports": str(self.folder.relative_to(self.root)),
        }
        self._tell(facts, found)
        if taken_in.breaches:
            self.story.require(found["state"] == "finished", "the file is not refused")
            judged = {
                rule: n for rule, n in taken_in.breaches.items() if rule not in found["not_run"]
            }
            self.story.require(
                all(by_rule[rule] == count for rule, count in judged.items()),
                "the planted breaches are found, each of them once",
            )
            self.story.say(f"{sum(judged.values())} planted breaches, each found once")
        if found["state"] == "finished":
            self.story.require(
                found["learners"] == taken_in.accepted, "every accepted record was validated"
            )
            self.story.require(
                by_rule.total() == found["errors"] + found["warnings"],
                "the report holds every finding",
            )

    async def _ended(self, location: str) -> Any:
        shown = [time.monotonic()]

        def is_ended(state: Any) -> bool:
            if time.monotonic() - shown[0] > 2:  # noqa: PLR2004 - seconds between two lines
                shown[0] = time.monotonic()
                left = state["seconds_left"]
                self.story.say(
                    f"  {state['state']}: {state['checked']:,} of {state['learners'] or 0:,}"
                    + (f", about {left:.0f} s left" if left else "")
                )
            return state["state"] in ENDED

        return await until(
            self.story,
            lambda: self.platform.get(self.actor, location),
            is_ended,
            seconds=VALIDATE_SECONDS,
        )

    async def _download(self, found: Any) -> None:
        for kind in found["reports"]:
            await self.platform.download(
                self.actor,
                f"/v1/validations/{found['validation_id']}/reports/{kind}",
                self.folder / kind,
            )
        archive = self.folder / ARCHIVE
        if archive.is_file():
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(self.folder / "report")
            archive.unlink()

    def _by_rule(self) -> Counter[str]:
        path = self.folder / VIOLATIONS
        if not path.is_file():
            return Counter()
        with path.open(encoding="utf-8-sig", newline="") as rows:
            return Counter(row["Rule Name"] for row in csv.DictReader(rows))

    def _tell(self, facts: dict[str, Any], found: Any) -> None:
        if found["problem"] is not None:
            self.story.say(f"Refused: {found['problem']['title']}")
        for rule, count in list(facts["findings"].items())[:MOST_FREQUENT]:
            self.story.say(f"{count:6,}  {rule}")
        self.story.say(
            "{learners:,} learners by the rules of {academic_year}, {return}: {errors:,} errors, "
            "{warnings:,} warnings, {rules_not_run:,} rules not run".format(**facts)
        )
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and (path.parent == self.folder or path.name == "report.html"):
                self.story.say(f"  {path.relative_to(self.root)}")

    async def _live(self, live: int) -> Any:
        """Wait until every live learner was checked; return what is said of the newest year."""
        shown = [time.monotonic()]

        def is_done(page: Any) -> bool:
            checked = max((one["learners"] for one in page["items"]), default=0)
            if time.monotonic() - shown[0] > 2:  # noqa: PLR2004 - seconds between two lines
                shown[0] = time.monotonic()
                self.story.say(f"  {checked:,} of {live:,} checked")
            return checked >= live

        page = await until(
            self.story,
            lambda: self.platform.get(self.actor, "/v1/learner-findings"),
            is_done,
            seconds=LIVE_SECONDS,
        )
        newest = page["items"][-1] if page["items"] else None
        if newest is None:
            return None
        for one in newest["rules"][:MOST_FREQUENT]:
            self.story.say(f"{one['findings']:6,}  {one['rule']}")
        names = ("academic_year", "learners", "errors", "warnings", "rules_not_run")
        self.story.say(
            "{learners:,} live learners by the rules of {academic_year}: {errors:,} errors, "
            "{warnings:,} warnings, {rules_not_run:,} rules not run".format(**newest)
        )
        return {name: newest[name] for name in names}
