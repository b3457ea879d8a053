//! Standard Webhooks: the headers that tell what a message is, when it was sent, and that kulta sent it.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::{HeaderName, HeaderValue};
use kulta_events::Instant;

/// The same for the same cause, on every try.
pub const ID: HeaderName = HeaderName::from_static("webhook-id");
/// When it was sent, in seconds since 1970.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// Signatures by every secret that holds.
pub const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// The headers of a message. `keys`: the newest first.
pub fn headers(id: &str, now: Instant, body: &[u8], keys: &[[u8; 32]]) -> Vec<(HeaderName, HeaderValue)> {
    let timestamp = now.micros().div_euclid(Instant::SECOND).to_string();
    let signatures: Vec<String> = keys.iter().map(|key| signature(key, id, &timestamp, body)).collect();
    let texts = [(ID, id), (TIMESTAMP, timestamp.as_str()), (SIGNATURE, &signatures.join(" "))];
    texts.into_iter().filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?))).collect()
}

/// One signature, with its version in front.
fn signature(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        context.update(part);
    }
    format!("v1,{}", BASE64.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_standard_has_it() {
        // The example of the reference libraries.
        let key = BASE64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_that_holds_signs() {
        let headers = headers("msg_1", Instant::from_micros(1_999_999), b"{}", &[[1; 32], [2; 32]]);
        let text = |at: usize| headers[at].1.to_str().unwrap();
        assert_eq!((text(0), text(1), text(2).split(' ').count()), ("msg_1", "1", 2));
    }
}
