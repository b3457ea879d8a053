use proptest::prelude::*;

use super::*;

/// `street / number / behind / postcode / city / region / country`, `box N` first when there is one.
fn shown(address: Option<Address>) -> String {
    let Some(address) = address else { return "-".into() };
    let number = address.number.map_or(String::new(), |number| number.to_string());
    let mut out = address.po_box.map_or(String::new(), |number| format!("box {number} "));
    let parts: [&str; 7] = [
        &address.street,
        &number,
        &address.letter_stair_flat,
        &address.postal_code,
        &address.city,
        &address.region,
        &address.country,
    ];
    out.push_str(&parts.join("/"));
    out
}

fn line(text: &str) -> String {
    shown(parse(&Parts { street: text, ..Parts::default() }))
}

fn street(text: &str) -> String {
    let address = parse(&Parts { street: text, city: "Oulu", ..Parts::default() });
    shown(address).replace("//oulu//", "")
}

#[test]
fn streets() {
    for (text, expected) in [
        ("Mannerheimintie 5", "mannerheimintie/5/"),
        ("Mannerheimintie 5 B 12", "mannerheimintie/5/b 12"),
        ("Mannerheimintie 5B12", "mannerheimintie/5/b 12"),
        ("Mannerheimintie 5 b as. 12", "mannerheimintie/5/b 12"),
        ("Mannerheimint. 5 B 12", "mannerheimintie/5/b 12"),
        ("Mannerheimin tie 5", "mannerheimintie/5/"),
        ("Hämeenk. 3", "hameenkatu/3/"),
        ("Hämeenk 3", "hameenkatu/3/"),
        ("HÄMEENKATU 3", "hameenkatu/3/"),
        ("Hämeenkatu 12-14 A 3", "hameenkatu/12/a 3"),
        ("2. linja 10", "2 linja/10/"),
        ("Storgatan 7 lgh 1201", "storgatan/7/1201"),
        ("Storg. 7", "storgatan/7/"),
        ("Kungsv. 7 3 tr", "kungsvagen/7/"),
        ("Storgata 5", "storgata/5/"),
        ("Storgt. 5", "storgata/5/"),
        ("Hauptstraße 12a", "hauptstrasse/12/a"),
        ("Hauptstr. 12 a", "hauptstrasse/12/a"),
        ("Ansbacher Straße 23", "ansbacherstrasse/23/"),
        ("Narva mnt 7", "narva mnt/7/"),
        ("Narva maantee 7-21", "narva mnt/7/"),
        ("123 Main Street", "main st/123/"),
        ("123 Main St.", "main st/123/"),
        ("1515 Adela Ln", "adela ln/1515/"),
        ("1515 Adela Lane Apt 4", "adela ln/1515/4"),
        ("1515 Adela Lane #4", "adela ln/1515/4"),
        ("12B Baker Street", "baker st/12/b"),
        ("6371 E Foothill Dr", "e foothill dr/6371/"),
        ("3212 West 32nd Street", "w 32nd st/3212/"),
        ("14 Rue de Rivoli", "rue de rivoli/14/"),
        ("14 bis, rue de Rivoli", "rue de rivoli/14/bis"),
        ("Calle Mayor 5", "calle mayor/5/"),
        ("PL 123", "box 123 //"),
        ("P.O. Box 123", "box 123 //"),
        ("Box 45", "box 45 //"),
        ("5th Avenue 12", "5th ave/12/"),
        ("pridhamstreet", "pridhamstreet//"),
        ("405 Lexington Avenue", "lexington ave/405/"),
        ("Acme Park", "acme park//"),
        ("Chrysler Building, 405 Lexington Avenue", "lexington ave/405/"),
        ("Skyline Apartments 705 Sheppard Ave", "sheppard ave/705/"),
        ("Suite 900, 1450 N City Rd", "n city rd/1450/900"),
        ("1602 Brenville Pl, San Francisco, CA 94105", "brenville pl/1602/"),
        ("Rue de Rivoli, 14", "rue de rivoli/14/"),
        ("Hämeenkatu 3, B 12", "hameenkatu/3/b 12"),
    ] {
        assert_eq!(street(text), expected, "{text}");
    }
}

