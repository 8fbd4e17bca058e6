"""Generated contracts equal their sources, and a difference is found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tools.contracts import __main__ as generator
from tools.contracts import field_module, sources

Change = Callable[[dict[str, Any]], None]


def test_the_python_data_equals_the_four_sources() -> None:
    assert generator.differing(generator.source_modules(), sources.ROOT) == []


def test_the_event_documents_equal_the_event_classes_and_nothing_is_left_over() -> None:
    files = generator.event_files()
    assert generator.differing(files, sources.ROOT) == []
    assert generator.stale(files, sources.ROOT) == []


def test_the_openapi_documents_equal_the_services_routes() -> None:
    files = generator.openapi_files()
    assert generator.differing(files, sources.ROOT) == []


def test_a_changed_a_missing_and_a_leftover_file_are_found(tmp_path: Path) -> None:
    files = generator.event_files()
    generator.write(files, tmp_path)
    assert generator.differing(files, tmp_path) == []
    changed, missing, *_ = files
    (tmp_path / changed).write_text("{}\n", encoding="utf-8")
    (tmp_path / missing).unlink()
    assert generator.differing(files, tmp_path) == [changed, missing]
    leftover = tmp_path / "contracts/events/gone.v1.json"
    leftover.write_text("{}", encoding="utf-8")
    assert generator.stale(files, tmp_path) == [leftover.relative_to(tmp_path)]


def test_a_repeated_key_in_a_source_is_refused_with_its_line(tmp_path: Path) -> None:
    source = tmp_path / "policy.yaml"
    source.write_text("roles:\n  dpo: {kind: person}\n  dpo: {kind: machine}\n", encoding="utf-8")
    with pytest.raises(sources.SourceError) as refused:
        sources.load("policy.yaml", folder=tmp_path)
    assert "dpo" in str(refused.value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda e: e["fields"][0].update(handling="loose"), "no handling loose"),
        (lambda e: e["fields"][0].update(type="float"), "unknown value float"),
        (lambda e: e["fields"][0].update(colour="red"), "unknown key colour"),
        (lambda e: e["fields"][0].update(class_by_value={"1": "secret"}), "no class secret"),
        (lambda e: e["fields"].append(e["fields"][0]), "field stands twice"),
        (lambda e: e.update(parent="Nowhere"), "does not stand before it"),
    ],
)
def test_an_incoherent_field_catalogue_is_refused(change: Change, why: str) -> None:
    document = sources.load("fields.yaml")
    learner = next(item for item in document["entities"] if item["entity"] == "Learner")
    change(learner)
    with pytest.raises(sources.SourceError) as refused:
        field_module.resolve(document)
    assert why in str(refused.value)
