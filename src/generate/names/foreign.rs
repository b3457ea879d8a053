//! Names from further away. Where several spellings are in use they stand together, `one/other/third`: each source
//! writes the one that its clerk knew.

/// Given names of men, English.
pub const ENGLISH_MALE: &str = "James John Robert Michael William David Richard Joseph Thomas Charles Christopher \
    Daniel Matthew Anthony Mark Donald Steven/Stephen Paul Andrew Joshua Kenneth Kevin Brian/Bryan George Edward \
    Ronald Timothy Jason Jeffrey/Geoffrey Ryan Jacob Gary Nicholas/Nicolas Eric/Erik Jonathan/Jonathon Larry Justin \
    Scott Brandon Benjamin Samuel Gregory Frank Alexander Raymond Patrick Jack Dennis Jerry Tyler Aaron Jose Adam \
    Henry Nathan Douglas Zachary Peter Kyle Walter Ethan Jeremy Harold Keith Christian Roger Noah Gerald Terry \
    Sean/Shaun Austin Arthur Lawrence/Laurence Jesse Dylan Bruce Albert Willie Gabriel Alan/Allan/Allen Roy Ralph \
    Philip/Phillip Graham Ian Nigel Colin Stuart/Stewart Neil Angus";

/// Given names of women, English.
pub const ENGLISH_FEMALE: &str = "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah/Sara Karen \
    Lisa Nancy Betty Margaret Sandra Ashley Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa \
    Deborah/Debra Stephanie Rebecca Sharon Laura Cynthia Kathleen Amy Angela Shirley Anna Brenda Pamela Emma Nicole \
    Helen Samantha Katherine/Catherine/Kathryn Christine Rachel/Rachael Carolyn Janet Maria Heather Diane Ruth \
    Julie Olivia Joyce Virginia Victoria Kelly Lauren Christina Joan Evelyn Judith Megan Andrea Cheryl Hannah \
    Jacqueline Martha Gloria Teresa/Theresa Ann/Anne Sara Madison Frances Kathryn Janice Jean Abigail Alice Julia \
    Judy Sophia/Sofia Grace Denise Amber Doris Marilyn Danielle Beverly Isabella";

/// Surnames, English.
pub const ENGLISH_FAMILY: &str = "Smith/Smyth Jones Williams Brown/Browne Taylor Davies Wilson Evans Thomas Johnson \
    Roberts Walker Wright Robinson Thompson/Thomson White Hughes Edwards Green/Greene Hall Wood Harris Lewis Martin \
    Jackson Clarke/Clark Clarkson Turner Hill Scott Cooper Morris Ward Moore King Watson Baker Harrison Morgan \
    Patel Young Allen/Allan Mitchell James Anderson Phillips/Philips Lee Bell Parker Davis Bennett Miller Cook Shaw \
    Richardson Campbell Carter Collins Bailey Gray/Grey Murphy Kelly Cox O'Brien/OBrien O'Connor/OConnor \
    McDonald/MacDonald McKenzie/MacKenzie Reid/Reed Stewart/Stuart";

/// First halves of compounded surnames, English.
pub const ENGLISH_STEMS: &str = "Ash Brad Hart Stan Black Bush Clay Cole Cran Dun East Fair Far Green Had Hamp Hol \
    Kings Lang Lock Mar Mil Nor Oak Pen Ray Red Rock Shel Shir South Stock Strat Sut Thorn Wal Wes Whit Win Wood";

/// Second halves, English.
pub const ENGLISH_SUFFIXES: &str = "ley ford ton wood field worth by well ham burn land don combe croft mere stone";

