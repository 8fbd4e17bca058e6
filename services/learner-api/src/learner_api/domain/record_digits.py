"""The check digits of the identifiers in a record. Arithmetic only."""

from typing import Final

from learner_api.domain.record import TEMPORARY_ULN

UNKNOWN_EMPLOYER: Final = 999_999_999
_ULN_WEIGHTS: Final = (10, 9, 8, 7, 6, 5, 4, 3, 2)
_EMPLOYER_WEIGHTS: Final = (9, 8, 7, 6, 5, 4, 3, 2)
_EMPLOYER_LOWEST: Final = 100_000_000
_ASCII_ZERO: Final = 48


def _weighted(digits: bytes, weights: tuple[int, ...]) -> int:
    return sum((d - _ASCII_ZERO) * w for d, w in zip(digits, weights, strict=False)) % 11


def uln_check_digit_fits(uln: int) -> bool:
    """Say whether the last digit of a ten-digit ULN fits the others (DD01).

    9999999999, the temporary one, does; a remainder of nought asks for 10, which no digit is.
    """
    if uln == TEMPORARY_ULN:
        return True
    return uln % 10 == 10 - _weighted(b"%d" % uln, _ULN_WEIGHTS)


def employer_id_check_digit_fits(employer: int) -> bool:
    """Say whether an employer id has nine digits and the last one fits (DD05, DD14).

    999999999 stands for an employer that is not known and has no check digit.
    """
    if employer == UNKNOWN_EMPLOYER:
        return True
    if not _EMPLOYER_LOWEST <= employer < UNKNOWN_EMPLOYER:
        return False
    check = 11 - _weighted(b"%d" % employer, _EMPLOYER_WEIGHTS)
    return employer % 10 == (0 if check == 11 else check)  # noqa: PLR2004 - modulus; 10 fits none
