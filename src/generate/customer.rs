//! Who a customer truly is: the person or company, where they are found now, and where they were found before.

use super::calendar::Date;
use super::companies::{Company, data::AGENCIES};
use super::contact;
use super::names::{Culture, given, nickname, spelling, write_family};
use super::places::{Address, Country};
use super::rng::{Rng, Topic};
use super::world::{BLOCK, Group, Role, World};

/// A person.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Where the name comes from.
    pub culture: Culture,
    /// Female or male.
    pub female: bool,
    /// All spellings of the name they are called by.
    pub given: &'static str,
    /// All spellings of the second given name.
    pub second: &'static str,
    /// What the surname is drawn from.
    pub family: u64,
    /// What the former surname is drawn from.
    pub former: Option<u64>,
    /// Whether the present surname is the former and the own one with a hyphen.
    pub double: bool,
    /// Date of birth.
    pub birth: Date,
}

impl Person {
    /// Writes the surname, the former one when `former` and there is one.
    pub fn write_family(&self, former: bool, number: u32, out: &mut String) {
        let write = |key, out: &mut String| write_family(self.culture, self.female, key, number, out);
        match self.former {
            Some(key) if former => write(key, out),
            Some(key) if self.double => {
                write(key, out);
                out.push('-');
                write(self.family, out);
            }
            _ => write(self.family, out),
        }
    }

    /// A nickname of the name they are called by.
    pub fn nickname(&self, rng: &mut Rng) -> Option<&'static str> {
        nickname(spelling(self.given, 0), rng)
    }
}

/// A person or a company.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// A person.
    Person(Person),
    /// A company.
    Company(Company),
}

/// Present and former values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// What holds at the end of the period.
    Present = 0,
    /// What held before.
    Former = 1,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Its number in the run.
    pub index: u64,
    /// What it is in its block.
    pub role: Role,
    /// Who it is.
    pub who: Who,
    /// Where it lives.
    pub country: Country,
    /// Addresses by [`Version`].
    pub addresses: [Address; 2],
    /// Running numbers of telephones by [`Version`].
    phones: [u64; 2],
}

impl Customer {
    /// The customer with this number.
    pub fn of(world: &World, index: u64) -> Self {
        let role = Role::of(world, index);
        let rng = &mut world.seed.stream(Topic::Identity, index, 0);
        let group = role.group();
        // What the group has in common is drawn from its stream, the rest from the customer's own.
        let common = &mut match group {
            Some((group, _)) => world.seed.stream(Topic::Group, role.block, group as u64),
            None => world.seed.stream(Topic::Identity, index, 1),
        };
        let culture = Culture::draw(common);
        let country = country(culture, role.organisation(), common);
        let together = common.next();
        let who = if role.organisation() {
            Who::Company(company(role, country, common, rng))
        } else {
            Who::Person(person(world, group, culture, common, rng))
        };
        let shares_address = match group {
            Some((Group::Couple | Group::Family, _)) => true,
            Some((Group::FiveCompanies, nth)) => nth < 3,
            Some((Group::Namesakes, _)) => role.block.is_multiple_of(2),
            _ => false,
        };
        let address = if shares_address { together } else { rng.next() };
        let shares_phone = matches!(group, Some((Group::Couple | Group::Family | Group::ThreeCompanies, _)));
        let own = index * 2;
        // Numbers beyond those of the customers belong to groups.
        let common_phone = world.customers * 2 + role.block * 8 + group.map_or(7, |(group, _)| group as u64);
        Self {
            index,
            role,
            who,
            country,
            addresses: [Address::of(country, address), Address::of(country, rng.next())],
            phones: [if shares_phone { common_phone } else { own }, own + 1],
        }
    }

    /// The person, when it is one.
    pub fn person(&self) -> Option<&Person> {
        match &self.who {
            Who::Person(person) => Some(person),
            Who::Company(_) => None,
        }
    }

    /// Writes the telephone number.
    pub fn write_phone(&self, version: Version, notation: u32, out: &mut String) {
        contact::write_phone(self.country, self.phones[version as usize], notation, out);
    }

