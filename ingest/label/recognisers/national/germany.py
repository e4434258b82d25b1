"""Germany: identity cards and passports, tax, pensions, health, doctors, commercial register, number plates."""

from __future__ import annotations

from collections import Counter

from ingest.label.recognisers.base import CERTAIN, CLEAR, FAINT, LIKELY, WEAK
from ingest.label.recognisers.checksums import cross_summed, mod_11_10, seven_three_one, weighted
from ingest.label.recognisers.schemes import Scheme

_CARD = (
    "personalausweis",
    "personalausweisnummer",
    "ausweis",
    "ausweisnummer",
    "dokumentennummer",
    "seriennummer",
    "npa",
    "identity card",
    "id card",
    "national id",
)
_PASSPORT = ("reisepass", "reisepassnummer", "pass", "passnummer", "pass-nr", "passport", "passport number", "mrz")
_TAX_ID = (
    "steuer-id",
    "steuerid",
    "steueridentifikationsnummer",
    "identifikationsnummer",
    "steuer-idnr",
    "idnr",
    "steuernummer",
    "bzst",
    "tax id",
)
_TAX = ("steuernummer", "steuer-nr", "steuer nr", "st.-nr", "st-nr", "finanzamt", "umsatzsteuer", "steuerbescheid")
_VAT = ("umsatzsteuer", "ust-idnr", "ust-id", "ustidnr", "mehrwertsteuer", "vat", "vat id", "rechnung", "invoice")
_PENSION = (
    "rentenversicherungsnummer",
    "sozialversicherungsnummer",
    "versicherungsnummer",
    "rvnr",
    "svnr",
    "sv-nummer",
    "rentenversicherung",
    "sozialversicherung",
    "sozialversicherungsausweis",
    "drv",
)
_HEALTH = (
    "krankenversicherungsnummer",
    "krankenversichertennummer",
    "versichertennummer",
    "kvnr",
    "krankenkasse",
    "krankenversicherung",
    "gesundheitskarte",
    "egk",
    "egk-nummer",
    "versichertenkarte",
    "aok",
    "barmer",
)
_DOCTOR = ("lanr", "arztnummer", "lebenslange arztnummer", "arzt-nr", "arzt", "vertragsarzt", "hausarzt", "facharzt")
_PRACTICE = ("bsnr", "betriebsstättennummer", "betriebsstätte", "praxisnummer", "arztpraxis", "praxis", "kv-nummer")
_LICENCE = ("führerschein", "führerscheinnummer", "fahrerlaubnis", "fahrerlaubnisnummer", "driving licence", "kba")
_PLATE = ("kennzeichen", "kfz-kennzeichen", "kfz", "nummernschild", "fahrzeug", "auto", "pkw", "lkw", "zulassung")
_PLACE = ("plz", "postleitzahl", "postanschrift", "adresse", "anschrift", "wohnort", "wohnhaft", "straße", "postfach")
_REGISTER = ("handelsregister", "amtsgericht", "registergericht", "hra", "hrb", "firma", "gmbh", "ag", "kg")


def is_document_number(value: str) -> bool:
    """Identity cards and passports: ICAO 9303. Cards before 2010, a T and eight digits, count without it."""
    return seven_three_one(value)


def is_tax_id(value: str) -> bool:
    """Steuer-ID: MOD 11,10; no digit more than three times among the first ten."""
    return mod_11_10(value) and max(Counter(value[:10]).values()) <= 3


def is_vat_id(value: str) -> bool:
    number = value[2:]
    return number[0] != "0" and mod_11_10(number)


def is_pension_number(value: str) -> bool:
    """VKVV: the letter as two digits, cross sums of the weights below."""
    spelled = value[:8] + f"{ord(value[8]) - 64:02}" + value[9:11]
    return cross_summed(spelled, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)) % 10 == int(value[11])


def is_health_number(value: str) -> bool:
    """Unveränderbarer Teil der KVNR: the letter as two digits, cross sums of 1 and 2 in turn."""
    spelled = f"{ord(value[0]) - 64:02}" + value[1:9]
    return cross_summed(spelled, (1, 2) * 5) % 10 == int(value[9])