/// Given names of men, Russian.
pub const RUSSIAN_MALE: &str = "Aleksandr/Alexander/Alexandr/Aleksander Sergei/Sergey/Sergej Vladimir/Vladimír \
    Dmitri/Dmitry/Dmitrij/Dimitri Andrei/Andrey/Andrej Aleksei/Alexey/Alexei/Aleksej Nikolai/Nikolay/Nikolaj Igor \
    Mihail/Mikhail/Michail Jevgeni/Evgeny/Yevgeny/Evgenij Juri/Yuri/Yury/Jurij Viktor/Victor Oleg Pavel \
    Konstantin/Constantin Anatoli/Anatoly/Anatolij Maksim/Maxim Ivan Valeri/Valery/Valerij Roman \
    Artjom/Artem/Artyom Ilja/Ilya Denis Anton Vjatšeslav/Vyacheslav/Vjatscheslav Vasili/Vasily/Vasilij Leonid Boris \
    Kirill/Kiril Grigori/Grigory Gennadi/Gennady Fjodor/Fedor/Fyodor Timur Stanislav Ruslan Vadim \
    Vitali/Vitaly/Vitalij Pjotr/Petr/Pyotr Jegor/Egor/Yegor";

/// Given names of women, Russian.
pub const RUSSIAN_FEMALE: &str = "Jelena/Elena/Yelena Olga Natalja/Natalia/Natalya Tatjana/Tatiana/Tatyana Irina \
    Svetlana Galina Ljudmila/Lyudmila/Liudmila Marina Anna Maria/Mariya/Marija Jekaterina/Ekaterina/Yekaterina Nina \
    Valentina Julia/Yulia/Yuliya/Julija Anastasia/Anastasija/Anastasiya Oksana/Oxana Nadežda/Nadezhda/Nadeschda \
    Ksenia/Xenia/Kseniya Larisa/Larissa Vera Ljubov/Lyubov/Lubov Darja/Daria/Darya Viktoria/Victoria/Viktorija Alla \
    Jevgenia/Evgenia/Yevgeniya Raisa/Raissa Zoja/Zoya Polina Alina Sofja/Sofia/Sofya Ljubava/Lyubava Tamara Inna \
    Margarita Jana/Yana";

/// Surnames of men, Russian; women's take an -a.
pub const RUSSIAN_FAMILY: &str = "Ivanov Smirnov Kuznetsov/Kuznecov/Kouznetsov Popov Vasiljev/Vasiliev/Vasilyev \
    Petrov Sokolov Mihailov/Mikhailov/Mikhaylov Novikov Fjodorov/Fedorov/Fyodorov Morozov Volkov \
    Aleksejev/Alekseev/Alexeev Lebedev Semjonov/Semenov/Semyonov Jegorov/Egorov/Yegorov Pavlov Kozlov/Koslov \
    Stepanov Nikolajev/Nikolaev/Nikolayev Orlov Andrejev/Andreev/Andreyev Makarov Nikitin Zaharov/Zakharov/Sacharow \
    Zaitsev/Zaytsev/Zaicev Solovjov/Soloviev/Solovyov Borisov Jakovlev/Yakovlev/Iakovlev \
    Grigorjev/Grigoriev/Grigoryev Romanov Vorobjov/Vorobyov/Vorobiev Sergejev/Sergeev Frolov Aleksandrov/Alexandrov \
    Dmitrijev/Dmitriev Koroljov/Korolev/Korolyov Gusev Kiseljov/Kiselev/Kiselyov Iljin/Ilyin/Ilin Maksimov/Maximov \
    Poljakov/Polyakov Sorokin Vinogradov Kovaljov/Kovalev/Kovalyov Belov Medvedev/Medvedjev Antonov Tarasov \
    Žukov/Zhukov/Schukow Baranov Filippov/Filipov Komarov Davydov/Davidov Beljajev/Belyaev Gerasimov Bogdanov \
    Osipov Sidorov Matvejev/Matveev";

/// Given names of men, Arabic.
pub const ARABIC_MALE: &str = "Mohammed/Muhammad/Mohamed/Mohammad/Muhammed Ahmed/Ahmad/Achmed Ali/Aly Hassan/Hasan \
    Hussein/Husein/Hussain/Hossein Omar/Omer/Umar Ibrahim/Ebrahim Mustafa/Mostafa/Moustafa \
    Abdullah/Abdallah/Abdulla Khalid/Khaled/Chalid Yousef/Yusuf/Youssef/Yousif Mahmoud/Mahmud/Mahmood Karim/Kareem \
    Samir/Sameer Tariq/Tarek/Tareq Bilal/Belal Jamal/Gamal/Jamaal Nasser/Naser/Nasir Said/Saeed/Sayed \
    Rashid/Rasheed/Rachid Walid/Waleed Ziad/Ziyad Faisal/Faysal Haidar/Haider/Hayder Kassem/Qasim/Kasim Salah/Saleh \
    Abbas Anas/Anass Fadi/Fady Ismail/Ismael/Esmail Rami/Ramy Zaid/Zayd Adnan Amir/Ameer Marwan";

