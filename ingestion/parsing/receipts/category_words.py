"""Words that tell what was bought, and shops whose names tell it.

The vendor's configuration, where there is one, decides before any of this.
"""

from __future__ import annotations

import re

from paypulse.receipts import Category

# (category, weight, words). The weight counts once for each different word that occurs.
WORDS: tuple[tuple[Category, int, str], ...] = (
    (
        Category.FOOD_DELIVERY,
        5,
        (
            r"restaurang\w*|restaurant|pizza\w*|pizzeria|sushi\w*|burgare\w*"
            r"|burgers?|kebab\w*|takeaway|take-away|matbeställning|budet"
            r"|kurir\w*|hämtmat|rider|courier|poke ?bowl|wok|capricciosa"
            r"|kebabrulle|pommes|fries|falafel\w*|thai\w*|curry|tacos?"
            r"|ramen|dumplings?|vesuvio|margh?erita|kebabtallrik|din mat"
            r"|your food|your meal|ditt bud"
        ),
    ),
    (
        Category.FOOD_DELIVERY,
        3,
        (
            r"dricks|driver tip|courier tip|utkörning|serviceavgift|service"
            r" fee|små?order\w*|matleveransen|delivery partner|masala|naan"
            r"|lassi|biryani|burrito|soup|fried|grilled|loaded|nachos|wings"
            r"|chow mein|satay|platform fee|gyoza|gyros|lasagne|schnitzel"
            r"|bowl|kycklingspett|räkor|vårrullar|ramlösa|loka|extra ost"
            r"|drinks?|tillbehör|köket|kitchen|lunch|middag|meny|meal|sås"
            r"|coca-?cola|cola|dips?|dressing|bricka"
        ),
    ),
    (
        Category.CLOTHING,
        5,
        (
            r"storlek|stl|strl|tröj\w+|byx\w+|jeans|klänning\w*|skjort\w+|jack(?:a|or|an)|sneakers?"
            r"|sko(?:r|rna)|dress|shirt\w*|t-shirt\w*|hoodie\w*|strumpor|strumpbyxor|kofta|kappa"
            r"|blus\w*|kjol\w*|underkläder|trousers|jumper|sweater\w*|coat|boots|stövl\w+|löparskor"
            r"|plagg|kläder|clothing|mode|fashion|outfit|linne|chinos|topp|mössa|halsduk|vantar"
            r"|garment\w*|leggings|parka|cardigan|pyjamas|trosor|kavaj|blazer|scarf|socks|skirt"
            r"|blouse"
            r"|polo"
        ),
    ),
    (
        Category.CLOTHING,
        3,
        r"färg|colou?r|size|svart|marinblå|slim fit|regular fit|bomull|cotton|passform|\bfit\b|ull",
    ),
    (
        Category.TECHNOLOGY,
        5,
        (
            r"smarta? hem|smart home|hue|zigbee|shelly|gateway|grammofon|skivspelare|vinyl"
            r"|förstärkare"
            r"|laptop\w*|dator\w*|s/n|serienummer|serial(?: number)?|imei"
            r"|usb(?:-c)?|hdmi|ssd|grafikkort|router\w*|skärm\w*|monitor"
            r"|tangentbord\w*|keyboard|headset|hörlurar|headphones|earbuds"
            r"|mobil(?:telefon|skal)?|smartphone\w*|iphone\w*|galaxy|ipad"
            r"|macbook\w*|surfplatta|tablet|kamera|processor|ram-?minne"
            r"|lenovo|logitech|samsung|playstation|xbox|nintendo|bluetooth"
            r"|laddare|charger|kabel|cable|elektronik|electronics|tv\b"
            r"|skrivare|printer|webbkamera|webcam|hårddisk|docka|dockningsstation"
            r"|powerbank|adapter|ideapad|thinkpad|högtalare|speaker|moderkort"
            r"|smartwatch|pixel|airpods|chromebook|mus\b|trådlös\w*|wireless"
            r"|wi-?fi|mesh|nätverk\w*|toner|batteri|hub|dock|earphones"
            r"|mouse|motherboard|graphics card|projektor|projector|drönare"
            r"|drone|gimbal|ups|nas|switch|console|konsol|handkontroll"
            r"|controller|e-?reader|robotdammsugare|kylare|chassi|nätaggregat"
        ),
    ),
    (Category.TECHNOLOGY, 4, r"garanti\w*|warranty|gb|tb|mhz|4k|oled|\d+ ?tum|firmware"),
    (
        Category.SUBSCRIPTIONS,
        6,
        (
            r"abonnemang\w*|prenumeration\w*|subscription\w*|nästa betalning\w*"
            r"|next (?:payment|billing|charge)\w*|förnyas|renews|renewal"
            r"|medlemskap\w*|membership|premium|streaming\w*|nästa debitering\w*"
            r"|billing period|auto-?renew\w*|varje månad|per month|monthly"
            r" plan|gymkort|månadsavgift|betalningsperiod|familjeplan|family"
            r" plan|pro plan|licens|saas|cloud storage|månadsvis|billed"
            r" monthly|billed annually|nästa förnyelse|din plan|your plan"
            r"|faktureringsperiod|workspace|seats?"
        ),
    ),
    (
        Category.GROCERY,
        5,
        (
            r"fisk(?:lådan)?|haddock|crab|turbot|hake|fillets?|fruktkorg\w*|mandlar|tee|tea|te\b|matcha"
            r"|espresso|filterkaffee|kaffe?rosteri|rosteri|rösterei|bönor|æg|frugt\w*|grønt\w*|grønsager"
            r"|ostekasse\w*|ost(?:ar|en)|käse|skummetmælk|mixkasse\w*|mjölk\w*|mellanmjölk|bröd\w*|rågbröd|pant|matkasse\w*|matleverans\w*"
            r"|livsmedel\w*|grocer\w*|ägg|smör|ost\b|bananer|äpplen|päron"
            r"|tomat\w*|potatis\w*|yoghurt\w*|filmjölk|kaffe|pasta|kycklingfilé"
            r"|nötfärs|köttfärs|milk|bread|eggs?|butter|cheese|bananas"
            r"|apples|tomatoes|potatoes|oat ?milk|havremjölk|havredryck"
            r"|gurka|lök|morötter|mathandling|matvaror|matbutik\w*|supermarket"
            r"|stormarknad|blandfärs|grädde|juice|knäckebröd|falukorv|ris\b"
            r"|mjöl|hushållspapper|toalettpapper|plockade varor|ersättningsvara"
            r"|substitut\w*|spenat|laxfilé|avokado|chicken|rice|onions?"
            r"|carrots?|crisps|kvarg|sourdough|yogh?urt|cereal|flour|sugar"
            r"|socker|salt|olivolja|olive oil|cucumber|spinach|mince|bacon"
            r"|ham|skinka|leverpastej|tonfisk|tuna|lax|havregryn|oats|müsli"
            r"|tvättmedel|diskmedel|läsk|soda|mineral water|mineralvatten"
            r"|citron|lemon|lime|vitlök|garlic|sallad|lettuce|broccoli"
            r"|blomkål|pizzadeg|frysta?|frozen|free range"
        ),
    ),
    (
        Category.GROCERY,
        2,
        r"\d+(?:,\d+)? ?(?:kg|hg|g|l|dl|cl)|hemleverans|kassen|ica|coop|eko|krav|bottle deposit",
    ),
    (
        Category.UTILITY,
        7,
        (
            r"kwh|elnät\w*|elhandel\w*|elfaktura\w*|elräkning\w*|elavgift\w*"
            r"|elpris|förbrukning\w*|fjärrvärme\w*|bredband\w*|mobilfaktura"
            r"|nätavgift\w*|vattenavgift|avfall\w*|electricity|energy bill"
            r"|gas bill|water bill|internet bill|broadband|elöverföring"
            r"|energiskatt|spotpris|mätarställning|mätarnummer|anläggnings-?id"
            r"|anläggningsid|meter reading|standing charge|utility|fiber"
            r"|telefoni|renhållning|sophämtning|electric|elcertifikat|elförbrukning"
            r"|surf|överföringsavgift|utility bill|kubikmeter"
        ),
    ),
    (
        Category.UTILITY,
        3,
        (
            r"ocr(?:-?nummer)?|förfallodatum|förfallodag|fast avgift|autogiro"
            r"|bankgiro|due date|energi\w*|abonnemangsavgift|el\b|vatten"
            r"|m3|m³|hushållsel|tariff"
        ),
    ),
    (
        Category.TRAVEL,
        6,
        (
            r"elbil\w*|tur\b|køretid|körtid|elsparkcykel|bilpool|stellplatz|lägenhet|semesterhus"
            r"|vandrarhem"
            r"|tåg\w*|flyg\w*|flight\w*|train|bussbiljett\w*|avgång\w*|ankomst\w*"
            r"|resenär\w*|passagerare|passengers?|bokningsreferens|boarding"
            r"|biljett(?:er|en)? .{0,20}[–-]|departure|arrival|itinerary"
            r"|enkelresa|tur och retur|hotell?\w*|check-?in|incheckning"
            r"|utcheckning|hyrbil\w*|rental car|färja|ferry|parkering\w*"
            r"|parking|resa\b|resplan|din resa|your trip|avresa|destination"
            r"|boende|terminal|gate|pnr|taxi\w*|flygbuss\w*|övernattning"
            r"|nights?|nätter|kupé|sittplats|reseförsäkring|airport|outbound"
            r"|hemresa|utresa|e-?ticket|travell?ers?|vagn"
        ),
    ),
    (Category.TRAVEL, 3, r"booking|bokning\w*|biljett\w*|ticket\w*|journey|station|buss|bus"),
    (
        Category.MISCELLANEOUS,
        4,
        (
            r"massage|behandling|klippning|frisör\w*|nagel\w*|låssmed|lås\b|servicebil|byte av"
            r"|smycke\w*"
            r"|ring\b|bølgering|ørestikker|örhängen|halsband|armband|holz\w*|spielwaren|knete|puzzle"
            r"|strauß|blumen\w*|rosen|glasvase|klubbat|auktion\w*|inrop|föremål|roman|novel|hardback"
            r"|trädgård\w*|krukjord|bok\b|böcker|bio(?:biljett\w*|graf)?"
            r"|leksak\w*|toys?|verktyg\w*|spik|skruv\w*|färgburk|möbl\w+"
            r"|lampa|kudde|gardin\w*|book|paperback|inbunden|pocket|garden"
            r"|furniture|cinema|entré|husgeråd|kosmetik|smink|parfym|schampo"
            r"|apotek\w*|receptfri\w*|djurfoder|hundfoder|cykel\w*|blommor"
            r"|bukett\w*|presentpapper|hemtextil|byggvaror|hammare|borrmaskin"
            r"|skruvdragare|spel\b|pussel|kattsand|vitamin\w*|stearinljus"
            r"|ljusstake|hobby|garn|tickets? to|konsert\w*|föreställning"
            r"|teater|museum|present\w*|cushion|candle|vase|vas\b|kastrull"
            r"|stekpanna|handduk\w*|påslakan\w*"
        ),
    ),
    (
        Category.FOOD_DELIVERY,
        5,
        (
            r"bibimbap|pho|bao|poké|poke|nigiri|maki|tempura|udon|edamame|misosoppa|souvlaki"
            r"|moussaka|shawarma|quesadilla|enchilada|risotto|carbonara|tikka|korma|vindaloo"
            r"|biff|tallrik|rulle|wraps?|bagel|quattro stagioni|calzone|hawaii|kebabpizza"
            r"|pizzasallad|döner|dürüm|lahmacun|pommes frites|gericht|speisen|beilage"
            r"|maden|køkkenet|kjøkkenet|bestilt mad|\w*natmad"
            r"|spisested|serveringssted|lunchlåd\w*|matlåd\w*|dagens (?:rätt|kött|fisk|gröna"
            r"|vegetariska)"
            r"|lunch(?:er|erna|lådor|vecka|bricka)?|frukost(?:en)?|catering\w*|fralla|frallor|grillad\w*"
            r"|korv|tunnbröd\w*|mosbricka|smash\w*|brunch|bistro|grill(?:en)?|portion(?:er)?|meze"
            r"|tårta|\w*tårta|bulle|\w*bullar?|kanelbulle|kitchen|papaya|noodles?|caesar\w*"
            r"|butter chicken|garlic naan|kebab\w*|hentemat|henting|udbringning|hallo?umi\w*"
            r"|\w*burgare"
        ),
    ),
    (
        Category.FOOD_DELIVERY,
        4,
        (
            r"avhämtning|upphämtning|hämtas hos|trinkgeld|fahrer|lieferdienst|matbud|bud(?:et)?"
            r"|rider tip|dricks till budet|lieferzeit|utan lök|extra \w+|starters?|mains?"
        ),
    ),
    (
        Category.CLOTHING,
        5,
        (
            r"jeans?|denim|merino\w*|underställ\w*|\w*sock(?:or|s)|\w*strump\w*|bälten?|belts?"
            r"|handskar|badbyx\w*|bikini|morgonrock|overall|tights|t-?shirts?|tee|crewneck"
            r"|\w*jakke|\w*bukser?|\w*genser|\w*pullover|\w*strümpfe|\w*jacke|\w*kjole|størrelse"
            r"|größe"
            r"|regntøj|regnkläder|\w*klær|ullundertøy|joggers|sandal\w*|\w*sko(?:r|n)?|sneakers?"
            r"|kofta|\w*tröj\w+|\w*byxa?|\w*jacka"
            r"|\w*skjorta|\w*klänning|hose|hemd|kleid|jacke|schuhe?|pullover|genser|bukse|skjorte"
        ),
    ),
    (
        Category.TECHNOLOGY,
        5,
        (
            r"nvme|minneskort|sd-?kort|mobilskal|screen protector|skärmskydd\w*|displayport"
            r"|usb-?[abc]|usb-c-\w+|webbkamera|\w*laddare|\w*kabel|hörsnäckor|soundbar"
            r"|plug-?ins?|vst3?|licen[cs]e key|licensnyckel|aktiveringskod|activation key"
            r"|datorspel|simulator"
            r"|deluxe(?: edition)?|season pass|dlc|raspberry pi|arduino|nätverkskabel|ethernet"
            r"|pixel \d+|watch band"
        ),
    ),
    (
        Category.SUBSCRIPTIONS,
        5,
        (
            r"hosting|webbhotell|webhotell?|domän\w*|domains?|domæne|vpn|licens\w*|licen[cs]es?"
            r"|per user|users|årsavgift|medlemsavgift\w*|kvartalsavgift|\w*prenumeration\w*"
            r"|helgpaket|prenumerant\w*|\w*tidning\w*|backup|lagring|cloud|api|gym\w*"
            r"|träningskort|e-tidning|membership|medlem\w*"
            r"|\w*abo|abonnement|monatlich\w*|mitgliedschaft|(?:team|pro|basic|family|annual"
            r"|monthly|yearly|premium|plus) plan|månadsabonnemang|månadskort|vps"
        ),
    ),
    (
        Category.UTILITY,
        7,
        (
            r"mobil(?:abonnemang|telefoni|t bredband)|bredbands\w*|fiber\w*|spillvatten|dagvatten"
            r"|va-avgift|vattenförbrukning|brukningsavgift|sim-?kort|samtal|sms|roaming"
            r"|mobil\w* \w* ?\d+ gb|mobil \d+ gb|betalingsservice|opkrævningsgebyr|avtalegiro|fibre"
            r"|standing charge|direct debit|utlandssamtal|mobil obegränsad"
            r"|\w*abonnemang mobil|kreditfaktura mobil|strøm\w*"
            r"|nettleie|strom(?:rechnung|verbrauch)?|fjernvarme|datatrafik|hemtelefoni"
        ),
    ),
    (
        Category.TRAVEL,
        6,
        (
            r"(?:dubbel|enkel)rum|(?:double|single|twin) room|zimmer|übernachtung\w*|frühstück"
            r"|check-?out|flug\w*|fluggast|ferge|billett\w*|hytt|cabin|överfart|p-hus|zon \d+"
            r"|fahrt(?:en)?|fahrpreis|fahrer|mietwagen|car hire|car rental|rental|your car"
            r"|biluthyrning|pick-?up|drop-?off|minicab|cab fare|trip fare|körsträcka|driver's age"
            r"|bahn\w*|zugfahrt|fahrkarte\w*|rejse|reise\w*|incheckat bagage|checked bag\w*"
        ),
    ),
    (
        Category.MISCELLANEOUS,
        5,
        (
            r"roman|häftad|hardcover|ljudbok|frö(?:er|n)?|plantor|kruka|blomma|bukett|soffa|stol"
            r"|bord|matta|säng\w*|tavla|ram|lego\w*|dock(?:a|or)|brädspel|spelkort|kaffebönor"
            r"|whole bean|coffee|espresso|te(?:er)?|tea|vin|öl|wine|beer|brygg\w*|malt|humle|hops"
            r"|stickor|virknål|\w*garn|yarn|tyg|hudkräm|\w*kräm|serum|mascara|deodorant|tandkräm"
            r"|tandborst\w*|alvedon|plåster|kattmat|hundfoder|koppel|klocka|armbandsur|watch|ring"
            r"|konsert\w*|concert|arena|parkett|stora scenen|tandläkar\w*|tandvård\w*|tandrensning"
            r"|dentist|veterinär\w*|djurklinik\w*|journalnr|katt(?:er)?|hund(?:ar)?|vet visit"
            r"|frisör\w*"
            r"|klippning|hårklipp\w*|massage|blodprov|patientavgift|läkar\w*|naprapat\w*|fotvård"
            r"|optiker"
            r"|halsband|örhängen|glasögon|linser|tält|ryggsäck|backpack|sovsäck|fiske\w*|bakpapper"
            r"|batterier|glödlamp\w*|\w*lampa|verktygslåda|borr|färg \d|penslar|åkpass|inträde"
            r"|rea-?biljett|parkbiljett|nöjespark|biobiljett\w*|popcorn|soap|tvål|doftljus"
        ),
    ),
)

