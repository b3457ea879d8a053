//! AES-256-GCM (NIST SP 800-38D), each text bound to what it belongs to.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::Error;

const NONCE: usize = 12;
const TAG: usize = 16;

/// A key that seals and opens.
pub struct DataKey {
    key: LessSafeKey,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey")
    }
}

impl DataKey {
    /// A key from its 32 bytes.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, Error> {
        let unbound = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| Error::Broken)?;
        Ok(Self { key: LessSafeKey::new(unbound) })
    }

    /// Seals under a nonce that is drawn and stored in front.
    pub fn seal(&self, bound_to: &[u8], text: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE] = random()?;
        let mut sealed = Vec::with_capacity(NONCE + text.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(text);
        self.seal_in_place(nonce, bound_to, sealed, NONCE)
    }

    /// Opens what [`DataKey::seal`] sealed.
    pub fn open(&self, bound_to: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(Error::Broken)?;
        self.open_with(*nonce, bound_to, body)
    }

    /// Seals under a nonce that the caller derives. The same nonce under the same key may only ever seal the same text:
    /// event ids are sealed under a nonce made of the keyed hash of (source, id).
    pub fn seal_derived(&self, nonce: [u8; NONCE], bound_to: &[u8], text: &[u8]) -> Result<Vec<u8>, Error> {
        let mut sealed = Vec::with_capacity(text.len() + TAG);
        sealed.extend_from_slice(text);
        self.seal_in_place(nonce, bound_to, sealed, 0)
    }

    /// Seals what stands from `start` on, and puts the tag behind it.
    fn seal_in_place(
        &self,
        nonce: [u8; NONCE],
        bound_to: &[u8],
        mut text: Vec<u8>,
        start: usize,
    ) -> Result<Vec<u8>, Error> {
        let (nonce, bound_to) = (Nonce::assume_unique_for_key(nonce), Aad::from(bound_to));
        let body = text.get_mut(start..).ok_or(Error::Broken)?;
        let tag = self.key.seal_in_place_separate_tag(nonce, bound_to, body).map_err(|_| Error::Broken)?;
        text.extend_from_slice(tag.as_ref());
        Ok(text)
    }

    /// Opens what [`DataKey::seal_derived`] sealed.
    pub fn open_with(&self, nonce: [u8; NONCE], bound_to: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let mut body = sealed.to_vec();
        let length = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), &mut body)
            .map_err(|_| Error::Broken)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

/// Random bytes from the operating system, through a buffered generator.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_where_it_belongs() {
        let key = DataKey::new(&[7; 32]).unwrap();
        let sealed = key.seal(b"event 1", b"secret").unwrap();
        assert_eq!(key.open(b"event 1", &sealed).unwrap(), b"secret");
        assert!(key.open(b"event 2", &sealed).is_err());
        assert!(DataKey::new(&[8; 32]).unwrap().open(b"event 1", &sealed).is_err());
        assert!(key.open(b"event 1", &sealed[..10]).is_err());
    }
}