    /// Writes the e-mail address. `department` is for companies: any number names one of its mailboxes, 0 the main one.
    pub fn write_email(&self, world: &World, version: Version, department: u32, out: &mut String) {
        if version == Version::Present && self.role.shared_mailbox() {
            return self.write_shared_mailbox(world, out);
        }
        match &self.who {
            Who::Person(person) => {
                let number = world.mailboxes.apply(self.index * 2 + version as u64);
                contact::write_personal(person, self.country, version, number, out);
            }
            Who::Company(company) => {
                const MAILBOXES: [&str; 4] = ["info", "laskut", "myynti", "office"];
                out.push_str(MAILBOXES[(department as usize + version as usize * 3) % 4]);
                out.push('@');
                company.write_domain(out);
                out.push('-');
                let leader = match self.role.group() {
                    Some((group, _)) => self.role.block * BLOCK + group as u64,
                    None => self.index,
                };
                contact::write_base36(world.mailboxes.apply(leader * 2), out);
                out.push('.');
                out.push_str(self.country.domain());
            }
        }
    }

    /// Most shared mailboxes are known to three customers, some to very many.
    fn write_shared_mailbox(&self, world: &World, out: &mut String) {
        let rng = &mut world.seed.stream(Topic::Block, self.role.block, 1);
        let large = rng.chance(200);
        let agencies = (world.customers / 5_000 + 1) as u32;
        let number = if large { u64::from(rng.below(agencies)) } else { self.role.block + u64::from(agencies) };
        let rng = &mut world.seed.stream(Topic::Block, number, 2);
        let country = country(Culture::draw(rng), true, rng);
        out.push_str(if rng.chance(500) { "info@" } else { "toimisto@" });
        out.push_str(rng.pick(AGENCIES[country as usize]));
        out.push('-');
        contact::write_base36(number, out);
        out.push('.');
        out.push_str(country.domain());
    }
}

fn country(culture: Culture, organisation: bool, rng: &mut Rng) -> Country {
    use Country::{Denmark, Estonia, Finland, Norway, Sweden};
    let shares: [u32; 5] = match culture {
        Culture::Finnish => [960, 30, 5, 5, 0],
        Culture::FinlandSwedish => [970, 30, 0, 0, 0],
        Culture::Swedish => [15, 970, 0, 10, 5],
        Culture::Estonian if organisation => [20, 0, 980, 0, 0],
        Culture::Estonian => [320, 30, 640, 10, 0],
        Culture::Norwegian => [0, 20, 0, 970, 10],
        Culture::Danish => [0, 25, 0, 15, 960],
        Culture::Russian => [600, 60, 310, 20, 10],
        _ => [560, 260, 10, 90, 80],
    };
    [Finland, Sweden, Estonia, Norway, Denmark][rng.weighted(&shares)]
}

fn company(role: Role, country: Country, common: &mut Rng, rng: &mut Rng) -> Company {
    let sister = role.group().map(|(_, nth)| nth);
    Company { country, core: common.next(), sister, form: rng.next(), number: role.company_number() }
}

fn person(world: &World, group: Option<(Group, u64)>, culture: Culture, common: &mut Rng, rng: &mut Rng) -> Person {
    let family = common.next();
    let shared_given = common.next();
    let oldest = 50 + common.below(30);
    let (female, age) = match group {
        // Partners are of about one age; the third of a family is grown up.
        Some((Group::Couple | Group::Family, nth @ 0..=1)) => (nth == 0, oldest - rng.below(6)),
        Some((Group::Family, _)) => (rng.chance(500), oldest - 28 - rng.below(4)),
        Some((Group::Namesakes, nth)) => (shared_given & 1 == 1, oldest - nth as u32 * (22 + shared_given as u32 % 10)),
        _ => (rng.chance(500), 18 + rng.below(45) + rng.below(30)),
    };
    let given_key = match group {
        Some((Group::Namesakes, _)) => shared_given,
        _ => rng.next(),
    };
    let keeps_own_name = matches!(group, Some((Group::Couple | Group::Family, 0))) && rng.chance(250);
    let former = rng.chance(if female { 400 } else { 40 }).then(|| rng.next());
    let until = Date::of_micros(world.micros(world.span));
    Person {
        culture,
        female,
        given: given(culture, female, given_key),
        second: given(culture, female, rng.next()),
        family: if keeps_own_name { rng.next() } else { family },
        former,
        double: former.is_some() && rng.chance(120),
        birth: Date { year: until.year - age as i32, month: rng.between(1, 12), day: rng.between(1, 28) },
    }
}
