//! What companies are called; one list per country: Finland, Sweden, Estonia, Norway, Denmark.

/// Lines of business.
pub const BRANCHES: [&str; 5] = [
    "Rakennus Konepaja Putki Sähkö Kiinteistö Kuljetus Huolto Leipomo Maalaus Metalli Puu Automaatio Kone Pinnoite Betoni \
     Siivous Tukku Varaosa Kylmä Lämpö Ilmastointi Lasi Muovi Paperi Kaivin Maansiirto Taksi Apteekki Optiikka Parturi \
     Kukka Kala Liha Meijeri Saha Hitsaus Painotalo Tilitoimisto Lakiasiat Mittaus Turva Vesi Energia Data Ohjelmistot",
    "Bygg El Rör Åkeri Måleri Mekaniska Plåt Trä Fastigheter Städ Golv Tak Glas Betong Maskin Verkstad Kyl Värme Ventilation \
     Bageri Livsmedel Fisk Blommor Optik Tryckeri Redovisning Juridik Data Konsult Energi Vatten Säkerhet Entreprenad \
     Transport Snickeri Smide Plast Papper Bil Däck",
    "Ehitus Puit Metall Transport Kinnisvara Elekter Toru Katus Aken Mööbel Toit Kala Pagar Auto Masin Energia Vesi Soojus \
     Ventilatsioon Trükk Raamatupidamine Õigus Tarkvara Logistika Kaubandus Tekstiil Plast Klaas Turva Koristus Põllu Mets",
    "Bygg Rør Elektro Transport Maler Mekaniske Trevare Eiendom Renhold Tak Glass Betong Maskin Verksted Kjøl Varme \
     Ventilasjon Bakeri Fisk Oppdrett Blomster Optikk Trykkeri Regnskap Advokat Data Energi Vann Sikkerhet Entreprenør Marine",
    "Byg El VVS Vognmand Maler Smede Træ Ejendomme Rengøring Tag Glas Beton Maskin Auto Køle Varme Ventilation Bageri Fisk \
     Blomster Optik Trykkeri Revision Advokat Data Energi Vand Sikkerhed Entreprenør Tømrer Murer Plast Papir",
];

/// Where they say they are from.
pub const PLACES: [&str; 5] = [
    "Pohjolan Kainuun Savon Lapin Hämeen Uudenmaan Saimaan Karjalan Satakunnan Pirkan Keski-Suomen Etelä-Suomen Länsirannikon \
     Lakeuden Turun Tampereen Helsingin Oulun Kuopion Vaasan Porin Kymen Päijänteen Lounais Koillis Meri Järvi Suur Uusi",
    "Norrlands Svealands Skånska Västkustens Gotlands Smålands Dalarnas Mälardalens Bergslagens Östgöta Roslagens Stockholms \
     Göteborgs Malmö Uppsala Nordiska Svenska Bohus Jämtlands Hallands Öresunds Norra Södra Västra Östra",
    "Tallinna Tartu Pärnu Narva Viru Harju Lääne Ida Põhja Lõuna Saare Hiiu Võru Balti Eesti Rannarootsi Mulgi Setu",
    "Vestlandske Nordenfjeldske Trønder Bergens Oslo Stavanger Agder Rogaland Nordlands Finnmarks Østlands Fjord Kyst Hardanger \
     Sunnmøre Norske Salten Lofoten Telemark",
    "Jydsk Fynsk Sjællands Københavns Aarhus Vendsyssel Himmerlands Nordjysk Sønderjysk Dansk Bornholms Lolland Limfjords \
     Vestjysk Østjysk Øresunds",
];

/// First halves of invented names.
pub const BRAND_HEADS: &str = "Vel Nor Tek Lum Kas Ara Sol Ver Mon Pro Gen Ter Ast Bor Cel Dom Elm For Gal Hel Ino Jal Kor Lim \
Mer Nau Opt Pan Qua Rav San Tal Uni Val Wes Xen Yli Zen Alt Bel Cor Dyn Eko Fen Gra Hyd Iso Kem Lyn Max Nex Oct Pyr Rex Sky \
Tri Urb Vis Wik Zet";

