"""Countries, their adjectives, peoples and capitals: general knowledge of English, nothing else."""

from functools import cache

from llm_extract.grounding.words import word_set

# name (= other names) : adjective (= others) : people, where not the adjective with "s" : capital
_COUNTRIES = """
Afghanistan:Afghan::Kabul
Albania:Albanian::Tirana
Algeria:Algerian::Algiers
Andorra:Andorran::Andorra la Vella
Angola:Angolan::Luanda
Antigua and Barbuda:Antiguan::Saint John's
Argentina:Argentine=Argentinian::Buenos Aires
Armenia:Armenian::Yerevan
Australia:Australian::Canberra
Austria:Austrian::Vienna
Azerbaijan:Azerbaijani=Azeri::Baku
Bahamas:Bahamian::Nassau
Bahrain:Bahraini::Manama
Bangladesh:Bangladeshi::Dhaka
Barbados:Barbadian=Bajan::Bridgetown
Belarus:Belarusian=Belarussian::Minsk
Belgium:Belgian::Brussels
Belize:Belizean::Belmopan
Benin:Beninese::Porto-Novo
Bhutan:Bhutanese::Thimphu
Bolivia:Bolivian::La Paz
Bosnia=Bosnia and Herzegovina=Bosnia-Herzegovina:Bosnian::Sarajevo
Botswana:Botswanan::Gaborone
Brazil:Brazilian::Brasilia
Brunei:Bruneian::Bandar Seri Begawan
Bulgaria:Bulgarian::Sofia
Burkina Faso:Burkinabe::Ouagadougou
Burundi:Burundian::Gitega
Cambodia:Cambodian::Phnom Penh
Cameroon:Cameroonian::Yaounde
Canada:Canadian::Ottawa
Cape Verde=Cabo Verde:Cape Verdean::Praia
Central African Republic:Central African::Bangui
Chad:Chadian::N'Djamena
Chile:Chilean::Santiago
China=People's Republic of China=PRC:Chinese:Chinese:Beijing=Peking
Colombia:Colombian::Bogota
Comoros:Comorian::Moroni
Congo=Democratic Republic of Congo=DR Congo=DRC:Congolese:Congolese:Kinshasa
Costa Rica:Costa Rican::San Jose
Croatia:Croatian=Croat::Zagreb
Cuba:Cuban::Havana
Cyprus:Cypriot::Nicosia
Czech Republic=Czechia:Czech::Prague
Denmark:Danish:Danes:Copenhagen
Djibouti:Djiboutian::
Dominica::Dominicans:Roseau
Dominican Republic:Dominican::Santo Domingo
East Timor=Timor-Leste:Timorese:Timorese:Dili
Ecuador:Ecuadorian=Ecuadorean::Quito
Egypt:Egyptian::Cairo
El Salvador:Salvadoran::San Salvador
Equatorial Guinea:Equatoguinean::Malabo
Eritrea:Eritrean::Asmara
Estonia:Estonian::Tallinn
Eswatini=Swaziland:Swazi::Mbabane
Ethiopia:Ethiopian::Addis Ababa
Fiji:Fijian::Suva
Finland:Finnish:Finns:Helsinki
France:French:French:Paris
Gabon:Gabonese:Gabonese:Libreville
Gambia:Gambian::Banjul
Georgia:Georgian::Tbilisi
Germany:German::Berlin
Ghana:Ghanaian::Accra
Greece:Greek::Athens
Greenland:Greenlandic:Greenlanders:Nuuk
Grenada:Grenadian::
Guatemala:Guatemalan::Guatemala City
Guinea:Guinean::Conakry
Guinea-Bissau:Bissau-Guinean::Bissau
Guyana:Guyanese:Guyanese:Georgetown
Haiti:Haitian::Port-au-Prince
Honduras:Honduran::Tegucigalpa
Hong Kong::Hongkongers:
Hungary:Hungarian::Budapest
Iceland:Icelandic:Icelanders:Reykjavik
India:Indian::New Delhi=Delhi
Indonesia:Indonesian::Jakarta
Iran=Islamic Republic of Iran:Iranian::Tehran=Teheran
Iraq:Iraqi::Baghdad
Ireland:Irish:Irish:Dublin
Israel:Israeli::Jerusalem=Tel Aviv
Italy:Italian::Rome
Ivory Coast=Cote d'Ivoire:Ivorian::Yamoussoukro
Jamaica:Jamaican::Kingston
Japan:Japanese:Japanese:Tokyo
Jordan:Jordanian::Amman
Kazakhstan:Kazakh=Kazakhstani::Astana
Kenya:Kenyan::Nairobi
Kiribati:::Tarawa
Kosovo:Kosovar=Kosovan::Pristina
Kuwait:Kuwaiti::Kuwait City
Kyrgyzstan:Kyrgyz:Kyrgyz:Bishkek
Laos:Lao=Laotian::Vientiane
Latvia:Latvian::Riga
Lebanon:Lebanese:Lebanese:Beirut
Lesotho:Basotho:Basotho:Maseru
Liberia:Liberian::Monrovia
Libya:Libyan::Tripoli
Liechtenstein:::Vaduz
Lithuania:Lithuanian::Vilnius
Luxembourg:Luxembourgish:Luxembourgers:
Madagascar:Malagasy:Malagasy:Antananarivo
Malawi:Malawian::Lilongwe
Malaysia:Malaysian::Kuala Lumpur
Maldives:Maldivian::Male
Mali:Malian::Bamako
Malta:Maltese:Maltese:Valletta
Mauritania:Mauritanian::Nouakchott
Mauritius:Mauritian::Port Louis
Mexico:Mexican::Mexico City
Micronesia:Micronesian::Palikir
Moldova:Moldovan::Chisinau
Monaco:Monegasque::
Mongolia:Mongolian::Ulaanbaatar=Ulan Bator
Montenegro:Montenegrin::Podgorica
Morocco:Moroccan::Rabat
Mozambique:Mozambican::Maputo
Myanmar=Burma:Burmese:Burmese:Naypyidaw
Namibia:Namibian::Windhoek
Nauru:Nauruan::Yaren
Nepal:Nepali=Nepalese::Kathmandu
Netherlands=Holland:Dutch:Dutch:Amsterdam=The Hague
New Zealand::New Zealanders:Wellington
Nicaragua:Nicaraguan::Managua
Niger:Nigerien::Niamey
Nigeria:Nigerian::Abuja
North Korea=DPRK=Democratic People's Republic of Korea:North Korean::Pyongyang
North Macedonia=Macedonia:Macedonian::Skopje
Norway:Norwegian::Oslo
Oman:Omani::Muscat
Pakistan:Pakistani::Islamabad
Palau:Palauan::
Palestine=State of Palestine:Palestinian::Ramallah
Panama:Panamanian::Panama City
Papua New Guinea:Papua New Guinean::Port Moresby
Paraguay:Paraguayan::Asuncion
Peru:Peruvian::Lima
Philippines:Philippine=Filipino::Manila
Poland:Polish:Poles:Warsaw
Portugal:Portuguese:Portuguese:Lisbon
Qatar:Qatari::Doha
Romania:Romanian::Bucharest
Russia=Russian Federation:Russian::Moscow=Kremlin
Rwanda:Rwandan::Kigali
Saint Lucia:Saint Lucian::Castries
Samoa:Samoan::Apia
San Marino:::
Saudi Arabia=Kingdom of Saudi Arabia:Saudi=Saudi Arabian::Riyadh
Scotland:Scottish:Scots:Edinburgh
Senegal:Senegalese:Senegalese:Dakar
Serbia:Serbian=Serb::Belgrade
Seychelles:Seychellois:Seychellois:
Sierra Leone:Sierra Leonean::Freetown
Singapore:Singaporean::
Slovakia=Slovak Republic:Slovak::Bratislava
Slovenia:Slovenian=Slovene::Ljubljana
Solomon Islands:Solomon Islander::Honiara
Somalia:Somali::Mogadishu
South Africa:South African::Pretoria
South Korea=Republic of Korea:South Korean::Seoul
South Sudan:South Sudanese:South Sudanese:Juba
Spain:Spanish:Spaniards:Madrid
Sri Lanka:Sri Lankan::Colombo
Sudan:Sudanese:Sudanese:Khartoum
Suriname:Surinamese:Surinamese:Paramaribo
Sweden:Swedish:Swedes:Stockholm
Switzerland:Swiss:Swiss:Bern=Berne
Syria=Syrian Arab Republic:Syrian::Damascus
Taiwan:Taiwanese:Taiwanese:Taipei
Tajikistan:Tajik::Dushanbe
Tanzania:Tanzanian::Dodoma
Thailand:Thai::Bangkok
Togo:Togolese:Togolese:Lome
Tonga:Tongan::
Trinidad and Tobago=Trinidad:Trinidadian::Port of Spain
Tunisia:Tunisian::Tunis
Turkey=Turkiye:Turkish:Turks:Ankara
Turkmenistan:Turkmen:Turkmen:Ashgabat
Tuvalu:Tuvaluan::
Uganda:Ugandan::Kampala
Ukraine:Ukrainian::Kyiv=Kiev
United Arab Emirates=UAE=Emirates:Emirati::Abu Dhabi
United Kingdom=UK=U.K.=Britain=Great Britain:British:Britons=Brits:London
United States=US=U.S.=USA=U.S.A.=United States of America=America:American::Washington=White House
Uruguay:Uruguayan::Montevideo
Uzbekistan:Uzbek::Tashkent
Vanuatu:::
Vatican=Holy See=Vatican City:::
Venezuela:Venezuelan::Caracas
Vietnam:Vietnamese:Vietnamese:Hanoi
Wales:Welsh:Welsh:Cardiff
England:English:English:
Northern Ireland:Northern Irish::Belfast
Yemen:Yemeni::Sanaa
Zambia:Zambian::Lusaka
Zimbabwe:Zimbabwean::Harare
European Union=EU:::
"""

