"""Word lists of news English that names are read with: titles, offices, institutions, groups.

All words are folded: lower case, no accents, no punctuation.
"""

from llm_extract.grounding.words import word_set

PRONOUNS = word_set(
    """i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his
    himself she her hers herself it its itself they them their theirs themselves who whom whose
    which this that these those one someone somebody anyone anybody everyone everybody nobody"""
)
# "US" is written like the pronoun once folded; whoever asks has to look at the capitals.
SINGULAR_PERSON_PRONOUNS = word_set("he him his himself she her hers herself")
SUBJECT_PRONOUNS = word_set("he she")

ARTICLES = word_set("the a an")
PARTICLES = word_set(
    """al el as ad ash bin ibn bint ben abu van von der den de del della di da do dos das du la le
    ter ten zu af av y e st"""
)

# Forms of address: they are no office, and never part of a name.
HONORIFICS = word_set(
    """mr mrs ms miss mx dr doctor prof professor sir dame lord lady madam hon honourable honorable
    rev reverend father fr sister rt herr frau monsieur madame mme senor senora
    sheikh sheik shaikh alhaji alhaja haji hajj hajia mallam malam chief engr engineer barrister
    barr datuk dato seri sri tan tun puan encik tengku datin tuan excellency highness majesty
    ustaz maulana mullah ayatollah rabbi pandit shri smt comrade arch pastor bishop"""
)

# Offices and ranks that are never a surname in practice: they end a title wherever they stand.
OFFICES = word_set(
    """president presidents premier pm minister secretary senator sen congressman congresswoman
    congressperson rep mp mep mla assemblyman assemblywoman councillor councilor councilman
    councilwoman councilmember governor gov mayor ambassador envoy consul commissioner spokesman
    spokeswoman spokesperson spokespeople chairman chairwoman chairperson vice-chair director ceo
    cfo coo cto general gen admiral adm colonel col lieutenant lt captain capt sergeant sgt
    brigadier brig commander cmdr commodore lawmaker legislator parliamentarian deputy
    whip treasurer taoiseach tanaiste emir sultan sheriff attorney prosecutor lawyer
    professor lecturer economist analyst founder cofounder co-founder editor journalist reporter
    correspondent activist candidate nominee incumbent challenger counterpart representative
    negotiator mediator rapporteur ombudsman superintendent inspector detective constable
    diplomat adviser advisor aide official leader founder archbishop ayatollah patriarch
    principal coach manager resident councilmember delegate secretary-general
    director-general vice-president policymaker researcher expert scientist strategist historian
    author singer actor actress billionaire businessman businesswoman entrepreneur veteran
    student teacher farmer rector banker"""
) - {"presidents", "spokespeople"}
# Offices that are also surnames or first names: titles only where nothing but a title precedes.
AMBIGUOUS_OFFICES = word_set(
    """king queen prince princess pope bishop cardinal judge justice dean major marshal chancellor
    baron baroness count duke duchess earl chief head boss chair speaker member author pilot
    foreman private corporal regent provost warden host"""
)
# Words that may stand before an office and belong to it.
TITLE_MODIFIERS = word_set(
    """former ex then acting interim caretaker deputy vice assistant associate undersecretary under
    senior junior chief prime first second top lead leading head outgoing incoming new late current
    longtime veteran special permanent general executive managing honorary crown supreme
    democratic republican conservative labour labor liberal green socialist independent
    far right left wing far-right far-left right-wing left-wing opposition ruling ousted exiled
    imprisoned jailed elected elect arrested newly self declared self-declared
    authoritarian nationalist populist centrist fellow press right most press presidential
    ministerial parliamentary congressional municipal minority majority state party
    national federal regional local provincial district city country government military police
    army navy naval air brigadier major lieutenant rear grand"""
)
# What an office is responsible for, before it or after "of"/"for".
DOMAINS = word_set(
    """foreign external internal home interior defence defense security national state finance
    financial economy economic economics trade commerce industry industrial business investment
    investments treasury budget planning development energy oil petroleum gas power water climate
    environment environmental ecology agriculture food fisheries forestry health public welfare
    social education higher science technology research innovation digital communications
    communication information media culture arts sport sports youth women gender family labour labor
    employment work manpower human resources transport transportation infrastructure works housing
    urban rural justice law legal constitutional affairs relations policy political strategic
    european cooperation tourism immigration migration intelligence emergency emergencies veterans
    war peace staff armed forces defence foreign-policy house assembly parliament senate congress
    opposition exchequer mission delegation tribal religious minority border homeland service
    services nuclear space aviation maritime mines mining lands land regional local government
    bank central council commission committee union party army navy"""
)