/// Given names of women, Arabic.
pub const ARABIC_FEMALE: &str = "Fatima/Fatma/Fatimah/Fatemeh Aisha/Ayesha/Aicha Maryam/Mariam/Meryem \
    Zainab/Zaynab/Zeinab Noor/Nour/Nur Layla/Leila/Laila/Lejla Khadija/Khadijah/Chadidscha Amina/Aminah/Ameena \
    Huda/Houda Rania/Raniya Salma/Selma Yasmin/Yasmine/Jasmin Hanan/Hanane Samira/Sameera Nadia/Nadya/Nadja Rasha \
    Sara/Sarah Dina/Deena Iman/Eman/Imane Sumaya/Somaya/Sumayyah Hala Rim/Reem Lina/Leena Safa/Safaa Abeer/Abir \
    Marwa Ruqayya/Rokaya Widad Ghada Suad/Souad";

/// Surnames, Arabic.
pub const ARABIC_FAMILY: &str = "Hassan/Hasan Ali/Aly Ahmed/Ahmad Mohammed/Mohamed/Mohammad Hussein/Husein/Hussain \
    Ibrahim/Ebrahim Al-Sayed/Alsayed/El-Sayed Al-Masri/Almasri/El-Masry Haddad/Hadad Khoury/Khouri/Churi \
    Abdullah/Abdallah Saleh/Salih Mansour/Mansur Nasser/Naser Khalil/Khaleel Al-Jabouri/Aljabouri/Al-Juburi \
    Al-Rubaie/Alrubaie/Al-Rubaye Al-Ani/Alani Hamdan/Hamdane Aziz/Azeez Qasim/Kassem/Kasim Yousef/Yusuf/Youssef \
    Darwish/Darwich Sharif/Shareef/Cherif Bakr/Abu-Bakr Al-Hakim/Alhakim/El-Hakim Najjar/Nadjar Salman/Selman \
    Tahir/Taher Barakat/Barakaat Zaki/Zaky Awad/Awadh Rahman/Rehman Othman/Osman/Uthman Fares/Faris Jaber/Jabir \
    Saad/Sa'ad Younes/Yunus/Younis Ammar/Amar Sabbagh/Sabagh Bitar/Al-Bitar Shaheen/Shahin";

/// Given names of men, Vietnamese.
pub const VIETNAMESE_MALE: &str = "Anh Hùng/Hung Minh Dũng/Dung Tuấn/Tuan Hoàng/Hoang Long Nam Thành/Thanh Đức/Duc \
    Quang Sơn/Son Hải/Hai Phong Trung Khoa Bảo/Bao Việt/Viet Tâm/Tam Phúc/Phuc Huy Khánh/Khanh Cường/Cuong \
    Thắng/Thang Tùng/Tung Vinh Lâm/Lam";

/// Given names of women, Vietnamese.
pub const VIETNAMESE_FEMALE: &str = "Linh Hương/Huong Lan Mai Hoa Thảo/Thao Trang Phương/Phuong Hà/Ha Ngọc/Ngoc \
    Thủy/Thuy Nga Hạnh/Hanh Yến/Yen Tuyết/Tuyet Vân/Van Chi Nhung Loan Hiền/Hien Quỳnh/Quynh Dung Trâm/Tram My \
    Diệp/Diep Oanh Kim";

/// Surnames with a middle name, Vietnamese.
pub const VIETNAMESE_FAMILY: &str = "Nguyễn/Nguyen Trần/Tran Lê/Le Phạm/Pham Huỳnh/Huynh Hoàng/Hoang Phan Vũ/Vu \
    Võ/Vo Đặng/Dang Bùi/Bui Đỗ/Do Hồ/Ho Ngô/Ngo Dương/Duong Lý/Ly Đinh/Dinh Lương/Luong Mai Trịnh/Trinh Đoàn/Doan \
    Cao Tạ/Ta Châu/Chau";

