//! Events of chains of activity.

use super::{Head, Renderer, unit, write_number, write_subject};
use crate::generate::activity::{Chain, Kind};
use crate::generate::calendar::{DAY, Date, SECOND, digits};
use crate::generate::customer::{Customer, Who};
use crate::generate::json::Object;
use crate::generate::plan::Code;
use crate::generate::records::Records;
use crate::generate::rng::{Rng, Topic};
use crate::generate::wording::{
    ANSWERS, CHANNELS, COMPLAINTS, FORMS, OUTCOMES, PAGES, PRODUCT_GROUPS, RETURNS, writes_in,
};

/// One step of a chain, with what its text is drawn from.
struct Step<'a> {
    renderer: &'a Renderer,
    customer: &'a Customer,
    chain: &'a Chain,
    step: usize,
    /// When.
    second: i64,
    /// What names the chain.
    key: u64,
    /// The stream that all steps of the chain begin with alike.
    common: Rng,
    /// The stream of this step.
    rng: Rng,
}

impl Renderer {
    pub(super) fn write_activity(&self, index: u64, code: Code, number: u64, step: usize, out: &mut String) {
        let world = self.world();
        let records = &Records::of(world, index);
        let chain = &Chain::of(world, index, records, number);
        let place = chain.place_of(step);
        let source = records.all()[place].source;
        let customer = &Customer::of(world, index);
        let second = chain.at[step].unwrap_or(0);
        let event_type = chain.event_type(step);
        let head = Head { index, code, source, event_type, second, unit: unit(customer, source) };
        let common = world.seed.stream(Topic::Step, index, number << 4 | 8);
        let rng = world.seed.stream(Topic::Step, index, 1 << 40 | u64::from(code.0));
        let key = index << 32 | u64::from(code.0 & !7);
        let step = Step { renderer: self, customer, chain, step, second, key, common, rng };
        self.envelope(
            &head,
            out,
            |out| write_subject(world, index, records, place, out),
            |data| match chain.kind {
                Kind::Order | Kind::Bill => step.trade(data),
                Kind::Letter => step.letter(data),
                Kind::Visit => step.visit(data),
                Kind::Complaint => step.complaint(data),
            },
        );
    }
}

