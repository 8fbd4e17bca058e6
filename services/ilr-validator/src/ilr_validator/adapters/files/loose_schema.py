"""The loose schema: structure, order and names of a file, and the kind of each value; no facets.

Generated from the record model (spec/ilr.md section 0.2). What breaks it stops the file as rule
`Schema`; lengths, ranges, patterns and what is missing are field definitions and come later. No
field definition looks at the header: what must stand there, and how, is checked here.
"""

import functools
from typing import Final
from xml.sax.saxutils import quoteattr

from lxml import etree

from ilr_validator.packs.record_model import (
    LEARNER,
    EntityModel,
    FieldModel,
    load_record_model,
)

XS: Final = "http://www.w3.org/2001/XMLSchema"
TYPES: Final = {
    "text": "xs:string", "restricted": "xs:string", "int": "Int", "decimal": "Decimal",
    "date": "Date", "datetime": "DateTime",
}  # fmt: skip
EMPTY_OR: Final = "".join(
    f'<xs:simpleType name="{name}"><xs:union memberTypes="{kind} Empty"/></xs:simpleType>'
    for name, kind in (
        ("Int", "xs:long"), ("Decimal", "xs:decimal"), ("Date", "YearsDate"),
        ("DateTime", "YearsDateTime"),
    )
)  # fmt: skip
"""An empty element stands for an absent value, of whatever kind."""
TEXTS: Final = frozenset({"text", "restricted"})
ONCE: Final = frozenset(
    {"Header", "CollectionDetails", "Source", "SourceFiles", "LearningProvider"}
)
COUNTED_BY_RULES: Final = frozenset({"Learner", "LearningDelivery"})
"""That there is at least one is a rule: Entity_1, FD_LearningDelivery_EO."""
PREAMBLE: Final = (
    '<xs:simpleType name="Empty"><xs:restriction base="xs:string"><xs:whiteSpace value="collapse"/>'
    '<xs:length value="0"/></xs:restriction></xs:simpleType>'
    + "".join(
        f'<xs:simpleType name="Years{name}"><xs:restriction base="xs:{base}">'
        '<xs:pattern value="[0-9]{4}-.*"/></xs:restriction></xs:simpleType>'
        for name, base in (("Date", "date"), ("DateTime", "dateTime"))
    )
    + EMPTY_OR
)
"""Years have four digits: those of five, or before our era, are no dates of the official engine."""


@functools.cache
def loose_schema(pack: str, *, is_part: bool) -> etree.XMLSchema:
    """Compile the schema of whole files, or of a part: learners alone below the root."""
    model = load_record_model(pack)
    message = model.message
    if is_part:
        content = f"<xs:sequence>{_entity(model.learner, is_loose=True)}</xs:sequence>"
    else:
        content = _content(message, is_loose=False)
    text = (
        f'<xs:schema xmlns:xs="{XS}" xmlns={quoteattr(model.namespace)} '
        f'targetNamespace={quoteattr(model.namespace)} elementFormDefault="qualified">{PREAMBLE}'
        f'<xs:element name="Message"><xs:complexType>{content}</xs:complexType></xs:element>'
        "</xs:schema>"
    )
    return etree.XMLSchema(etree.fromstring(text))


def _content(entity: EntityModel, *, is_loose: bool) -> str:
    fields = {field.name: field for field in entity.fields}
    children = {child.name: child for child in entity.children}
    write = _field if is_loose else _header_field
    parts = (
        write(fields[name])
        if name in fields
        else _entity(children[name], is_loose=is_loose or name == LEARNER)
        for name in entity.order
    )
    return f"<xs:sequence>{''.join(parts)}</xs:sequence>"


def _field(field: FieldModel) -> str:
    return f'<xs:element name="{field.name}" type="{TYPES[field.kind]}" minOccurs="0"/>'


def _header_field(field: FieldModel) -> str:
    """Give a field of the header; whether a UKPRN is one, rules over the whole file say."""
    if not field.is_required:
        return _field(field)
    if field.kind not in TEXTS:
        kind = {"int": "xs:long", "date": "YearsDate", "datetime": "YearsDateTime"}[field.kind]
        return f'<xs:element name="{field.name}" type="{kind}"/>'
    pattern = quoteattr(field.pattern.pattern if field.pattern else ".+")
    return (
        f'<xs:element name="{field.name}"><xs:simpleType><xs:restriction base="xs:token">'
        f"<xs:pattern value={pattern}/></xs:restriction></xs:simpleType></xs:element>"
    )


def _entity(entity: EntityModel, *, is_loose: bool) -> str:
    """Give an entity as often as it likes: how often it may stand is a field definition."""
    minimum = 0 if entity.minimum == 0 or entity.name in COUNTED_BY_RULES else 1
    maximum = "1" if entity.name in ONCE else "unbounded"
    return (
        f'<xs:element name="{entity.name}" minOccurs="{minimum}" maxOccurs="{maximum}">'
        f"<xs:complexType>{_content(entity, is_loose=is_loose)}</xs:complexType></xs:element>"
    )
