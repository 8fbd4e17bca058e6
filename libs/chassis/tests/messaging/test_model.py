"""Outbox, relay, consumer and inbox against a model, with crashes, duplicates and rebalances.

Whatever hypothesis makes happen: no acknowledged change is lost, no effect happens twice, and the
effects of one key keep the order of its changes. `MATRICULA_MODEL_EXAMPLES` asks for a long run,
`MATRICULA_MODEL_SHRINK` for the smallest failing case, which takes many minutes.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from matricula_chassis.errors import Conflict
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.sample_service.world import World
from matricula_testkit.servers import KafkaServer

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

KEYS = st.sets(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=3).map(sorted)
RELAYS = st.sampled_from(["relay-1", "relay-2"])
MEMBERS = st.sampled_from(["member-1", "member-2"])
CRASHES = st.sampled_from(
    [
        "relay.after_read",
        "relay.after_send_before_mark",
        "relay.after_mark",
        "consumer.after_inbox",
        "consumer.before_commit",
        "consumer.after_commit_before_offset",
        "uow.before_commit",
        "uow.after_commit",
    ]
)
SHORT = settings(
    max_examples=int(os.environ.get("MATRICULA_MODEL_EXAMPLES", "15")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=tuple(
        p for p in Phase if p is not Phase.shrink or "MATRICULA_MODEL_SHRINK" in os.environ
    ),
)


class Delivery(RuleBasedStateMachine):
    """The model is a count of changes per key; everything else is the real thing."""

    urls: ClassVar[DatabaseUrls]
    bootstrap: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.changes: Counter[str] = Counter()
        self.runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self.world = World(self.urls, self.bootstrap)
        self.members: set[str] = set()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    @initialize(refused=st.sets(st.sampled_from("ab")), is_running=st.sampled_from([1, 1, 1, 0]))
    def begin(self, refused: set[str], is_running: int) -> None:
        self.do(self.world.begin())
        self.world.refused |= refused
        if is_running:
            self.start_or_stop_a_relay("relay-1")
            self.start_or_stop_a_member("member-1", 5)

    @rule(keys=KEYS)
    def change(self, keys: list[str]) -> None:
        self.do(self.world.write(keys))
        self.changes.update(keys)

    @rule(keys=KEYS)
    def change_and_fail(self, keys: list[str]) -> None:
        with pytest.raises(Conflict):
            self.do(self.world.write(keys, fail=True))

    @precondition(lambda self: not self.members)
    @rule(keys=KEYS, point=st.sampled_from(["uow.before_outbox", "uow.before_commit"]))
    def crash_before_the_commit(self, keys: list[str], point: str) -> None:
        self.do(self.world.write_and_crash(keys, point))

    @precondition(lambda self: not self.members)
    @rule(keys=KEYS)
    def crash_after_the_commit(self, keys: list[str]) -> None:
        self.do(self.world.write_and_crash(keys, "uow.after_commit"))
        self.changes.update(keys)

    @rule(name=RELAYS)
    def start_or_stop_a_relay(self, name: str) -> None:
        if self.world.is_running(name):
            self.do(self.world.stop(name))
        else:
            self.do(self._start_relay(name))

    @rule(name=MEMBERS, batch=st.integers(1, 40))
    def start_or_stop_a_member(self, name: str, batch: int) -> None:
        if self.world.is_running(name):
            self.do(self.world.stop(name))
            self.members.discard(name)
        else:
            self.do(self._start_member(name, batch))
            self.members.add(name)

    @rule(point=CRASHES, nth_pass=st.integers(1, 3))
    def crash_someone(self, point: str, nth_pass: int) -> None:
        self.do(self.world.crash_someone(point, nth_pass))

    @rule(tenths=st.integers(1, 8))
    def let_time_pass(self, tenths: int) -> None:
        self.do(asyncio.sleep(tenths / 10))

    @rule()
    def cut_the_connections_to_the_database(self) -> None:
        self.do(self.world.cut_connections())

    @rule(chosen=st.lists(st.integers(0, 200), min_size=1, max_size=12))
    def deliver_again_and_out_of_order(self, chosen: list[int]) -> None:
        self.do(self.world.send_again(chosen))

    @precondition(lambda self: not self.members)
    @rule()
    def rewind_the_group(self) -> None:
        self.do(self.world.rewind())

    @rule(number=st.integers(0, 3))
    def send_poison(self, number: int) -> None:
        self.do(self.world.send_poison(f"poison-{number}"))

    @rule(key=st.sampled_from(["a", "b"]))
    def refuse_a_key(self, key: str) -> None:
        self.world.refused.add(key)

    @rule()
    def accept_all_keys_again(self) -> None:
        self.world.refused.clear()

    @rule()
    def replay_what_can_be(self) -> None:
        self.do(self.world.replay())

    @invariant()
    def effects_are_a_beginning_of_the_changes(self) -> None:
        for key, applied in self.do(self.world.effects()).items():
            assert applied == list(range(1, len(applied) + 1)), (key, applied)
            assert len(applied) <= self.changes[key]

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        assert self.do(self.world.committed()) == dict(self.changes)

    def teardown(self) -> None:
        try:
            self.do(self.world.settle())
            expected = {key: list(range(1, count + 1)) for key, count in self.changes.items()}
            assert self.do(self.world.effects()) == expected
            assert self.do(self.world.wire_order()) == expected
            assert self.do(self.world.unresolved()) == 0
        finally:
            self.do(self.world.end())
            self.runner.close()

    async def _start_relay(self, name: str) -> None:
        self.world.start_relay(name)
        await asyncio.sleep(0)

    async def _start_member(self, name: str, batch: int) -> None:
        self.world.start_member(name, batch=batch)
        await asyncio.sleep(0)


def test_every_change_has_its_effect_once_and_in_order_whatever_happens(
    sample_urls: DatabaseUrls, kafka_server: KafkaServer
) -> None:
    Delivery.urls = sample_urls
    Delivery.bootstrap = kafka_server.bootstrap
    run_state_machine_as_test(Delivery, settings=SHORT)