impl Step<'_> {
    fn world(&self) -> &crate::generate::world::World {
        self.renderer.world()
    }

    /// A member that names the chain.
    fn named(&self, data: &mut Object<'_>, name: &str, prefix: &str, kind: u64) {
        data.with(name, |out| {
            out.push_str(prefix);
            self.renderer.write_id(kind, self.key, out);
        });
    }

    fn language(&self) -> usize {
        self.customer.person().map_or(0, |person| writes_in(person.culture.language()))
    }

    fn date(&self, second: i64, out: &mut String) {
        Date::of_micros(self.world().micros(second)).write_iso(out);
    }

    fn money(&self, data: &mut Object<'_>, cents: u64) {
        data.with("amount", |out| write_cents(cents, out)).text("currency", self.customer.country.currency());
    }

    fn trade(mut self, data: &mut Object<'_>) {
        let price = self.customer.country.price_level();
        let company = matches!(self.customer.who, Who::Company(_));
        let size = [1, 1, 1, 1, 2, 2, 4, 10, 40][self.common.below(9) as usize] * if company { 6 } else { 1 };
        let quantity = 1 + u64::from(self.common.below(4).min(self.common.below(5)));
        let cents = (390 + u64::from(self.common.below(9_000))) * size * quantity * price;
        let group = self.common.pick(&PRODUCT_GROUPS);
        let product = self.common.below(9_000);
        let margin = self.common.between(80, 450);
        // One return in three gives back a part.
        let returned = if quantity > 1 && self.common.chance(330) { cents / quantity } else { cents };
        match self.step {
            0 => {
                self.money(data, cents);
                self.named(data, "order", "SO", 1);
                let loss = self.rng.chance(30);
                data.with("margin", |out| {
                    out.push_str(if loss { "-" } else { "" });
                    write_cents(cents * u64::from(margin) / 1_000 / if loss { 4 } else { 1 }, out);
                });
                data.raw("quantity", |out| write_number(quantity, out));
                product_of(data, product, group);
                data.text("market", self.customer.country.code()).text("channel", self.rng.pick(&CHANNELS));
            }
            4 => {
                self.money(data, returned);
                self.named(data, "order", "SO", 1);
                product_of(data, product, group);
                if self.rng.chance(800) {
                    let reason = RETURNS[self.rng.below(3) as usize][self.language()];
                    data.text("reason", reason);
                }
            }
            5 if self.chain.at[4].is_some() => self.invoice(data, returned),
            _ => self.invoice(data, cents),
        }
    }

    fn invoice(&self, data: &mut Object<'_>, cents: u64) {
        self.named(data, "invoice", "F", 2);
        self.money(data, cents);
        let due = self.chain.at[1].unwrap_or(0) + self.chain.due_days * (DAY / SECOND);
        match self.step {
            1 => {
                data.with("due_date", |out| self.date(due, out));
                if self.chain.kind == Kind::Order {
                    self.named(data, "order", "SO", 1);
                }
            }
            3 => {
                let late = (self.second - due).max(0) as u64 / (DAY / SECOND) as u64;
                data.with("paid_date", |out| self.date(self.second, out));
                data.with("due_date", |out| self.date(due, out)).raw("days_late", |out| write_number(late, out));
            }
            _ => {}
        }
    }

    fn letter(mut self, data: &mut Object<'_>) {
        self.named(data, "message", "m", 3);
        let sent = Date::of_micros(self.world().micros(self.chain.at[0].unwrap_or(0)));
        let group = self.common.pick(&PRODUCT_GROUPS);
        data.with("campaign", |out| {
            digits(sent.year as u32, 4, out);
            out.push('-');
            digits(sent.month, 2, out);
            out.push('-');
            out.push_str(group);
        });
        if self.step < 3 {
            return;
        }
        let clicked = matches!(self.step, 4..=6);
        if clicked {
            let query = self.rng.chance(self.renderer.link_queries);
            data.with("link", |out| {
                out.push_str("https://shop.example/products/");
                out.push_str(self.common.pick(&PRODUCT_GROUPS));
                out.push_str(if query { "?r=" } else { "" });
                if query {
                    self.renderer.write_id(4, self.customer.index, out);
                }
            });
        }
        let machine = self.chain.scanned && self.step != 7;
        let agent = if machine { "scanner" } else { self.rng.pick(&["browser", "app", "app", "desktop"]) };
        let since = (self.second - self.chain.at[1].unwrap_or(self.second)).max(0) as u64;
        data.text("user_agent_class", agent).raw("seconds_since_delivery", |out| write_number(since, out));
    }

    fn visit(mut self, data: &mut Object<'_>) {
        let group = self.common.pick(&PRODUCT_GROUPS);
        let campaign = self.common.chance(200);
        let page = if self.step == 6 { "/contact" } else { self.rng.pick(&PAGES) };
        data.with("page", |out| match page.split_once("{}") {
            Some((before, after)) => out.extend([before, group, after]),
            None => out.push_str(page),
        });
        if self.step == 6 {
            data.text("form", self.rng.pick(&FORMS));
        }
        if campaign {
            data.with("campaign", |out| out.extend(["search-", group]));
        }
    }

    fn complaint(mut self, data: &mut Object<'_>) {
        self.named(data, "complaint", "R", 5);
        let (topic, texts) = COMPLAINTS[self.common.below(6) as usize];
        let outcome = self.common.pick(&OUTCOMES);
        let cost = if outcome == "refund" { 500 + self.common.below(9_000) } else { 0 };
        match self.step {
            0 => {
                data.text("topic", topic).text("channel", self.rng.pick(&["email", "phone", "web"]));
                if self.rng.chance(850) {
                    data.text("text", texts[self.language()]);
                }
            }
            1 => {
                data.raw("minutes", |out| write_number(5 + u64::from(self.rng.below(50)), out));
                if self.rng.chance(700) {
                    data.text("text", ANSWERS[self.language()]);
                }
            }
            _ => {
                data.text("outcome", outcome)
                    .raw("minutes", |out| write_number(2 + u64::from(self.rng.below(20)), out));
                if cost > 0 {
                    let cents = u64::from(cost) * self.customer.country.price_level();
                    data.with("cost", |out| write_cents(cents, out));
                    data.text("currency", self.customer.country.currency());
                }
            }
        }
    }
}

fn product_of(data: &mut Object<'_>, number: u32, group: &str) {
    data.with("product", |out| {
        out.push_str("P-");
        digits(1_000 + number, 4, out);
    });
    data.text("product_group", group);
}

/// Writes cents as a decimal with two places.
fn write_cents(cents: u64, out: &mut String) {
    write_number(cents / 100, out);
    out.push('.');
    digits((cents % 100) as u32, 2, out);
}
