//! Swedish and Finland-Swedish names, most frequent first.

/// Given names of men, Sweden.
pub const MALE: &str = "Lars Karl Anders Johan Per Nils Erik Jan Lennart Mikael Hans Olof Peter Gunnar Sven Fredrik \
    Bengt Bo Daniel Gustav Göran Åke Magnus Alexander Stefan Martin Thomas John Andreas Mats Ulf Bertil Arne Henrik \
    Leif Marcus Björn Bernt Ingemar David Patrik Håkan Christer Tommy Emil Kjell Stig Rolf Robert Oskar Mattias \
    Filip Jonas Rickard Kent Simon Christian Viktor Tobias Joakim Axel Rune Kurt Ingvar Anton Folke Linus Sebastian \
    Niklas Roger Jakob Kenneth Elias Tord Hugo Ludvig Oliver Isak Vilhelm Albin Edvin Arvid Hjalmar Ragnar Sixten \
    Torsten Urban Valter Yngve Östen";

/// Given names of women, Sweden.
pub const FEMALE: &str = "Maria Elisabeth Anna Kristina Margareta Eva Birgitta Karin Linnéa Marie Ingrid Sofia \
    Kerstin Marianne Lena Sara Helena Katarina Emma Johanna Inger Cecilia Monica Annika Elin Susanne Anette Gunilla \
    Jenny Ulla Anita Hanna Barbro Louise Ida Irene Linda Helen Malin Emelie Astrid Berit Carina Viktoria Siv Ulrika \
    Åsa Amanda Julia Lisa Maj Yvonne Sandra Agneta Gun Agnes Märta Jessica Matilda Alice Ebba Elsa Frida Greta \
    Hedvig Ingegerd Josefin Klara Lovisa Maja Moa Nellie Olivia Pernilla Rut Saga Signe Stina Svea Tove Tuva \
    Vendela Vera Wilma Ylva";

/// Given names of men, Finland-Swedish.
pub const FINLAND_MALE: &str = "Jan Kaj Bo Mikael Johan Erik Karl Stefan Mats Tom Henrik Christian Göran Kjell Sven \
    Fredrik Anders Peter Nils Lars Gustaf Alexander Rolf Håkan Ralf Kenneth Robert Thomas Ole Göte Ulf Magnus \
    Patrik Marcus Sebastian Niklas Jonas Dan Börje Svante Torolf Ingmar Bjarne Hilding Birger Runar Valdemar Edvard \
    Viktor Oskar Axel Emil";

/// Given names of women, Finland-Swedish.
pub const FINLAND_FEMALE: &str = "Maria Margareta Elisabet Anna Kristina Eva Carola Ann-Christin Gunilla Birgitta \
    Monica Susanne Camilla Annika Heidi Nina Johanna Sofia Katarina Linda Jessica Pia Marina Viveca Benita \
    Gun-Britt Inger Solveig Gerd Ulla-Maj Barbro Mona Yvonne Christina Charlotta Emilia Sandra Malin Ingeborg \
    Dagmar Göta Hjördis Saga Alva Ellen Frida Ida Tove Mikaela Fanny Ebba Ronja";

/// Surnames.
pub const FAMILY: &str = "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson \
    Pettersson Jonsson Jansson Hansson Bengtsson Jönsson Lindberg Jakobsson Magnusson Olofsson Lindström Lindqvist \
    Lindgren Axelsson Berg Bergström Lundberg Lind Lundgren Lundqvist Mattsson Berglund Fredriksson Sandberg \
    Henriksson Forsberg Sjöberg Wallin Engström Eklund Danielsson Lundin Håkansson Björk Bergman Gunnarsson Holm \
    Wikström Samuelsson Isaksson Fransson Bergqvist Nyström Holmberg Arvidsson Löfgren Söderberg Nyberg Blomqvist \
    Claesson Nordström Mårtensson Lundström Viklund Björklund Eliasson Pålsson Berggren Sandström Nordin Lund Ström \
    Falk Åberg Ekström Hermansson Holmgren Hellström Dahlberg Hedlund Sundberg Sjögren Ek Blom Abrahamsson \
    Martinsson Öberg Andreasson Strömberg Månsson Åkesson Hansen Norberg Sundström Lindholm Dahl Jonasson Hedberg \
    Åström Ivarsson";

