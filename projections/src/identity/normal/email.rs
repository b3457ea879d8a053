//! E-mail addresses.

mod providers;

use super::text::{clip, repair};

/// Bytes of a text that are read. An address has 254 at most (RFC 5321).
const MOST_BYTES: usize = 400;

/// An e-mail address in its parts, in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// Before the `@`.
    pub local: Box<str>,
    /// After the `@`.
    pub domain: Box<str>,
    /// The local part without plus-tag, and without dots where the provider ignores them (gmail.com).
    pub base: Box<str>,
    /// The domain, slips in well-known providers' names put right.
    pub typo_domain: Box<str>,
    /// Whether it belongs to a role, not to a person: `info@`.
    pub role: bool,
    /// Whether it only fills a field: `ei@ei.fi`.
    pub placeholder: bool,
}

/// The first address in a text, such as `Matti <matti@example.fi>`. `None`: it holds none.
pub fn normalise(text: &str) -> Option<Email> {
    let text = clip(text.trim(), MOST_BYTES);
    let text = if text.contains('@') { repair(text) } else { with_at(text)?.into() };
    let (before, after) = text.split_once('@')?;
    // Spaces around the @ are slips; elsewhere they end the address.
    let local = before.trim_end().rsplit(is_outside).next()?;
    let domain = after.trim_start().split(is_outside).next()?;
    let local = local.strip_prefix("mailto:").unwrap_or(local).trim_matches(['"', '\'', '.']).to_lowercase();
    let domain = domain.trim_matches(['.', '\'', '-']).to_lowercase();
    if local.is_empty() || domain.is_empty() || domain.contains('@') || !domain.contains(char::is_alphanumeric) {
        return None;
    }
    let typo_domain = providers::put_right(&domain).unwrap_or(&domain);
    let untagged = local.split_once('+').map_or(local.as_str(), |(base, _)| base);
    let untagged = if untagged.is_empty() { local.as_str() } else { untagged };
    let base = if typo_domain == "gmail.com" { untagged.replace('.', "") } else { untagged.to_owned() };
    Some(Email {
        role: providers::is_role(&base),
        placeholder: is_placeholder(&base, &domain),
        typo_domain: typo_domain.into(),
        base: base.into(),
        local: local.into(),
        domain: domain.into(),
    })
}

/// Characters that end an address in a text.
fn is_outside(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | '|' | '\\' | '@')
}

/// A text in which `(at)` stands for the `@`.
fn with_at(text: &str) -> Option<String> {
    let small = text.to_lowercase();
    let at = ["(at)", "[at]", " at ", "(a)"].into_iter().find(|at| small.contains(at))?;
    let (before, after) = small.split_once(at)?;
    Some([before.trim_end(), "@", after.trim_start()].concat())
}

