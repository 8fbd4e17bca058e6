"""Reads ILR XML learner by learner, in constant memory, without loading or resolving anything.

Structure (names, order, repetition) is judged here, values in domain.record_checks.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from lxml import etree

from learner_api.adapters.files.content import Content, too_large
from learner_api.adapters.files.header import build_record, read_head, sound_record
from learner_api.adapters.files.xml_sound import read_sound
from learner_api.adapters.files.xml_text import (
    Element,
    elements,
    feed,
    line_of,
    malformed,
    new_parser,
    utf8_chunks,
)
from learner_api.domain.record import FIRST_POSITION, Fault, ParsedRecord
from learner_api.domain.record_checks import MAX_FAULTS, schema_fault
from learner_api.domain.record_file import FileHead, FileRefused
from learner_api.domain.record_model import HEADER, LEARNER, ChildSlot, EntityPlan
from learner_api.domain.record_values import XML_SPACE
from matricula_contracts import fields

_LEARNER: Final = f"{{{fields.NAMESPACE}}}Learner"
_PROVIDER: Final = f"{{{fields.NAMESPACE}}}LearningProvider"
_any_attribute: Final = etree.XPath("boolean(descendant-or-self::*/@*)")


class XmlReader:
    """One pass over one XML file."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._position = FIRST_POSITION
        self._parts = self._top_level()
        self._head: FileHead | None = None

    def head(self) -> FileHead:
        """Read as far as LearningProvider."""
        if self._head is None:
            provider = next(self._parts, None)
            if provider is None or provider.tag != _PROVIDER:
                raise FileRefused("header-invalid", fields="LearningProvider")
            parts = [*reversed(list(provider.itersiblings(preceding=True))), provider]
            parent = provider.getparent()
            text = None if parent is None else parent.text
            raw, faults = _shape(HEADER, parts, text=text, growing=provider)
            if any(_any_attribute(part) for part in parts):
                faults.append(_attribute())
            self._head = read_head(raw, faults)
            _drop_before(provider)
        return self._head

    def records(self) -> Iterator[ParsedRecord]:
        """Yield the learners; the rest of the file is checked on the way and at the end."""
        self.head()
        learner: Element | None = None
        for learner in self._parts:
            if learner.tag != _LEARNER:
                raise FileRefused("file-structure-invalid", line=line_of(learner))
            _check_before(learner, first=self._position == FIRST_POSITION)
            yield self._record(learner)
            self._position += 1
            _drop_before(learner)
        if learner is not None:
            _check_after(learner)

    def _record(self, learner: Element) -> ParsedRecord:
        data = read_sound(learner)
        if data is not None:
            return sound_record(self._position, data)
        raw, faults = _shape(LEARNER, learner, text=learner.text)
        if _any_attribute(learner):
            faults.append(_attribute())
        return build_record(self._position, raw, faults)

    def _top_level(self) -> Iterator[Element]:
        """Yield LearningProvider and each Learner that stands directly below Message."""
        parser = new_parser(event="end", tags=[_PROVIDER, _LEARNER])
        longest = self._content.limits.max_record_bytes
        since = 0
        for chunk in utf8_chunks(self._content):
            feed(parser, chunk)
            since += len(chunk)
            for element in elements(parser):
                parent = element.getparent()
                if parent is not None and parent.getparent() is None:
                    since = 0
                    yield element
            if since > longest:
                raise too_large(self._content.limits, self._position)
        try:
            parser.close()
        except etree.XMLSyntaxError as error:
            raise malformed(error) from None


def _drop_before(element: Element) -> None:
    """Forget what stands before an element; the element itself may still be growing a tail."""
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _is_space(text: str | None) -> bool:
    return not text or not text.strip(XML_SPACE)


def _check_before(learner: Element, *, first: bool) -> None:
    """Refuse a file that holds anything but learners after LearningProvider."""
    allowed = _PROVIDER if first else _LEARNER
    for element in learner.itersiblings(preceding=True):
        if element.tag != allowed or not _is_space(element.tail):
            raise FileRefused("file-structure-invalid", line=line_of(element))


def _check_after(learner: Element) -> None:
    following = learner.getnext()
    if following is not None or not _is_space(learner.tail):
        raise FileRefused("file-structure-invalid", line=line_of(learner))


def _attribute() -> Fault:
    return schema_fault("", "attribute", "An element has an attribute; the record model has none.")


def _stray(name: str) -> Fault:
    return schema_fault("", "stray-text", f"{name} holds text between its elements.")


def _shape(
    plan: EntityPlan,
    children: Iterable[Element],
    *,
    text: str | None = None,
    growing: Element | None = None,
) -> tuple[dict[str, Any], list[Fault]]:
    """Take the child elements of one entity apart: texts by name, and what is out of place.

    `text` is what stands before the first child. What follows the child `growing` may not all have
    been read yet and is left to others to judge.
    """
    raw: dict[str, Any] = {}
    faults: list[Fault] = []
    tags = plan.tags
    last, previous = -1, None
    is_stray, in_order = not _is_space(text), True
    for element in children:
        place = tags.get(element.tag)
        if place is None:
            if len(faults) < MAX_FAULTS:
                faults.append(_unknown(previous))
            continue
        order, previous, child = place
        tail = element.tail
        if tail is not None and tail.strip(XML_SPACE) and element is not growing:
            is_stray = True
        if order >= last:
            last = order
        elif in_order:
            in_order = False
            message = f"{previous} does not stand where the record model has it."
            faults.append(schema_fault(f"/{previous}", "misplaced", message))
        if child is not None:
            _shape_child(child, element, raw, faults)
        elif previous in raw:
            _repeat(raw, previous, _text_of(element))
        else:
            raw[previous] = _text_of(element)
    if is_stray:
        faults.append(_stray(plan.name))
    return raw, faults


def _text_of(element: Element) -> Any:
    """Return a field's text, or an empty object where it holds elements."""
    return {} if len(element) else element.text or ""


def _unknown(previous: str | None) -> Fault:
    place = f"after {previous}" if previous else "at the beginning"
    message = f"There is an element {place} that the record model does not have."
    return schema_fault("", "unknown", message)


def _repeat(raw: dict[str, Any], name: str, value: Any) -> None:
    if isinstance(raw[name], list):
        raw[name].append(value)
    else:
        raw[name] = [raw[name], value]


def _shape_child(
    slot: ChildSlot, element: Element, raw: dict[str, Any], faults: list[Fault]
) -> None:
    """Take a child entity apart. An empty optional one is absent."""
    below, found = _shape(slot.plan, element, text=element.text)
    name = slot.name
    pointer = f"/{name}"
    if not below and not slot.min_occurs:
        pass
    elif slot.repeats:
        rows = raw.setdefault(name, [])
        pointer += f"/{len(rows)}"
        rows.append(below)
    elif name in raw:
        _repeat(raw, name, below)
    else:
        raw[name] = below
    if found:
        room = max(MAX_FAULTS - len(faults), 0)
        faults.extend(fault.below(pointer) for fault in found[:room])
