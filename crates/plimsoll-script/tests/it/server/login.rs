//! Servers that want to know who asks: `Mufasa` with the password `Circle of Life`. They check what they are
//! told with means of their own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::{Received, respond};

const USER: &str = "Mufasa";
const PASSWORD: &str = "Circle of Life";
const NONCE: &str = "dcd98b7102dd2f0e8b11d0f600bfb0c093";

/// Answers `/basic` and `/digest/ALGORITHM`.
pub(super) fn answer(request: &Received, path: &str) -> Option<Vec<u8>> {
    let authorization = request.field("Authorization");
    if path == "/basic" {
        let welcome = authorization == format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
        return Some(judge(welcome, "Basic realm=\"pride\"", authorization));
    }
    let algorithm = path.strip_prefix("/digest/")?;
    let (name, protects) = match algorithm.strip_suffix("-without-qop") {
        Some(name) => (name, false),
        None => (algorithm, true),
    };
    let qop = if protects { ", qop=\"auth,auth-int\"" } else { "" };
    let challenge =
        format!("Digest realm=\"pride\", nonce=\"{NONCE}\", opaque=\"o\\\"p\", algorithm={name}{qop}");
    Some(judge(is_digest(request, name, authorization), &challenge, authorization))
}

fn judge(welcome: bool, challenge: &str, authorization: &str) -> Vec<u8> {
    if welcome {
        let scheme = authorization.split(' ').next().unwrap_or_default();
        return respond("200 OK", "", format!("welcome by {scheme}").as_bytes());
    }
    respond("401 Unauthorized", &format!("WWW-Authenticate: {challenge}\r\n"), b"who are you?")
}

fn is_digest(request: &Received, algorithm: &str, authorization: &str) -> bool {
    let Some(fields) = authorization.strip_prefix("Digest ") else { return false };
    let field = |name: &str| {
        let found = fields.split(", ").find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_default().trim_matches('"').to_owned()
    };
    let digest = |parts: &[&str]| {
        let text = parts.join(":");
        if algorithm.starts_with("SHA-256") { hex(&Sha256::digest(text)) } else { hex(&Md5::digest(text)) }
    };
    let mut user = digest(&[USER, "pride", PASSWORD]);
    if algorithm.ends_with("-sess") {
        user = digest(&[&user, NONCE, &field("cnonce")]);
    }
    let what = digest(&[&request.method, &request.path]);
    let expected = match field("qop").as_str() {
        "" => digest(&[&user, NONCE, &what]),
        qop => digest(&[&user, NONCE, &field("nc"), &field("cnonce"), qop, &what]),
    };
    field("response") == expected
        && field("uri") == request.path
        && field("opaque") == "o\\\"p"
        && field("username") == USER
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a connection knows of who speaks on it.
#[derive(Default)]
pub(super) enum Ntlm {
    #[default]
    Unknown,
    Challenged,
    Known,
}

impl Ntlm {
    const CHALLENGE: [u8; 8] = *b"lioncubs";

    pub(super) fn answer(&mut self, authorization: &str, body: &[u8]) -> Vec<u8> {
        let refuse =
            |more: &str| respond("401 Unauthorized", &format!("WWW-Authenticate: NTLM{more}\r\n"), b"");
        let message = authorization.strip_prefix("NTLM ").and_then(|text| STANDARD.decode(text).ok());
        match (&self, message) {
            (Ntlm::Known, _) => respond("200 OK", "", body),
            (_, Some(message)) if message.get(8) == Some(&1) => {
                *self = Ntlm::Challenged;
                refuse(&format!(" {}", STANDARD.encode(challenge())))
            }
            (Ntlm::Challenged, Some(message)) if is_answer(&message).unwrap_or(false) => {
                *self = Ntlm::Known;
                respond("200 OK", "", body)
            }
            _ => refuse(""),
        }
    }
}

/// A challenge with a domain's name in its target information.
fn challenge() -> Vec<u8> {
    let name = utf16("PRIDE");
    let info = [&[2, 0, 10, 0][..], &name, &[0, 0, 0, 0]].concat();
    let mut message = b"NTLMSSP\0\x02\0\0\0\0\0\0\0\x30\0\0\0\x01\x02\x88\xa0".to_vec();
    message.extend_from_slice(&Ntlm::CHALLENGE);
    message.extend_from_slice(&[0; 8]);
    let length = u16::try_from(info.len()).expect("short").to_le_bytes();
    message.extend_from_slice(&[length, length].concat());
    message.extend_from_slice(&48_u32.to_le_bytes());
    message.extend_from_slice(&info);
    message
}

/// Whether the proof in the last message was made with the password.
fn is_answer(message: &[u8]) -> Option<bool> {
    let field = |at: usize| {
        let length = u16::from_le_bytes(message.get(at..at + 2)?.try_into().ok()?);
        let start = u32::from_le_bytes(message.get(at + 4..at + 8)?.try_into().ok()?) as usize;
        message.get(start..start + usize::from(length))
    };
    let (response, domain, user) = (field(20)?, field(28)?, field(36)?);
    let key = hmac(&Md4::digest(utf16(PASSWORD)), &[&utf16(&USER.to_uppercase()), domain]);
    let proof = hmac(&key, &[&Ntlm::CHALLENGE, response.get(16..)?]);
    Some(response[..16] == proof && user == utf16(USER) && domain == utf16("PRIDE"))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut hmac = Hmac::<Md5>::new_from_slice(key).expect("any length is valid");
    parts.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().to_vec()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