def is_doctor_number(value: str) -> bool:
    """LANR: weights 4 and 9 over six digits, the complement to ten the seventh."""
    return (10 - weighted(value[:6], (4, 9) * 3) % 10) % 10 == int(value[6])


def is_practice_number(value: str) -> bool:
    """BSNR: two digits of the region, seven of the practice, none of them all zero."""
    return value[:2] != "00" and value[2:] != "0000000"


_LETTER = "[CFGHJKLMNPRTV-Z]"

SCHEMES = (
    Scheme("DE_ID_CARD", r"\bT\d{8}\b", WEAK, _CARD, digits=8),
    Scheme(
        "DE_ID_CARD",
        rf"\b{_LETTER}[0-9CFGHJKLMNPRTV-Z]{{7}}\d\b",
        WEAK,
        _CARD,
        is_document_number,
        announced=CERTAIN,
        digits=4,
    ),
    Scheme(
        "DE_PASSPORT",
        rf"\b{_LETTER}[0-9CFGHJKLMNPRTV-Z]{{7}}\d\b",
        WEAK,
        _PASSPORT,
        is_document_number,
        announced=CERTAIN,
        digits=4,
    ),
    Scheme("DE_TAX_ID", r"(?<![\w-])[1-9]\d{10}(?![\w-])", WEAK, _TAX_ID, is_tax_id, announced=CERTAIN, digits=11),
    Scheme("DE_TAX_NUMBER", r"\b(?:0[1-9]|1[0-6])\d{11}\b", 0.2, _TAX, digits=13),
    Scheme("DE_TAX_NUMBER", r"(?<![\w/])\d{3}/\d{3}/\d{5}(?![\w/])", LIKELY, _TAX, digits=11),
    Scheme("DE_TAX_NUMBER", r"(?<![\w/])\d{2,3}/\d{3,4}/\d{4,5}(?![\w/])", 0.2, _TAX, digits=9),
    Scheme("DE_VAT_ID", r"\bDE[ .-]?\d{3}[ .-]?\d{3}[ .-]?\d{3}\b", CLEAR, _VAT, is_vat_id, digits=9),
    Scheme(
        "DE_SOCIAL_SECURITY",
        r"\b\d{2}(?:0[1-9]|[12]\d|3[01]|5[1-9]|[67]\d|8[01])(?:0[1-9]|1[0-2])\d{2}[A-Z]\d{3}\b",
        CLEAR,
        _PENSION,
        is_pension_number,
        digits=11,
    ),
    Scheme("DE_HEALTH_INSURANCE", r"\b[A-Z]\d{9}\b", LIKELY, _HEALTH, is_health_number, digits=9),
    Scheme("DE_LANR", r"(?<![\w-])\d{9}(?![\w-])", 0.15, _DOCTOR, is_doctor_number, announced=0.9, digits=9),
    Scheme("DE_BSNR", r"(?<![\w-])\d{9}(?![\w-])", FAINT, _PRACTICE, is_practice_number, announced=0.8, digits=9),
    Scheme("DE_FUEHRERSCHEIN", r"\b[A-Z]{2}\d{8}[A-Z0-9]\b", WEAK, _LICENCE, digits=8),
    Scheme("DE_FUEHRERSCHEIN", r"\b[A-Z]\d{3}[A-Z0-9]{6}\d\b", 0.2, _LICENCE, digits=4),
    Scheme("DE_HANDELSREGISTER", r"\bHR[AB] ?\d{1,6}(?: ?[A-Z])?\b", CLEAR, _REGISTER, digits=1),
    Scheme("DE_KFZ", r"(?<![\w-])[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ -]\d{1,4}[EH]?(?![\w-])", 0.1, _PLATE, digits=1),
    Scheme(
        "DE_PLZ", r"(?<![\w-])(?!01000|99999)(?:0[1-9]|[1-9]\d)\d{3}(?![\w-])", FAINT, _PLACE, announced=0.5, digits=5
    ),
)