/// Second halves of invented names.
pub const BRAND_TAILS: &str = "ta ro na mix tec via con dex lux ma ris tor va lis nova sys net med gen tron plan pack line core \
form flex lab fin por mar del sto ran ki las pex zon tal ber dan gor hem jet kar lon mund nic ora pel quin rin sta tum ulf ves \
wind yra zel";

/// What invented names may end in.
pub const BRAND_ENDS: &str = "Nordic Group Systems Consulting Solutions Invest Partners Trading Engineering Design Tools Software \
Services Capital Media";

/// Legal forms with their weights.
pub const FORMS: [&[(&str, u32)]; 5] = [
    &[("Oy", 70), ("Tmi", 12), ("Ky", 8), ("Oyj", 2), ("Ay", 3), ("Osk", 2), ("ry", 3)],
    &[("AB", 80), ("HB", 8), ("KB", 6), ("Ek. för.", 6)],
    &[("OÜ", 85), ("AS", 10), ("TÜ", 2), ("MTÜ", 3)],
    &[("AS", 85), ("ENK", 10), ("ASA", 2), ("DA", 3)],
    &[("ApS", 65), ("A/S", 25), ("I/S", 6), ("K/S", 4)],
];

/// Other notations of a legal form; `^` stands before the name.
pub const FORM_NOTATIONS: &[(&str, &[&str])] = &[
    ("Oy", &["OY", "oy", "Oy Ab", "Ab", "Osakeyhtiö", "Ltd", "^Oy", "^Ab", "O.Y."]),
    ("Tmi", &["^Tmi", "T:mi", "Toiminimi", "^Firma"]),
    ("Ky", &["KY", "Kommandiittiyhtiö", "Kb"]),
    ("Oyj", &["OYJ", "Abp", "Plc", "Oyj Abp"]),
    ("Ay", &["AY", "Avoin yhtiö"]),
    ("Osk", &["Osuuskunta", "^Osuuskunta", "Andelslag"]),
    ("ry", &["r.y.", "rf", "Yhdistys"]),
    ("AB", &["Ab", "Aktiebolag", "^AB", "^Aktiebolaget", "AB (publ)"]),
    ("HB", &["Handelsbolag", "Hb"]),
    ("OÜ", &["Osaühing", "^OÜ", "OU"]),
    ("AS", &["A/S", "Aktsiaselts", "Aksjeselskap", "^AS", "A.S."]),
    ("ApS", &["APS", "Anpartsselskab", "Aps."]),
    ("A/S", &["AS", "Aktieselskab", "a/s"]),
];

/// What companies of one group add to the name that they share.
pub const SISTERS: [&[&str]; 5] = [
    &["", "Holding", "Palvelut", "Tampere", "Kiinteistöt", "Logistiikka", "Etelä", "Invest", "2"],
    &["", "Holding", "Service", "Göteborg", "Fastigheter", "Logistik", "Syd", "Invest", "2"],
    &["", "Holding", "Teenused", "Tartu", "Kinnisvara", "Logistika", "Lõuna", "Invest", "2"],
    &["", "Holding", "Service", "Bergen", "Eiendom", "Logistikk", "Sør", "Invest", "2"],
    &["", "Holding", "Service", "Aarhus", "Ejendomme", "Logistik", "Syd", "Invest", "2"],
];

/// Mailboxes that many share: bookkeepers, caretakers, associations.
pub const AGENCIES: [&[&str]; 5] = [
    &["tilitoimisto", "kirjanpito", "isannointi", "taloushallinto", "kylayhdistys"],
    &["redovisning", "bokforing", "ekonomibyra", "fastighetsservice"],
    &["raamatupidamine", "haldus", "arved"],
    &["regnskap", "okonomi", "forvaltning"],
    &["revision", "bogholderi", "administration"],
];