/// Given names of men, Somali.
pub const SOMALI_MALE: &str = "Mohamed/Maxamed/Mohammed/Mahamed Abdi/Cabdi Ahmed/Axmed Ali/Cali Hassan/Xasan \
    Abdullahi/Cabdullaahi/Abdulahi Omar/Cumar Ibrahim/Ibraahim Yusuf/Yuusuf/Yousuf Ismail/Ismaaciil \
    Abdirahman/Cabdiraxmaan/Abdurahman Mahad/Maxad Liban/Liibaan Guled/Guuleed Hussein/Xuseen/Husein Osman/Cismaan \
    Adan/Aadan/Aden Said/Saciid Jama/Jaamac Farah/Faarax Warsame Bashir/Bashiir Mukhtar/Mukhtaar Nur/Nuur Abshir \
    Sharif/Shariif Mursal Salad/Salaad Hirsi/Xirsi Dahir/Daahir";

/// Given names of women, Somali.
pub const SOMALI_FEMALE: &str = "Amina/Aamina Fadumo/Faadumo/Faduma Hodan/Xodan Sahra/Zahra Halima/Xaliimo \
    Asha/Casha/Aisha Khadija/Khadiijo/Kadija Maryan/Maryam/Mariam Hawa/Xaawo/Hawo Ifrah/Ifraax Nasra/Nasro \
    Safiya/Safiyo Ubah/Ubax Hibo/Hibaaq Ayan/Ayaan Deqa/Deeqa Sagal/Sagaal Nimo/Nimco Ikram/Ikraan Fartun/Fartuun \
    Hamdi/Xamdi Shukri Ladan Sucdi/Suadi";

/// Nicknames, `formal:nickname,nickname`.
pub const NICKNAMES: &str = "James:Jim,Jimmy,Jamie John:Jack,Johnny Robert:Bob,Rob,Bobby Michael:Mike,Mick \
    William:Bill,Will,Billy David:Dave Richard:Rick,Dick Joseph:Joe Thomas:Tom,Tommy Charles:Charlie,Chuck \
    Christopher:Chris Daniel:Dan,Danny Matthew:Matt Anthony:Tony Steven:Steve Andrew:Andy,Drew Joshua:Josh \
    Kenneth:Ken Edward:Ed,Ted,Ned Ronald:Ron Timothy:Tim Nicholas:Nick Benjamin:Ben Samuel:Sam Gregory:Greg \
    Alexander:Alex,Sandy Patrick:Pat,Paddy Lawrence:Larry Philip:Phil Patricia:Pat,Patty,Trish Jennifer:Jen,Jenny \
    Elizabeth:Liz,Beth,Betty,Lizzie Barbara:Barb Susan:Sue Jessica:Jess Margaret:Maggie,Peggy,Meg Kimberly:Kim \
    Michelle:Shelly Deborah:Debbie Stephanie:Steph Rebecca:Becky Kathleen:Kathy Katherine:Kate,Kathy,Katie \
    Samantha:Sam Christine:Chris,Tina Victoria:Vicky Jacqueline:Jackie Abigail:Abby Aleksandr:Sasha,Sanja,Alex \
    Sergei:Serjoža,Serge Vladimir:Vova,Volodja Dmitri:Dima,Mitja Aleksei:Aljoša,Lyosha Nikolai:Kolja \
    Mihail:Miša,Misha Jevgeni:Ženja,Zhenya Juri:Jura Viktor:Vitja Pavel:Paša,Pasha Konstantin:Kostja Anatoli:Tolja \
    Maksim:Max Ivan:Vanja,Vanya Jelena:Lena,Alena Olga:Olja Natalja:Nataša,Natasha Tatjana:Tanja,Tanya Irina:Ira \
    Svetlana:Sveta Ljudmila:Ljuda,Mila Maria:Maša,Masha Jekaterina:Katja,Katya Julia:Jule Anastasia:Nastja \
    Oksana:Ksana Ksenia:Ksjuša Mohammed:Mo,Moe,Hamoudi Abdullah:Abdul Ibrahim:Ibo Mustafa:Mosti Yousef:Joe,Yusi \
    Mohamed:Mo,Moha Abdirahman:Abdi Fatima:Fati";
