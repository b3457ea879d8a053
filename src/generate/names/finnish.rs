//! Finnish names, most frequent first; surnames also by compounding.

/// Given names of men.
pub const MALE: &str = "Juhani Johannes Matti Mikael Olavi Antero Tapani Kalevi Tapio Timo Kari Ilmari Antti Jari \
    Mika Jukka Ari Pekka Hannu Juha Markku Heikki Petri Sami Marko Janne Ville Jani Tuomas Tomi Jussi Aleksi Eero \
    Niko Toni Lauri Kimmo Jouni Pasi Pertti Seppo Esa Raimo Risto Veikko Erkki Reijo Joni Teemu Vesa Juho Tero \
    Henri Harri Jarmo Ilkka Joonas Jaakko Jorma Mikko Sakari Pentti Tuomo Arto Aarne Arttu Eetu Elias Onni Oliver \
    Leo Väinö Toivo Urho Arvo Eino Kauko Martti Mauri Keijo Pauli Simo Sauli Santeri Otto Valtteri Rasmus Roope \
    Miro Topi Oskari Akseli Kasper Iiro Ossi Panu Perttu Riku Saku Tatu Tauno Unto Urpo Usko Vilho Voitto Yrjö Åke \
    Lasse Osmo Orvo Paavo Rauno Taisto Jalmari Jyrki";

/// Given names of women.
pub const FEMALE: &str = "Maria Helena Johanna Anneli Kaarina Marjatta Anna Liisa Annikki Hannele Sofia Tuulikki \
    Kristiina Elina Maarit Susanna Leena Katariina Emilia Tellervo Päivi Pirjo Ritva Tuula Sari Minna Tiina Marja \
    Riitta Laura Satu Heidi Hanna Kirsi Anne Mari Sirpa Jaana Pirkko Sanna Mervi Eija Seija Nina Niina Jenni Raija \
    Tarja Merja Eeva Taina Outi Piia Katja Arja Teija Heli Essi Noora Sini Aino Emma Venla Ella Eevi Helmi Lilja \
    Pihla Iida Siiri Veera Milla Oona Aada Inkeri Irma Irene Kerttu Lempi Martta Saara Saimi Saana Sylvi Terttu \
    Toini Ulla Vieno Vuokko Ilona Inka Kaisa Kati Kukka Lahja Liina Mirja Mirva Nelli Oili Orvokki Paula Rauha \
    Reeta Ronja Sisko Taimi Tyyne Vappu Virpi Wilma";

/// Surnames.
pub const FAMILY: &str = "Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen \
    Lehtonen Lehtinen Saarinen Salminen Heinonen Niemi Heikkilä Kinnunen Salonen Turunen Salo Laitinen Tuominen \
    Rantanen Karjalainen Jokinen Mattila Savolainen Lahtinen Ahonen Ojala Leppänen Hiltunen Leinonen Väisänen \
    Kallio Miettinen Karppinen Räsänen Aaltonen Pitkänen Manninen Hakala Toivonen Anttila Koivisto Laaksonen \
    Hirvonen Räty Hänninen Hietala Laakso Lindholm Ikonen Peltonen Kettunen Kokkonen Eskola Partanen Lampinen Nurmi \
    Peltola Moilanen Kärkkäinen Rissanen Kuusisto Halonen Lappalainen Oksanen Pesonen Kemppainen Vainio Huttunen \
    Mustonen Mikkola Niskanen Koivula Honkanen Ruotsalainen Hyvönen Uusitalo Sillanpää Vuorinen Rautio Kauppinen \
    Nyman Jääskeläinen Pulkkinen Parviainen Haapala Holopainen Kivelä Kangas Nurminen Mäki Kokko Tikkanen Kivinen \
    Vesterinen Eronen Tiainen Immonen Puustinen Venäläinen Kolehmainen Suominen Myllymäki Alanen Hautamäki Rajala \
    Tolonen Ylinen Vartiainen Paananen Ylönen Tervo Juntunen Ollila";

