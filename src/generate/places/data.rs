//! Towns and street names. An underscore stands for a space within one word of these lists.

/// `name:postal prefix:region:weight`; after a slash the name in another language.
pub const FINNISH_TOWNS: &str = "Helsinki/Helsingfors:00:Uusimaa:130 Espoo/Esbo:02:Uusimaa:60 \
    Tampere/Tammerfors:33:Pirkanmaa:50 Vantaa/Vanda:01:Uusimaa:48 Oulu/Uleåborg:90:Pohjois-Pohjanmaa:42 \
    Turku/Åbo:20:Varsinais-Suomi:40 Jyväskylä:40:Keski-Suomi:29 Kuopio:70:Pohjois-Savo:25 \
    Lahti/Lahtis:15:Päijät-Häme:24 Pori/Björneborg:28:Satakunta:17 Kouvola:45:Kymenlaakso:16 \
    Joensuu:80:Pohjois-Karjala:15 Lappeenranta/Villmanstrand:53:Etelä-Karjala:14 Vaasa/Vasa:65:Pohjanmaa:14 \
    Hämeenlinna/Tavastehus:13:Kanta-Häme:14 Seinäjoki:60:Etelä-Pohjanmaa:13 Rovaniemi:96:Lappi:13 \
    Mikkeli/Sankt_Michel:50:Etelä-Savo:11 Kotka:48:Kymenlaakso:10 Salo:24:Varsinais-Suomi:10 \
    Porvoo/Borgå:06:Uusimaa:10 Kokkola/Karleby:67:Keski-Pohjanmaa:9 Lohja/Lojo:08:Uusimaa:9 \
    Rauma/Raumo:26:Satakunta:8 Kajaani/Kajana:87:Kainuu:7 Savonlinna/Nyslott:57:Etelä-Savo:6 \
    Imatra:55:Etelä-Karjala:5 Raahe/Brahestad:92:Pohjois-Pohjanmaa:5 Hamina/Fredrikshamn:49:Kymenlaakso:4 \
    Pietarsaari/Jakobstad:68:Pohjanmaa:4 Raasepori/Raseborg:10:Uusimaa:5 Kauhajoki:61:Etelä-Pohjanmaa:3 \
    Maarianhamina/Mariehamn:22:Ahvenanmaa:3";

/// The same, Sweden.
pub const SWEDISH_TOWNS: &str = "Stockholm:11:Stockholms_län:150 Göteborg/Gothenburg:41:Västra_Götalands_län:70 \
    Malmö:21:Skåne_län:40 Uppsala:75:Uppsala_län:25 Västerås:72:Västmanlands_län:18 Örebro:70:Örebro_län:18 \
    Linköping:58:Östergötlands_län:16 Helsingborg:25:Skåne_län:15 Jönköping:55:Jönköpings_län:14 \
    Norrköping:60:Östergötlands_län:14 Lund:22:Skåne_län:13 Umeå:90:Västerbottens_län:13 Gävle:80:Gävleborgs_län:10 \
    Borås:50:Västra_Götalands_län:10 Södertälje:15:Stockholms_län:10 Eskilstuna:63:Södermanlands_län:9 \
    Karlstad:65:Värmlands_län:9 Växjö:35:Kronobergs_län:9 Sundsvall:85:Västernorrlands_län:8 \
    Luleå:97:Norrbottens_län:7 Kalmar:39:Kalmar_län:6 Skellefteå:93:Västerbottens_län:5 Kiruna:98:Norrbottens_län:3";

/// The same, Estonia.
pub const ESTONIAN_TOWNS: &str = "Tallinn/Reval:1:Harju_maakond:150 Tartu:5:Tartu_maakond:34 \
    Narva:2:Ida-Viru_maakond:18 Pärnu:8:Pärnu_maakond:15 Kohtla-Järve:3:Ida-Viru_maakond:11 \
    Viljandi:7:Viljandi_maakond:6 Rakvere:4:Lääne-Viru_maakond:5 Haapsalu:9:Lääne_maakond:4 \
    Kuressaare:9:Saare_maakond:4 Võru:6:Võru_maakond:4 Valga:6:Valga_maakond:3";

/// The same, Norway.
pub const NORWEGIAN_TOWNS: &str = "Oslo:0:Oslo:120 Bergen:50:Vestland:45 Stavanger:40:Rogaland:25 \
    Trondheim:70:Trøndelag:32 Drammen:30:Buskerud:14 Fredrikstad:16:Østfold:12 Kristiansand:46:Agder:12 \
    Tromsø:90:Troms:9 Sandnes:43:Rogaland:9 Ålesund:60:Møre_og_Romsdal:8 Bodø:80:Nordland:6 Hamar:23:Innlandet:5 \
    Alta:95:Finnmark:2";

