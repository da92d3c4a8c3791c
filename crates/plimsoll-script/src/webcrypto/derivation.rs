//! PBKDF2 and HKDF: bits from secrets.

use std::num::NonZeroU32;

use aws_lc_rs::{hkdf, pbkdf2};

use super::failure::Failure;
use super::hash::Hash;

/// PBKDF2 of RFC 8018.
pub(super) fn pbkdf2(
    hash: Hash,
    secret: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Result<Vec<u8>, Failure> {
    let iterations = NonZeroU32::new(iterations)
        .ok_or_else(|| Failure::operation("PBKDF2 needs one iteration at least, not 0"))?;
    let mut derived = vec![0; length];
    if length > 0 {
        pbkdf2::derive(hash.pbkdf2(), iterations, salt, secret, &mut derived);
    }
    Ok(derived)
}

/// A number of bytes, for the library.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF of RFC 5869.
pub(super) fn hkdf(
    hash: Hash,
    secret: &[u8],
    salt: &[u8],
    info: &[u8],
    length: usize,
) -> Result<Vec<u8>, Failure> {
    let mut derived = vec![0; length];
    if length == 0 {
        return Ok(derived);
    }
    let most = hash.length() * 255;
    let failed =
        |_| Failure::operation(format!("HKDF with {} gives {most} bytes, not {length}", hash.name()));
    let key = hkdf::Salt::new(hash.hkdf(), salt).extract(secret);
    let info = [info];
    let output = key.expand(&info, Length(length)).map_err(failed)?;
    output.fill(&mut derived).map_err(failed)?;
    Ok(derived)
}
