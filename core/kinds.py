"""The kinds of value that detection finds, by the class of data that they belong to."""

from __future__ import annotations

import re
from typing import Literal, get_args

DataClass = Literal[
    "person", "contact", "address", "financial", "government", "health", "network", "credential", "organisation",
    "place", "time", "work", "other",
]  # fmt: skip
CLASSES: tuple[DataClass, ...] = get_args(DataClass)

# Names of Presidio's entities, those of the token model, and ours. Numbers that companies carry count as organisation,
# unless they are those of a person as well.
_KINDS: dict[DataClass, str] = {
    "person": "PERSON PREFIX GIVEN_NAME SURNAME NRP NATIONALITY AGE GENDER DATE_OF_BIRTH USERNAME",
    "contact": "EMAIL EMAIL_ADDRESS PHONE PHONE_NUMBER FAX_NUMBER SOCIAL_HANDLE",
    "address": """ADDRESS STREET_ADDRESS BUILDING_NUMBER STREET_NAME SECONDARY_ADDRESS POSTCODE ZIP_CODE UK_POSTCODE
        DE_PLZ CA_POSTAL_CODE""",
    "financial": """CREDIT_CARD CVV IBAN_CODE SWIFT_CODE BIC_CODE US_BANK_NUMBER BANK_ACCOUNT BANK_NUMBER ROUTING_NUMBER
        ABA_ROUTING_NUMBER CRYPTO""",
    "government": """GOVERNMENT_ID TAX_ID PASSPORT DRIVER_LICENSE DRIVERS_LICENSE AU_TFN CA_SIN DE_ID_CARD DE_KFZ
        DE_FUEHRERSCHEIN DE_SOCIAL_SECURITY DE_TAX_ID DE_TAX_NUMBER ES_NIE ES_NIF FI_PERSONAL_IDENTITY_CODE
        IN_AADHAAR IN_PAN IN_VOTER IT_FISCAL_CODE IT_IDENTITY_CARD KR_FRN KR_RRN NG_NIN PH_TIN PH_UMID PL_PESEL
        SE_PERSONNUMMER SG_NRIC_FIN TH_TNIN TR_NATIONAL_ID UK_NINO US_ITIN US_SSN ZA_ID_NUMBER
        ZA_INCOME_TAX_NUMBER ZA_TRAFFIC_REGISTER_NUMBER TR_LICENSE_PLATE LICENSE_PLATE VIN""",
    "health": """AU_MEDICARE DE_BSNR DE_HEALTH_INSURANCE DE_LANR MEDICAL_LICENSE MEDICAL_RECORD_NUMBER UK_NHS US_MBI
        US_NPI US_HEALTH_INSURANCE_MEMBER_ID""",
    "network": "IP_ADDRESS MAC_ADDRESS URL DOMAIN_NAME UUID IMEI DEVICE_ID",
    "credential": "CREDENTIAL PASSWORD PIN API_KEY ACCESS_KEY ACCESS_TOKEN PRIVATE_KEY SECRET JWT CONNECTION_STRING",
    "organisation": """ORGANIZATION ORGANISATION COMPANY AU_ABN AU_ACN DE_HANDELSREGISTER DE_VAT_ID IN_GSTIN IT_VAT_CODE
        KR_BRN SE_ORGANISATIONSNUMMER SG_UEN US_PROVIDER_TAX_ID ZA_COMPANY_REGISTRATION ZA_VAT_NUMBER""",
    "place": "LOCATION GPE CITY STATE COUNTRY FACILITY COORDINATES",
    "time": "DATE_TIME DATE TIME",
    "work": "EMPLOYEE_ID CUSTOMER_ID TITLE JOB_TITLE CASE_ID CONTRACT_ID PROJECT_NAME",
}
_BY_KIND: dict[str, DataClass] = {kind: name for name, kinds in _KINDS.items() for kind in kinds.split()}
# What is named after a country is read by its ending, so that a country that is new here is known.
_BY_ENDING: tuple[tuple[re.Pattern[str], DataClass], ...] = (
    (
        re.compile(r"^[A-Z]{2}_(\w+_)?(PASSPORT|PERSONAL_ID|NATIONAL_ID|ID_NUMBER|ID_CARD|TAX_ID|TIN|SSN)$"),
        "government",
    ),
    (re.compile(r"^[A-Z]{2}_(DRIVER|DRIVERS|DRIVING)_LICEN[SC]E$"), "government"),
    (re.compile(r"^[A-Z]{2}_(VEHICLE_REGISTRATION|LICEN[SC]E_PLATE)$"), "government"),
    (re.compile(r"^[A-Z]{2}_((PHONE|MOBILE|TELEPHONE)(_NUMBER)?)$"), "contact"),
    (re.compile(r"^[A-Z]{2}_(POSTCODE|POSTAL_CODE|ZIP_CODE|ADDRESS)$"), "address"),
    (re.compile(r"^[A-Z]{2}_BANK_(NUMBER|ACCOUNT)$"), "financial"),
)
KIND = re.compile(r"^[A-Z][A-Z0-9_]{1,63}$")


def class_of(kind: str) -> DataClass:
    """The class of data of a kind of finding; ``other`` for one that nobody has heard of, which is treated strictly."""
    known = _BY_KIND.get(kind)
    if known is not None:
        return known
    for pattern, name in _BY_ENDING:
        if pattern.match(kind):
            return name
    return "other"
