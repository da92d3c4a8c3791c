//! NTLM version 2: the messages that a client sends, as \[MS-NLMP\] describes them.
//!
//! A connection is authenticated, not a request: all three legs go over the same one. Start from
//! [`negotiate`], and give what the server answers to [`Challenge::of`].

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;

use super::{Credentials, random};
use crate::http::response::Response;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

// Negotiate flags, section 2.2.2.5: what we say, and what we look for.
const UNICODE: u32 = 0x0000_0001;
const FLAGS: u32 = UNICODE
    | 0x0000_0004 // the server's name, please
    | 0x0000_0200 // NTLM
    | 0x0000_8000 // always sign: a dummy without sessions
    | 0x0008_0000 // extended session security
    | 0x2000_0000 // 128 bit
    | 0x8000_0000; // 56 bit

/// The pair of the target information with the server's time, and the last one of all.
const TIMESTAMP: u16 = 7;
const END: u16 = 0;
/// From 1601 to 1970, in seconds.
const EPOCHS_APART: u64 = 11_644_473_600;

/// Whether the response asks for NTLM, and with which scheme's name: `NTLM` or `Negotiate`.
pub fn is_asked_for(response: &Response) -> Option<&'static str> {
    let names = |name: &'static str| {
        response.headers.get_all("WWW-Authenticate").any(|value| value.eq_ignore_ascii_case(name.as_bytes()))
    };
    ["NTLM", "Negotiate"].into_iter().find(|name| names(name))
}

/// The first message: the value of the `Authorization` header.
pub fn negotiate(scheme: &str) -> String {
    let mut message = Vec::with_capacity(32);
    message.extend_from_slice(SIGNATURE);
    message.extend_from_slice(&1_u32.to_le_bytes());
    message.extend_from_slice(&FLAGS.to_le_bytes());
    // Neither domain nor workstation is named.
    message.extend_from_slice(&[0; 16]);
    header(scheme, &message)
}

fn header(scheme: &str, message: &[u8]) -> String {
    format!("{scheme} {}", STANDARD.encode(message))
}

/// The server's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: &'static str,
    flags: u32,
    nonce: [u8; 8],
    target_info: Vec<u8>,
}

impl Challenge {
    /// The challenge in a response to [`negotiate`].
    pub fn of(response: &Response) -> Option<Self> {
        response.headers.get_all("WWW-Authenticate").find_map(|value| {
            let value = str::from_utf8(value).ok()?;
            let (scheme, message) = value.split_once(' ')?;
            let scheme =
                ["NTLM", "Negotiate"].into_iter().find(|known| known.eq_ignore_ascii_case(scheme))?;
            Self::parse(scheme, &STANDARD.decode(message.trim()).ok()?)
        })
    }

    fn parse(scheme: &'static str, message: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(message.get(at..at + 4)?.try_into().ok()?));
        if !message.starts_with(SIGNATURE) || number(8)? != 2 {
            return None;
        }
        let nonce = message.get(24..32)?.try_into().ok()?;
        let target_info = match (message.get(40..42), number(44)) {
            (Some(length), Some(at)) => {
                let length = usize::from(u16::from_le_bytes(length.try_into().ok()?));
                let at = usize::try_from(at).ok()?;
                message.get(at..at.checked_add(length)?)?.to_vec()
            }
            _ => Vec::new(),
        };
        Some(Self { scheme, flags: number(20)?, nonce, target_info })
    }

    /// The last message: the value of the `Authorization` header.
    pub fn answer(&self, credentials: &Credentials) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ticks = (now.as_secs() + EPOCHS_APART) * 10_000_000 + u64::from(now.subsec_nanos() / 100);
        header(self.scheme, &self.authenticate(credentials, ticks, random()))
    }

    fn authenticate(&self, credentials: &Credentials, now: u64, nonce: [u8; 8]) -> Vec<u8> {
        let (domain, user) = credentials.user.split_once('\\').unwrap_or(("", &credentials.user));
        let key = response_key(domain, user, &credentials.password);
        let servers_time = self.pair(TIMESTAMP);
        let time = servers_time.and_then(|time| time.try_into().ok()).unwrap_or(now.to_le_bytes());
        let nt = self.nt_response(&key, time, nonce);
        // A server that tells its time wants no answer in the older form.
        let lm = match servers_time {
            Some(_) => vec![0; 24],
            None => [&hmac(&key, &[&self.nonce, &nonce])[..], &nonce].concat(),
        };
        let encode = |text: &str| match self.flags & UNICODE {
            0 => text.as_bytes().to_vec(),
            _ => utf16(text),
        };
        let fields = [lm, nt, encode(domain), encode(user), Vec::new(), Vec::new()];
        let mut message = [&SIGNATURE[..], &3_u32.to_le_bytes()].concat();
        // Six descriptions of fields and the flags, then the fields themselves.
        let mut at = message.len() + fields.len() * 8 + 4;
        for field in &fields {
            let length = u16::try_from(field.len()).unwrap_or(u16::MAX).to_le_bytes();
            message.extend_from_slice(&length);
            message.extend_from_slice(&length);
            message.extend_from_slice(&u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
            at += field.len();
        }
        message.extend_from_slice(&(self.flags & FLAGS).to_le_bytes());
        fields.iter().for_each(|field| message.extend_from_slice(field));
        message
    }

    fn nt_response(&self, key: &[u8; 16], time: [u8; 8], nonce: [u8; 8]) -> Vec<u8> {
        let blob =
            [&[1, 1, 0, 0, 0, 0, 0, 0][..], &time, &nonce, &[0; 4], &self.target_info, &[0; 4]].concat();
        [&hmac(key, &[&self.nonce, &blob])[..], &blob].concat()
    }

    /// The value of a pair of the target information.
    fn pair(&self, id: u16) -> Option<&[u8]> {
        let mut rest = &*self.target_info;
        loop {
            let [id_low, id_high, length_low, length_high, after @ ..] = rest else { return None };
            let length = usize::from(u16::from_le_bytes([*length_low, *length_high]));
            let value = after.get(..length)?;
            match u16::from_le_bytes([*id_low, *id_high]) {
                END => return None,
                found if found == id => return Some(value),
                _ => rest = &after[length..],
            }
        }
    }
}