#[test]
fn whole_lines() {
    for (text, expected) in [
        ("Mannerheimintie 5 B 12, 00100 Helsinki", "mannerheimintie/5/b 12/00100/helsinki//"),
        ("Mannerheimintie 5 B 12, FI-00100 Helsingfors, Finland", "mannerheimintie/5/b 12/00100/helsinki//FI"),
        ("Mannerheimintie 5 B 12 00100 Helsinki", "mannerheimintie/5/b 12/00100/helsinki//"),
        ("Acme Oy, Mannerheimintie 5, 00100 Helsinki", "mannerheimintie/5//00100/helsinki//"),
        ("c/o Virtanen, Hämeenkatu 3, 33100 Tampere", "hameenkatu/3//33100/tampere//"),
        ("PL 12, 00101 Helsinki", "box 12 ///00101/helsinki//"),
        ("Storgatan 7, 111 22 Stockholm", "storgatan/7//11122/tukholma//"),
        ("Storgatan 7, SE-111 22 Stockholm, Sverige", "storgatan/7//11122/tukholma//SE"),
        ("Karl Johans gate 1, 0154 Oslo", "karl johansgata/1//0154/oslo//"),
        ("123 Main Street, Las Vegas NV 89132", "main st/123//89132/las vegas/nv/"),
        ("123 Main St, Las Vegas ", "main st/123///las vegas//"),
        ("123 Main St, Las Vegas, NV, 89132-1234, USA", "main st/123//89132/las vegas/nv/US"),
        ("638 Downey St, Salem, OR", "downey st/638///salem/or/"),
        ("1515 Adela Ln, LV, NV", "adela ln/1515///las vegas/nv/"),
        ("3212 W. 32nd St Palm Harbor, FL 60527", "w 32nd st/3212//60527/palm harbor/fl/"),
        ("6371 E Foothill Dr, Orroville, CA ", "e foothill dr/6371///orroville/ca/"),
        ("329 Leatherwood Street, Las Vegas, 89117", "leatherwood st/329//89117/las vegas//"),
        ("Calle Mayor 5, 28013 Madrid", "calle mayor/5//28013/madrid//"),
        ("14 Rue de Rivoli 75001 Paris", "rue de rivoli/14//75001/paris//"),
        ("14 Rue de Rivoli, 75001 Paris, France", "rue de rivoli/14//75001/paris//FR"),
        ("Fieldstrasse 10, FL-2198 Triesen", "fieldstrasse/10//2198/triesen//"),
        (
            "18 Danver Place, Loughborough, Leicestershire, United Kingdom, LE11 1UU",
            "danver pl/18//LE111UU/loughborough/leicestershire/GB",
        ),
        ("10 Downing Street, London SW1A 2AA", "downing st/10//SW1A2AA/london//"),
        ("Chinatown Point, 133 New Bridge Road, 059413 Singapore", "new bridge rd/133//059413/singapore//"),
        ("Hughes Plaza, 100 Howard Hughes Way, Las Vegas, NV 89111", "howard hughes way/100//89111/las vegas/nv/"),
        ("#01-11, HillV2, 4 Hillview Rise, 667979 Singapore", "hillview rise/4/01 11/667979/singapore//"),
        ("Unit 5, 12 Main Street, Springfield", "main st/12/5//springfield//"),
        ("No 321, Street 128 Phnom Penh Cambodia", "st 128/321///phnom penh//KH"),
        ("00100 Helsinki", "///00100/helsinki//"),
        ("Helsinki", "////helsinki//"),
        ("12345 Main Street, Springfield", "main st/12345///springfield//"),
    ] {
        assert_eq!(line(text), expected, "{text}");
    }
}

