"""Words of general English that say what a value is. Each list is the alternatives of a regular expression."""

from __future__ import annotations


def _listed(text: str) -> str:
    return "|".join(part.strip() for part in text.replace("\n", " ").split(" | "))


COUNTRIES = _listed(r"""
    afghanistan | albania | algeria | andorra | angola | anguilla | antarctica | antigua and barbuda | argentina |
    armenia | aruba | australia | austria | azerbaijan | bahamas | bahrain | bangladesh | barbados | belarus |
    belgium | belize | benin | bermuda | bhutan | bolivia | bosnia and herzegovina | botswana | brazil | brunei
    darussalam | brunei | bulgaria | burkina faso | burma | burundi | cabo verde | cambodia | cameroon | canada |
    cape verde | cayman islands | central african republic | colombia | comoros | congo | cook islands | costa rica
    | cote d'ivoire | côte d'ivoire | ivory coast | croatia | cuba | curaçao | curacao | cyprus | czechia | czech
    republic | denmark | djibouti | dominica | dominican republic | east timor | timor-leste | ecuador | egypt | el
    salvador | england | equatorial guinea | eritrea | estonia | eswatini | ethiopia | falkland islands | faroe
    islands | fiji | finland | france | french guiana | french polynesia | gabon | gambia | germany | ghana |
    gibraltar | greece | greenland | grenada | guadeloupe | guam | guatemala | guernsey | guinea-bissau | guyana |
    haiti | honduras | hong kong | hungary | iceland | india | indonesia | iran | iraq | ireland | isle of man |
    israel | italy | jamaica | japan | kazakhstan | kenya | kiribati | kosovo | kuwait | kyrgyzstan | kyrgyz
    republic | laos | latvia | lebanon | lesotho | liberia | libya | libyan arab jamahiriya | liechtenstein |
    lithuania | luxembourg | macao | macau | macedonia | madagascar | malawi | malaysia | maldives | malta |
    marshall islands | martinique | mauritania | mauritius | mayotte | mexico | micronesia | moldova | monaco |
    mongolia | montenegro | montserrat | morocco | mozambique | myanmar | namibia | nauru | nepal | netherlands |
    netherlands antilles | new caledonia | new zealand | nicaragua | nigeria | niue | norfolk island | north korea |
    north macedonia | northern ireland | northern mariana islands | norway | pakistan | palau | palestine | panama |
    papua new guinea | paraguay | peru | philippines | pitcairn islands | poland | portugal | puerto rico | qatar |
    romania | russia | russian federation | rwanda | réunion | saint helena | saint kitts and nevis | saint lucia |
    saint martin | saint pierre and miquelon | saint barthelemy | saint vincent and the grenadines | samoa |
    american samoa | san marino | sao tome and principe | são tomé and príncipe | saudi arabia | scotland | senegal
    | serbia | seychelles | sierra leone | singapore | slovakia | slovak republic | slovenia | solomon islands |
    somalia | south africa | south korea | south sudan | spain | sri lanka | sudan | suriname | swaziland | sweden |
    switzerland | syria | syrian arab republic | taiwan | tajikistan | tanzania | thailand | togo | tokelau | tonga
    | trinidad and tobago | tunisia | turkmenistan | turks and caicos islands | tuvalu | uganda | ukraine | united
    arab emirates | united kingdom | united states of america | united states | uruguay | uzbekistan | vanuatu |
    holy see | vatican city | venezuela | vietnam | viet nam | virgin islands | wallis and futuna | wales | western
    sahara | yemen | zambia | zimbabwe
    """)
"""Countries and territories, in small letters."""
CASED_COUNTRIES = "Chad|China|Georgia|Guinea|Jordan|Korea|Mali|Niger|Oman|Turkey|Jersey|USA|UK|UAE"
"""Names that are words or first names when written small."""
STATE_WORDS = _listed(r"""
    socialist | democratic | people['’]s | islamic | federal | federative | federated | plurinational | bolivarian |
    united | co-?operative | arab | lao | hashemite
    """)
