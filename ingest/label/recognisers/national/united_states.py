"""United States: social security, tax, health care, passports, driving licences, bank routing."""

from __future__ import annotations

from ingest.label.recognisers.base import CLEAR, FAINT, LIKELY, WEAK
from ingest.label.recognisers.checksums import luhn, weighted
from ingest.label.recognisers.schemes import Scheme

_SSN = ("social security", "social", "ssn", "ssns", "ssid", "tax id", "taxpayer")
_ITIN = ("itin", "individual taxpayer", "taxpayer", "tax id", "taxid", "tin", "tax", "payer")
_LICENCE = (
    "driver",
    "driver's license",
    "drivers license",
    "driver license",
    "driving",
    "license",
    "licence",
    "permit",
    "dl",
    "dls",
    "cdl",
    "lic",
    "dmv",
)
_PASSPORT = ("passport", "passport number", "travel document", "united states")
_BANK = ("account", "acct", "bank", "checking", "check", "savings", "debit", "iban", "wire", "routing")
_NPI = ("npi", "national provider", "provider", "taxonomy")
_MBI = ("medicare", "mbi", "beneficiary", "cms", "medicaid", "hic", "hicn")
_ITIN_GROUP = r"(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])"
_MBI_LETTER = "[AC-HJKMNP-RT-Y]"
_MBI_EITHER = "[0-9AC-HJKMNP-RT-Y]"


def is_ssn(value: str) -> bool:
    """Social Security Administration: no area 000, 666 or 9xx, no group 00, no serial 0000; not its two samples."""
    area, group, serial = value[:3], value[3:5], value[5:]
    issued = area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"
    return issued and value not in {"078051120", "123456789", "219099999"} and len(set(value)) > 1


def is_routing_number(value: str) -> bool:
    """American Bankers Association: a Federal Reserve prefix; weights 3, 7, 1."""
    prefix = int(value[:2])
    reserve = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80
    return reserve and value != "000000000" and weighted(value, (3, 7, 1) * 3) % 10 == 0


def is_npi(value: str) -> bool:
    """National Provider Identifier: Luhn behind the issuer 80840."""
    return luhn("80840" + value) and len(set(value[:9])) > 1


def is_dea(value: str) -> bool:
    """Drug Enforcement Administration: first, third and fifth digit plus twice the others."""
    number = value[2:]
    return weighted(number, (1, 2, 1, 2, 1, 2)) % 10 == int(number[6])


def _ssn(form: str, score: float) -> Scheme:
    return Scheme("US_SSN", form, score, _SSN, is_ssn, digits=9)


SCHEMES = (
    _ssn(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])", CLEAR),
    _ssn(r"(?<![\w.])\d{3}([ .])\d{2}\1\d{4}(?!\w|[.-]\d)", LIKELY),
    _ssn(r"(?<![\w-])(?:\d{5}-\d{4}|\d{3}-\d{6})(?![\w-])", WEAK),
    _ssn(r"\b\d{9}\b", FAINT),
    Scheme(
        "US_ITIN",
        rf"(?<![\w-])9\d{{2}}([ -]){_ITIN_GROUP}\1\d{{4}}(?![\w-])",
        LIKELY,
        _ITIN,
        digits=9,
    ),
    Scheme(
        "US_ITIN",
        rf"\b9\d{{2}}(?:[ -]{_ITIN_GROUP}|{_ITIN_GROUP}[ -])\d{{4}}\b",
        WEAK,
        _ITIN,
        digits=9,
    ),
    Scheme("US_ITIN", rf"\b9\d{{2}}{_ITIN_GROUP}\d{{4}}\b", 0.2, _ITIN, digits=9),
    Scheme(
        "ABA_ROUTING_NUMBER",
        r"(?<![\w-])[0-36-8]\d{3}-\d{4}-\d(?![\w-])",
        LIKELY,
        ("aba", "routing", "rtn", "wire", "bank"),
        is_routing_number,
        digits=9,
    ),
    Scheme(
        "ABA_ROUTING_NUMBER",
        r"(?<![\w-])[0-36-8]\d{8}(?![\w-])",
        0.2,
        ("aba", "routing", "rtn", "abarouting", "bankrouting", "wire"),
        is_routing_number,
        announced=0.9,
        digits=9,
    ),
    Scheme("US_BANK_NUMBER", r"(?<![\w-])\d{8,17}(?![\w-])", FAINT, _BANK, announced=0.5, digits=8),
    Scheme("US_PASSPORT", r"\b\d{9}\b", FAINT, _PASSPORT, digits=9),
    Scheme("US_PASSPORT", r"\b[A-Z]\d{8}\b", 0.1, _PASSPORT, digits=8),
    Scheme(
        "US_DRIVER_LICENSE",
        r"\b(?:[A-Z]\d{4,14}|[A-Z]\d{18}|[A-Z]{2}\d{3,7}|[A-Z]{2}\d{6}[A-Z]|[A-Z]\d{6}R|\d{9}[A-Z]|\d{7,8}[A-Z]{1,2}"
        r"|\d{2}[A-Z]{3}\d{5,6}|\d{3}[A-Z]{2}\d{4}|[A-Z]\d{3}-\d{3}-\d{2}-\d{3}-\d|[A-Z]\d{3}-\d{4}-\d{4})\b",
        0.2,
        _LICENCE,
        digits=4,
    ),
    Scheme(
        "US_DRIVER_LICENSE", r"(?<![\w-])(?:\d{6,14}|\d{16})(?![\w-])|\b[A-Z]\d[A-Z]\d[A-Z]\b", 0.02, _LICENCE, digits=2
    ),
    Scheme("US_NPI", r"\b[12]\d{3}([ -])\d{3}\1\d{3}\b", LIKELY, _NPI, is_npi, digits=10),
    Scheme("US_NPI", r"(?<![\w-])[12]\d{9}(?![\w-])", 0.2, _NPI, is_npi, announced=0.9, digits=10),
    Scheme(
        "US_MBI",
        rf"\b[1-9]{_MBI_LETTER}{_MBI_EITHER}\d(-?){_MBI_LETTER}{_MBI_EITHER}\d\1{_MBI_LETTER}{{2}}\d{{2}}\b",
        CLEAR,
        _MBI,
        digits=5,
    ),
    Scheme(
        "MEDICAL_LICENSE",
        r"\b[A-HJ-MPRSTUX][A-Z9]\d{7}\b",
        LIKELY,
        ("dea", "medical", "certificate", "prescriber", "license", "licence"),
        is_dea,
    ),
    Scheme(
        "US_PROVIDER_TAX_ID",
        r"(?<![\w-])(?:0[1-6]|1[0-6]|2[0-7]|3\d|4[0-8]|5\d|6[0-8]|7[1-7]|8[0-8]|9[0-589])-\d{7}(?![\w-])",
        WEAK,
        ("ein", "tin", "employer identification", "tax id", "federal tax", "provider tax", "billing provider"),
        digits=9,
    ),
)