# Adjectives and peoples of regions, faiths and peoples without a line of their own above.
REGIONAL = word_set(
    """african alawite communist conservative democratic fascist federal presidential republican
    socialist arab arabian arabic asian balkan baltic bedouin buddhist caribbean catalan
    catholic caucasian chechen christian coptic crimean druze eastern eurasian european flemish
    gazan gulf hebrew hindu hispanic houthi islamic islamist jewish kashmiri kurdish latin latino
    mediterranean muslim nordic northern orthodox persian protestant rohingya scandinavian shia
    shiite sikh slavic soviet southern sunni tamil tatar tibetan turkic uyghur western yazidi
    zionist"""
)
_REGIONAL_PEOPLES = word_set(
    """africans arabs asians buddhists catalans catholics chechens christians druze europeans gazans
    hindus houthis islamists jews kashmiris kurds muslims protestants rohingya roma shiites sikhs
    slavs soviets sunnis tamils tatars tibetans uyghurs westerners yazidis zionists"""
)


def _key(name: str) -> str:
    return name.casefold().replace(".", "").replace("'s", "").replace("'", "").replace("-", " ")


def _cells(cell: str) -> list[str]:
    return [_key(name) for name in cell.split("=") if name]


@cache
def _table() -> tuple[dict[str, str], dict[str, str], dict[str, str], dict[str, str]]:
    """Return names, adjectives, peoples and capitals, each folded and mapped to its country."""
    names: dict[str, str] = {}
    adjectives: dict[str, str] = {}
    peoples: dict[str, str] = {}
    capitals: dict[str, str] = {}
    for line in _COUNTRIES.split("\n"):
        if not line:
            continue
        own, adjective, people, capital = line.split(":")
        country = _cells(own)[0]
        names.update(dict.fromkeys(_cells(own), country))
        adjectives.update(dict.fromkeys(_cells(adjective), country))
        plurals = _cells(people) or [f"{word}s" for word in _cells(adjective)]
        peoples.update(dict.fromkeys(plurals, country))
        capitals.update(dict.fromkeys(_cells(capital), country))
    return names, adjectives, peoples, capitals


