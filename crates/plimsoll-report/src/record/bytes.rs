//! Numbers and texts as bytes: small numbers take one byte. Nothing is read beyond the end, and no length is
//! believed before as many bytes are there.

use std::fmt;

/// What was read makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Appends to a vector.
pub(super) trait Put {
    fn put(&mut self, number: u64);
    fn put_signed(&mut self, number: i64);
    fn put_float(&mut self, number: f64);
    fn put_bytes(&mut self, bytes: &[u8]);
}

impl Put for Vec<u8> {
    /// Seven bits a byte, the lowest first.
    fn put(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.push(number as u8);
    }

    /// Numbers near zero of either sign are small.
    fn put_signed(&mut self, number: i64) {
        self.put(((number << 1) ^ (number >> 63)) as u64);
    }

    fn put_float(&mut self, number: f64) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put(bytes.len() as u64);
        self.extend_from_slice(bytes);
    }
}

/// What is left to read.
#[derive(Debug, Clone)]
pub(super) struct Get<'a>(pub(super) &'a [u8]);

impl<'a> Get<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed("a number is too large"))
    }

    pub(super) fn small(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.number()?).map_err(|_| Malformed("a number is too large"))
    }

    pub(super) fn signed(&mut self) -> Result<i64, Malformed> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(super) fn float(&mut self) -> Result<f64, Malformed> {
        let bytes = self.take(8)?;
        Ok(f64::from_le_bytes(bytes.try_into().expect("eight were taken")))
    }

    /// How many things follow, each of which takes at least one byte.
    pub(super) fn count(&mut self) -> Result<usize, Malformed> {
        let count = self.number()?;
        let fits = usize::try_from(count).ok().filter(|count| *count <= self.0.len());
        fits.ok_or(Malformed("a list is longer than the file"))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.count()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(number: u64, signed: i64, float: f64, text in ".{0,20}") {
            let mut bytes = Vec::new();
            bytes.put(number);
            bytes.put_signed(signed);
            bytes.put_float(float);
            bytes.put_bytes(text.as_bytes());
            let mut get = Get(&bytes);
            prop_assert_eq!(get.number(), Ok(number));
            prop_assert_eq!(get.signed(), Ok(signed));
            prop_assert_eq!(get.float().map(f64::to_bits), Ok(float.to_bits()));
            prop_assert_eq!(get.text(), Ok(text.as_str()));
            prop_assert!(get.is_empty());
        }
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert_eq!(Get(&[0xff; 10]).number(), Err(Malformed("a number is too large")));
        assert_eq!(Get(&[0x80; 3]).number(), Err(Malformed("it ends too early")));
        assert_eq!(Get(&[5, 1]).bytes(), Err(Malformed("a list is longer than the file")));
    }
}