/// First halves of compounded surnames.
pub const STEMS: &str = "Mäki Koski Niemi Lahti Harju Ranta Kangas Suo Salo Korpi Lehto Oja Virta Saari Kallio Aho \
    Haka Halla Hauta Heinä Hieta Hirvi Honka Huhta Joki Jylhä Järvi Kanta Karhu Katava Kauppi Keto Kero Kielo Kivi \
    Koivu Kontio Kotka Kuja Kukka Kulma Kumpu Kuusi Kylmä Laakso Lampi Latva Leppä Levo Linna Louhi Luhta Luoto \
    Majava Malmi Mansikka Marja Mela Mesi Metsä Moisio Multa Mustika Mylly Myrsky Mänty Naava Nevala Niitty Notko \
    Nummi Nurmi Orava Paju Palo Pelto Perä Petäjä Pihla Pohja Poutia Puro Puusti Pyhä Pälvi Raita Rapa Rauta Reino \
    Repo Riihi Rinta Rusko Ruoho Räme Sammal Savi Seppä Silta Sinervä Sorsa Sulka Susi Syrjä Taival Talvi Tammi \
    Tanhua Taka Tervo Tuuli Törmä Uusi Vaahtera Vanha Varpu Vehkä Vesa Viita Villi Virsu Vuori Väinö Yli Ylä Ääri";

/// Second halves; where two are given with a slash, the first follows back vowels (a, o, u), the other front ones.
pub const SUFFIXES: &str = "nen la/lä nen mäki niemi koski lahti nen ranta salo lainen/läinen järvi maa luoma joki \
    harju saari oja vuori kangas aho la/lä kallio suo talo pelto korpi pää lampi silta virta kari";

/// Nicknames, `formal:nickname,nickname`.
pub const NICKNAMES: &str = "Juhani:Jussi,Juha,Juhis Johannes:Jussi,Juha,Hannu,Hannes Matti:Masa,Mattias \
    Mikael:Mika,Mikko,Miksu Olavi:Olli,Ola Antero:Antti,Ana Tapani:Tapsa,Tapio Kalevi:Kale,Kalle Tapio:Tapsa \
    Antti:Ana,Antsa Jari:Jartsa Jukka:Jukkis Pekka:Pekko,Pekkis Hannu:Hantta Juha:Juhis,Jussi Markku:Make,Marko \
    Heikki:Heka,Hessu Petri:Pete Sami:Samppa Marko:Make Ville:Vilho,Vili Tuomas:Tomi,Tume Jussi:Juhani \
    Aleksi:Ale,Alex Eero:Eekku,Erik Niko:Nikke,Niklas Lauri:Late,Lassi Kimmo:Kimi Risto:Riku,Rise Erkki:Eki \
    Reijo:Reiska Joni:Jonne Teemu:Teme Juho:Jussi,Juuso Tero:Tepa Henri:Henkka Jaakko:Jaska Jorma:Jomppe \
    Mikko:Miksu Pentti:Pena Tuomo:Tume Aarne:Arska Martti:Mara Pauli:Pave,Paavo Santeri:Santtu Valtteri:Valtsu \
    Oskari:Osku,Okko Yrjö:Ykä,Yrkki Paavo:Pave Rauno:Rane Maria:Mari,Maija,Marja Helena:Leena,Heli,Helka \
    Johanna:Hanna,Jonna,Jossu Anneli:Anne,Annu Kaarina:Kaisa,Kaija Marjatta:Marja,Maija Anna:Anu,Anni,Annu \
    Liisa:Lissu Hannele:Hanna Sofia:Sohvi,Sofi Kristiina:Tiina,Krisse Elina:Elli,Ellu Susanna:Sanna,Sussu \
    Leena:Lena Katariina:Katri,Kati,Kaisa,Katja Emilia:Emmi,Milla Päivi:Pävä Pirjo:Piri Ritva:Rida Tuula:Tuulikki \
    Sari:Sarppa Minna:Minski Tiina:Tinsku Riitta:Riikka Laura:Lartsa Heidi:Hede Hanna:Hansu Kirsi:Kirre Mari:Maikki \
    Pirkko:Pipsa Eija:Eikku Jenni:Jenska Eeva:Eve Elisabet:Liisa,Elli,Betti Margareta:Reetta,Marketta Veera:Vera \
    Ilona:Iltsu Kaisa:Kaitsu";