@cache
def place_words() -> frozenset[str]:
    """Return every folded word that occurs in a country's name, adjective or capital."""
    names, adjectives, _, capitals = _table()
    phrases = [*names, *adjectives, *capitals]
    return frozenset(w for phrase in phrases for w in phrase.split()) - {"and", "of", "the", "new"}


def country_of(phrase: str) -> str | None:
    """Return the country that a folded country name or adjective stands for, else None.

    Args:
        phrase: folded words, such as `slovak` or `united states`.
    """
    names, adjectives, _, _ = _table()
    return names.get(phrase) or adjectives.get(phrase)


def country_meant(phrase: str) -> str | None:
    """Return the country that a folded country name or capital stands for as an actor."""
    names, _, _, capitals = _table()
    return names.get(phrase) or capitals.get(phrase)


def is_country(phrase: str) -> bool:
    """Say whether folded words are a country's name or one of its usual short forms."""
    return phrase in _table()[0]


def is_capital(phrase: str) -> bool:
    """Say whether folded words are a capital or a seat of government."""
    return phrase in _table()[3]


def is_place(phrase: str) -> bool:
    """Say whether folded words are a country or a capital."""
    return is_country(phrase) or is_capital(phrase)


def is_adjective(phrase: str) -> bool:
    """Say whether folded words are the adjective of a country, region, people or faith."""
    return phrase in _table()[1] or phrase in REGIONAL


def is_people(phrase: str) -> bool:
    """Say whether a folded word names a people in the plural (`poles`, `kurds`)."""
    names = _table()[2]
    return phrase in names or phrase in _REGIONAL_PEOPLES
