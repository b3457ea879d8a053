//! Estonian, Norwegian and Danish names, most frequent first.

/// Given names of men, Estonia.
pub const ESTONIAN_MALE: &str = "Andres Toomas Jaan Martin Margus Urmas Rein Jüri Aivar Ants Peeter Aleksandr Kalev \
    Tiit Tõnu Priit Andrus Arvo Mati Raivo Indrek Marko Marek Kristjan Janek Meelis Taavi Siim Karl Rasmus Markus \
    Oliver Robin Hugo Henri Sander Kaspar Kaarel Mihkel Mart Madis Lauri Jaanus Jaak Ivo Ilmar Heino Heiki Hannes \
    Gunnar Endel Elmar Eduard Arne Argo Alar Ago Tarmo Tanel Sven Sulev Rain Raul Rauno Ott Oskar Olev Neeme Lembit \
    Kalle Juhan Joosep Vello Viljar Ülo Õnneleid";

/// Given names of women, Estonia.
pub const ESTONIAN_FEMALE: &str = "Tiina Anne Kristiina Sirje Katrin Anna Malle Piret Anu Tiiu Ülle Maie Helle \
    Merike Kadri Triin Liina Mari Kristi Kersti Marika Riina Eve Ene Maria Laura Sandra Kairi Pille Reet Heli Aino \
    Aime Ester Evelin Hele Helen Hilja Ilme Ingrid Jaana Janne Juta Kaja Karin Kaire Kati Külli Leelo Leida Liis \
    Liisa Lea Linda Maarja Maire Mare Margit Marju Merle Monika Õie Piia Raili Salme Signe Siiri Silvi Sofia Terje \
    Tuuli Urve Vaike Viivi Virve Ülle Elisabeth";

/// Surnames, Estonia.
pub const ESTONIAN_FAMILY: &str = "Tamm Saar Sepp Mägi Kask Kukk Rebane Ilves Pärn Koppel Luik Lepik Oja Raudsepp \
    Kuusk Karu Kütt Vaher Põder Lepp Lõhmus Kallas Jõgi Kivi Männik Õunapuu Uibo Kaasik Kikas Nõmm Tomson Kangur \
    Rand Roos Sild Laas Laur Lind Kuus Hunt Jänes Kärner Käär Leht Mets Mõttus Must Mänd Nurk Orav Ots Org Paju \
    Palm Pihlak Puusepp Põld Raud Reinsalu Rohtla Rüütel Saks Sarapuu Sikk Soo Soosaar Suvi Tali Teder Toom Toots \
    Treial Tuul Unt Vaino Valk Vares Veski Viik Vill Võsu Õispuu Ööbik Aas Adamson Allik Annus Arro Aun Eller \
    Hansen Heinsoo Jakobson Jürgenson Kalda Kaljula";

/// First halves of compounded surnames, Estonia.
pub const ESTONIAN_STEMS: &str = "Tamme Kase Kivi Saare Rebase Õuna Kuuse Lepa Männi Pärna Vahtra Jõe Järve Mere \
    Metsa Nurme Oru Rand Raud Rohu Sepa Sinise Soo Suur Talu Uus Valge Vana Vee Välja Väike Äkke Laane Lauri Linna \
    Kalju Kulla Kure Loo Aru";

/// Second halves, Estonia.
pub const ESTONIAN_SUFFIXES: &str = "mäe saar salu pere vere põld oja nurm org soo ste la puu ots mets maa talu \
    kivi veski lo";

/// Given names of men, Norway.
pub const NORWEGIAN_MALE: &str = "Jan Per Bjørn Ole Lars Kjell Knut Svein Arne Thomas Geir Hans Tor Morten Terje \
    Odd Erik Martin Andreas John Anders Rune Trond Tore Daniel Jon Kristian Marius Magnus Tom Øyvind Stian Harald \
    Olav Fredrik Gunnar Rolf Leif Espen Henrik Nils Helge Christian Jonas Eirik Marcus Roger Steinar Einar Frode \
    Håkon Sverre Øystein Åge Jakob Emil Noah Filip Sander Ragnar Sigurd Torbjørn Vidar Vegard Sondre Eivind Ivar \
    Dag Roar Asbjørn Kåre Tormod";

/// Given names of women, Norway.
pub const NORWEGIAN_FEMALE: &str = "Anne Inger Kari Marit Ingrid Liv Eva Berit Astrid Bjørg Hilde Anna Solveig \
    Marianne Randi Ida Nina Maria Elisabeth Kristin Bente Heidi Silje Hanne Linda Tone Gerd Elin Tove Wenche \
    Ragnhild Camilla Ellen Julie Karin Laila Ingeborg Emma Mona Else Aud Marie Unni Grete Turid Åse Lise Trine \
    Kirsten Signe Sara Nora Thea Maren Sunniva Torunn Vigdis Synnøve Øydis Frida Malin Guro Gunhild Oda";

/// Surnames, Norway.
pub const NORWEGIAN_FAMILY: &str = "Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Kristiansen Jensen \
    Karlsen Johnsen Pettersen Eriksen Berg Haugen Hagen Johannessen Andreassen Jacobsen Dahl Jørgensen Halvorsen \
    Henriksen Lund Sørensen Jakobsen Moen Gundersen Iversen Strand Solberg Svendsen Eide Knutsen Martinsen Paulsen \
    Bakken Kristoffersen Mathisen Lie Amundsen Rasmussen Lunde Solheim Berge Moe Nygård Bakke Kristensen Fredriksen \
    Holm Lien Hauge Christensen Andresen Nielsen Knudsen Evensen Sæther Aas Hanssen Myhre Haugland Thomassen \
    Simonsen Sivertsen Berntsen Ali Danielsen Rønning Arnesen Sandvik";

