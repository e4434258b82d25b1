"""The vocabulary of postal addresses: words for streets, units and countries, in the languages of Europe and the
Americas."""

from __future__ import annotations

import re

from ingest.label.recognisers.letters import listed
from ingest.label.wording import COUNTRIES as NAMED_COUNTRIES

# Stand behind the name in English, before it in Romance and Slavic languages.
STREET_WORDS = listed("""
    street st avenue ave av road rd lane ln drive dr boulevard blvd court ct place pl square sq terrace ter way
    crescent cres close parkway pkwy highway hwy trail circle cir loop alley plaza esplanade quay parade mews row
    grove gardens gate rise ridge heights hill view walk crossing turnpike expressway freeway pike bypass causeway
    promenade wharf junction junctions village villages springs shores summit landing bend branch bridge brook
    canyon cape center centers cliff club common corner corners course cove creek crest curve dale dam divide
    estate estates extension falls ferry field fields flat flats ford forest forge fork forks fort garden gateway
    glen green groves harbor haven hills hollow inlet island isle key keys knoll knolls lake lakes land light loaf
    lock locks lodge mall manor meadow meadows mill mills mission motorway mount mountain neck orchard oval
    overpass park parks pass passage path pine pines plain plains point points port ports prairie radial ramp
    ranch rapid rapids rest river roads route rue run shoal shoals shore skyway spring spur spurs squares station
    stravenue stream throughway trace track trafficway tunnel underpass union unions valley valleys via viaduct
    views ville vista walks wall ways well wells
""")
SURE_STREET_WORDS = listed("""
    street st avenue ave road rd lane ln drive blvd boulevard court crescent parkway pkwy highway hwy terrace mews
    strasse straße gasse utca ulica ul
""")
BEFORE_NAME = listed("""
    via viale vicolo corso piazza piazzale largo strada contrada rue avenue boulevard allée allee place chemin
    impasse quai route cours passage square calle avenida avda av paseo plaza camino carretera ctra ronda travesía
    rúa praza c/ rua travessa avenida praça largo estrada alameda ul ulica al aleja plac os ulice náměstí nám trg
    cesta ulița strada str calea bulevardul am an auf im zum zur unter obere untere ulitsa οδός jalan jl u colonia
    barrio urbanización residencia quinta bairro caminho rodovia vía pasaje cerrada prolongación bd bld faubourg
    sentier voie villa
""")
SURE_BEFORE_NAME = listed("""
    via viale vicolo corso piazza piazzale rue avenue boulevard allée chemin impasse quai calle avenida avda paseo
    camino carretera ctra rúa rua travessa praça estrada alameda ul ulica aleja ulice náměstí calea bulevardul
""")
STREET_ENDINGS = re.compile(
    r"\w{2,}(?:stra(?:ss|ß)e|str\.?|gasse|gässli|weg|wegen|platz|allee|damm|ufer|ring|steig|graben|halde|lände|donaulände"
    r"|straat|laan|plein|singel|gracht|kade|dijk|dreef|steenweg|hof|hove|pad|vej|vejen|gade|gaden|allé|stræde|torv|toften"
    r"|vägen|väg|gatan|gata|gränd|gärde|backe|backen|stigen|plan|torget|veien|vei|gaten|bakken|brekka|stubben|tie|katu|kuja|polku"
    r"|tanväljä|utca|útja|tere|tér|körút|mnt|maantee|vegur|stígur|holt|braut|hlíð|gerði|tún|skeid|sgade|svej|ulica|ova|ského|ská"
    r"|ého|skaja|straße|strasse)",
    re.IGNORECASE,
)
PARTICLES = listed("""
    de la le les des du del della delle dei degli di da do dos das el los las lo van der den het ten ter te von zu
    y e i o of the d l al op aan in't 't sur sous en à saint st san santa santo são sv ul nad pod na u
""")
SMALL_STREET_WORDS = listed("""
    gate gata gade vei veg vej väg vägen utca út útja tér tere ulica ulice straat laan weg street road avenue lane
    mnt tie katu square drive court
""")
"""Written in small letters behind a name (``Pernilles vei``)."""
UNITS = listed("""
    apt apartment suite ste unit flat floor fl room rm building bldg appt apto depto piso puerta etg lejl lakás
    byt dept block tower door level lot spc trlr slip pier hangar wing
""")
MONTHS = listed("""
    january february march april may june july august september october november december jan feb mar apr jun jul
    aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
""")
EMPTY_CELLS = frozenset(("nan", "none", "n/a", "null"))
"""What exports of tables write where a state is missing."""

COUNTRIES = frozenset(NAMED_COUNTRIES.split("|")) | listed(
    """
    chad|china|georgia|guinea|jordan|korea|mali|niger|oman|turkey|türkiye|jersey|usa|u.s.a|uk|uae|chile|cuba|
    british virgin islands|democratic republic of the congo|heard island and mcdonald islands|cocos islands|
    bouvet island|svalbard|lao people's democratic republic|palestinian territories|united states virgin islands|
    great britain|christmas island|deutschland|österreich|schweiz|españa|italia|brasil|nederland
""",
    "|",
)
LONGEST_COUNTRY = 5
"""Words in the longest of them that is looked for."""
_CUES = re.compile(
    r"(?<!\w)(?:address(?:es)?|lives? (?:at|in|on)|living at|lived at|resid(?:es?|ing|ence)|located at"
    r"|office (?:is )?at"
    r"|sen[dt]|return to|deliver(?:ed|y)?|ship(?:ped|ping)?|mail(?:ed|ing)?|taxi to|cab to|ride to|arrived at|moved? to"
    r"|home|branch at|based at|situated|visit us|meet|headquarter(?:s|ed)|go to|drive to|come to|stay(?:ing)? at"
    r"|wohnhaft|anschrift|adresse|dirección|indirizzo|endereço|adres)(?!\w)",
    re.IGNORECASE,
)
CUE_REACH = 60
"""Characters before an address in which words announce it."""


def announces_address(before: str) -> bool:
    """Whether the words before a place announce an address (``lives at``, ``return to``)."""
    return _CUES.search(before, max(0, len(before) - CUE_REACH)) is not None
