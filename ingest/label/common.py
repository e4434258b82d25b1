"""Words that begin sentences and headings of ordinary business English and are nobody's name.

Names that are words as well (Mark, Grace, Hall) are left out on purpose.
"""

from __future__ import annotations

COMMON = frozenset(
    """
    a ability about above absolutely accept access according account accountability accounts achieve acknowledge
    acquire across action actions active actually adapt add additional additionally address adopt advise after
    afternoon again agree ai aim alerts align all allowed alongside alright also alternatively although always among
    an analyse analysis analyze analyzing and annex annual another answer answering answers any anyone anything
    anyway api apis apologies app appendix application applications apply applying appreciate appreciation approach
    approve approved approving apps are around article as ask asking assess asset assets assign assigning assist
    assistant assure at attach attend attention audit auditing audits authorization auto automated automatic
    automatically automating availability avoid aware background backup based basic be because become been before
    begin being believe below benefit benefits between board both brand breach breaches break briefly bring browse
    budget build building business but by bye call called calling can cancel cannot capture care carry category
    cause caution ceo certain cfo challenges chance change changes chapter check checking cheers choose classifying
    clean cleaning clear click clinical closed coaching code coding cold collaborate colleague colleagues collect
    collecting comment common communicate communicating communication communications company company's compare
    complete completed compliance comprehensive computer concerning conclusion condition conditions conduct
    confidential configuration configure configuring confirm connect consequently consider constructive consult
    contact contacts content context continually continue contract contribute control controls coo cookies copy cost
    costs could course cover coverage create creating credentials crisis critical cross csv cto current currently
    customer customer's customers cut daily data database databases date days deal dear december decide decisions
    decrease default define defines delete deliver delivery demonstrated deny department departmental departments
    depending deploy deployment describe description design despite detail details determine develop develops device
    devices did difficult direct director directors disable discrimination discuss display distribute do document
    documentation documenting documents does doing don't done download drive dropping drying due during each earlier
    early easily easy edit effective effort eg either email emails emergency emphasize employee employee's employees
    enable encounter encourage encryption end enforcement engage engaging engineer engineers enhanced enjoy enough
    ensure ensuring enter entire environment equipment error errors especially essential establish establishing
    estimate etc evaluate evaluation even evening event events eventually ever every everyone everything evidence
    exact example examples excellent except exception exceptional exceptions exciting existing exit expand expect
    expected expense expenses explain explore export express extend external extra factors fail failed failing
    failure fair family faq fast feature features february feedback feel few fewer figure file files fill filter
    final finally financial find finding findings fine finish first firstly fix flexible focus folder folders follow
    following follows for force form formal forms forward found frequency friday from full function further
    furthermore future gain gather gdpr general generally generic get getting give given giving global go goal goals
    goes going got granting great group groups grow guidance guide guideline guidelines had handle handling happens
    harassment hard harder has have having he heads health hello help helpful hence her here here's hi high highly
    him hipaa hire his history hold holiday holidays home honestly hopefully host hosting hour hours how however hr
    html http https human i i'd i'll i'm i've id ideally identification identified identify ids ie if image imagine
    immediately impact implement implementation implementing import important improve improvement improving in
    inactive incident incidents include includes including increase increased increasing indeed index indicate
    individual individuals inform information infrastructure initial initially input inside install installing
    instead instruction instructions insurance integrate intended interested internal internally internet interview
    into introduction investigate investigating investigation invite invoice invoices involve involves is iso
    isolate issue issues it it's item items its january job join json july just keep keeping key keys kindly know
    knowing knowledge kpi kpis lab lacks language laptop large largest last lastly later latest launch laws lay lead
    leader leaders learn learning leave leaving left legal legally less let let's level license licenses life like
    likewise limit line link links list live load loading local location log login look looking loss lost low lower
    made main maintain maintaining make makes making manage management manager managers managing many market
    materials may maybe means measure measures media medical medium meeting meetings member members mental mention
    message messages method methods mfa mid might migrate mind minimal minimum minutes missing mobile mode model
    modify monday money monitor monitoring month months more moreover morning most mostly move moving much multi
    multiple must my name navigating near nearly necessary need needs neither network networks never new next nice
    no nobody non none normal normally not note nothing notification notifications november now number objective
    objectives obtain obviously occasionally october of off offer offers office officer officers official offline
    often ok okay old older on onboarding once one online only open operating operation operational operations
    opportunity option optional options or order orders organization organizational organizations organize original
    os other others otherwise our out output outside over overall overly oversee overview own owner parent parents
    part partner partners pass password passwords patch patient patients pay paying payment payments pdf pending
    people per perfect perform performance perhaps period permitted person personal phase phi phone physical pick
    picture pii place plan planning plans platform platforms please plus point points policies policy popular
    portfolio position possible potentially pr practical practice practicing pre precise prefer preferences prepare
    prerequisites present presentations prevent preventing preventive previous primary print prior prioritise
    prioritize priority privacy privileges probably problem problems procedure procedures process processes produce
    product production products professional program programs progress project projects prompt proper properly
    proposal protect protected protecting protection proven provide provided provider providers provides providing
    provisioning prs pto public publish pull purchase purpose push put qa qualifications quality quarterly query
    question questions quick quickly quite raise range rate rather reach reaching read ready real really reason
    reasons receive received recent recently recognize recommend recommendation recommendations recommended record
    records recover recovery reduce reducing refer reference refund refuse regarding regardless regards register
    regular rejected release relevance relevant reliable remain remember remote removal remove removed repeat
    replace replacement reply report reporting reports represent request requesting requests require required
    requirements requires research reset resolve resource resources respect respond responding response responses
    responsibilities responsibility restart restore restrict restricted restricting result results retain retention
    retirement return returns review reviewer reviewers reviewing reviews revision reward rfp right risk risks role
    roles room routine rule rules run salary sales same sample saturday save scan schedule scheduled scope scoring
    screen script search second secondary secondly section sections secure security see seek select self send
    sending senior sensitive separate september serve server servers service services session set setting settings
    setup seven several shall share sharing she shipping short should show shows shutdown sign significant similarly
    simple simpler simply since sincerely single site size skilled sla slas sleep slo slos smart so social software
    solution solutions some someone something sometimes sorry sounds source sources speak speaking specific
    specifically spend splitting sql sso staff standard standards standing start starting state statement status
    stay step steps still stop storage store strategy strong structure students study subject submit submitting
    succeed success successful such suggest summarize summary sunday superior supervisor supervisors supply support
    supporting sure surely switch system systems table take taking talk talking target targets task tasks teach team
    teams technical technologies technology tell temporary ten term terms test testing tests text than thank
    thankfully thanks that that'll that's the theft their them then there there's therefore these they they're
    things think third third-party thirdly this those though thought threat threats three through throughout throw
    thursday thus ticket tickets time timely tips title to today together tomorrow tone tonight too tool tools top
    topic total track tracking traffic train training transfer transmission travel treat treatment trouble true
    trust try tuesday turn tv two type types typical typically ui ultimately unauthorized under understand
    understanding unfortunately unique unit unless unlike until up upcoming update updates updating upgrade upload
    upon urgent url urls usage usb use used useful user user's users using usually utilize ux vacation valid
    validate validating validation value values variable various vendor vendors verification verify version very via
    view violation violations virtual visit visual vpn wait want wanted warning warranty was watch water ways we
    we'd we'll we're we've web website wednesday week weekly weeks welcome well were what what's whatever when
    whenever where whereas wherever whether which while who whoever whom whose why wide will win winning wish with
    within without women won't wonderful wondering words work worker workers working works world worry would write
    writing wrong xml year years yes yesterday yet you you'll you're you've your
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
