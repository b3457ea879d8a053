//! What is in a rule set after it was read, and what is told about it.

use rust_decimal::Decimal;

use super::{EXAMPLE, facets, parsed};
use crate::expr::Kind;
use crate::scores::rules::{
    AtLeast, Cap, Facet, ForAbsence, ForEvents, Limit, Money, Pays, Rate, Rule, RuleSet, Tier, Window, Worth,
};

fn d(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

fn rule<'r>(rule_set: &'r RuleSet, id: &str) -> &'r Rule {
    rule_set.rules.iter().find(|rule| *rule.id == *id).unwrap()
}

fn events(rule: &Rule) -> &ForEvents {
    match &rule.pays {
        Pays::Events(events) => events,
        Pays::Absence(_) => panic!("{} is no rule for events", rule.id),
    }
}

fn absence(rule: &Rule) -> &ForAbsence {
    match &rule.pays {
        Pays::Absence(absence) => absence,
        Pays::Events(_) => panic!("{} is a rule for events", rule.id),
    }
}

#[test]
fn the_example_is_read_as_it_is_meant() {
    let rule_set = parsed(EXAMPLE);
    assert_eq!(&*rule_set.name, "customer-value");
    assert_eq!(rule_set.zone_name(), "Europe/Helsinki");
    let sek = vec![Rate { from: 1_735_682_400_000_000, rate: d("0.087") }];
    assert_eq!(rule_set.money, Some(Money { currency: "EUR".into(), rates: vec![("SEK".into(), sek)] }));

    let buying = rule(&rule_set, "buying");
    assert_eq!(events(buying).on, ["purchase.made".into()]);
    assert_eq!(events(buying).when.as_ref().unwrap().to_string(), r#"((market == "FI") && (amount > 0))"#);
    assert!(matches!(&events(buying).worth, Worth::Points(points) if points.to_string() == "floor(amount)"));
    assert_eq!(buying.valid, (1_767_218_400_000_000, 1_782_853_200_000_000));
    assert_eq!(buying.cap, Some(Cap { points: d("500"), per: Window::Month }));
    assert_eq!((buying.half_life_days, buying.expires_after_days), (None, None));

    let size = events(rule(&rule_set, "size-is-a-risk"));
    assert_eq!(size.on, ["purchase.made".into(), "purchase.returned".into()]);
    assert_eq!(size.negated, ["purchase.returned".into()]);
    let Worth::Tiers(tiers) = &size.worth else { panic!("tiers") };
    assert_eq!((tiers.measure.to_string().as_str(), tiers.per), ("amount", Window::Year));
    let tier = |up_to: Option<&str>, rate| Tier { up_to: up_to.map(d), rate: d(rate) };
    assert_eq!(tiers.tiers, [tier(Some("500"), "1"), tier(Some("2000"), "0.5"), tier(None, "0.1")]);

    let interest = rule(&rule_set, "recent-interest");
    assert_eq!(interest.half_life_days, Some(d("90")));
    assert_eq!(interest.valid, (i64::MIN, i64::MAX));
    assert_eq!(events(interest).limit, Some(Limit { count: 1, per: Window::Day }));
    let hot = events(rule(&rule_set, "hot"));
    assert_eq!(hot.at_least, Some(AtLeast { count: 3, within_days: 7 }));

    let quiet = absence(rule(&rule_set, "gone-quiet"));
    assert_eq!((quiet.on.as_slice(), quiet.days), (["purchase.made".into()].as_slice(), 180));
    assert!(!quiet.from_first_event);
    assert_eq!(quiet.points.canonical(), "-50");

    let grade = &rule_set.grades[0];
    assert_eq!((&*grade.name, grade.from), ("A", d("1000")));
    assert_eq!(grade.service.as_deref(), Some("key account manager, answers within 4 hours"));
    assert_eq!(rule_set.warnings(&facets()), []);
}

#[test]
fn what_the_example_does_not_show_is_read_too() {
    let rule_set = parsed(
        r#"
name = "all"
rule = [
    { id = "quiet", absent = { on = ["purchase.made", "form.submitted"], days = 30, from = "first_event" },
      points = 'customer.segment == "gold" ? -5 : -1', expires_after_days = 365, cap = { points = "0.5", per = "lifetime" } },
    { id = "times", on = "purchase.made", points = 0x10, valid.from = 2026-03-29, valid.to = 2026-03-29T12:00:00+02:00 },
    { id = "count", on = "web.visited", measure = 1, per = "lifetime", tiers = [ { up_to = 3.0, rate = -1e-2 } ] },
]
[[grade]]
name = "B"
from = -10.5
minutes_per_year = 60
[[grade]]
name = "A"
from = 1e0
"#,
    );
    assert_eq!(rule_set.zone_name(), "UTC");
    assert_eq!(rule_set.money, None);
    let quiet = rule(&rule_set, "quiet");
    assert!(absence(quiet).from_first_event);
    assert_eq!(quiet.cap, Some(Cap { points: d("0.5"), per: Window::Lifetime }));
    assert_eq!(quiet.expires_after_days, Some(365));
    assert_eq!(rule(&rule_set, "times").valid, (1_774_742_400_000_000, 1_774_778_400_000_000));
    let Worth::Tiers(tiers) = &events(rule(&rule_set, "count")).worth else { panic!("tiers") };
    assert_eq!(tiers.tiers, [Tier { up_to: Some(d("3")), rate: d("-0.01") }]);
    let grades: Vec<_> = rule_set.grades.iter().map(|grade| (&*grade.name, grade.from)).collect();
    assert_eq!(grades, [("A", d("1")), ("B", d("-10.5"))]);
    assert_eq!(rule_set.grades[1].allows.minutes_per_year, Some(d("60")));
    assert_eq!(rule_set.grade(d("1")).map(|grade| &*grade.name), Some("A"));
    assert_eq!(rule_set.grade(d("-10.6")).map(|grade| &*grade.name), None);
}

#[test]
fn a_rule_set_tells_in_words_what_it_does() {
    assert_eq!(
        parsed(EXAMPLE).in_words(),
        "\
customer-value: days, weeks, months, quarters and years are those of Europe/Helsinki. Amounts are converted to EUR: 1 SEK is 0.087 EUR from 2025-01-01 on; events without a rate are left out and counted.
buying: each purchase.made with (market == \"FI\") && (amount > 0) gives floor(amount) points; counted only from 2026-01-01 until 2026-06-30 inclusive; at most 500 points a month, in either direction.
size-is-a-risk: the sum of amount of a year of purchase.made and purchase.returned gives 1 point per unit up to 500, 0.5 points per unit from there up to 2000, 0.1 points per unit beyond; purchase.returned lowers the sum and takes back what it gave.
recent-interest: each email.link_clicked or web.visited gives 2 points; only the first one of a day counts; points lose half of their worth every 90 days.
hot: every 3 email.link_clicked within 7 days give 25 points, once, at the last of them.
gone-quiet: each gap of 180 days without purchase.made gives -50 points, once, when those days are over; gaps are counted from the customer's first purchase.made on.
Grade A from 1000 points on: key account manager, answers within 4 hours.
Below 1000 points no grade.
"
    );
}

#[test]
fn what_the_example_does_not_show_has_words_too() {
    let rule_set = parsed(
        r#"
name = "more"
time_zone = "Europe/Helsinki"
[[rule]]
id = "returns"
on = ["purchase.made", "purchase.returned", "purchase.cancelled"]
sign = { "purchase.cancelled" = -1, "purchase.returned" = -1 }
at_least = { count = 2, within_days = 1 }
limit = { count = 1, per = "lifetime" }
points = 1
valid = { to = "2026-07-01T12:00:00+03:00" }
cap = { points = 1, per = "lifetime" }
expires_after_days = 1
[[rule]]
id = "minutes"
on = "complaint.closed"
measure = '-(minutes + 1) * 2.50'
per = "lifetime"
tiers = [ { up_to = 10, rate = 1.50 } ]
limit = { count = 3, per = "week" }
at_least = { count = 2, within_days = 7 }
valid = { from = 2026-01-01 }
[[rule]]
id = "never-seen"
absent = { on = ["purchase.made", "form.submitted"], days = 30, from = "first_event" }
points = '-customer.weight'
[[grade]]
name = "B"
from = 1
minutes_per_year = 60
cost_per_year = 250.50
[[grade]]
name = "A"
from = 2
"#,
    );
    assert_eq!(
        rule_set.in_words(),
        "\
more: days, weeks, months, quarters and years are those of Europe/Helsinki. Amounts are taken as written, whatever their currency.
returns: every 2 purchase.made, purchase.returned or purchase.cancelled within 1 day give 1 point, once, at the last of them; purchase.returned or purchase.cancelled takes as much; only the first one ever counts; counted only before 2026-07-01T12:00:00+03:00; at most 1 point in all, in either direction; points are dropped after 1 day.
minutes: the sum of (-(minutes + 1)) * 2.5 over all time of complaint.closed gives 1.5 points per unit up to 10, nothing beyond; only the first 3 of a week count; of every 2 within 7 days only the last one is summed; counted only from 2026-01-01 on.
never-seen: each gap of 30 days without purchase.made or form.submitted gives -customer.weight points, once, when those days are over; gaps are counted from the customer's first event of any type on.
Grade A from 2 points on.
Grade B from 1 point on: serving may take 60 minutes of work and a cost of 250.5 a year.
Below 1 point no grade.
"
    );
}

#[test]
fn a_rule_set_tells_what_it_reads() {
    let rule_set = parsed(
        &EXAMPLE.replace("'floor(amount)'", "'customer.segment == \"a\" && unit == \"x\" ? amount : attributes.size'"),
    );
    let reads = rule_set.reads(&facets());
    let of_type = |name: &str| reads.types[name].iter().map(|name| &**name).collect::<Vec<_>>();
    assert_eq!(reads.types.len(), 4);
    assert_eq!(of_type("purchase.made"), ["amount", "attributes.size", "currency", "market"]);
    assert_eq!(of_type("purchase.returned"), ["amount", "currency"]);
    assert!(of_type("web.visited").is_empty());
    assert!(!reads.any_event);
    let of_rule = &reads.rules[0];
    let listed =
        |names: &std::collections::BTreeSet<Box<str>>| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    assert_eq!(listed(&of_rule.facets), ["amount", "attributes.size", "market"]);
    assert_eq!((listed(&of_rule.customer), listed(&of_rule.envelope)), (vec!["segment".into()], vec!["unit".into()]));
    assert_eq!((&reads.customer, &reads.envelope), (&of_rule.customer, &of_rule.envelope));
    let without_money = parsed("name = 'a'\n[[rule]]\nid = 'a'\non = 'purchase.made'\npoints = 'amount'\n");
    assert_eq!(without_money.reads(&facets()).types["purchase.made"].len(), 1);
}

#[test]
fn amounts_without_a_currency_are_warned_of() {
    let text = "name = 'a'\n[[rule]]\nid = 'a'\non = 'purchase.made'\npoints = 'amount + quantity - margin'\n\
                [[rule]]\nid = 'b'\non = 'purchase.made'\npoints = 'quantity'\n";
    let warnings = parsed(text).warnings(&facets());
    assert_eq!(
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["rule \"a\": amount, margin are taken as written, in whatever currency: the file names no `currency`"]
    );
    assert_eq!(parsed(&format!("currency = 'EUR'\n{text}")).warnings(&facets()), []);
}

#[test]
fn facets_are_the_facts_of_types_about_records_and_things() {
    let mut facets = facets();
    let kind =
        |facets: &crate::scores::rules::Facets, of: &str, name: &str| facets.get(of, name).map(|facet| facet.kind);
    assert_eq!(kind(&facets, "purchase.made", "amount"), Some(Kind::Number));
    assert_eq!(kind(&facets, "invoice.paid", "days_late"), Some(Kind::Number));
    assert_eq!(kind(&facets, "invoice.paid", "due_date"), Some(Kind::Text));
    assert_eq!(kind(&facets, "customer.registered", "kind"), Some(Kind::Text));
    assert_eq!(kind(&facets, "customer.consent_given", "double_opt_in"), Some(Kind::Bool));
    assert_eq!(kind(&facets, "purchase.made", "attributes.x"), Some(Kind::Any));
    for (of, name) in [
        ("purchase.made", "attributes"),
        ("purchase.made", "attributes."),
        ("purchase.returned", "reason"),
        ("customer.registered", "email"),
        ("customer.registered", "attributes.x"),
        ("customer.related", "to"),
        ("nothing", "amount"),
    ] {
        assert_eq!(kind(&facets, of, name), None, "{of} {name}");
    }
    assert!(facets.is_money("purchase.made", "margin") && facets.is_money("complaint.closed", "cost"));
    assert!(!facets.is_money("purchase.made", "quantity") && !facets.is_money("invoice.paid", "days_late"));
    assert!(facets.has_type("complaint.opened") && !facets.has_type("identity.linked"));

    facets.add("parcel.weighed", "kilograms", Facet { kind: Kind::Number, money: false });
    facets.add_personal("parcel.weighed", "receiver");
    facets.add("customer.registered", "attributes.segment", Facet { kind: Kind::Text, money: false });
    let rules = |points: &str| {
        format!("name = 'a'\n[[rule]]\nid = 'a'\non = ['parcel.weighed', 'customer.registered']\npoints = '{points}'\n")
    };
    assert!(RuleSet::parse(&rules("attributes.segment == \"a\" ? kilograms : 1"), &facets).is_ok());
    let refused = |points: &str| RuleSet::parse(&rules(points), &facets).unwrap_err()[0].to_string();
    assert!(refused("attributes.size").contains("personal in customer.registered"));
    assert!(refused("size(receiver)").contains("personal in parcel.weighed"));
    facets.open_attributes("parcel.weighed");
    assert!(RuleSet::parse(&rules("attributes.size"), &facets).is_ok());
}
