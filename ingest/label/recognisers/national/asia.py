"""India, Korea, Singapore, Thailand and the Philippines."""

from __future__ import annotations

from ingest.label.recognisers.base import CERTAIN, CLEAR, FAINT, LIKELY, WEAK
from ingest.label.recognisers.checksums import is_short_date, verhoeff, weighted
from ingest.label.recognisers.schemes import Scheme

_NRIC_LETTERS = {"S": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "M": "KLJNPQRTUWX"} | {"T": "JZIHGFEDCBA", "G": "XWUTRQPNMLK"}
_NRIC_OFFSETS = {"T": 4, "G": 4, "M": 3}
_UEN_LETTERS = "ABCDEFGHJKLMNPQRSTUVWX0123456789"
_IN_PLATE = ("rto", "vehicle", "plate", "registration", "number plate", "car", "bike")
_GST = ("gstin", "gst", "goods and services tax", "tax identification")
_KR_RESIDENT = ("rrn", "resident registration number", "주민등록번호", "주민번호", "외국인등록번호", "외국인번호")
_KR_FOREIGNER = ("frn", "foreigner registration number", "외국인등록번호", "외국인번호")
_KR_BUSINESS = ("brn", "business registration number", "business number", "사업자등록번호", "사업자번호", "사업자")
_KR_LICENCE = (
    "운전면허",
    "면허번호",
    "korean driver",
    "driver license",
    "driver's license",
    "driving licence",
    "license",
)
_KR_PASSPORT = ("여권", "대한민국 여권", "korean passport", "passport")
_TH = (
    "thai id",
    "thai national id",
    "tnin",
    "national id",
    "เลขประจำตัวประชาชน",
    "เลขบัตรประชาชน",
    "รหัสปชช",
    "บัตรประชาชน",
)
_TIN = ("tin", "taxpayer identification number", "taxpayer id", "bir", "tax id", "rdo", "revenue district office")
_UMID = ("umid", "unified multi-purpose id", "crn", "sss", "gsis", "philhealth", "pag-ibig")
_PAN = ("pan", "permanent account number", "income tax")


def is_aadhaar(value: str) -> bool:
    """UIDAI: Verhoeff; never a palindrome."""
    return verhoeff(value) and value != value[::-1]