/// First halves of compounded surnames, Norway.
pub const NORWEGIAN_STEMS: &str = "Aur Bjerke Bjørn Brekke Bratt Dal Eik Ellings Engel Fager Fin Fjell Fosse Gran \
    Grøn Gull Halle Hav Helge Hov Hus Kal Kjelle Kvam Lang Lille Lind Myk Mid Nord Ny Od Ram Ros Rød Sand Skog Sol \
    Stor Sør Tor Tveit Ull Vest Vik Ør Øst Ås";

/// Second halves, Norway.
pub const NORWEGIAN_SUFFIXES: &str = "stad rud vik land heim bakken haugen set berg nes dal moen lund bø gård vold \
    åsen mo";

/// Given names of men, Denmark.
pub const DANISH_MALE: &str = "Peter Jens Michael Lars Henrik Thomas Søren Jan Christian Martin Niels Anders Morten \
    Jesper Mads Hans Rasmus Per Jørgen Ole Christoffer Kim Frederik Erik Jacob Claus Finn Bent Steen Brian Allan \
    Mikkel Torben Carsten Nikolaj Poul Kenneth Bo Simon Emil Kasper Oliver William Noah Lucas Victor Magnus Mathias \
    Jakob Sebastian Kristian Flemming Bjarne Palle Svend Aage Knud Børge Ejner Holger Viggo Valdemar Asger Troels \
    Ulrik";

/// Given names of women, Denmark.
pub const DANISH_FEMALE: &str = "Anne Kirsten Mette Hanne Anna Helle Susanne Lene Maria Marianne Lone Camilla Inge \
    Pia Karen Bente Louise Charlotte Jette Tina Ida Emma Sofie Kirstine Inger Birthe Gitte Julie Ulla Karin Sara \
    Laura Line Christina Trine Heidi Cecilie Nanna Freja Josefine Mathilde Caroline Maja Clara Alma Karla Ellen \
    Signe Birgit Rikke Sanne Dorthe Annette Jytte Grethe Lis Ruth Vibeke Ditte Astrid Asta Tove Ægidia";

/// Surnames, Denmark.
pub const DANISH_FAMILY: &str = "Nielsen Jensen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen \
    Jørgensen Petersen Madsen Kristensen Olsen Thomsen Christiansen Poulsen Johansen Møller Mortensen Knudsen \
    Jacobsen Jakobsen Mikkelsen Olesen Frederiksen Laursen Henriksen Lund Schmidt Eriksen Holm Kristiansen Clausen \
    Simonsen Svendsen Andreasen Iversen Jeppesen Mogensen Jespersen Nissen Lauridsen Frandsen Østergaard Jepsen \
    Kjær Carlsen Vestergaard Bertelsen Lauritsen Bak Winther Dahl Bech Brandt Bruun Friis Juhl Kjeldsen Krogh \
    Lassen Mathiesen Nørgaard Overgaard Skov Søgaard Toft Ravn Ærø";

/// First halves of compounded surnames, Denmark.
pub const DANISH_STEMS: &str = "Vester Øster Nør Sønder Søn Kirke Kjær Skov Lund Dam Holm Eng Mølle Bjerg Sand Sø \
    Ny Over Neder Grøn Lille Stor Ager Brunds Damgs Elle Fugl Grav Hav Hessel Kær Linde Ravns Sol Stub Thor Toft \
    Vind Aabo Ull";

/// Second halves, Denmark.
pub const DANISH_SUFFIXES: &str = "gaard lund holm strup bjerg toft dahl by mark kilde bæk skov borg kjær vang sen";

/// Nicknames, `formal:nickname,nickname`.
pub const NICKNAMES: &str = "Andres:Ants Toomas:Tom Jaan:Juku Aleksandr:Aleks,Sass Kristjan:Kris,Krister Karl:Kalle \
    Rasmus:Ras Mihkel:Miku Kristiina:Tiina,Kris Katrin:Kati,Katre Kadri:Kaddi Elisabeth:Liis,Betti Helen:Hele \
    Maarja:Mari Bjørn:Bjønn Ole:Olemann Kjell:Kjelle Thomas:Tom,Thomass Kristian:Kris,Krister Christian:Chris,Kris \
    Øyvind:Øyve Fredrik:Fred Nils:Nisse Henrik:Henke Ingeborg:Inga,Bolla Kari:Karianne Elisabeth:Lise,Lisbeth,Elise \
    Kristin:Kine Marianne:Mia Ragnhild:Ragna Michael:Mikkel,Mich Peter:Per,Pete Jens:Jenne Søren:Søs Niels:Nis \
    Jacob:Jakob,Coby Nikolaj:Niko,Klaus Christoffer:Stoffer Frederik:Frede Mathias:Mads Sebastian:Bastian \
    Kirsten:Kis Susanne:Sus,Sanne Charlotte:Lotte Louise:Lou Camilla:Milla Christina:Stine,Tina Mathilde:Tilde \
    Josefine:Fine Caroline:Line Cecilie:Cille Birgit:Bibi Annette:Nette";
