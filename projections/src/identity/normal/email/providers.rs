//! Mail providers, slips in their names, and mailboxes of roles.

/// Providers by the first part of their domains, and the domains.
const PROVIDERS: &[(&str, &[&str])] = &[
    ("gmail", &["gmail.com"]),
    ("googlemail", &["gmail.com"]),
    (
        "hotmail",
        &[
            "hotmail.com",
            "hotmail.fi",
            "hotmail.se",
            "hotmail.no",
            "hotmail.dk",
            "hotmail.de",
            "hotmail.fr",
            "hotmail.it",
            "hotmail.es",
            "hotmail.co.uk",
        ],
    ),
    ("outlook", &["outlook.com", "outlook.fi", "outlook.de", "outlook.fr", "outlook.es"]),
    (
        "yahoo",
        &[
            "yahoo.com",
            "yahoo.se",
            "yahoo.no",
            "yahoo.de",
            "yahoo.fr",
            "yahoo.es",
            "yahoo.it",
            "yahoo.co.uk",
            "yahoo.ca",
            "yahoo.fi",
        ],
    ),
    ("icloud", &["icloud.com"]),
    ("protonmail", &["protonmail.com", "protonmail.ch"]),
    ("luukku", &["luukku.com", "luukku.fi"]),
    ("kolumbus", &["kolumbus.fi"]),
    ("elisanet", &["elisanet.fi"]),
    ("saunalahti", &["saunalahti.fi"]),
    ("suomi24", &["suomi24.fi"]),
    ("bredband", &["bredband.net"]),
    ("comhem", &["comhem.se"]),
    ("telia", &["telia.com", "telia.se"]),
];

/// Ends that `.com` is written as by mistake.
const NEARLY_COM: &[&str] =
    &["con", "cmo", "co", "cm", "om", "comm", "coom", "vom", "xom", "ocm", "c0m", "con.com", "com.com"];

/// The domain that was meant, when this is a provider's with a slip; another name of it counts as one.
///
/// A slip is one letter more, less, other or two swapped, never the first letter alone: `fmail.com` is somebody else's.
pub(super) fn put_right(domain: &str) -> Option<&'static str> {
    let (name, end) = domain.split_once('.').unwrap_or((domain, ""));
    let (_, domains) = PROVIDERS.iter().find(|(provider, _)| is_slip(name, provider))?;
    // gmail.com is the only one of its name, so that gmail.fi is a slip too.
    let as_written = domains.iter().find(|known| known.split_once('.').is_some_and(|(_, known)| known == end));
    let known = as_written.or_else(|| {
        (end.is_empty() || NEARLY_COM.contains(&end) || domains.len() == 1).then(|| domains.first()).flatten()
    })?;
    (*known != domain).then_some(known)
}

/// Whether two names are equal or one slip apart.
fn is_slip(name: &str, provider: &str) -> bool {
    let (name, provider) = (name.as_bytes(), provider.as_bytes());
    if name == provider {
        return true;
    }
    let start = name.iter().zip(provider).take_while(|(a, b)| a == b).count();
    let end = name.iter().rev().zip(provider.iter().rev()).take_while(|(a, b)| a == b).count();
    let (longer, shorter) = (name.len().max(provider.len()), name.len().min(provider.len()));
    let swapped = || {
        longer == shorter
            && start + end + 2 == longer
            && name.get(start) == provider.get(start + 1)
            && name.get(start + 1) == provider.get(start)
    };
    // Short names are near to too many words.
    (start > 0 && longer > 4 && longer - shorter <= 1 && start + end + 1 >= longer) || swapped()
}

/// Whether a local part is a role's.
pub(super) fn is_role(base: &str) -> bool {
    let plain: String = base.chars().filter(|c| !matches!(c, '.' | '-' | '_')).collect();
    matches!(
        plain.as_str(),
        "info"
            | "sales"
            | "myynti"
            | "forsaljning"
            | "noreply"
            | "donotreply"
            | "eivastausta"
            | "office"
            | "toimisto"
            | "kontor"
            | "admin"
            | "administrator"
            | "webmaster"
            | "postmaster"
            | "hostmaster"
            | "root"
            | "abuse"
            | "support"
            | "tuki"
            | "help"
            | "helpdesk"
            | "contact"
            | "contactus"
            | "kontakt"
            | "yhteys"
            | "hello"
            | "hei"
            | "hej"
            | "billing"
            | "laskutus"
            | "laskut"
            | "lasku"
            | "invoice"
            | "invoices"
            | "invoicing"
            | "faktura"
            | "fakturor"
            | "ekonomi"
            | "talous"
            | "taloushallinto"
            | "finance"
            | "kirjaamo"
            | "registrator"
            | "posti"
            | "post"
            | "mail"
            | "email"
            | "order"
            | "orders"
            | "tilaus"
            | "tilaukset"
            | "tilauspalvelu"
            | "service"
            | "services"
            | "huolto"
            | "kundservice"
            | "kundtjanst"
            | "kundeservice"
            | "customerservice"
            | "customercare"
            | "asiakaspalvelu"
            | "palvelu"
            | "hr"
            | "jobs"
            | "careers"
            | "rekry"
            | "rekrytointi"
            | "press"
            | "media"
            | "marketing"
            | "markkinointi"
            | "marknad"
            | "team"
            | "reception"
            | "vastaanotto"
            | "accounts"
            | "accounting"
            | "kirjanpito"
            | "hallinto"
            | "isannointi"
            | "toimitus"
            | "varaus"
            | "varaukset"
            | "booking"
            | "bookings"
            | "reservations"
            | "ostot"
            | "ostolaskut"
            | "purchasing"
            | "inkop"
            | "newsletter"
            | "uutiskirje"
            | "notifications"
            | "enquiries"
            | "enquiry"
            | "klienditeenindus"
            | "myyk"
            | "muuk"
            | "kysely"
            | "palaute"
            | "feedback"
            | "it"
            | "atk"
            | "security"
            | "privacy"
            | "legal"
            | "tietosuoja"
            | "shop"
            | "kauppa"
            | "verkkokauppa"
            | "webshop"
            | "store"
    )
}