/// `NTOWFv2`.
fn response_key(domain: &str, user: &str, password: &str) -> [u8; 16] {
    let password: [u8; 16] = Md4::digest(utf16(password)).into();
    hmac(&password, &[&utf16(&user.to_uppercase()), &utf16(domain)])
}

fn hmac(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    let mut hmac = Hmac::<Md5>::new_from_slice(key).expect("keys of any length are valid");
    parts.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().into()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::auth::hex;

    /// The values of \[MS-NLMP\] 4.2.1 and 4.2.4: `Domain\User`, `Password`, time 0.
    fn published() -> Challenge {
        let mut target_info = Vec::new();
        for (id, text) in [(2_u16, "Domain"), (1, "Server"), (0, "")] {
            target_info.extend_from_slice(&id.to_le_bytes());
            target_info.extend_from_slice(&u16::try_from(text.len() * 2).unwrap().to_le_bytes());
            target_info.extend_from_slice(&utf16(text));
        }
        let nonce = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        Challenge { scheme: "NTLM", flags: u32::MAX, nonce, target_info }
    }

    #[test]
    fn the_vectors_of_ms_nlmp() {
        let key = response_key("Domain", "User", "Password");
        assert_eq!(hex(&key), "0c868a403bfd7a93a3001ef22ef02e3f");
        let response = published().nt_response(&key, [0; 8], [0xaa; 8]);
        assert_eq!(hex(&response[..16]), "68cd0ab851e51c96aabc927bebef6a1c");
        let credentials = Credentials { user: "Domain\\User".into(), password: "Password".into() };
        let message = published().authenticate(&credentials, 0, [0xaa; 8]);
        let lm_at = usize::from(message[16]);
        assert_eq!(hex(&message[lm_at..lm_at + 24]), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
        assert_eq!(&message[..12], b"NTLMSSP\0\x03\0\0\0");
    }

    #[test]
    fn a_server_that_tells_its_time_is_answered_with_it() {
        let mut challenge = published();
        challenge.target_info.splice(0..0, [7, 0, 8, 0, 9, 9, 9, 9, 9, 9, 9, 9]);
        let credentials = Credentials { user: "User".into(), password: "Password".into() };
        let message = challenge.authenticate(&credentials, 0, [0xaa; 8]);
        let lm_at = usize::from(message[16]);
        assert_eq!(message[lm_at..lm_at + 24], [0; 24]);
        assert_eq!(message[lm_at + 24 + 16 + 8..][..8], [9; 8]);
    }

    #[test]
    fn what_is_no_challenge_is_refused() {
        let whole = [&SIGNATURE[..], &[2, 0, 0, 0], &[0; 36]].concat();
        assert!(Challenge::parse("NTLM", &whole).is_some());
        for length in 0..32 {
            assert_eq!(Challenge::parse("NTLM", &whole[..length]), None, "{length} bytes");
        }
        let mut beyond = whole.clone();
        beyond[40..48].copy_from_slice(&[255; 8]);
        assert_eq!(Challenge::parse("NTLM", &beyond), None);
        let mut endless = published();
        endless.target_info = vec![9, 0, 255, 255, 1];
        assert_eq!(endless.pair(TIMESTAMP), None);
    }

    #[test]
    fn the_first_message_is_of_fixed_form() {
        let message = STANDARD.decode(negotiate("NTLM").strip_prefix("NTLM ").unwrap()).unwrap();
        assert_eq!((message.len(), &message[..12]), (32, &b"NTLMSSP\0\x01\0\0\0"[..]));
    }
}
