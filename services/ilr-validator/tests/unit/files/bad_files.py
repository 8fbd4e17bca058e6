"""Files that are not as they should be: what is wrong with each, and what must be said of it."""

from collections.abc import Callable
from dataclasses import dataclass

from . import made

GOOD = made.document(made.numbered(2))
FIRST, SECOND = (made.xml(made.MODEL.learner, one) for one in made.numbered(2))
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
ROOT = f'<Message xmlns="{made.NAMESPACE}">'
SECRET = made.SECRET
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def bomb() -> str:
    """Entities that grow to a billion of the first."""
    lines = ['<!ENTITY b0 "Secretperson">']
    lines += [f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10)]
    return f"<!DOCTYPE Message [{''.join(lines)}]>\n"


def replaced(old: str, new: str, text: str = GOOD) -> str:
    """The good file with its first `old` replaced."""
    assert old in text, old
    return text.replace(old, new, 1)


def cut(before: str, text: str = GOOD) -> str:
    """The good file up to the last place where a text stands."""
    return text[: text.rindex(before)]


def in_head(declared: str) -> str:
    return replaced(DECLARATION, declared)


def value(field: str, new: str) -> str:
    """The good file with another value in the first such field of a learner."""
    start = GOOD.index("<Learner>")
    inside = GOOD[start:]
    old = inside[inside.index(f"<{field}>") : inside.index(f"</{field}>") + len(field) + 3]
    return GOOD[:start] + inside.replace(old, f"<{field}>{new}</{field}>", 1)


@dataclass(frozen=True, slots=True)
class Bad:
    """A file that is refused: by which rule, with what in the message, at which line."""

    content: Callable[[], str | bytes]
    says: str
    rule: str = "Schema"
    line: int | None = None
    """None: wherever."""