def is_korean_resident(value: str) -> bool:
    """The weighted check that held until October 2020; later numbers end at random."""
    remainder = weighted(value, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11
    return is_short_date(value) and ((13 if value[6] in "5678" else 11) - remainder) % 10 == int(value[12])


def is_korean_business(value: str) -> bool:
    total = weighted(value, (1, 3, 7, 1, 3, 7, 1, 3, 5)) + int(value[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(value[9])


def is_nric(value: str) -> bool:
    letters = _NRIC_LETTERS.get(value[0])
    if letters is None:
        return False
    total = weighted(value[1:8], (2, 7, 6, 5, 4, 3, 2)) + _NRIC_OFFSETS.get(value[0], 0)
    return letters[total % 11] == value[8]


def is_uen(value: str) -> bool:
    """Accounting and Corporate Regulatory Authority: businesses, local companies, other entities."""
    if len(value) == 9 and value[:8].isdigit():
        return "XMKECAWLJDB"[weighted(value[:8], (10, 4, 9, 3, 8, 2, 7, 1)) % 11] == value[8]
    if value[:9].isdigit():
        return "ZKCMDNERGWH"[weighted(value[:9], (10, 8, 6, 4, 9, 7, 5, 3, 1)) % 11] == value[9]
    if any(letter not in _UEN_LETTERS for letter in value):
        return False
    places = (_UEN_LETTERS.index(letter) for letter in value[:9])
    total = sum(place * weight for place, weight in zip(places, (4, 3, 5, 3, 10, 2, 2, 5, 7), strict=True))
    return _UEN_LETTERS[(total - 5) % 11] == value[9]


def is_thai_id(value: str) -> bool:
    return (11 - weighted(value[:12], range(13, 1, -1)) % 11) % 10 == int(value[12])


def is_philippine_tin(value: str) -> bool:
    """Bureau of Internal Revenue: weights 9 to 2 modulo 11."""
    return weighted(value[:8], range(9, 1, -1)) % 11 == int(value[8]) and value[:9] != "0" * 9


_KR_DAY = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"

SCHEMES = (
    Scheme(
        "IN_AADHAAR",
        r"(?<![\w-])[2-9]\d{3}([ :-])\d{4}\1\d{4}(?![\w-])",
        LIKELY,
        ("aadhaar", "aadhar", "uidai"),
        is_aadhaar,
        digits=12,
    ),
    Scheme(
        "IN_AADHAAR",
        r"(?<![\w-])[2-9]\d{11}(?![\w-])",
        WEAK,
        ("aadhaar", "aadhar", "uidai"),
        is_aadhaar,
        announced=CERTAIN,
        digits=12,
    ),
    Scheme("IN_GSTIN", r"\b(?:0[1-9]|[12]\d|3[0-7]|97|99)[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]\b", CLEAR, _GST, digits=6),
    Scheme("IN_GSTIN", r"\b(?:0[1-9]|[12]\d|3[0-7])(?=[A-Z0-9]{0,9}[A-Z])[A-Z0-9]{11}Z[A-Z0-9]\b", 0.2, _GST, digits=3),
    Scheme("IN_PAN", r"\b[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\b", LIKELY, _PAN, digits=4),
    Scheme("IN_PAN", r"\b[A-Z]{5}\d{4}[A-Z]\b", 0.1, _PAN, digits=4),
    Scheme("IN_PAN", r"\b(?=[A-Z]{0,6}\d{4})(?=\d{0,9}[A-Z])[A-Z0-9]{10}\b", 0.01, _PAN, announced=0.45, digits=4),
    Scheme("IN_PASSPORT", r"\b[A-Z][1-9]\d ?\d{4}[1-9]\b", 0.1, ("passport", "indian passport", "passport number")),
    Scheme("IN_VOTER", r"\b[A-Z]{3}\d{7}\b", 0.2, ("voter", "epic", "elector", "vote", "voting")),
    Scheme(
        "IN_VEHICLE_REGISTRATION",
        r"\b(?:[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?(?!0000)\d{4}|[2-9]\dBH(?!0000)\d{4}[A-HJ-NP-Z]{1,2})\b",
        0.35,
        _IN_PLATE,
        digits=5,
    ),
    Scheme(
        "IN_VEHICLE_REGISTRATION",
        r"\b(?:[A-Z]{1,3}(?!0000)\d{4}|I(?!00000)\d{5}|\d{1,3}(?:CD|CC|UN)[1-9]\d{1,3}|\d{2}[A-FHKPRX]\d{6}[A-Z])\b",
        0.02,
        _IN_PLATE,
        announced=0.5,
        digits=3,
    ),
    Scheme(
        "KR_RRN",
        rf"(?<![0-9A-Za-z-]){_KR_DAY}-?[1-4]\d{{6}}(?![0-9A-Za-z-])",
        CLEAR,
        _KR_RESIDENT,
        is_korean_resident,
        failing=WEAK,
        digits=13,
    ),
    Scheme(
        "KR_FRN",
        rf"(?<![0-9A-Za-z-]){_KR_DAY}-?[5-8]\d{{6}}(?![0-9A-Za-z-])",
        CLEAR,
        _KR_FOREIGNER,
        is_korean_resident,
        failing=WEAK,
        digits=13,
    ),
    Scheme(
        "KR_BRN",
        r"(?<![0-9A-Za-z-])\d{3}-\d{2}-\d{5}(?![0-9A-Za-z-])",
        LIKELY,
        _KR_BUSINESS,
        is_korean_business,
        digits=10,
    ),
    Scheme(
        "KR_BRN",
        r"(?<![0-9A-Za-z-])\d{10}(?![0-9A-Za-z-])",
        0.1,
        _KR_BUSINESS,
        is_korean_business,
        announced=0.9,
        digits=10,
    ),
    Scheme(
        "KR_DRIVER_LICENSE",
        r"(?<![0-9A-Za-z-])(?:1[1-9]|2[0-8])([ -])\d{2}\1\d{6}\1\d{2}(?![0-9A-Za-z-])",
        LIKELY,
        _KR_LICENCE,
        digits=12,
    ),
    Scheme(
        "KR_DRIVER_LICENSE", r"(?<![0-9A-Za-z-])(?:1[1-9]|2[0-8])\d{10}(?![0-9A-Za-z-])", FAINT, _KR_LICENCE, digits=12
    ),
    Scheme("KR_PASSPORT", r"(?<![0-9A-Za-z])[MSROD]\d{3}[A-Z]\d{4}(?![0-9A-Za-z])", WEAK, _KR_PASSPORT),
    Scheme("KR_PASSPORT", r"(?<![0-9A-Za-z])[MSROD]\d{8}(?![0-9A-Za-z])", 0.1, _KR_PASSPORT),
    Scheme(
        "SG_NRIC_FIN",
        r"\b[STFGM]\d{7}[A-Z]\b",
        CLEAR,
        ("nric", "fin", "singapore id"),
        is_nric,
        failing=LIKELY,
        announced=CERTAIN,
    ),
    Scheme("SG_NRIC_FIN", r"\b[A-EH-LN-RU-Z]\d{7}[A-Z]\b", 0.2, ("nric", "fin")),
    Scheme(
        "SG_UEN",
        r"\b(?:\d{8}[A-Z]|\d{9}[A-Z]|[TSR]\d{2}[A-Z]{2}\d{4}[A-Z])\b",
        LIKELY,
        ("uen", "unique entity number", "business registration", "acra"),
        is_uen,
        digits=6,
    ),
    Scheme(
        "TH_TNIN",
        r"(?<![0-9A-Za-z-])[1-8](?:[134]\d|2[0-7]|5[0-8]|[67][0-7]|[89][0-6])\d{10}(?![0-9A-Za-z-])",
        LIKELY,
        _TH,
        is_thai_id,
        digits=13,
    ),
    Scheme(
        "TH_TNIN", r"(?<![0-9A-Za-z-])[1-8]-\d{4}-\d{5}-\d{2}-\d(?![0-9A-Za-z-])", CLEAR, _TH, is_thai_id, digits=13
    ),
    Scheme(
        "PH_TIN",
        r"(?<![\w-])\d{3}-\d{3}-\d{3}(?:-\d{3,5})?(?![\w-])",
        WEAK,
        _TIN,
        is_philippine_tin,
        announced=0.9,
        digits=9,
    ),
    Scheme("PH_TIN", r"(?<![\w-])(?:\d{9}|\d{12})(?![\w-])", FAINT, _TIN, is_philippine_tin, announced=0.8, digits=9),
    Scheme("PH_UMID", r"(?<![\w-])\d{4}-\d{7}-\d(?![\w-])", LIKELY, _UMID, digits=12),
    Scheme("PH_UMID", r"(?<![\w-])\d{12}(?![\w-])", FAINT, _UMID, digits=12),
    Scheme(
        "PH_PASSPORT",
        r"\b(?:[A-Z]\d{7}[A-Z]|[A-Z]{2}\d{7})\b",
        0.05,
        ("passport", "pasaporte", "dfa", "travel document"),
    ),
)