#[test]
fn given_parts_win_over_the_line() {
    let parts = Parts {
        street: "123 Main St, Las Vegas",
        postal_code: "89132",
        region: "Nevada",
        country: "usa",
        ..Parts::default()
    };
    assert_eq!(shown(parse(&parts)), "main st/123//89132/las vegas/nv/US");
    let parts = Parts {
        street: "1515 Adela Ln",
        city: "Las Vegas",
        region: "NV",
        postal_code: "891320000",
        ..Parts::default()
    };
    assert_eq!(shown(parse(&parts)), "adela ln/1515//89132/las vegas/nv/");
    let parts =
        Parts { street: "tullaroop street", city: "bittern", region: "qld", postal_code: "4814", ..Parts::default() };
    assert_eq!(shown(parse(&parts)), "tullaroop st///4814/bittern/qld/");
}

#[test]
fn a_street_that_has_a_number_for_a_name() {
    let parts = Parts { street: "#321, Street 128", city: "Phnom Penh", country: "KH", ..Parts::default() };
    assert_eq!(shown(parse(&parts)), "st 128/321///phnom penh//KH");
    assert_eq!(street("3212 W. 32nd St"), street("3212 W 32nd Street"));
}

#[test]
fn towns_and_postcodes() {
    for (city, code, country, expected) in [
        ("Åbo", "20100", "FI", "20100/turku//FI"),
        ("TURKU", "FI-20100", "Suomi", "20100/turku//FI"),
        ("00100 Helsinki", "", "", "00100/helsinki//"),
        ("111 22 Stockholm", "", "", "11122/tukholma//"),
        ("Helsinki 10", "100", "FI", "00100/helsinki//FI"),
        ("Göteborg", "411 01", "SE", "41101/goteborg//SE"),
        ("København", "DK-1050", "DK", "1050/kobenhavn//DK"),
        ("London", "sw1a 2aa", "UK", "SW1A2AA/london//GB"),
        ("Haag", "2511 AB", "NL", "2511AB/den haag//NL"),
        ("Atlantis", "", "Ruritania", "/atlantis//ruritania"),
    ] {
        let address = parse(&Parts { city, postal_code: code, country, ..Parts::default() });
        assert_eq!(shown(address), format!("///{expected}"), "{city}");
    }
}

#[test]
fn nothing_is_none() {
    assert_eq!(parse(&Parts::default()), None);
    assert_eq!(parse(&Parts { street: " , ; ", city: "-", ..Parts::default() }), None);
}

proptest! {
    #[test]
    fn any_text_is_read(
        street in any::<String>(), city in any::<String>(), code in any::<String>(), near in "([A-Za-z0-9.,#-]{1,8} ){0,9}",
    ) {
        for street in [street.as_str(), near.as_str()] {
            let _whole = parse(&Parts { street, ..Parts::default() });
            let _parts = parse(&Parts { street, city: &city, postal_code: &code, region: &city, country: &code });
        }
    }

    #[test]
    fn a_line_says_what_its_parts_say(
        name in "[B-DF-HJ-MP-T][aeiou][klmnr]{1,2}[aeiou](katu|tie|polku)", number in 1_u32..300, stair in "[A-H]", flat in 1_u32..99,
        code in "[0-9]{5}", city in "(Espoo|Kuopio|Kemi|Rovaniemi)",
    ) {
        let street = format!("{name} {number} {stair} {flat}");
        let parts = parse(&Parts { street: &street, postal_code: &code, city: &city, ..Parts::default() });
        for line in [format!("{street}, {code} {city}"), format!("{street}, FI-{code} {city}"), format!("{street}\n{code} {city}")] {
            prop_assert_eq!(&parse(&Parts { street: &line, ..Parts::default() }), &parts, "{}", line);
        }
        prop_assert_eq!(parse(&Parts { street: &street.to_uppercase(), postal_code: &code, city: &city, ..Parts::default() }), parts);
    }
}
