"""Recognisers by form and checksum. They need no model, no network and little time."""

from __future__ import annotations

from ingest.label.recognisers import cards, national, phones
from ingest.label.recognisers.addresses import AddressRecogniser
from ingest.label.recognisers.banking import IbanRecogniser
from ingest.label.recognisers.base import Recogniser
from ingest.label.recognisers.credentials import CredentialRecogniser
from ingest.label.recognisers.crypto import CryptoRecogniser
from ingest.label.recognisers.custom import CustomRecogniser
from ingest.label.recognisers.dates import DateRecogniser
from ingest.label.recognisers.emails import EmailRecogniser
from ingest.label.recognisers.network import NetworkRecogniser
from ingest.label.recognisers.organisations import OrganisationRecogniser
from ingest.label.recognisers.people import PeopleRecogniser
from ingest.label.recognisers.phones import PhoneRecogniser
from ingest.label.recognisers.schemes import SchemeRecogniser
from ingest.label.settings import LabelSettings

__all__ = ["Recogniser", "recognisers"]


def recognisers(settings: LabelSettings) -> tuple[Recogniser, ...]:
    """All of them, and those that are configured. Kinds that are off are the detector's to drop; numbers of schemes
    that are off are not even looked for."""
    schemes = (*cards.SCHEMES, *phones.SCHEMES, *national.SCHEMES)
    return (
        SchemeRecogniser([scheme for scheme in schemes if scheme.kind not in settings.kinds_off]),
        IbanRecogniser(),
        CryptoRecogniser(),
        NetworkRecogniser(),
        EmailRecogniser(),
        PhoneRecogniser(),
        DateRecogniser(),
        AddressRecogniser(),
        CredentialRecogniser(),
        PeopleRecogniser(),
        OrganisationRecogniser(),
        *(CustomRecogniser(pattern) for pattern in settings.patterns),
    )
