"""What the stand-in of the official LARS service answered, as rows of the LARS tables.

A summary that was true gets a row that makes it true and nothing more; one that was false gets no
row, so that the table is there and has no such thing.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from tests.conformance.ilr_recorded_request import ALWAYS, Request, Row, day_before, key

AIMS: Final = "lars_learning_deliveries"
VALIDITIES: Final = "lars_validities"
CATEGORIES: Final = "lars_categories"
ANNUAL: Final = "lars_annual_values"
FRAMEWORKS: Final = "lars_frameworks"
STANDARDS: Final = "lars_standards"
STANDARD_VALIDITIES: Final = "lars_standard_validities"


def delivery(request: Request, args: Sequence[Any], answer: Row | None) -> None:
    if answer is None:
        request.table(AIMS)
        return
    own = request.only(AIMS, LearnAimRef=key(args[0]))
    own.update({"EffectiveFrom": ALWAYS})
    own.update({name: value for name, value in answer.items() if not isinstance(value, list)})
    own["LearnAimRef"] = key(args[0])
    for name, told in PARTS.items():
        told(request, args, answer.get(name) or [])


def categories(request: Request, args: Sequence[Any], answer: Sequence[Row]) -> None:
    _rows(request, CATEGORIES, args, answer, EffectiveFrom=ALWAYS)


def validities(request: Request, args: Sequence[Any], answer: Sequence[Row]) -> None:
    _rows(request, VALIDITIES, args, answer, StartDate=ALWAYS)


def annual_values(request: Request, args: Sequence[Any], answer: Sequence[Row]) -> None:
    _rows(request, ANNUAL, args, answer, EffectiveFrom=ALWAYS)


def framework_aims(request: Request, args: Sequence[Any], answer: Sequence[Row]) -> None:
    for row in answer:
        dates = {"StartDate": row.get("EffectiveFrom", ALWAYS), "EndDate": row.get("EffectiveTo")}
        _rows(request, FRAMEWORKS, args, [row | dates | {"EffectiveTo": None}])
    request.table(FRAMEWORKS)


def frameworks(request: Request, args: Sequence[Any], answer: Sequence[Row]) -> None:
    for row in answer:
        aim = row.get("FrameworkAim") or {}
        dates = {"StartDate": aim.get("EffectiveFrom", ALWAYS), "EndDate": aim.get("EffectiveTo")}
        _rows(request, FRAMEWORKS, args, [aim | row | dates])


def _rows(
    request: Request, table: str, args: Sequence[Any], answer: Sequence[Row], **defaults: Any
) -> None:
    request.table(table)
    for row in answer:
        request.add(table, **(defaults | row | {"LearnAimRef": key(args[0])}))


PARTS: Final[dict[str, Callable[[Request, Sequence[Any], Sequence[Row]], None]]] = {
    "Categories": categories,
    "Validities": validities,
    "AnnualValues": annual_values,
    "Frameworks": frameworks,
}


def aim_is(name: str, value: Callable[[Sequence[Any]], Any]) -> Callable[..., None]:
    """Answer "is the aim so?" with a row of the aim in which one column has a value that fits."""

    def told(request: Request, args: Sequence[Any], answer: Any) -> None:
        request.table(AIMS)
        if answer:
            request.only(AIMS, LearnAimRef=key(args[0]))[name] = value(args)

    return told


def level(request: Request, args: Sequence[Any], answer: str | None) -> None:
    request.only(AIMS, LearnAimRef=key(args[0]))["NotionalNVQLevelv2"] = answer


def exists(request: Request, args: Sequence[Any], answer: Any) -> None:
    request.table(AIMS)
    if answer:
        request.only(AIMS, LearnAimRef=key(args[0]))


def has_category(request: Request, args: Sequence[Any], answer: Any) -> None:
    request.table(CATEGORIES)
    if answer:
        request.add(CATEGORIES, LearnAimRef=key(args[0]), CategoryRef=args[1], EffectiveFrom=ALWAYS)


def has_skills_type(request: Request, args: Sequence[Any], answer: Any) -> None:
    types, aim, *dates = args
    request.table(ANNUAL)
    if answer:
        start, end = (dates[0], dates[0]) if dates else (ALWAYS, None)
        request.add(
            ANNUAL,
            LearnAimRef=key(aim),
            BasicSkillsType=types[0],
            EffectiveFrom=start,
            EffectiveTo=end,
        )


def is_valid(request: Request, args: Sequence[Any], answer: Any) -> None:
    date, aim, category = args
    request.table(VALIDITIES)
    if answer:
        request.add(
            VALIDITIES,
            LearnAimRef=key(aim),
            ValidityCategory=category if isinstance(category, str) else category[0],
            StartDate=date,
            EndDate=date,
        )


def component_in_framework(request: Request, args: Sequence[Any], answer: Any) -> None:
    aim, *framework, types, date = args
    if answer:
        component = {"FrameworkComponentType": types[0], "StartDate": date, "EndDate": date}
        _framework(request, aim, framework, **component)
    request.table(FRAMEWORKS)


def component(request: Request, args: Sequence[Any], answer: Any) -> None:
    if answer:
        _framework(request, args[0], (), FrameworkComponentType=args[1][0], StartDate=ALWAYS)
    request.table(FRAMEWORKS)


def framework_ended(request: Request, args: Sequence[Any], answer: Any) -> None:
    aim, date, *framework = args
    if answer:
        _framework(request, aim, framework, EffectiveTo=day_before(date), StartDate=ALWAYS)
    request.table(FRAMEWORKS)


def _framework(request: Request, aim: str | None, framework: Sequence[Any], **values: Any) -> None:
    codes = dict(zip(("ProgType", "FworkCode", "PwayCode"), framework, strict=False))
    request.add(FRAMEWORKS, LearnAimRef=key(aim), **codes, **values)


def standard(request: Request, args: Sequence[Any], answer: Row | None) -> None:
    request.table(STANDARDS)
    if answer is not None:
        own = request.only(STANDARDS, StandardCode=args[0])
        own.update({name: value for name, value in answer.items() if name != "StandardsFunding"})
        own["StandardCode"] = args[0]
        for row in answer.get("StandardsFunding") or ():
            values = {"EffectiveFrom": ALWAYS} | row | {"StandardCode": args[0]}
            request.add("lars_standard_fundings", **values)


def has_standard(request: Request, args: Sequence[Any], answer: Any) -> None:
    request.table(STANDARDS)
    if answer:
        request.only(STANDARDS, StandardCode=args[0])


def standard_validities(request: Request, args: Sequence[Any], answer: Sequence[Row]) -> None:
    request.table(STANDARD_VALIDITIES)
    for row in answer:
        values = {"StartDate": ALWAYS} | row | {"StandardCode": args[0]}
        request.add(STANDARD_VALIDITIES, **values)


_MEMBERS: Final[dict[str, Callable[[Request, Sequence[Any], Any], None]]] = {
    "GetDeliveryFor": delivery,
    "GetCategoriesFor": categories,
    "GetValiditiesFor": validities,
    "GetAnnualValuesFor": annual_values,
    "GetFrameworkAimsFor": framework_aims,
    "GetStandardFor": standard,
    "GetStandardValiditiesFor": standard_validities,
    "ContainsStandardFor": has_standard,
    "LearnAimRefExists": exists,
    "GetNotionalNVQLevelv2ForLearnAimRef": level,
    "NotionalNVQLevelV2MatchForLearnAimRefAndLevels": aim_is(
        "NotionalNVQLevelv2", lambda args: args[1][0]
    ),
    "NotionalNVQLevelV2MatchForLearnAimRefAndLevel": aim_is(
        "NotionalNVQLevelv2", lambda args: args[1]
    ),
    "HasAnyLearningDeliveryForLearnAimRefAndTypes": aim_is(
        "LearnAimRefType", lambda args: args[1][0]
    ),
    "EnglishPrescribedIdsExistsforLearnAimRef": aim_is("EnglPrscID", lambda args: args[1][0]),
    "LearnDirectClassSystemCode1MatchForLearnAimRef": aim_is(
        "LearnDirectClassSystemCode1", lambda _: "A"
    ),
    "LearnDirectClassSystemCode2MatchForLearnAimRef": aim_is(
        "LearnDirectClassSystemCode2", lambda _: "A"
    ),
    "HasKnownLearnDirectClassSystemCode3For": aim_is("LearnDirectClassSystemCode3", lambda _: "A"),
    "LearnAimRefExistsForLearningDeliveryCategoryRef": has_category,
    "BasicSkillsTypeMatchForLearnAimRef": has_skills_type,
    "BasicSkillsMatchForLearnAimRefAndStartDate": has_skills_type,
    "OrigLearnStartDateBetweenStartAndEndDateForValidityCategory": is_valid,
    "OrigLearnStartDateBetweenStartAndEndDateForAnyValidityCategory": is_valid,
    "FrameworkCodeExistsForFrameworkAimsAndFrameworkComponentTypes": component_in_framework,
    "FrameWorkComponentTypeExistsInFrameworkAims": component,
    "LearnStartDateGreaterThanFrameworkEffectiveTo": framework_ended,
}
ANSWERS: Final = {("ILARSDataService", name): told for name, told in _MEMBERS.items()}