/// `ei@ei.fi`, `none@none.com`, `x@y.z`. Domains that exist for examples say nothing: test data of real persons has them.
fn is_placeholder(base: &str, domain: &str) -> bool {
    let name = domain.split('.').next().unwrap_or(domain);
    let same = |text: &str| text.bytes().all(|byte| text.bytes().next() == Some(byte));
    let words = |text: &str| {
        matches!(
            text,
            "ei" | "eiole"
                | "eisahkopostia"
                | "none"
                | "no"
                | "noemail"
                | "nomail"
                | "na"
                | "null"
                | "nil"
                | "test"
                | "testi"
                | "unknown"
                | "tuntematon"
                | "puuttuu"
                | "ingen"
                | "saknas"
                | "asd"
                | "asdf"
                | "qwerty"
                | "abc"
                | "foo"
        )
    };
    let never = matches!(base, "noemail" | "nomail" | "eiole" | "eisahkopostia" | "puuttuu" | "noreply_none");
    never
        || (words(base) && (words(name) || base == name))
        || (base.len() <= 3 && same(base) && same(name) && name.len() <= 3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        normalise(text).map_or_else(
            || "-".into(),
            |mail| {
                let marks =
                    [if mail.role { " role" } else { "" }, if mail.placeholder { " filler" } else { "" }].concat();
                format!("{}@{}{marks}", mail.base, mail.typo_domain)
            },
        )
    }

    #[test]
    fn notations() {
        for (text, expected) in [
            ("Matti.Virtanen@Example.FI", "matti.virtanen@example.fi"),
            (" matti@example.fi ", "matti@example.fi"),
            ("Matti Virtanen <matti@example.fi>", "matti@example.fi"),
            ("mailto:matti@example.fi", "matti@example.fi"),
            ("matti @ example.fi", "matti@example.fi"),
            ("matti(at)example.fi", "matti@example.fi"),
            ("matti@example.fi; liisa@example.fi", "matti@example.fi"),
            ("matti@example.fi.", "matti@example.fi"),
            ("matti+news@example.fi", "matti@example.fi"),
            ("+358@example.fi", "+358@example.fi"),
            ("m.virtanen+x@gmail.com", "mvirtanen@gmail.com"),
            ("m.virtanen@googlemail.com", "mvirtanen@gmail.com"),
            ("m.virtanen@gmial.com", "mvirtanen@gmail.com"),
            ("m.virtanen@outlook.com", "m.virtanen@outlook.com"),
            ("päivi@example.fi", "päivi@example.fi"),
            ("", "-"),
            ("matti", "-"),
            ("@example.fi", "-"),
            ("matti@", "-"),
            ("matti@.", "-"),
            ("@", "-"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn slips_in_the_names_of_providers_are_put_right() {
        for (domain, expected) in [
            ("gmial.com", "gmail.com"),
            ("gmai.com", "gmail.com"),
            ("gmaill.com", "gmail.com"),
            ("gmail.con", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("gmail.fi", "gmail.com"),
            ("mgail.com", "gmail.com"),
            ("hotmial.com", "hotmail.com"),
            ("hotmal.com", "hotmail.com"),
            ("homail.fi", "hotmail.fi"),
            ("outlok.com", "outlook.com"),
            ("yaho.com", "yahoo.com"),
            ("luuku.com", "luukku.com"),
            ("saunlahti.fi", "saunalahti.fi"),
            ("gmail.com", "gmail.com"),
            ("hotmail.fi", "hotmail.fi"),
            ("mail.com", "mail.com"),
            ("email.com", "email.com"),
            ("ymail.com", "ymail.com"),
            ("fmail.com", "fmail.com"),
            ("hmail.com", "hmail.com"),
            ("mail.ru", "mail.ru"),
            ("gmx.com", "gmx.com"),
            ("nokia.com", "nokia.com"),
            ("virtanen.fi", "virtanen.fi"),
        ] {
            assert_eq!(&*normalise(&format!("a@{domain}")).unwrap().typo_domain, expected, "{domain}");
        }
    }

    #[test]
    fn roles() {
        for text in [
            "info@x.fi",
            "Sales@x.com",
            "no-reply@x.fi",
            "asiakaspalvelu@x.fi",
            "laskutus@x.fi",
            "kund.tjanst@x.se",
            "info+a@x.fi",
        ] {
            assert!(normalise(text).unwrap().role, "{text}");
        }
        for text in ["matti@x.fi", "m.info@x.fi", "salesman@x.fi", "inforssi@x.fi"] {
            assert!(!normalise(text).unwrap().role, "{text}");
        }
    }

    #[test]
    fn fillers_are_flagged() {
        for text in [
            "ei@ei.fi",
            "test@test.com",
            "none@none.com",
            "a@a.fi",
            "xxx@xxx.xx",
            "noemail@example.com",
            "eiole@ei.fi",
            "x@y.z",
        ] {
            assert!(normalise(text).unwrap().placeholder, "{text}");
        }
        for text in ["matti@example.com", "ei@virtanen.fi", "tester@example.org", "nokia@nokia.com", "ab@b.fi"] {
            assert!(!normalise(text).unwrap().placeholder, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>(), near in "[a-z.+ <>@\"]{0,20}@[a-z.@ >]{0,12}") {
            for text in [text, near] {
                if let Some(mail) = normalise(&text) {
                    prop_assert!(!mail.local.is_empty() && !mail.domain.is_empty() && !mail.typo_domain.is_empty());
                    prop_assert!(!mail.domain.contains('@') && !mail.domain.contains(' '));
                }
            }
        }

        #[test]
        fn capitals_and_brackets_change_nothing(local in "[a-z]{1,9}(\\.[a-z]{1,9})?", domain in "[a-z]{1,9}\\.(fi|com)") {
            let plain = normalise(&format!("{local}@{domain}"));
            prop_assert!(plain.is_some());
            prop_assert_eq!(normalise(&format!("{local}@{domain}").to_uppercase()), plain.clone());
            prop_assert_eq!(normalise(&format!("Some Body <{local}@{domain}>")), plain);
        }
    }
}