"""What a state calls itself before its name."""
LEGAL_FORMS = _listed(r"""
    Inc | Incorporated | LLC | L\.L\.C | LLP | LP | Ltd | Limited | PLC | Plc | plc | Corp | Corporation | GmbH |
    gGmbH | mbH | AG | KG | KGaA | OHG | UG | SE | S\.A | SA | SAS | SARL | S\.A\.R\.L | S\.r\.l | Srl | S\.p\.A |
    SpA | SL | S\.L | B\.V | BV | N\.V | NV | Oy | Oyj | AB | ASA | A/S | ApS | Pty | Pte | Pvt | Lda | Ltda | Kft |
    Zrt | s\.r\.o | a\.s | Sp\. z o\.o
    """)
"""What registers write behind the name of a company."""
FIRM_WORDS = _listed(r"""
    Co | Company | Holdings? | Group | Partners | Associates | Foundation | Bank | Insurance | Industries |
    Technologies | Systems | Solutions | Consulting | Ventures | Logistics | Airlines | Pharmaceuticals | University |
    Institute
    """)
"""Other words that a company's name ends with."""
PARTNERSHIPS = _listed(r"""
    Co\. KG | & Co | & Company | & Sons | and Sons | & Partners | and Company
    """)
"""What names of families that are companies end with."""
OCCUPATIONS = _listed(r"""
    accountant | actor | actress | actuary | administrator | advis[eo]r | agent | analyst | animator | architect |
    archivist | artist | assembler | assessor | assistant | associate | astronomer | attendant | attorney | auditor
    | baker | banker | barber | barista | barrister | bartender | biologist | blaster | bookkeeper | broker |
    builder | buyer | caretaker | carpenter | cashier | chef | chemist | clerk | coach | cleaner | collector |
    conservator | consultant | contractor | controller | cook | coordinator | copywriter | counsell?or | curator |
    dentist | designer | developer | dietitian | director | dispatcher | doctor | drafter | dresser | driver |
    ecologist | economist | editor | educator | electrician | engineer | engraver | estimator | examiner | executive
    | farmer | firefighter | fitter | foreman | geologist | grader | guard | guide | hairdresser | handler |
    historian | hygienist | illustrator | inspector | installer | instructor | interpreter | investigator | janitor
    | jeweler | journalist | judge | laborer | labourer | landscaper | lawyer | lecturer | librarian | machinist |
    maker | manager | mason | mathematician | mechanic | mechanist | merchandiser | metallurgist | midwife | miller
    | miner | model | musician | negotiator | nurse | nutritionist | officer | operator | optician | optometrist |
    organi[sz]er | painter | paralegal | paramedic | pharmacist | photographer | physician | physicist |
    physiotherapist | pilot | planner | plasterer | platemaker | plumber | podiatrist | porter | presenter |
    president | presser | printer | processor | producer | professor | programmer | proofreader | psychiatrist |
    psychologist | publicist | publisher | ranger | realtor | receptionist | recruiter | repairer | reporter |
    representative | researcher | roofer | sailor | salesperson | scientist | secretary | server | setter | singer |
    sociologist | soldier | solicitor | sorter | specialist | statistician | steward | strategist | supervisor |
    surgeon | surveyor | tailor | teacher | technician | technologist | teller | tender | therapist | trader |
    trainer | translator | treasurer | tutor | typist | underwriter | veterinarian | waiter | waitress | welder |
    worker | writer | zoologist
    """)
"""The last words of occupations."""
HONORIFICS = _listed(r"""
    mr | mrs | ms | mx | dr | prof | messrs | mme | mlle
    """)
"""Forms of address, in any case, with or without a full stop."""
CASED_HONORIFICS = _listed(r"""
    Miss | Mister | Madam | Sir | Dame | Lady | Professor | Doctor | Herr | Frau | Señora? | Monsieur | Madame |
    Signora? | Fröken | Herra | Rouva
    """)
"""Forms of address that are words when written small."""
DOTTED_HONORIFICS = _listed(r"""
    Sr | Sra | Srta | Hr | Fr | Rev | Hon | Capt | Lt | Sgt | Col | Gen
    """)
"""Forms of address with a full stop; without it, they are something else."""
LOOSE_HONORIFICS = "hon|rev"
"""Forms of address, in any case, that say nothing of the word behind them."""
CASED_LOOSE_HONORIFICS = "Lord|Reverend|Father|Sister|Judge"
