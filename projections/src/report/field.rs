//! The fields that a report may name: what they hold, for each kind of thing.

use serde::{Deserialize, Serialize};

/// What a report goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// Offers.
    Offers,
    /// Leads.
    Leads,
    /// Activities.
    Activities,
    /// Complaints.
    Complaints,
    /// What was bought, given back and called off.
    Purchases,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word.
    Text,
    /// A number.
    Number,
    /// Money, in the currency of its thing.
    Money,
    /// A moment.
    Time,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A word, which may also be read as a number: attributes.
    Any,
}

/// Where a field is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// In the thing itself.
    Thing,
    /// In whom its record belongs to: the caller tells.
    Customer,
}

/// A field that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Box<str>,
    /// What it holds.
    pub kind: Kind,
    /// Where it is looked up.
    pub of: Of,
}

/// What follows from the record that a thing is about; `customer.x` are attributes.
const OF_CUSTOMERS: &[&str] = &["customer", "customer_name", "parent", "parent_name"];
const ATTRIBUTES_OF_CUSTOMERS: &str = "customer.";
/// Attributes of a purchase itself.
const ATTRIBUTES: &str = "attributes.";

type Fields = &'static [(&'static str, Kind)];

/// What offers and leads have in common.
const OF_CARDS: Fields = &[
    ("amount", Kind::Money),
    ("closed_at", Kind::Time),
    ("currency", Kind::Text),
    ("days_in_stage", Kind::Number),
    ("days_open", Kind::Number),
    ("expected_close", Kind::Date),
    ("opened_at", Kind::Time),
    ("origin", Kind::Text),
    ("owner", Kind::Text),
    ("pipeline", Kind::Text),
    ("probability", Kind::Number),
    ("product", Kind::Text),
    ("product_group", Kind::Text),
    ("reason_code", Kind::Text),
    ("stage", Kind::Text),
    ("stage_since", Kind::Time),
    ("status", Kind::Text),
    ("team", Kind::Text),
];

const OF_ACTIVITIES: Fields = &[
    ("at", Kind::Time),
    ("channel", Kind::Text),
    ("complaint", Kind::Text),
    ("direction", Kind::Text),
    ("kind", Kind::Text),
    ("lead", Kind::Text),
    ("minutes", Kind::Number),
    ("offer", Kind::Text),
    ("outcome", Kind::Text),
    ("owner", Kind::Text),
    ("source", Kind::Text),
    ("team", Kind::Text),
    ("type", Kind::Text),
];

const OF_COMPLAINTS: Fields = &[
    ("breached", Kind::Number),
    ("channel", Kind::Text),
    ("closed_at", Kind::Time),
    ("days_open", Kind::Number),
    ("minutes_waited", Kind::Number),
    ("opened_at", Kind::Time),
    ("outcome", Kind::Text),
    ("rounds", Kind::Number),
    ("source", Kind::Text),
    ("status", Kind::Text),
    ("topic", Kind::Text),
];

const OF_PURCHASES: Fields = &[
    ("amount", Kind::Money),
    ("at", Kind::Time),
    ("channel", Kind::Text),
    ("currency", Kind::Text),
    ("discount", Kind::Money),
    ("margin", Kind::Money),
    ("market", Kind::Text),
    ("order", Kind::Text),
    ("product", Kind::Text),
    ("product_group", Kind::Text),
    ("quantity", Kind::Number),
    ("source", Kind::Text),
    ("status", Kind::Text),
    ("unit", Kind::Text),
];

impl Over {
    /// All, in the order in which they are listed.
    pub const ALL: [(&'static str, Over); 5] = [
        ("activities", Over::Activities),
        ("complaints", Over::Complaints),
        ("leads", Over::Leads),
        ("offers", Over::Offers),
        ("purchases", Over::Purchases),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Over::Offers => "offers",
            Over::Leads => "leads",
            Over::Activities => "activities",
            Over::Complaints => "complaints",
            Over::Purchases => "purchases",
        }
    }

    fn own(self) -> Fields {
        match self {
            Over::Offers | Over::Leads => OF_CARDS,
            Over::Activities => OF_ACTIVITIES,
            Over::Complaints => OF_COMPLAINTS,
            Over::Purchases => OF_PURCHASES,
        }
    }

    /// Whether its things come with a probability.
    pub fn is_probable(self) -> bool {
        matches!(self, Over::Offers | Over::Leads)
    }

    /// The field with this name, if there is one.
    pub fn field(self, name: &str) -> Option<Field> {
        let field = |kind, of| Some(Field { name: name.into(), kind, of });
        if let Some((_, kind)) = self.own().iter().find(|(known, _)| *known == name) {
            return field(*kind, Of::Thing);
        }
        if OF_CUSTOMERS.contains(&name) {
            return field(Kind::Text, Of::Customer);
        }
        let is_attribute = |of: &str| name.strip_prefix(of).is_some_and(|rest| !rest.is_empty());
        if is_attribute(ATTRIBUTES_OF_CUSTOMERS) {
            return field(Kind::Any, Of::Customer);
        }
        if self == Over::Purchases && is_attribute(ATTRIBUTES) {
            return field(Kind::Any, Of::Thing);
        }
        None
    }

    /// The names of its fields for which something holds, for a message.
    pub fn names(self, holds: impl Fn(Kind) -> bool) -> String {
        let own = self.own().iter().filter(|(_, kind)| holds(*kind)).map(|(name, _)| *name);
        let of_customers = OF_CUSTOMERS.iter().copied().filter(|_| holds(Kind::Text));
        let mut names: Vec<&str> = own.chain(of_customers).collect();
        if holds(Kind::Any) {
            names.push("customer.…");
            if self == Over::Purchases {
                names.push("attributes.…");
            }
        }
        names.join(", ")
    }
}

impl Kind {
    /// Whether things are grouped by it as it is.
    pub fn is_grouping(self) -> bool {
        matches!(self, Kind::Text | Kind::Number | Kind::Any)
    }

    /// Whether it is measured.
    pub fn is_number(self) -> bool {
        matches!(self, Kind::Number | Kind::Money | Kind::Any)
    }

    /// Whether it lies on a day.
    pub fn is_day(self) -> bool {
        matches!(self, Kind::Time | Kind::Date)
    }
}