LEARNER_LINE = GOOD[: GOOD.index("<Learner>")].count("\n") + 1
LAST_LINE = GOOD.count("\n") + 1
MALFORMED: dict[str, Bad] = {
    # Broken off
    "nothing": Bad(lambda: "", "empty"),
    "space alone": Bad(lambda: "  \n ", "empty"),
    "no XML": Bad(lambda: f"ULN,FamilyName\n1,{SECRET}\n", "begin as XML", line=1),
    "broken off in the declaration": Bad(lambda: "<?xml versi", "", line=1),
    "a declaration without an end": Bad(lambda: replaced("?>", ""), "", line=None),
    "broken off in the root tag": Bad(lambda: DECLARATION + "<Message xml", "", line=2),
    "broken off in the header": Bad(lambda: cut("<Source>"), "ends before", line=3),
    "broken off before the learners": Bad(lambda: GOOD[: GOOD.index("<Learner>")], "ends before", line=LEARNER_LINE),
    "broken off in a start tag": Bad(lambda: cut("Number>A1") + "Num", "", line=LEARNER_LINE + 1),
    "broken off in a value": Bad(lambda: cut("esta<"), "", line=LEARNER_LINE + 1),
    "broken off in an end tag": Bad(lambda: cut("nerFAM>"), "", line=LEARNER_LINE + 1),
    "broken off in an aim": Bad(lambda: cut("<AppFinRecord>"), "", line=LEARNER_LINE + 1),
    "broken off behind a learner": Bad(lambda: cut("</Message>"), "ends before", line=LEARNER_LINE + 2),
    "broken off in the last tag": Bad(lambda: cut("sage>"), "", line=LEARNER_LINE + 2),
    # Tags
    "an element without an end": Bad(lambda: replaced("</FamilyName>", ""), "do not belong", line=LEARNER_LINE),
    "wrong nesting": Bad(lambda: replaced("</LearnerFAM>", "</LearnerHE>"), "do not belong", line=LEARNER_LINE),
    "an end too many": Bad(lambda: replaced("</Learner>", "</Learner></Learner>"), "do not belong", line=LEARNER_LINE),
    "a learner without an end": Bad(lambda: replaced("</Learner>", ""), "", line=LEARNER_LINE + 1),
    "a bracket alone": Bad(lambda: replaced("Testa", f"{SECRET} < 5"), "tag", line=LEARNER_LINE),
    "two roots": Bad(lambda: GOOD + GOOD.removeprefix(DECLARATION), "", line=None),
    "two roots in a part": Bad(lambda: replaced("</Learner>", f"</Learner></Message>{ROOT}"), "behind the end", line=LEARNER_LINE),
    "text behind the root": Bad(lambda: GOOD + SECRET, "behind the end", line=LAST_LINE),
    # Entities and document types
    "an entity nobody defined": Bad(lambda: replaced("Testa", "&who;"), "&name;", line=LEARNER_LINE),
    "an ampersand alone": Bad(lambda: replaced("Testa", f"{SECRET} & Co"), "", line=LEARNER_LINE),
    "an entity bomb": Bad(lambda: in_head(DECLARATION + bomb()), "not allowed"),
    "an entity bomb at work": Bad(lambda: replaced("Testa", "&b9;", in_head(DECLARATION + bomb())), "not allowed"),
    "an external entity": Bad(
        lambda: replaced("Testa", "&f;", in_head(DECLARATION + '<!DOCTYPE Message [<!ENTITY f SYSTEM "file:///etc/passwd">]>')),
        "not allowed",
    ),
    "an external document type": Bad(lambda: in_head(DECLARATION + '<!DOCTYPE Message SYSTEM "http://127.0.0.1:9/x">'), "not allowed"),
    "a bare document type": Bad(lambda: in_head(DECLARATION + "<!DOCTYPE Message>"), "not allowed"),
    "a document type before the declaration": Bad(lambda: "<!DOCTYPE Message>" + GOOD, ""),
    "a document type in the root": Bad(lambda: replaced("<Header>", "<!DOCTYPE Message><Header>"), ""),
    "a document type in a learner": Bad(lambda: replaced("<ULN>", "<!DOCTYPE Message><ULN>"), ""),
    "a document type behind the root": Bad(lambda: GOOD + "<!DOCTYPE Message>", ""),
    "a bomb in UTF-16": Bad(lambda: in_head(bomb()).encode("utf-16"), "not allowed"),
    # Characters and encodings
    "a null byte": Bad(lambda: replaced("Testa", f"{SECRET}\0"), "", line=LEARNER_LINE),
    "a control character": Bad(lambda: replaced("Testa", "T\x01"), "does not permit", line=LEARNER_LINE),
    "a control character by number": Bad(lambda: replaced("Testa", "T&#1;"), "does not permit", line=LEARNER_LINE),
    "bytes that are no UTF-8": Bad(lambda: replaced("Testa", "Tést").encode("latin-1"), "encoding", line=LEARNER_LINE),
    "half a character": Bad(lambda: GOOD.replace("Testa", "T\u00e9").encode().replace(b"\xc3\xa9", b"\xc3"), "encoding", line=LEARNER_LINE),
    "an encoding nobody knows": Bad(lambda: in_head('<?xml version="1.0" encoding="ebcdic-99"?>\n'), "encoding", line=1),
    "UTF-16 declared, UTF-8 in fact": Bad(lambda: in_head('<?xml version="1.0" encoding="utf-16"?>\n'), ""),
    "UTF-16 cut in half a character": Bad(lambda: GOOD.encode("utf-16")[:-3], ""),
    "a declaration on the second line": Bad(lambda: "\n" + GOOD, "very first", line=2),
    "two declarations": Bad(lambda: DECLARATION + GOOD, "very first", line=2),
    # Attributes, prefixes, namespaces
    "an attribute twice": Bad(lambda: replaced("<ULN>", '<ULN a="1" a="2">'), "attribute", line=LEARNER_LINE),
    "an attribute without a value": Bad(lambda: replaced("<ULN>", "<ULN a>"), "attribute", line=LEARNER_LINE),
    "an attribute": Bad(lambda: replaced("<ULN>", f'<ULN who="{SECRET}">'), "no element of the ILR has attributes", line=LEARNER_LINE),
    "an attribute of the root": Bad(lambda: replaced(ROOT, ROOT[:-1] + ' who="x">'), "no element of the ILR has attributes", line=2),
    "an attribute of a prefixed root": Bad(
        lambda: GOOD.replace("<Message xmlns=", '<m:Message who="x" xmlns:m=', 1).replace("</Message", "</m:Message"),
        "no element of the ILR has attributes", line=2,
    ),
    "a prefix without a namespace": Bad(lambda: replaced("<ULN>1000000000</ULN>", "<x:ULN>1</x:ULN>"), "prefix", line=LEARNER_LINE),
    "a prefix of an attribute without a namespace": Bad(lambda: replaced(ROOT, f'{ROOT[:-1]} x:y="1"><!-- -->'), "", line=2),
    "a prefix without a namespace beside a comment": Bad(lambda: replaced("<ULN>1000000000</ULN>", "<!-- --><x:ULN>1</x:ULN>"), "prefix", line=LEARNER_LINE),
    "nil": Bad(lambda: replaced("<ULN>", f'<ULN {XSI} xsi:nil="true">'), "nil", line=LEARNER_LINE),
    "nil as declared by the root": Bad(
        lambda: replaced("<ULN>", '<ULN xsi:nil="true">', replaced(ROOT, f"{ROOT[:-1]} {XSI}>")), "nil", line=LEARNER_LINE
    ),
    "a type of its own": Bad(lambda: replaced("<ULN>", f'<ULN {XSI} xsi:type="x">'), "", line=LEARNER_LINE),
    "a learner of another namespace": Bad(lambda: replaced("<Learner>", '<Learner xmlns="urn:x">'), "namespace", line=LEARNER_LINE),
    "a field of another namespace": Bad(lambda: replaced("<ULN>", '<ULN xmlns="urn:x">'), "namespace", line=LEARNER_LINE),
    "the year before": Bad(lambda: replaced("2025-26", "2024-25"), "not that of the year", "Namespace Mismatch", 2),
    "no namespace": Bad(lambda: replaced(f' xmlns="{made.NAMESPACE}"', ""), "not that of the year", "Namespace Mismatch", 2),
    "another root": Bad(lambda: GOOD.replace("Message", "Mess"), "root is not Message", line=2),
    "an HTML page": Bad(lambda: f"<html><body>{SECRET}</body></html>", "root is not Message", line=1),
    # Structure
    "the learner is the root": Bad(lambda: FIRST.replace("<Learner>", f'<Learner xmlns="{made.NAMESPACE}">', 1), "root is not Message", line=1),
    "learners outside the message": Bad(lambda: GOOD.replace("</Message>", "", 1).replace(FIRST, "</Message>" + FIRST, 1), "", line=LEARNER_LINE),
    "a learner in a learner": Bad(lambda: replaced("<LearnerFAM>", SECOND + "<LearnerFAM>"), ""),
    "learners in a wrapper": Bad(lambda: GOOD.replace("<Learner>", "<Learners><Learner>", 1).replace("</Message>", "</Learners></Message>"), ""),
    "a learner before the header": Bad(lambda: replaced("<Header>", FIRST + "<Header>"), ""),
    "an unknown element": Bad(lambda: replaced("<ULN>", "<Hobby/><ULN>"), "Hobby is no element", line=LEARNER_LINE),
    "a field in the wrong place": Bad(lambda: replaced("<LearnRefNumber>", "<Sex>F</Sex><LearnRefNumber>"), "wrong place", line=LEARNER_LINE),
    "a field twice": Bad(lambda: replaced("<Sex>A</Sex>", "<Sex>F</Sex><Sex>M</Sex>"), "once too often", line=LEARNER_LINE),
    "the header twice": Bad(lambda: replaced("<LearningProvider>", "<Header/><LearningProvider>"), "", line=4),
    "no header": Bad(lambda: GOOD[: GOOD.index("<Header>")] + GOOD[GOOD.index("<LearningProvider>") :], "Header", line=3),
    "no provider": Bad(lambda: GOOD[: GOOD.index("<LearningProvider>")] + GOOD[GOOD.index("<Learner>") :], "LearningProvider"),
    "a learner without anything before the provider": Bad(lambda: GOOD.replace("<LearningProvider>", "<Learner/><LearningProvider>", 1), ""),
    "text between learners": Bad(lambda: replaced("</Learner>\n", f"</Learner>{SECRET}\n"), "only elements", line=LEARNER_LINE),
    "text before the learners": Bad(lambda: replaced("<Header>", f"{SECRET}<Header>"), "only elements", line=2),
    "text behind the learners": Bad(lambda: replaced("</Message>", f"{SECRET}</Message>"), "only elements"),
    "text between fields": Bad(lambda: replaced("<ULN>", f"{SECRET}<ULN>"), "only elements", line=LEARNER_LINE),
    "text between learners beside a comment": Bad(lambda: replaced("</Learner>\n", f"</Learner>{SECRET}<!-- x -->\n"), "only elements"),
    "text behind learners beside a comment": Bad(lambda: replaced("</Message>", f"<!-- x -->{SECRET}</Message>"), "only elements"),
    "an element in a value": Bad(lambda: replaced("Testa", f"<b>{SECRET}</b>"), "only a value", line=LEARNER_LINE),
    "a fake learner in CDATA": Bad(lambda: value("FamilyName", "<![CDATA[x]]><Learner></Learner>"), "only a value"),
    # Values
    "a day that is none": Bad(lambda: value("DateOfBirth", "2025-02-30"), "not a date of the calendar", line=LEARNER_LINE),
    "a date with slashes": Bad(lambda: value("DateOfBirth", "30/02/2025"), "not a date of the calendar", line=LEARNER_LINE),
    "a year of five digits": Bad(lambda: value("DateOfBirth", "12025-02-03"), "", line=LEARNER_LINE),
    "a year before our era": Bad(lambda: value("DateOfBirth", "-0044-03-15"), "", line=LEARNER_LINE),
    "a space inside a number": Bad(lambda: value("ULN", "10000 00000"), "not a whole number", line=LEARNER_LINE),
    "a decimal for a whole number": Bad(lambda: value("ULN", "1000000000.0"), "not a whole number", line=LEARNER_LINE),
    "another digit": Bad(lambda: value("ULN", "\u0661\u0662"), "not a whole number", line=LEARNER_LINE),
    "a raised digit": Bad(lambda: value("AimSeqNumber", "\u00b2"), "not a whole number", line=LEARNER_LINE),
    "an underscore": Bad(lambda: value("ULN", "1_000"), "not a whole number", line=LEARNER_LINE),
    "an exponent": Bad(lambda: value("STULOAD", "1e2"), "not a number", line=LEARNER_LINE),
    "not a number": Bad(lambda: value("STULOAD", "NaN"), "not a number", line=LEARNER_LINE),
    "a name for a number": Bad(lambda: value("ULN", SECRET), "not a whole number", line=LEARNER_LINE),
    "another collection": Bad(lambda: replaced("<Collection>ILR", "<Collection>HESA"), "Collection", line=3),
    "another year in the header": Bad(lambda: replaced("<Year>2526", "<Year>2425"), "Year", line=3),
    "no preparation date": Bad(lambda: replaced("<FilePreparationDate>2026-02-03</FilePreparationDate>", ""), "FilePreparationDate", line=3),
    "no day of preparation": Bad(lambda: replaced("2026-02-03<", "2026-02-31<"), "FilePreparationDate", line=3),
    "no provider number": Bad(lambda: replaced("<LearningProvider><UKPRN>10000001</UKPRN>", "<LearningProvider>"), "", line=4),
    # Too much
    "nesting too deep": Bad(lambda: replaced("<LearnerFAM>", "<LearnerFAM>" * 3000), "nested too deeply", line=LEARNER_LINE),
    "a value of eleven megabytes": Bad(lambda: value("FamilyName", "x" * 11_000_000), "too large", line=LEARNER_LINE),
    "two megabytes before the learners": Bad(lambda: replaced("<LearningProvider>", " " * 2_000_000 + "<LearningProvider>"), "no learner"),
}  # fmt: skip