/// The same, Denmark.
pub const DANISH_TOWNS: &str = "København/Copenhagen:1:Hovedstaden:120 Aarhus/Århus:8:Midtjylland:45 \
    Odense:5:Syddanmark:28 Aalborg/Ålborg:9:Nordjylland:25 Esbjerg:6:Syddanmark:12 Randers:8:Midtjylland:11 \
    Kolding:6:Syddanmark:10 Horsens:8:Midtjylland:10 Vejle:7:Syddanmark:9 Roskilde:4:Sjælland:9 \
    Helsingør:3:Hovedstaden:8 Næstved:4:Sjælland:7 Rønne:3:Hovedstaden:2";

/// First halves of street names; in Finland with the Swedish form after the slash.
pub const FINNISH_STREETS: &str = "Kirkko/Kyrko Asema/Stations Koulu/Skol Ranta/Strand Mänty/Tall Koivu/Björk \
    Kuusi/Gran Puisto/Park Keskus/Central Kauppa/Handels Satama/Hamn Mylly/Kvarn Pelto/Åker Niitty/Ängs Metsä/Skogs \
    Järvi/Sjö Joki/Å Silta/Bro Linna/Slotts Tehdas/Fabriks Raide/Spår Aurinko/Sol Tähti/Stjärn Kukka/Blom Ruusu/Ros \
    Leppä/Al Pihlaja/Rönn Vaahtera/Lönn Tammi/Ek Lehmus/Lind Paju/Vide Haapa/Asp Kataja/En Orava/Ekorr Karhu/Björn \
    Hirvi/Älg Kettu/Räv Susi/Varg Lokki/Mås Kallio/Bergs Kivi/Sten Hiekka/Sand Savi/Ler Lähde/Käll Kaivo/Brunns \
    Tori/Torg Vuori/Bergs Mäki/Back Laakso/Dal Harju/Ås Länsi/Väster Itä/Öster Etelä/Söder Pohjois/Norr Vanha/Gamla \
    Uusi/Nya Kunnan/Kommun Pappilan/Prästgårds Sairaala/Sjukhus Urheilu/Idrotts Teollisuus/Industri \
    Yliopiston/Universitets Mannerheimin/Mannerheim Runebergin/Runebergs Hämeen/Tavast Aleksanterin/Alexanders \
    Snellmanin/Snellmans Topeliuksen/Topelius Uudenmaan/Nylands Museo/Museum Vapauden/Frihets";

/// The same, Sweden.
pub const SWEDISH_STREETS: &str = "Stor Kyrko Skol Strand Björk Gran Tall Park Central Handels Hamn Kvarn Åker Ängs \
    Skogs Sjö Bro Slotts Fabriks Sol Stjärn Blom Ros Al Rönn Lönn Ek Lind Asp Älg Räv Varg Mås Bergs Sten Sand Käll \
    Brunns Torg Back Dal Ås Väster Öster Söder Norr Nygårds Kommun Prästgårds Sjukhus Idrotts Industri Universitets \
    Kungs Drottning Linné Götes Sveas Birger_Jarls Nya Smed Hantverkar Linje Lång Kort Trädgårds Fiskar Bagar";

/// The same, Estonia.
pub const ESTONIAN_STREETS: &str = "Pärna Kooli Jaama Kiriku Ranna Männi Kase Kuuse Pargi Kesk Sadama Veski Põllu \
    Metsa Järve Jõe Silla Lossi Tehase Päikese Tähe Lille Roosi Lepa Pihlaka Vahtra Tamme Paju Haava Kadaka Orava \
    Karu Põdra Rebase Hundi Kajaka Kivi Liiva Allika Kaevu Turu Mäe Oru Lääne Ida Lõuna Põhja Vana Uus Tartu Narva \
    Pikk Lai Rüütli Vabaduse Võidu Nurme";

/// The same, Norway.
pub const NORWEGIAN_STREETS: &str = "Kirke Skole Strand Bjørke Gran Furu Park Stor Handels Havne Mølle Åker Eng \
    Skog Sjø Bru Slotts Fabrikk Sol Stjerne Blomster Rose Or Rogne Lønne Eike Linde Osp Elg Reve Ulve Måke Berg \
    Stein Sand Kilde Brønn Torg Bakke Dal Ås Vestre Østre Søndre Nordre Kongens Dronningens Karl_Johans Fjord Fjell \
    Havre Kornet";

/// The same, Denmark.
pub const DANISH_STREETS: &str = "Kirke Skole Strand Birke Gran Fyrre Park Hoved Handels Havne Mølle Ager Eng Skov \
    Sø Bro Slots Fabriks Sol Stjerne Blomster Rosen Elle Røn Ahorn Ege Linde Aspe Hjorte Ræve Ulve Måge Bjerg Sten \
    Sand Kilde Brønd Torve Bakke Dal Ås Vester Øster Sønder Nørre Kongens Dronningens Algårds Jernbane Nybo Søndre \
    Enghave Have";
