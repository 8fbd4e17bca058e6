"""Identifiers with right (or deliberately wrong) check digits. Pure arithmetic on synthetic ranges.

Written apart from the checks of the services, so that a shared mistake cannot hide.
"""

from collections.abc import Sequence
from typing import Final

TEMPORARY_ULN: Final = 9_999_999_999
UNKNOWN_EMPLOYER: Final = 999_999_999
_ULN_WEIGHTS: Final = (10, 9, 8, 7, 6, 5, 4, 3, 2)
_EMPLOYER_WEIGHTS: Final = (9, 8, 7, 6, 5, 4, 3, 2)
_SEED_BANDS: Final = 440
_BAND_WIDTH: Final = 2_000_000
_FIRST_ULN_BODY: Final = 100_000_000
_FIRST_EMPLOYER_BODY: Final = 10_000_000
_EMPLOYERS: Final = 40_000_000
_KNOWN_EMPLOYERS: Final = 500


def _weighted(number: int, weights: Sequence[int]) -> int:
    digits = str(number).zfill(len(weights))
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def uln_check_digit(body: int) -> int | None:
    """Return the tenth digit for nine (DD01 of the 2025-26 rules), None when none is right."""
    remainder = _weighted(body, _ULN_WEIGHTS) % 11
    return None if remainder == 0 else 10 - remainder


def employer_check_digit(body: int) -> int | None:
    """Return the ninth digit for eight (DD05), None when none is right."""
    digit = 11 - _weighted(body, _EMPLOYER_WEIGHTS) % 11
    if digit == 11:
        return 0
    return None if digit == 10 else digit


def uln(seed: int, index: int) -> int:
    """Return a valid ULN, different for every index below 1,000,000 and seed below 440."""
    # An even body and its successor never both lack a check digit: the last weight is 2.
    body = _FIRST_ULN_BODY + seed % _SEED_BANDS * _BAND_WIDTH + index * 2
    digit = uln_check_digit(body)
    if digit is None:
        body += 1
        digit = uln_check_digit(body)
    return body * 10 + (digit or 0)


def bad_uln(seed: int, index: int, *, variant: int) -> int:
    """Return a ULN that fails its check: a wrong last digit, or a body that has no right one."""
    if variant % 2:
        # Taken from above every seed's band, so that it never meets another learner's ULN.
        first = _FIRST_ULN_BODY + _SEED_BANDS * _BAND_WIDTH + index % 900_000 * 20
        body = next(body for body in range(first, first + 20) if uln_check_digit(body) is None)
        return body * 10 + variant % 10
    good = uln(seed, index)
    return good - good % 10 + (good + 1 + variant // 2 % 9) % 10


def employer_id(number: int) -> int:
    """Return a valid employer id of nine digits."""
    body = _FIRST_EMPLOYER_BODY + number % _EMPLOYERS * 2
    digit = employer_check_digit(body)
    if digit is None:
        body += 1
        digit = employer_check_digit(body)
    return body * 10 + (digit or 0)


def employer(number: int) -> int:
    """Return one of the few employers that synthetic reference data knows."""
    return employer_id(number % _KNOWN_EMPLOYERS)


def employers() -> list[int]:
    """Return every employer that `employer` gives."""
    return [employer_id(number) for number in range(_KNOWN_EMPLOYERS)]


def bad_employer_id(number: int) -> int:
    """Return an employer id of nine digits with a wrong last digit."""
    good = employer_id(number)
    return good - good % 10 + (good % 10 + 1 + number % 9) % 10


def learn_ref_number(seed: int, index: int) -> str:
    """Return a LearnRefNumber of eleven characters that names seed and index."""
    return f"S{seed % 1000:03d}{index:07d}"


def national_insurance_number(number: int) -> str:
    """Return a National Insurance number with prefix ZZ, which is never given to a person."""
    return f"ZZ{number % 1_000_000:06d}{'ABCD'[number % 4]}"


def student_support_number(number: int) -> str:
    """Return a student support number that begins with TEST, with the right check letter."""
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    digits = f"{number % 100_000_000:08d}"
    values = [letters.index(one) for one in "TEST"] + [int(one) for one in digits]
    total = sum(value * weight for value, weight in zip(values, range(13, 1, -1), strict=True))
    return f"TEST{digits}{letters[len(letters) - 1 - total % len(letters)]}"


def postcode(number: int) -> str:
    """Return a well-formed postcode in area ZZ, which does not exist."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    return f"ZZ{number % 9 + 1} {number // 9 % 10}{letters[number % 20]}{letters[number // 7 % 20]}"


def telephone(number: int) -> str:
    """Return a telephone number of the range kept for fiction."""
    return f"07700900{number % 1000:03d}"