# Whole names, as they stand in a sender's name or in the domain before the ending.
SHOPS: dict[Category, str] = {
    Category.FOOD_DELIVERY: (
        r"foodora|uber ?eats|wolt|pizza ?hut|dominos?|max burgers|mcdonalds?|onlinepizza"
        r"|just ?eat|deliveroo|bolt ?food|hungrig|espresso house|sushi yama|pinchos|doordash"
        r"|grubhub|karma|pizzabagarn"
    ),
    Category.CLOTHING: (
        r"lindex|h&m|hm|zalando|boozt|nelly|gina ?tricot|stadium|intersport"
        r"|na-?kd|asos|bubbleroom|ellos|weekday|cos|cosstores|arket|monki"
        r"|uniqlo|kappahl|dressmann|mango|zara|filippa ?k|nike|adidas|jack"
        r" ?& ?jones|jackjones|fotproffsen|mq|brothers|cubus|carlings|vero"
        r" ?moda|bikbok|bik ?bok|lager ?157|sellpy|footway|scorett|din"
        r" ?sko|newbie|polarn ?o\.? ?pyret|houdini|fjällräven|fjallraven"
        r"|levis|care ?of ?carl|cellbes|junkyard|caliroots|vagabond|eton"
        r"|björn ?borg|haglöfs|tradera mode|vinted|shein|afound|wera|åhléns"
        r" mode|jotex mode|ecco|birkenstock"
    ),
    Category.TECHNOLOGY: (
        r"dustin(?: ?home)?|inet|webhallen|komplett|netonnet|elgiganten|kjell(?: ?& ?company)?"
        r"|mediamarkt|media markt|power|proshop|cdon|dbrand|apple store|teknikmagasinet"
        r"|phone ?house|alina|lenovo|dell|hp store|samsung shop|logitech|cyberphoto"
        r"|scandinavian ?photo|cenema|conrad|elkjop|elkjøp|technologica|teknikdelar"
        r"|iphonebutiken|amd|razer|ginza|mobileplanet|siba|maxgaming"
    ),
    Category.SUBSCRIPTIONS: (
        r"viaplay|netflix|spotify|disney\+?|disney ?plus|hbo ?max|max|tv4(?: ?play)?|storytel"
        r"|bookbeat|nextory|youtube(?: premium)?|icloud|adobe|github|openai|anthropic|notion"
        r"|dropbox|sats|nordic ?wellness|dagens ?nyheter|dn|svenska ?dagbladet|svd|expressen"
        r"|aftonbladet|readly|patreon|audible|google ?one|microsoft ?365|linkedin|figma|slack"
        r"|zoom|1password|nordvpn|mullvad|tidal|deezer|discord|twitch|substack|mevlana"
        r"|fitness ?24 ?seven|actic|strava|duolingo|headspace|crunchyroll|skyshowtime|cmore"
        r"|c more|digitalocean|hetzner|aws|amazon web services|atlassian|canva|grammarly"
        r"|evernote|bokio|fortnox|squarespace|wix"
    ),
    Category.GROCERY: (
        r"ica|coop|willys|hemköp|hemkop|mathem|mat\.se|city ?gross|lidl|linas ?matkasse"
        r"|matkorgen|hello ?fresh|matsmart|motatos|tesco|sainsburys?|ocado|kavall|matkomfort"
        r"|årstiderna|oda|whole foods|instacart|kolonial|gorillas|eko ?lådan|ekolådan|delitea"
        r"|tempo|axfood|middagsfrid"
    ),
    Category.UTILITY: (
        r"vattenfall|e\.?on|fortum|ellevio|göteborg ?energi|goteborgenergi|tibber|telia"
        r"|telenor|tre|comviq|halebop|bahnhof|bredband2|stockholm ?vatten(?: och avfall)?"
        r"|skellefteå ?kraft|mölndal ?energi|molndalenergi|hallon|vimla|renova|ownit|godel"
        r"|greenely|bixia|jämtkraft|jamtkraft|luleå ?energi|öresundskraft|oresundskraft"
        r"|kraftringen|tekniska ?verken|mälarenergi|malarenergi|umeå ?energi|svea ?vind"
        r"|stockholm ?exergi|tele2|com ?hem|sappa|boxer|octopus energy|british gas"
        r"|thames water|ängskraft|angskraft|kretslopp"
    ),
    Category.TRAVEL: (
        r"sj|mtrx?|vr|västtrafik|vasttrafik|sl|flix(?:bus)?|sas|norwegian|ryanair|lufthansa"
        r"|klm|booking(?:\.com)?|hotels(?:\.com)?|airbnb|stena ?line|viking ?line"
        r"|tallink(?: silja)?|silja|uber|bolt|voi|tier|lime|easypark|parkster|aimo ?park"
        r"|bus4you|omio|eurowings|british ?airways|etihad(?: airways)?|qatar ?airways"
        r"|turkish ?airlines|saudia|finnair|scandic|strawberry|nordic choice|elite hotels"
        r"|hertz|avis|sixt|europcar|flygbussarna|vy|snälltåget|snalltaget|öresundståg"
        r"|oresundstag|skånetrafiken|skanetrafiken|ticket|expedia|easyjet|wizz ?air|västtåg"
        r"|vasttag|tågab|destination gotland|gotlandsbåten|taxi ?kurir|ving|tui|apollo"
        r"|airfrance|air france|emirates|trainline|kiwi|interrail|dfds|color ?line|ttline"
        r"|tt-line"
    ),
    Category.MISCELLANEOUS: (
        r"amazon|clas ?ohlson|clasohlson|liseberg|sternglas|filmstaden|rusta|jula|biltema|ikea"
        r"|adlibris|bokus|akademibokhandeln|apotea|apoteket|kicks|lyko|åhlens|åhléns|ahlens"
        r"|granngården|plantagen|blomsterlandet|hornbach|bauhaus|byggmax|k-?rauta|jysk|mio"
        r"|lekia|br leksaker|ticketmaster|biljett?er|tickster|zooplus|arken ?zoo|etsy|ebay"
        r"|temu|aliexpress|tradera|fyndiq|panduro|interflora|euroflorist|smart ?photo"
        r"|vistaprint|önskefoto|teknikproffset|jollyroom|babyland|xxl|hemtex|lagerhaus"
        r"|svanefors|bagaren och kocken|cervera|ur ?& ?penn|guldfynd|eleven|nordicfeel|synsam"
        r"|lensway|vårdguiden|nordic nest|royaldesign|ellos home|trademax|chilli|bygghemma"
        r"|skruvat|mekonomen|dollarstore|normal"
    ),
}