# Nouns that make a capitalised sequence an organisation, and a description a body.
BODIES = word_set(
    """academy administration agency alliance army assembly association authority bank board body
    brigade broadcaster bundestag bureau business cabinet campaign caucus centre center chamber
    church city club coalition college command commission committee community companies company
    confederation conference congress consortium consulate contact corporation corps council court
    crescent cross delegation delegations department directorate duma embassy emirate empire
    federation fleet force forces foundation front fund government governments group guard hospital
    house inc industries institute institution intelligence junta kingdom knesset league legislature
    legislatures ltd mail mayoralty military ministry ministries mission monarchy movement museum
    nations navy network news newspaper newspapers office opposition orchestra order organisation
    organisations organization organizations palace panel parliament parties party patriarchate
    police post presidency press radio rada regime region regulator reporters republic school
    secretariat senate service services side society soviet state states studio synod taskforce team
    televison television times today tribunal treasury trust union unions united university watchdog
    workers"""
) - {"region", "business", "city", "conference", "order", "empire", "cross"}

# Capitalised sequences with such a last word are no actor: events, works of law, waters, roads.
NON_ACTOR_HEADS = word_set(
    """accord accords act agreement agreements airport amendment anniversary atlantic avenue award
    awards bay beach bill boulevard bridge building canal cape case charter coast communique
    communiques conference constitution convention corridor cup day days declaration deal desert
    dialogue doctrine east easter election elections games gulf harbour harbor highway holocaust
    hotel initiative internet island islands krai lake law memorandum mountain mountains night north
    oblast ocean olympics pact peninsula plan plaza policy port prize process programme program
    project protocol province ramadan region report resolution revolution river road scheme sea
    section series shoal south square strait straits street strip summit treaty tower valley war
    wars west xmas christmas year years zone district county title terms prize park article chapter
    auditorium hall stadium arena theatre theater talks wwi wwii
    god bible quran koran torah covid corona
    coronavirus assurances pandemic crisis week month stage
    round level photo picture file video map graphic caption"""
)

# Heads of descriptions that stand for somebody unnamed, singular and plural.
PERSON_NOUNS = OFFICES | word_set(
    """chairwoman source spokesman soldier officer insider witness eyewitness survivor neighbour
    neighbor demonstrator protester protestor campaigner voter citizen worker employee executive
    commentator observer pollster scholar academic doctor nurse priest cleric rabbi bishop
    member minister king queen prince princess pope judge justice chancellor speaker chief head boss
    chair premier monarch leader ally rival critic opponent supporter widow hostage refugee
    migrant settler rebel fighter
    militant commander pilot negotiator donor investor trader shopkeeper driver passenger
    interlocutor predecessor successor visitor guest"""
)
GROUP_NOUNS = word_set(
    """academics activists advisers advisors aides allies ambassadors analysts authorities bankers
    campaigners candidates capitals chiefs citizens civilians clerics commanders commentators
    commissioners companies congressmen conservatives councillors councilmembers councilors
    countries critics customers delegates delegations democrats demonstrators deputies diplomats
    dissidents doctors donors economists employees employers engineers envoys executives experts
    families farmers fighters firms generals governments governors groups hostages insiders
    interlocutors investors islamists journalists judges kingdoms labor lawmakers lawyers leaders
    legislators legislatures liberals locals managers mayors mediators members merchants migrants
    militants ministers ministries monarchs mps meps nations negotiators neighbours neighbors
    newspapers nurses observers officers officials operators opponents organisations organizations
    owners parents parliamentarians parties partners peacekeepers people pilots players police
    policymakers politicians presidents priests premiers producers prosecutors protesters protestors
    rabbis rebels refugees regulators relatives reporters representatives republicans researchers
    residents retailers rivals scholars schools scientists secretaries senators separatists settlers
    socialists soldiers sources spokesmen spokespeople spokespersons states strikers students
    supporters survivors teachers traders trustees unions universities victims villagers voters
    witnesses women workers"""
) - {"labor", "schools", "kingdoms", "people", "women", "victims", "police"}
BODY_NOUNS = (
    BODIES
    & word_set(
        """administration agency alliance army assembly association authority bank board body bureau
        cabinet caucus coalition commission committee community company consulate corporation
        council court delegation department embassy federation government group junta
        legislature military ministry movement navy office opposition organisation
        organization panel parliament party
        police presidency regime secretariat senate side team tribunal union university"""
    )
) | {"bloc", "camp", "crowd", "newspaper", "broadcaster", "watchdog", "firm", "leadership"}
DOCUMENT_NOUNS = word_set(
    "statement release communique document notice announcement report letter readout"
)

