"""Australia, Canada, Nigeria and South Africa."""

from __future__ import annotations

from ingest.label.recognisers.base import CERTAIN, CLEAR, FAINT, LIKELY, WEAK
from ingest.label.recognisers.checksums import is_short_date, luhn, verhoeff, weighted
from ingest.label.recognisers.schemes import Scheme

_SIN = ("sin", "social insurance", "nas", "numéro nas", "assurance sociale")
_ZA_ID = (
    "id number",
    "identity",
    "identity number",
    "south african id",
    "rsa id",
    "sa id",
    "smart id",
    "national id",
    "id",
)
_ZA_PLATE = (
    "licence plate",
    "license plate",
    "number plate",
    "vehicle registration",
    "registration",
    "natis",
    "enatis",
)
_NIN = ("nin", "national identification number", "national identity number", "nimc", "nigerian identification")
_NG_PLATE = ("plate number", "plate", "plates", "vehicle registration", "license plate", "number plate", "vehicle")
_ZA_PROVINCE = "(?:GP|ZN|WP|EC|NC|FS|LP|MP|NW)"


def is_abn(value: str) -> bool:
    """Australian Business Register: one less in front, weights 10, 1, 3, ... 19 modulo 89."""
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    return value[0] != "0" and (weighted(value, weights) - 10) % 89 == 0


def is_acn(value: str) -> bool:
    """Corporations Regulations: weights 8 to 1, the complement to ten last."""
    return (10 - weighted(value, range(8, 0, -1)) % 10) % 10 == int(value[8]) and value != "0" * 9


def is_australian_medicare(value: str) -> bool:
    return weighted(value[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(value[8])


def is_tfn(value: str) -> bool:
    return weighted(value, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0 and value != "0" * 9


def is_sin(value: str) -> bool:
    return luhn(value) and len(set(value)) > 1


def is_south_african_id(value: str) -> bool:
    """Day of birth, serial, citizenship, a digit, Luhn."""
    return is_short_date(value) and luhn(value)


SCHEMES = (
    Scheme(
        "AU_ABN",
        r"(?<![\w-])\d{2} \d{3} \d{3} \d{3}(?!\w| \d)",
        CLEAR,
        ("abn", "australian business number"),
        is_abn,
        digits=11,
    ),
    Scheme(
        "AU_ABN",
        r"(?<![\w-])\d{11}(?![\w-])",
        WEAK,
        ("abn", "australian business number"),
        is_abn,
        announced=CERTAIN,
        digits=11,
    ),
    Scheme(
        "AU_ACN",
        r"(?<!\w)(?<!\d )\d{3} \d{3} \d{3}(?!\w| \d)",
        LIKELY,
        ("acn", "australian company number"),
        is_acn,
        digits=9,
    ),
    Scheme(
        "AU_ACN",
        r"(?<![\w-])\d{9}(?![\w-])",
        0.1,
        ("acn", "australian company number"),
        is_acn,
        announced=0.9,
        digits=9,
    ),
    Scheme(
        "AU_MEDICARE", r"(?<![\w-])[2-6]\d{3} \d{5} \d(?!\w)", LIKELY, ("medicare",), is_australian_medicare, digits=10
    ),
    Scheme(
        "AU_MEDICARE",
        r"(?<![\w-])[2-6]\d{9}(?![\w-])",
        0.1,
        ("medicare",),
        is_australian_medicare,
        announced=0.9,
        digits=10,
    ),
    Scheme(
        "AU_TFN", r"(?<!\w)(?<!\d )\d{3} \d{3} \d{3}(?!\w| \d)", LIKELY, ("tfn", "tax file number"), is_tfn, digits=9
    ),
    Scheme("AU_TFN", r"(?<![\w-])\d{9}(?![\w-])", 0.1, ("tfn", "tax file number"), is_tfn, announced=0.9, digits=9),
    Scheme("CA_SIN", r"(?<![\w-])[1-79]\d{2}([ -])\d{3}\1\d{3}(?![\w-])", LIKELY, _SIN, is_sin, digits=9),
    Scheme("CA_SIN", r"(?<![\w-])[1-79]\d{8}(?![\w-])", 0.15, _SIN, is_sin, announced=0.9, digits=9),
    Scheme(
        "CA_POSTAL_CODE",
        r"\b[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d\b",
        WEAK,
        (
            "postal code",
            "postcode",
            "canada",
            "ontario",
            "quebec",
            "alberta",
            "british columbia",
            "code postal",
            "address",
        ),
        digits=3,
    ),
    Scheme("NG_NIN", r"(?<![\w-])\d{11}(?![\w-])", 0.1, _NIN, verhoeff, announced=0.9, digits=11),
    Scheme("NG_VEHICLE_REGISTRATION", r"(?<![\w-])[A-Z]{3}[ -]?\d{3}[ -]?[A-Z]{2}(?![\w-])", WEAK, _NG_PLATE, digits=3),
    Scheme("ZA_ID_NUMBER", r"(?<![\w-])\d{10}[0-2][89]\d(?![\w-])", CLEAR, _ZA_ID, is_south_african_id, digits=13),
    Scheme(
        "ZA_COMPANY_REGISTRATION",
        r"(?<![\w/])(?:(?:19|20)\d{2}/\d{6}/\d{2}|(?:CK|NR|[KTWBMN])\d{4}/\d{6})(?![\w/])",
        WEAK,
        ("cipc", "company registration", "registration number", "close corporation", "company reg"),
        digits=10,
    ),
    Scheme(
        "ZA_DRIVER_LICENSE",
        r"\b\d{6,10}[A-Z][A-Z0-9]{1,4}\b",
        0.05,
        (
            "driving licence",
            "driver's licence",
            "drivers licence",
            "driving license",
            "licence number",
            "enatis",
            "natis",
        ),
        digits=6,
    ),
    Scheme(
        "ZA_INCOME_TAX_NUMBER",
        r"(?<![\w-])[01239]\d{9}(?![\w-])",
        FAINT,
        ("sars", "tax reference", "income tax", "itr", "tax number"),
        luhn,
        announced=0.8,
        digits=10,
    ),
    Scheme(
        "ZA_VAT_NUMBER",
        r"(?<![\w-])4\d{9}(?![\w-])",
        0.1,
        ("vat", "vat number", "vat registration", "tax invoice", "sars"),
        luhn,
        announced=0.7,
        digits=10,
    ),
    Scheme(
        "ZA_LICENSE_PLATE",
        rf"\b(?:[A-Z]{{2,3}} ?\d{{2,3}} ?{_ZA_PROVINCE}|[A-Z]{{2}} ?\d{{2}} ?[A-Z]{{2}} ?{_ZA_PROVINCE})\b",
        0.2,
        _ZA_PLATE,
        digits=2,
    ),
    Scheme("ZA_PASSPORT", r"\b[ADMT]\d{8}\b", 0.1, ("passport", "passport number", "travel document", "dha"), digits=8),
    Scheme(
        "ZA_TRAFFIC_REGISTER_NUMBER",
        r"(?<![\w-])\d{13}(?![\w-])",
        0.02,
        ("traffic register", "trn", "enatis", "natis", "vehicle register"),
        digits=13,
    ),
)
