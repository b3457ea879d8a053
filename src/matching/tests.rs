use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Kind;

use super::*;

fn input(csv: &str, mapping: &str, truth: Option<&str>) -> Result<Input, ReadFault> {
    let mapping = Mapping::parse(mapping).unwrap();
    read(csv.as_bytes(), &mapping, truth, &MatchPolicy::built_in(), 2)
}

#[test]
fn columns_named_as_attributes_need_no_mapping() {
    let csv = "\u{feff}rec_id,source,family_name,id.passport,shoe_size,true\nr1,crm,Virtanen,X1,44,a\nr2,erp,,,,b\n";
    let found = input(csv, "", Some("true")).unwrap();
    assert_eq!(found.names.iter().map(|name| &**name).collect::<Vec<_>>(), ["r1", "r2"]);
    assert_eq!((found.truth, found.sources), (vec![0, 1], vec![0, 1]));
    assert_eq!(found.unread, ["shoe_size"]);
    assert_eq!(found.records[0].kind(), Kind::Person);
}

#[test]
fn a_mapping_renames_composes_and_translates() {
    let mapping = r#"
        given_name = "First"
        family_name = { template = "{Von} {Last}" }
        kind = { column = "Type", values = { P = "person", C = "organisation" } }
        birth_date = { column = "Born", formats = ["%d/%m/%Y", "%m/%d/%Y"] }
        email = ["Mail", "Mail 2"]
    "#;
    let csv = "Type,First,Von,Last,Born,Mail,Mail 2\nP,Anna,von,Berg,03/04/1980,a@example.fi,b@example.fi\nC,,,,,,\n";
    let found = input(csv, mapping, None).unwrap();
    assert_eq!(
        found.records.iter().map(|record| record.kind()).collect::<Vec<_>>(),
        [Kind::Person, Kind::Organisation]
    );
    // Both mailboxes and both readings of the date are keys; a record without an id is known by its line.
    let other = input("given_name,family_name,birth_date,email\nX,Y,1980-03-04,b@example.fi\n", "", None).unwrap();
    let shared = |key: &&u64| other.records[0].keys().contains(key);
    assert!(found.records[0].keys().iter().filter(shared).count() >= 2);
    assert_eq!(&*found.names[0], "2");
}

#[test]
fn what_cannot_be_mapped_is_told() {
    let told = |mapping: &str| Mapping::parse(mapping).map(|_| ()).unwrap_err().to_string();
    assert!(told("shoe = \"A\"").starts_with("`shoe` is no attribute; known are record_id,"));
    assert!(told("name = { formats = [] }").contains("exactly one of"));
    let fault = |mapping: &str| input("A,B\n1,2\n", mapping, None).map(|_| ()).unwrap_err().to_string();
    assert_eq!(fault("name = \"C\""), "`name` needs the column `C`; there are A, B");
    assert_eq!(fault("name = { template = \"{A\" }"), "the template of `name` has a brace without its other half");
    assert_eq!(fault(""), "no column is known: a mapping has to name them; there are A, B");
    let truth = input("name\nx\n", "", Some("t")).map(|_| ()).unwrap_err().to_string();
    assert_eq!(truth, "there is no column `t`; there are name");
}

#[test]
fn bytes_that_are_no_utf_8_are_read_as_latin_1() {
    let read = |csv: &[u8]| read(csv, &Mapping::default(), None, &MatchPolicy::built_in(), 1).unwrap();
    let (latin, utf) = (read(b"family_name\nM\xe4kinen\n"), read("family_name\nMäkinen\n".as_bytes()));
    assert_eq!(latin.records[0].keys(), utf.records[0].keys());
}

#[test]
fn the_examples_in_the_documentation_are_read() {
    for text in [
        include_str!("../../docs/examples/match-febrl.toml"),
        include_str!("../../docs/examples/match-fake-1000.toml"),
        include_str!("../../docs/examples/match-senzing.toml"),
    ] {
        Mapping::parse(text).unwrap();
    }
}