# Nouns that describe somebody only together with what they relate to ("a member of the board").
RELATIONAL_NOUNS = word_set("head chief chair boss member members speaker author host page")
# Those who are sent somewhere: what follows "to", "from" or "in" belongs to them.
POSTED_NOUNS = word_set(
    "ambassador ambassadors envoy envoys representative representatives delegation delegations "
    "embassy emissary delegate delegates adviser advisers source sources official officials"
)
# Nouns that are as often the adjective of the noun after them ("an official visit").
ADJECTIVAL_NOUNS = word_set("official executive rebel expert rival veteran military resident host")

# Words that join a description on the left although they are no adjective by their ending.
DESCRIPTION_MODIFIERS = (
    TITLE_MODIFIERS
    | DOMAINS
    | word_set(
        """unnamed anonymous unidentified high ranking high-ranking high-level key main major minor
    young old older rival joint allied trade labor labour human rights news media student church
    oil tech member world business industry community election campaign intelligence aid rescue
    hospital school university village town union worker rebel peace separatist pro anti
    international political religious western eastern northern southern white black indigenous
    bloc white-house several other cabinet tribal coalition angry"""
    )
)
DESCRIPTION_MODIFIERS -= {"lead", "head", "then", "right", "most", "left", "far"}
ADJECTIVE_ENDINGS = ("al", "ial", "ian", "ish", "ive", "ous", "ic", "ary", "ern", "ese", "less")
QUANTIFIERS = word_set(
    """some many most all several few both two three four five six seven eight nine ten eleven
    twelve dozens hundreds thousands other over about nearly almost least more than certain
    various"""
)

WEEKDAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
WEEKDAY_ABBREVIATIONS = word_set("mon tue tues wed thu thur thurs fri sat sun")
MONTHS = word_set(
    """january february march april may june july august september october november december"""
)
MONTH_ABBREVIATIONS = word_set("jan feb mar apr jun jul aug sep sept oct nov dec")
NAME_LIKE_MONTHS = word_set("may april june august")
NAME_LIKE_FUNCTION_WORDS = word_set("will first second")
ABBREVIATED = word_set(
    """mr mrs ms mx dr prof st hon rev fr gen adm sen rep gov lt col sgt capt cmdr brig maj lt pres
    rt engr barr"""
)

FUNCTION_WORDS = (
    PRONOUNS
    | ARTICLES
    | word_set(
        """about above according across after again against ago ahead all along already also
    always although am amid among amongst and another any apart are around as at away back be
    became because been before behind being below beneath beside besides between beyond both but
    by can cannot
    could despite did do does doing done down due during each earlier either else elsewhere even
    ever every everything except few finally first following for former from further had has have
    having hence here how however if in indeed inside instead into is just last later latest least
    less let like likewise many may maybe me meanwhile might more moreover most much must near
    nearly neither never nevertheless next no none nonetheless nor not nothing now of off often on
    once only onto or other others otherwise out outside over overall own past per perhaps please
    previously rather recently regarding same second secondly several shall should since so some
    something sometimes soon still such than thank thanks that then there thereafter therefore
    third though three through throughout thus till to today together tomorrow tonight too toward
    towards two under unlike unless until up upon very via was well were what whatever when where
    whereas wherever whether while why will with within without would yes yesterday yet
    speaking asked replying responding referring noting citing quoting saying
    ask added adding four five six seven eight nine ten eleven twelve hundreds thousands dozens
    millions sorry photo picture image images file read watch listen advertisement share comment
    click subscribe follow related published updated hello dear ok"""
    )
)
LOCATIVES = word_set("in at near across outside inside throughout around into via")
REPORTING_VERBS = word_set(
    """said says say told tells added adds stated states stresses stressed noted notes argued argues
    asked asks announced announces warned warns claimed claims insisted insists wrote writes replied
    replies responded responds explained explains declared declares confirmed confirms denied denies
    met meets urged urges called calls tweeted posted described criticised criticized rejected
    rejects accused accuses condemned condemns praised welcomed suggested suggests recalled recalls
    reiterated emphasised emphasized underlined pointed concluded continued promised pledged vowed
    admitted acknowledged spoke speaks appeared arrived visited refused agreed opposes opposed
    supports supported backs backed wants wanted hopes hoped believes believed thinks thought"""
)
# Frequent family names of languages in which they come first.
FAMILY_NAMES_FIRST = word_set(
    """li wang zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song
    zheng xie han tang feng yu dong xiao cheng cao yuan deng fu shen zeng peng lu su jiang cai jia
    ding wei xue ye yan pan du dai xia zhong tian ren fan fang shi yao tan liao zou xiong jin hao
    kong bai cui kang mao qiu qin gu hou shao meng long wan duan qian yin xi hua qi wen
    kim lee park choi jung jeong cho yoon jang lim shin kwon hwang ahn yoo hong moon bae baek ri pak
    nguyen tran pham hoang phan vo dang bui ngo duong truong dinh"""
)
