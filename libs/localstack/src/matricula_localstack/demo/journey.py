"""The journey of a file: agreement, push, quarantine, verification, rules, the auditor's proof.

Each step checks what the platform answers against what must be true; none of them looks inside.
"""

import json
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from matricula_localstack.demo.input_file import InputFile
from matricula_localstack.demo.platform_client import Actor, PlatformClient, Refused
from matricula_localstack.demo.story import Story
from matricula_localstack.demo.validation import TakenIn, Validating
from matricula_localstack.demo.waiting import until

DATA_CLASSES: Final = ("ordinary", "special_category")
CONDITIONS: Final = {
    "ordinary": ["art6_1_e"],
    "special_category": ["art6_1_e", "art9_2_g", "sch1_para6"],
}
SAMPLE_SIZE: Final = 25
CHECK_SECONDS: Final = 1_800
SEAL_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts in the story."""

    partner: Actor
    stranger: Actor
    coordinator: Actor
    compliance: Actor
    dpo: Actor
    auditor: Actor


@dataclass(slots=True)
class Journey:
    """One demonstration. `folder` is where it leaves its files, below `root`."""

    story: Story
    platform: PlatformClient
    cast: Cast
    file: InputFile
    folder: Path
    root: Path

    async def run(self) -> None:
        """Go through every step; raises StepFailed or Refused at the first that fails."""
        await self._agree()
        if self.file.expected is not None:
            await self._refuse_stranger()
        submission = await self._push()
        if submission is not None:
            submission = await self._check(submission)
        if submission is not None and submission["state"] == "checked":
            left_out = await self._read_outcomes(submission)
            await self._verify(submission["submission_id"])
            await self._validate(submission, left_out)
            if self.file.second is not None:
                await self._conflict()
        await self._prove()

    async def _agree(self) -> None:
        async with self.story.step("agree", "Lawful bases and a data-sharing agreement"):
            today = datetime.now(UTC).date()
            held = await self.platform.all_pages(self.cast.dpo, "/v1/lawful-bases")
            covered = {
                one["data_class"]
                for one in held
                if one["is_in_force"] and one["purpose"] == "ilr_return"
            }
            for data_class in DATA_CLASSES:
                if data_class not in covered:
                    await self.platform.post(
                        self.cast.dpo,
                        "/v1/lawful-bases",
                        {
                            "purpose": "ilr_return",
                            "data_class": data_class,
                            "conditions": CONDITIONS[data_class],
                            "starts_on": str(today - timedelta(days=1)),
                        },
                    )
            agreements = await self.platform.all_pages(self.cast.dpo, "/v1/agreements")
            live = [
                one
                for one in agreements
                if one["is_live"] and one["partner_id"] == self.cast.partner.name
            ]
            if not live:
                made = await self.platform.post(
                    self.cast.compliance,
                    "/v1/agreements",
                    {
                        "partner_id": self.cast.partner.name,
                        "partner_role": "controller",
                        "data_sets": ["ilr"],
                        "purposes": ["ilr_return"],
                        "data_classes": list(DATA_CLASSES),
                        "measures": ["encrypted_in_transit", "encrypted_at_rest"],
                        "starts_on": str(today - timedelta(days=1)),
                        "ends_on": str(today + timedelta(days=365)),
                        "review_on": str(today + timedelta(days=180)),
                    },
                )
                await self.platform.post(
                    self.cast.dpo, f"/v1/agreements/{made['agreement_id']}/activation", {}
                )
            self.story.say(
                f"{self.cast.partner.name} may send ILR data for provider {self.file.ukprn}: "
                f"classes {', '.join(DATA_CLASSES)}"
            )

    async def _refuse_stranger(self) -> None:
        async with self.story.step("gate", "A partner without an agreement sends the same file"):
            answer = await self.platform.push_whole(self.cast.stranger, self.file.path)
            refused = await self._settled(self.cast.stranger, answer.json()["submission_id"])
            self.story.require(refused["state"] == "refused", "the whole file is refused")
            self.story.require(
                refused["problem"]["type"].endswith("no-live-agreement"),
                "the reason is that there is no live agreement",
            )
            self.story.say(f"Refused: {refused['problem']['title']}")

    async def _push(self) -> Any:
        async with self.story.step("push", f"{self.cast.partner.name} sends {self.file.path.name}"):
            try:
                location, offset = await self.platform.push_interrupted(
                    self.cast.partner, self.file.path
                )
            except Refused as refused:
                self._refused(refused.problem)
                return None
            size = self.file.path.stat().st_size
            self.story.say(f"{size:,} bytes; interrupted and resumed at byte {offset:,}")
            submission = await self.platform.get(self.cast.partner, location)
            if submission["state"] == "refused":
                return submission
            again = await self.platform.push_whole(self.cast.partner, self.file.path)
            repeated = again.json()
            if repeated["is_same_file"]:
                self.story.say("Sent a second time: the same submission, nothing changed")
                return repeated
            # After a refusal the same file is processed anew.
            first = await self._settled(self.cast.partner, submission["submission_id"])
            self.story.require(
                first["state"] == "refused",
                "sending the same file again leads to the first submission",
            )
            return repeated

    async def _check(self, submission: Any) -> Any:
        async with self.story.step("check", "Every record is checked"):
            settled = await self._settled(self.cast.partner, submission["submission_id"])
            if settled["state"] == "refused":
                self._refused(settled["problem"])
                counts = settled["counts"]
                self.story.require(
                    counts["accepted"] == counts["live"] == counts["read"] == 0,
                    "nothing of a refused file is left",
                )
                return settled
            self.story.require(settled["state"] == "checked", "the checking came to its end")
            rate = settled["progress"]["records_per_second"]
            self.story.say(f"{settled['counts']['read']:,} records, {rate} a second")
            return settled

    def _refused(self, problem: Any) -> None:
        self.story.facts["submission"] = {
            "status": "refused",
            "problem": problem["type"],
            "title": problem["title"],
        }
        self.story.say(f"The file was refused: {problem['title']}. {problem.get('detail', '')}")
        for name, value in (problem.get("details") or {}).items():
            self.story.say(f"  {name}: {value}")
        (self.folder / "outcomes.ndjson").write_text("", encoding="utf-8")

    async def _read_outcomes(self, submission: Any) -> set[int]:
        async with self.story.step("quarantine", "The coordinator looks at the quarantine"):
            path = self.folder / "outcomes.ndjson"
            outcomes = await self._outcomes(submission["submission_id"], path)
            reasons: dict[str, int] = {}
            for one in outcomes:
                for reason in one["reasons"]:
                    reasons[reason] = reasons.get(reason, 0) + 1
            quarantined = [one for one in outcomes if one["outcome"] == "quarantined"]
            for reason, count in sorted(reasons.items()):
                self.story.say(f"{count:6,}  {reason}")
            self.story.say(f"{len(quarantined):,} of {len(outcomes):,} records in quarantine")
            if self.file.expected is not None:
                found = {one["position"]: one["reasons"] for one in quarantined}
                self.story.require(
                    found == self.file.expected, "exactly the planted faults are in quarantine"
                )
                self.story.say("Exactly the planted faults, with every reason that applies")
            self.story.facts["submission"] = {
                "status": submission["state"],
                "records": len(outcomes),
                "accepted": len(outcomes) - len(quarantined),
                "quarantined": len(quarantined),
                "live": 0,
            }
        return {one["position"] for one in quarantined}

    async def _outcomes(self, submission_id: str, path: Path) -> list[dict[str, Any]]:
        await self.platform.download(
            self.cast.partner, f"/v1/submissions/{submission_id}/outcomes", path
        )
        return _only_outcomes(path)

    async def _verify(self, submission_id: str) -> None:
        async with self.story.step("verify", "The coordinator verifies what was accepted"):
            before = await self.platform.get(
                self.cast.coordinator, f"/v1/submissions/{submission_id}"
            )
            if before["counts"]["accepted"]:
                await self.platform.post(
                    self.cast.coordinator,
                    f"/v1/submissions/{submission_id}/verification",
                    {
                        "method": "sample",
                        "sample_size": min(SAMPLE_SIZE, before["counts"]["accepted"]),
                    },
                )
            after = await self._settled(self.cast.coordinator, submission_id)
            stopped = [one for one in after["verifications"] if one["state"] == "stopped"]
            self.story.require(not stopped, "no verification was stopped")
            live = after["counts"]["live"] + after["counts"]["unchanged"]
            facts = self.story.facts["submission"]
            facts["live"] = live
            self.story.require(live == facts["accepted"], "every accepted record is live")
            self.story.say(f"{live:,} learners are live")
            if live:
                await self._look_at_one()

    async def _look_at_one(self) -> None:
        page = await self.platform.get(self.cast.coordinator, "/v1/learners", limit="1")
        one = page["items"][0]
        history = await self.platform.get(
            self.cast.coordinator, f"/v1/learners/{one['learner_id']}/history"
        )
        self.story.require(len(history["items"]) == one["version"], "each version has its history")
        self.story.say(
            f"One of them: version {one['version']}, "
            f"{len(one['record']['LearningDelivery'])} aims, "
            f"accountable: {one['accountable_owner']}"
        )

    async def _validate(self, submission: Any, left_out: set[int]) -> None:
        facts = self.story.facts["submission"]
        taken_in = TakenIn(
            path=self.file.path,
            ukprn=self.file.ukprn,
            is_xml=submission["file_format"] == "xml",
            left_out=left_out,
            accepted=facts["accepted"],
            live=facts["live"],
            breaches=self.file.breaches,
        )
        reports = self.folder / "validation"
        actor = self.cast.coordinator
        await Validating(self.story, self.platform, actor, reports, self.root).run(taken_in)

    async def _conflict(self) -> None:
        assert self.file.second is not None  # noqa: S101 - the caller asks
        async with self.story.step(
            "conflict", "A second file names other people under known numbers"
        ):
            pushed = (await self.platform.push_whole(self.cast.partner, self.file.second)).json()
            settled = await self._settled(self.cast.coordinator, pushed["submission_id"])
            records = await self.platform.all_pages(
                self.cast.coordinator, f"/v1/submissions/{settled['submission_id']}/records"
            )
            found = {one["position"]: one["reasons"] for one in records if one["reasons"]}
            self.story.require(found == self.file.second_expected, "the conflicts are found")
            self.story.say(f"{len(found)} records in quarantine: conflicts_with_person")
            for one in records:
                if one["state"] == "quarantined":
                    await self.platform.post(
                        self.cast.coordinator,
                        f"/v1/submissions/{settled['submission_id']}"
                        f"/records/{one['record_id']}/rejection",
                        {"reason": "another_person"},
                    )
            after = await self._settled(self.cast.coordinator, settled["submission_id"])
            self.story.require(
                after["counts"]["quarantined"] == 0, "the coordinator rejected every one of them"
            )

    async def _prove(self) -> None:
        async with self.story.step("prove", "The auditor exports the log and verifies it offline"):
            await self._until_sealed()
            export = await self.platform.post(self.cast.auditor, "/v1/exports", {})
            location = f"/v1/exports/{export['export_id']}"
            ready = await until(
                self.story,
                lambda: self.platform.get(self.cast.auditor, location),
                lambda state: state["state"] in {"ready", "failed"},
                seconds=SEAL_SECONDS,
            )
            folder = self.folder / "event-log"
            shutil.rmtree(folder, ignore_errors=True)
            archive = self.folder / "event-log.zip"
            await self.platform.download(self.cast.auditor, ready["content"], archive)
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)
            archive.unlink()
            result = verify_export(folder)
            self.story.facts["event_log"] = {
                "events": result["size"],
                "export": str(folder.relative_to(self.root)),
                "verified": result["ok"],
            }
            self.story.require(result["ok"] is True, "the export verifies")
            self.story.say(f"{result['size']:,} events, root {result['root']}")
            self._tamper(folder)

    def _tamper(self, folder: Path) -> None:
        altered = self.folder / "event-log-altered"
        shutil.rmtree(altered, ignore_errors=True)
        shutil.copytree(folder, altered)
        lines = (altered / "events.jsonl").read_bytes().splitlines(keepends=True)
        index = len(lines) // 2
        lines[index] = lines[index].replace(b'"', b"'", 1)
        (altered / "events.jsonl").write_bytes(b"".join(lines))
        result = verify_export(altered)
        self.story.require(
            result["ok"] is False and result["first_bad_index"] == index,
            "one altered event is found and named",
        )
        self.story.say(f"One event altered in a copy: found, at index {index}")
        shutil.rmtree(altered)

    async def _until_sealed(self) -> None:
        """Wait until the log has stopped growing: what happened has arrived and is sealed."""
        sizes: list[int] = []

        async def size() -> int:
            answer = await self.platform.call(self.cast.auditor, "GET", "/v1/checkpoint")
            sizes.append(int(answer.text.splitlines()[1]))
            return sizes[-1]

        # Each question is itself an event, so the log is quiet when it grows by those alone.
        def is_quiet(_: int) -> bool:
            recent = sizes[-4:]
            return len(recent) == 4 and recent[-1] - recent[0] <= 3 * len(recent)  # noqa: PLR2004

        await until(self.story, size, is_quiet, seconds=SEAL_SECONDS, every=1.0)

    async def _settled(self, actor: Actor, submission_id: str) -> Any:
        """Wait until a submission does nothing more by itself; show how far it is."""
        shown = [time.monotonic()]

        def is_settled(state: Any) -> bool:
            if time.monotonic() - shown[0] > 2:  # noqa: PLR2004 - seconds between two lines
                shown[0] = time.monotonic()
                counts, progress = state["counts"], state["progress"]
                left = progress["seconds_left"]
                self.story.say(
                    f"  {state['state']}: {counts['read']:,} read, {counts['live']:,} live"
                    + (f", about {left:.0f} s left" if left else "")
                )
            return state["state"] in {"checked", "refused"} and all(
                one["state"] != "open" for one in state["verifications"]
            )

        return await until(
            self.story,
            lambda: self.platform.get(actor, f"/v1/submissions/{submission_id}"),
            is_settled,
            seconds=CHECK_SECONDS,
        )


def _only_outcomes(path: Path) -> list[dict[str, Any]]:
    """Reduce the downloaded lines to the members of outcomes.ndjson and return them."""
    lines = path.read_text(encoding="utf-8").splitlines()
    wanted = ("position", "learn_ref_number", "outcome", "reasons")
    outcomes = [{name: json.loads(line)[name] for name in wanted} for line in lines]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in outcomes)
    return outcomes


def verify_export(folder: Path) -> Any:
    """Run the offline verifier on an export and return what it printed."""
    command = [str(Path(sys.executable).with_name("event-log")), "verify", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return json.loads(done.stdout)
