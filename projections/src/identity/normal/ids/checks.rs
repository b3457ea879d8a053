//! Check digits. Every function takes the whole number and is false for anything but the digits that it expects.

/// Sum of digits times weights, or `None` when the text is not as many digits as there are weights.
fn weighted(digits: &str, weights: &[u32]) -> Option<u32> {
    if digits.len() != weights.len() {
        return None;
    }
    digits.chars().zip(weights).map(|(c, weight)| c.to_digit(10).map(|digit| digit * weight)).sum()
}

/// The number's first digits and its last.
fn split_check(number: &str) -> Option<(&str, u32)> {
    let (body, check) = number.split_at_checked(number.len().checked_sub(1)?)?;
    Some((body, check.chars().next()?.to_digit(10)?))
}

/// Check digit = 11 − sum modulo 11; 11 gives 0; 10 is no number's.
fn modulo_11(number: &str, weights: &[u32]) -> bool {
    let Some((body, check)) = split_check(number) else { return false };
    weighted(body, weights).is_some_and(|sum| match sum % 11 {
        0 => check == 0,
        1 => false,
        rest => check == 11 - rest,
    })
}

/// Y-tunnus, 8 digits (Finnish Patent and Registration Office).
pub(super) fn fi_business(number: &str) -> bool {
    modulo_11(number, &[7, 9, 10, 5, 8, 4, 2])
}

/// Organisasjonsnummer, 9 digits (Brønnøysund Register Centre).
pub(super) fn no_business(number: &str) -> bool {
    modulo_11(number, &[3, 2, 7, 6, 5, 4, 3, 2])
}

/// CVR number, 8 digits (Danish Business Authority).
pub(super) fn dk_business(number: &str) -> bool {
    weighted(number, &[2, 7, 6, 5, 4, 3, 2, 1]).is_some_and(|sum| sum % 11 == 0)
}

/// Luhn's algorithm (US patent 2950048): every second digit from the right, the check digit not counted, is doubled.
pub(super) fn luhn(number: &str) -> bool {
    let mut sum = 0;
    for (place, c) in number.chars().rev().enumerate() {
        let Some(digit) = c.to_digit(10) else { return false };
        let value = if place % 2 == 1 { digit * 2 } else { digit };
        sum += value / 10 + value % 10;
    }
    !number.is_empty() && sum % 10 == 0
}

/// Two rounds: modulo 11 with the first weights; when that gives 10, with the second; when that gives 10 again, 0.
/// Registrikood and isikukood of Estonia, asmens kodas of Lithuania. A changed digit is not always found.
fn two_rounds(number: &str, first: &[u32], second: &[u32]) -> bool {
    let Some((body, check)) = split_check(number) else { return false };
    let (Some(first), Some(second)) = (weighted(body, first), weighted(body, second)) else { return false };
    let expected = match (first % 11, second % 11) {
        (10, 10) => 0,
        (10, rest) | (rest, _) => rest,
    };
    check == expected
}

/// Registrikood, 8 digits.
pub(super) fn ee_business(number: &str) -> bool {
    two_rounds(number, &[1, 2, 3, 4, 5, 6, 7], &[3, 4, 5, 6, 7, 8, 9])
}

/// Isikukood and asmens kodas, 11 digits.
pub(super) fn ee_personal(number: &str) -> bool {
    two_rounds(number, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1], &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3])
}

/// Käibemaksukohustuslase number (KMKR), 9 digits.
pub(super) fn ee_vat(number: &str) -> bool {
    let Some((body, check)) = split_check(number) else { return false };
    weighted(body, &[3, 7, 1, 3, 7, 1, 3, 7]).is_some_and(|sum| (10 - sum % 10) % 10 == check)
}

/// Character of a Finnish personal identity code: the nine digits modulo 31.
pub(super) fn fi_personal(digits: &str) -> Option<char> {
    if digits.len() != 9 {
        return None;
    }
    let number: usize = digits.parse().ok()?;
    "0123456789ABCDEFHJKLMNPRSTUVWXY".chars().nth(number % 31)
}

/// Fødselsnummer, 11 digits with two check digits (Norwegian Tax Administration).
pub(super) fn no_personal(number: &str) -> bool {
    let Some((first_ten, _)) = split_check(number) else { return false };
    modulo_11(first_ten, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) && modulo_11(number, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2])
}

/// ISO 7064 MOD 11,10: German and Croatian VAT ids.
pub(super) fn iso_11_10(number: &str) -> bool {
    let Some((body, check)) = split_check(number) else { return false };
    let mut product = 10;
    for c in body.chars() {
        let Some(digit) = c.to_digit(10) else { return false };
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        product = sum * 2 % 11;
    }
    (11 - product) % 10 == check
}

/// Belgian enterprise number, 10 digits: 97 − the first eight modulo 97.
pub(super) fn be_business(number: &str) -> bool {
    let (Some(body), Some(check)) = (parsed(number, 0, 8), parsed(number, 8, 10)) else { return false };
    number.len() == 10 && 97 - body % 97 == check
}

/// NIP of Poland, 10 digits.
pub(super) fn pl_business(number: &str) -> bool {
    let Some((body, check)) = split_check(number) else { return false };
    weighted(body, &[6, 5, 7, 2, 3, 4, 5, 6, 7]).is_some_and(|sum| sum % 11 == check)
}

/// Luxembourg VAT id, 8 digits.
pub(super) fn lu_vat(number: &str) -> bool {
    let (Some(body), Some(check)) = (parsed(number, 0, 6), parsed(number, 6, 8)) else { return false };
    number.len() == 8 && body % 89 == check
}

/// NIPC of Portugal, 9 digits.
pub(super) fn pt_business(number: &str) -> bool {
    let Some((body, check)) = split_check(number) else { return false };
    weighted(body, &[9, 8, 7, 6, 5, 4, 3, 2]).is_some_and(|sum| match sum % 11 {
        0 | 1 => check == 0,
        rest => check == 11 - rest,
    })
}

/// UID of Switzerland, 9 digits.
pub(super) fn ch_business(number: &str) -> bool {
    modulo_11(number, &[5, 4, 3, 2, 7, 6, 5, 4])
}

/// French VAT id: a two-digit key before the nine digits of the SIREN. Keys with letters have no published rule.
pub(super) fn fr_vat(number: &str) -> Option<bool> {
    let key = parsed(number, 0, 2)?;
    let siren = parsed(number, 2, 11)?;
    Some(key == (12 + 3 * (siren % 97)) % 97)
}

/// Remainder of 97 over letters (A = 10) and digits, ISO 7064 MOD 97-10: LEI, and IBAN with its head moved to the end.
pub(super) fn iso_97(parts: [&str; 2]) -> bool {
    let rest = parts.iter().flat_map(|part| part.chars()).try_fold(0_u32, |rest, c| {
        let value = c.to_digit(36)?;
        Some((if value < 10 { rest * 10 + value } else { rest * 100 + value }) % 97)
    });
    rest == Some(1)
}

fn parsed(number: &str, from: usize, to: usize) -> Option<u32> {
    number.get(from..to).filter(|part| super::is_digits(part))?.parse().ok()
}
