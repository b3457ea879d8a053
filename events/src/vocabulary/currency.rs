//! ISO 4217 codes in use, and those of money that was in use since 1999 and still stands in old invoices.

const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP \
BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP \
LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK \
PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP \
TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XCD XCG XDR XOF XPD XPF XPT XSU XUA \
YER ZAR ZMW ZWG \
ATS BEF BYR CSD CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MRO MTL NLG PTE ROL SDD SIT SKK SLL STD TRL VEB \
VEF YUM ZMK ZWL CUC";

/// Whether `code` is a currency code of three capital letters that ISO 4217 lists (or listed since 1999).
pub fn is_currency(code: &str) -> bool {
    let well_formed = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    well_formed && CODES.split(' ').any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::is_currency;

    #[test]
    fn knows_currencies_and_nothing_else() {
        assert!(is_currency("EUR") && is_currency("FIM") && is_currency("ZWG"));
        for unknown in ["eur", "EU", "XXX", "EURO", "", "R E", "EUR "] {
            assert!(!is_currency(unknown), "{unknown}");
        }
    }
}
