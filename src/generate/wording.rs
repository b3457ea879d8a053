//! What people write and what things are called in events.

/// Groups of products.
pub const PRODUCT_GROUPS: [&str; 12] = [
    "pumps",
    "valves",
    "tools",
    "paints",
    "lighting",
    "garden",
    "cables",
    "heating",
    "furniture",
    "kitchen",
    "spare-parts",
    "services",
];

/// Ways of selling, the usual ones more often.
pub const CHANNELS: [&str; 6] = ["web", "web", "web", "shop", "shop", "phone"];

/// Pages of the web site; `{}` becomes a group of products.
pub const PAGES: [&str; 8] =
    ["/", "/products/{}", "/products/{}", "/products/{}/prices", "/offers", "/support", "/contact", "/about"];

/// Forms of the web site.
pub const FORMS: [&str; 4] = ["contact", "quote", "newsletter", "return"];

/// What complaints are about, with how customers put it: Finnish, Swedish, English.
pub const COMPLAINTS: [(&str, [&str; 3]); 6] = [
    (
        "delivery",
        [
            "Tilaus ei ole vieläkään tullut perille, vaikka toimitusaika meni jo.",
            "Beställningen har inte kommit fram fast leveranstiden gått ut.",
            "The order has not arrived although the promised date has passed.",
        ],
    ),
    (
        "invoice",
        [
            "Laskussa on väärä summa, sovimme alennuksesta.",
            "Beloppet på fakturan stämmer inte, vi kom överens om rabatt.",
            "The invoice shows the wrong sum; we had agreed on a discount.",
        ],
    ),
    (
        "quality",
        [
            "Tuote hajosi toisella käyttökerralla.",
            "Varan gick sönder andra gången den användes.",
            "The product broke the second time it was used.",
        ],
    ),
    (
        "service",
        [
            "Jonotin puhelimessa puoli tuntia, eikä kukaan vastannut.",
            "Jag väntade en halvtimme i telefon utan att någon svarade.",
            "I waited half an hour on the phone and nobody answered.",
        ],
    ),
    (
        "wrong-item",
        [
            "Paketissa oli väärä tuote: tilasin suuremman koon.",
            "Fel vara i paketet: jag beställde en större storlek.",
            "The parcel held the wrong item: I had ordered a larger size.",
        ],
    ),
    (
        "privacy",
        [
            "Saan edelleen mainoksia, vaikka olen kieltänyt ne.",
            "Jag får fortfarande reklam fast jag har sagt nej.",
            "I still get advertisements although I have declined them.",
        ],
    ),
];

/// What is answered: Finnish, Swedish, English.
pub const ANSWERS: [&str; 3] = [
    "Pahoittelemme tapahtunutta ja hoidamme asian kuntoon.",
    "Vi beklagar det inträffade och ordnar saken.",
    "We are sorry for what happened and will put it right.",
];

/// How complaints end.
pub const OUTCOMES: [&str; 4] = ["refund", "replacement", "explained", "rejected"];

/// Why things come back: Finnish, Swedish, English.
pub const RETURNS: [[&str; 3]; 3] = [
    ["Väärä koko", "Fel storlek", "Wrong size"],
    ["Ei vastannut odotuksia", "Motsvarade inte förväntningarna", "Not as expected"],
    ["Vaurioitunut kuljetuksessa", "Skadad under transporten", "Damaged in transit"],
];

/// Which of three languages somebody with this mother tongue writes.
pub fn writes_in(language: &str) -> usize {
    match language {
        "fi" | "et" => 0,
        "sv" | "nb" | "da" => 1,
        _ => 2,
    }
}
