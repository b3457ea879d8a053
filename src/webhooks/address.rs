//! Where a webhook may lead: to the public internet through TLS, unless the settings allow more.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;
use hyper::http::uri::Scheme;

/// An address that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether through TLS.
    pub is_secure: bool,
    /// Name or number of the host, without brackets.
    pub host: String,
    /// Host and port as the receiver's own header names them.
    pub authority: String,
    /// The port.
    pub port: u16,
    /// Path and query.
    pub path: String,
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    /// What was expected, without the address.
    pub fn parse(url: &str, allow_private: bool) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "expected an address such as https://example.com/kulta")?;
        let is_secure = uri.scheme() == Some(&Scheme::HTTPS);
        if !is_secure && uri.scheme() != Some(&Scheme::HTTP) {
            return Err("expected an address such as https://example.com/kulta");
        }
        if !is_secure && !allow_private {
            return Err("expected https: webhooks.allow_private is not set");
        }
        let authority = uri.authority().ok_or("expected an address with a host")?;
        if authority.as_str().contains('@') {
            return Err("expected an address without user and password: messages are signed");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if !allow_private && host.parse().is_ok_and(|address| !is_public(address)) {
            return Err("expected an address of the public internet: webhooks.allow_private is not set");
        }
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { is_secure, host, authority: authority.to_string(), port, path })
    }
}

/// Whether an address is one of the public internet: neither of this machine, nor of a private network, nor one of those
/// that lead to such (the metadata services of clouds are link-local).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // ::1, ::, and IPv4 written as IPv6.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => inner(high, low),
        // Translators and tunnels lead to IPv4.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        // Teredo, documentation, benchmarks.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        // Global unicast is all of 2000::/3; the rest is local, multicast or not given out.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known() {
        for private in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "::127.0.0.1",
            "fec0::1",
            "100::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2a00:1450::1",
            "2001:4860::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn addresses_are_read() {
        let target = Target::parse("https://b.example/kulta?a=1", false).unwrap();
        assert_eq!((target.host.as_str(), target.port, target.path.as_str()), ("b.example", 443, "/kulta?a=1"));
        let target = Target::parse("http://[::1]:8080", true).unwrap();
        assert_eq!((target.host.as_str(), target.port, target.path.as_str()), ("::1", 8080, "/"));
        assert_eq!((target.authority.as_str(), target.is_secure), ("[::1]:8080", false));
        for url in ["http://b.example/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"] {
            assert!(Target::parse(url, false).is_err() && Target::parse(url, true).is_ok(), "{url}");
        }
        for url in
            ["b.example", "/kulta", "ftp://b.example/", "https://u:p@b.example/", "https:///x", "", "https://a b/"]
        {
            assert!(Target::parse(url, true).is_err(), "{url}");
        }
    }
}