# Parts of names, where they make compounds: Ängskraft, Kustflyg, Matbudet.
PARTS: dict[Category, str] = {
    Category.FOOD_DELIVERY: (
        r"pizz|kebab|sushi|burg|bistro|krog|\bkök|kitchen|takeaway|deliver"
        r"|matbud|grill|wok|noodle|taco|eats|restaurang"
    ),
    Category.CLOTHING: (
        r"mode|kläd|klad|garderob|fashion|wear|\bsko|skor\b|tråd|trad(?:verk)"
        r"|textil|boutique|outfit|cloth|denim|style|apparel"
    ),
    Category.TECHNOLOGY: (
        r"dator|data|teknik|elektron|\bbit|tech|pryl|digital|gadget|kompon"
        r"|mobil|gaming|hardware|electro"
    ),
    Category.SUBSCRIPTIONS: (
        r"film|stream|ström(?:ning|film)|\bplay|play\b|tv\b|musik|music"
        r"|moln|cloud|premium|gym|träning|fitness|tidning|news|software"
        r"|podd|magasin"
    ),
    Category.GROCERY: (
        r"matkass|matkorg|matvagn|livs|skafferi|grocer|fresh|\bmat(?!ch"
        r"|ta|bud)|handlar|kryddan|market|saluhall|frukt|pantry|farm"
    ),
    Category.UTILITY: (
        r"kraft|energi|elnät|elnat|\w+tele\b|\bel\b|fiber|bredband|vatten|energy"
        r"|power|telekom|telecom|värme|varme|broadband|water|nät\b|electric"
    ),
    Category.TRAVEL: (
        r"flyg|tåg|tag\b|buss|resor|hotel|travel|\bair|rail|färj|farj|ferry"
        r"|express|taxi|trafik|airways|trains|\bbus|bus\b|parker|coach"
        r"|cruise"
    ),
    Category.MISCELLANEOUS: (
        r"\bbok|bokhandel|books|trädgård|garden|leksak|blom|djur|apotek"
        r"|hem(?!kö)|hobby|bygg|verktyg|möbel|mobler|möbler|home|flower"
        r"|pets?\b|biograf|bio\b|present|gruvan"
    ),
}

# All for texts in small letters, which regular expressions find faster.
COMPILED_PARTS = {category: re.compile(rf"(?:{parts})") for category, parts in PARTS.items()}
COMPILED_WORDS = tuple(
    (category, weight, re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])"))
    for category, weight, words in WORDS
)
COMPILED_SHOPS = {
    category: re.compile(rf"(?<![\w-])(?:{names})(?![\w-])") for category, names in SHOPS.items()
}
