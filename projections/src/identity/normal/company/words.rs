//! Words in names of organisations. All folded.

use super::FormSet;

/// A legal form.
pub(super) enum Form {
    /// Nothing but a legal form, wherever it stands.
    Plain(FormSet),
    /// A word as well: a form only at an end of the name.
    AtEnds(FormSet),
}

/// Legal forms of several words.
pub(super) const PHRASES: &[(&[&str], FormSet)] = &[
    (&["julkinen", "osakeyhtio"], FormSet::PUBLIC),
    (&["asunto", "oy"], FormSet::LIMITED),
    (&["asunto", "osakeyhtio"], FormSet::LIMITED),
    (&["as", "oy"], FormSet::LIMITED),
    (&["bostads", "ab"], FormSet::LIMITED),
    (&["rekisteroity", "yhdistys"], FormSet::ASSOCIATION),
    (&["avoin", "yhtio"], FormSet::PARTNERSHIP),
    (&["enskild", "firma"], FormSet::SOLE),
    (&["ekonomisk", "forening"], FormSet::COOPERATIVE),
    (&["ek", "for"], FormSet::COOPERATIVE),
    (&["ideell", "forening"], FormSet::ASSOCIATION),
    (&["public", "limited", "company"], FormSet::PUBLIC),
    (&["limited", "liability", "company"], FormSet::LIMITED),
    (&["limited", "liability", "partnership"], FormSet::PARTNERSHIP),
    (&["private", "limited"], FormSet::LIMITED),
    (&["pvt", "ltd"], FormSet::LIMITED),
    (&["pty", "ltd"], FormSet::LIMITED),
    (&["pte", "ltd"], FormSet::LIMITED),
    (&["sdn", "bhd"], FormSet::LIMITED),
    (&["sp", "z", "o", "o"], FormSet::LIMITED),
    (&["sp", "zoo"], FormSet::LIMITED),
    (&["s", "r", "o"], FormSet::LIMITED),
    (&["d", "o", "o"], FormSet::LIMITED),
    (&["societe", "anonyme"], FormSet::PUBLIC),
    (&["sociedad", "anonima"], FormSet::PUBLIC),
    (&["s", "de", "r", "l"], FormSet::LIMITED),
    (&["co", "kg"], FormSet::LIMITED_PARTNERSHIP),
    (&["and", "co"], FormSet::COMPANY),
    (&["t", "mi"], FormSet::SOLE),
    (&["sa", "de", "cv"], FormSet::PUBLIC),
    (&["kabushiki", "kaisha"], FormSet::LIMITED),
];

/// The legal form that a word is.
pub(super) fn form(word: &str) -> Option<Form> {
    let plain = match word {
        "oy" | "ab" | "oyab" | "osakeyhtio" | "aktiebolag" | "aktiebolaget" | "ltd" | "limited" | "gmbh" | "mbh"
        | "ggmbh" | "llc" | "inc" | "incorporated" | "aps" | "anpartsselskab" | "osauhing" | "ou" | "bv" | "bvba"
        | "srl" | "sarl" | "sasu" | "eurl" | "uab" | "pty" | "pvt" | "sro" | "doo" | "kft" | "ooo" | "ehf"
        | "spzoo" | "proprietary" | "gesmbh" | "eood" | "tov" | "lda" | "ltda" | "pllc" => FormSet::LIMITED,
        "oyj" | "abp" | "plc" | "asa" | "aktiengesellschaft" | "hf" | "zao" | "oao" | "pao" | "kgaa" | "zrt"
        | "nyrt" | "jsc" | "ojsc" | "pjsc" | "cjsc" => FormSet::PUBLIC,
        "kommandiittiyhtio" | "kommanditbolag" | "kommanditgesellschaft" | "scs" => FormSet::LIMITED_PARTNERSHIP,
        "handelsbolag" | "hb" | "ohg" | "gbr" | "llp" | "snc" | "avoinyhtio" => FormSet::PARTNERSHIP,
        "tmi" | "toiminimi" | "fie" | "enskildfirma" | "firma" => FormSet::SOLE,
        "osk" | "osuuskunta" | "andelslag" | "andelslaget" | "coop" | "cooperative" | "osuuskauppa" => {
            FormSet::COOPERATIVE
        }
        "ry" | "rf" | "mtu" | "yhdistys" | "ev" => FormSet::ASSOCIATION,
        "saatio" | "stiftelse" | "stiftelsen" | "stiftung" | "sihtasutus" => FormSet::FOUNDATION,
        "corp" | "corporation" => FormSet::COMPANY,
        _ => {
            return Some(Form::AtEnds(match word {
                "as" | "sia" | "sl" | "sas" | "ug" | "sp" | "lc" | "kk" => FormSet::LIMITED,
                "sa" | "se" | "ag" | "nv" | "spa" | "ad" | "pt" | "tbk" => FormSet::PUBLIC,
                "ky" | "kb" | "kg" | "lp" => FormSet::LIMITED_PARTNERSHIP,
                "ay" => FormSet::PARTNERSHIP,
                "ei" | "ip" => FormSet::SOLE,
                "eg" => FormSet::COOPERATIVE,
                "rs" | "sr" => FormSet::FOUNDATION,
                "co" | "company" | "cie" | "compagnie" | "yhtio" | "bolag" | "bolaget" => FormSet::COMPANY,
                _ => return None,
            }));
        }
    };
    Some(Form::Plain(plain))
}