/// Surnames of Finland-Swedes.
pub const FINLAND_FAMILY: &str = "Johansson Nyman Lindholm Karlsson Andersson Lindström Lindqvist Lindberg Eriksson \
    Holmström Holmberg Söderholm Forsman Backman Sjöblom Sundqvist Björklund Blomqvist Ahlström Grönroos Gustafsson \
    Sandström Östman Nylund Wikström Häggblom Söderström Snellman Ekman Westerlund Mattsson Enqvist Fagerström \
    Granholm Nygård Norrgård Bergman Sjöberg Kronqvist Lönnqvist Nordman Österholm Smeds Storbacka Lillkung Finne \
    Kullberg Knuts Häggman Rönnqvist Renlund Sundström Stenvall Wärn Ingves Kaskinen Strandell Björkskog Åkerlund \
    Öst";

/// First halves of compounded surnames.
pub const STEMS: &str = "Lind Berg Ek Alm Björk Sand Sten Gran Dal Ny Holm Norr Söder Väster Öst Lund Ström Fors \
    Ahl Asp Back Bloms Borg Bro Bäck Dahl Eng Fager Falk Fjäll Flod Frid Fur Grön Gylle Hag Hall Hed Hell Hjelm Hög \
    Kron Kul Käll Lager Lilje Löf Mal Mo Mör Nord Palm Quist Ros Rudd Rönn Silver Sjö Skog Stål Sund Sved Säter Säv \
    Tall Torn Törn Vall Vik Wester Wik Wide Åker Åk Ång Älv Ör Öster";

/// Second halves.
pub const SUFFIXES: &str = "ström berg gren qvist lund holm blom dahl roos fors mark man stedt kvist in ell én ing \
    borg vall bäck sjö stam stig vik hed näs löf by land gård strand haga";

/// Nicknames, `formal:nickname,nickname`.
pub const NICKNAMES: &str = "Lars:Lasse Karl:Kalle,Calle Anders:Adde,Ante Johan:Janne,Jojje,Juha Per:Pelle,Petter \
    Nils:Nisse Erik:Jerka,Erkki Jan:Janne Lennart:Lelle Mikael:Micke,Micce,Mika Hans:Hasse Olof:Olle \
    Peter:Petter,Peppe Gunnar:Gurra Fredrik:Fredde Bengt:Bengan Bo:Bosse Daniel:Danne Gustav:Gurra,Gusten \
    Gustaf:Gurra,Gösta Göran:Jöran Magnus:Mange Alexander:Alex,Sander Stefan:Steffe Thomas:Tompa,Tom Andreas:Adde \
    Henrik:Henke,Henka Marcus:Mackan,Maku David:Dave Patrik:Putte Christer:Krille Robert:Robban Mattias:Matte \
    Filip:Fille Jonas:Jonte Rickard:Ricke Viktor:Vicke Tobias:Tobbe Joakim:Jocke Sebastian:Sebbe Niklas:Nicke \
    Jakob:Jacke Ludvig:Ludde Vilhelm:Ville,Wille Torsten:Totte Maria:Mia,Maja Elisabeth:Lisa,Lisbeth,Betty \
    Elisabet:Lisa,Lisbet Anna:Ann,Annie Kristina:Stina,Kicki,Tina Margareta:Greta,Maggan,Meta \
    Birgitta:Gittan,Britta Karin:Kajsa,Kaja Ingrid:Inga Sofia:Soffan,Fia Kerstin:Kicki Helena:Lena,Nena \
    Katarina:Kattis,Kata,Karin Johanna:Hanna,Jojo Cecilia:Cissi,Cilla Monica:Moa Susanne:Sussie,Sanna Anette:Nettan \
    Gunilla:Nilla Louise:Lovisa,Lollo Viktoria:Vicky,Vickan Ulrika:Ulla Jessica:Jessie Matilda:Tilda Josefin:Josse \
    Charlotta:Lotta,Lotten Camilla:Millan Pernilla:Nilla Emelie:Emmy,Mille Agneta:Neta Alexandra:Sandra,Alex";