/// Words for `&`.
pub(super) fn is_and(word: &str) -> bool {
    matches!(word, "and" | "ja" | "och" | "og" | "und" | "et" | "y" | "e" | "en" | "i")
}

/// Words that tell no organisation from another.
pub(super) fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "and"
            | "ja"
            | "och"
            | "og"
            | "und"
            | "et"
            | "the"
            | "of"
            | "for"
            | "branch"
            | "filial"
            | "filiaal"
            | "sivuliike"
            | "zweigniederlassung"
            | "succursale"
            | "registered"
            | "dba"
            | "ta"
    )
}

/// What an abbreviation stands for; other words as they are.
pub(super) fn long_form(word: &str) -> &str {
    match word {
        "intl" | "internat" | "int" => "international",
        "mfg" | "mfr" | "manuf" => "manufacturing",
        "svc" | "svcs" | "serv" | "service" => "services",
        "sys" | "system" => "systems",
        "tech" | "techn" | "technology" => "technologies",
        "assoc" | "assn" => "association",
        "bros" | "brother" => "brothers",
        "mgmt" | "mgt" => "management",
        "dept" => "department",
        "dist" | "distr" => "distribution",
        "engr" | "eng" | "engg" => "engineering",
        "govt" => "government",
        "grp" => "group",
        "hldg" | "hldgs" | "holdings" => "holding",
        "ind" | "inds" | "industry" => "industries",
        "inst" => "institute",
        "ins" => "insurance",
        "lab" | "labs" | "laboratory" => "laboratories",
        "natl" | "nat" => "national",
        "prod" | "prods" | "product" => "products",
        "solution" | "soln" | "solns" => "solutions",
        "univ" => "university",
        "ent" | "enterprise" => "enterprises",
        "export" | "exp" => "exports",
        "import" | "imp" => "imports",
        "trdg" => "trading",
        "comms" | "comm" => "communications",
        "elec" => "electric",
        "equip" | "eqpt" => "equipment",
        "fin" => "financial",
        "dev" | "devt" => "development",
        "ctr" | "centre" => "center",
        "hosp" => "hospital",
        "transp" => "transport",
        "rakennusliike" | "rakennuspalvelu" | "rak" => "rakennus",
        "palvelu" => "palvelut",
        "kiinteisto" => "kiinteistot",
        "st" => "saint",
        word => word,
    }
}

/// Words that organisations bear and persons do not.
pub(super) fn is_of_organisations(word: &str) -> bool {
    matches!(
        word,
        "group"
            | "grp"
            | "holding"
            | "holdings"
            | "company"
            | "bank"
            | "insurance"
            | "association"
            | "foundation"
            | "university"
            | "college"
            | "institute"
            | "hospital"
            | "ministry"
            | "council"
            | "agency"
            | "services"
            | "solutions"
            | "systems"
            | "technologies"
            | "industries"
            | "enterprises"
            | "international"
            | "trading"
            | "logistics"
            | "consulting"
            | "engineering"
            | "manufacturing"
            | "exports"
            | "imports"
            | "partners"
            | "ventures"
            | "associates"
            | "society"
            | "yhtyma"
            | "yhtiot"
            | "konserni"
            | "konsultointi"
            | "palvelut"
            | "palvelu"
            | "kunta"
            | "kaupunki"
            | "seurakunta"
            | "yliopisto"
            | "koulu"
            | "lukio"
            | "seura"
            | "liitto"
            | "keskus"
            | "virasto"
            | "pankki"
            | "apteekki"
            | "ravintola"
            | "tilitoimisto"
            | "asianajotoimisto"
            | "isannointi"
            | "rakennus"
            | "kuljetus"
            | "autohuolto"
            | "parturi"
            | "kampaamo"
            | "kommun"
            | "stad"
            | "forening"
            | "foreningen"
            | "bolaget"
            | "skola"
            | "kyrka"
            | "koncernen"
            | "grupp"
            | "hotel"
            | "hotelli"
            | "restaurant"
            | "gesellschaft"
            | "verein"
            | "universitat"
            | "banque"
    )
}

/// Endings of compound words that organisations bear.
pub(super) fn is_compound(word: &str) -> bool {
    const ENDS: [&str; 18] = [
        "yhtio",
        "yhtiot",
        "palvelu",
        "palvelut",
        "toimisto",
        "liike",
        "kauppa",
        "kunta",
        "yhdistys",
        "saatio",
        "keskus",
        "virasto",
        "bolaget",
        "foreningen",
        "gesellschaft",
        "werke",
        "selskab",
        "selskap",
    ];
    word.len() > 9 && ENDS.iter().any(|end| word.ends_with(end))
}
