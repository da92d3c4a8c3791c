//! Answers of OCSP servers (RFC 6960), as far as scripts are shown them.
//!
//! Like k6, this reads what the server stapled to its handshake and does not verify the signature on it: it
//! is shown, and nothing is decided by it.

use x509_parser::asn1_rs::{Any, Class, FromDer, Header, Tag};
use x509_parser::time::ASN1Time;

/// What an OCSP server says about a certificate. Times are seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ocsp {
    /// The verdict.
    pub status: OcspStatus,
    /// When the answer was made.
    pub produced_at: i64,
    /// When it was known to be right.
    pub this_update: i64,
    /// When newer information will be available; zero when that is not said.
    pub next_update: i64,
    /// When the certificate was revoked; zero when it is not.
    pub revoked_at: i64,
    /// Why it was revoked.
    pub revocation_reason: Option<RevocationReason>,
}

/// The verdict of an OCSP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OcspStatus {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked,
    /// The server does not know the certificate.
    Unknown,
    /// The server could not answer.
    ServerFailed,
}

impl OcspStatus {
    /// k6's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
            Self::ServerFailed => "server_failed",
        }
    }
}

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationReason(u8);

impl RevocationReason {
    /// k6's word; empty for a number without a meaning.
    pub fn as_str(self) -> &'static str {
        match self.0 {
            0 => "unspecified",
            1 => "key_compromise",
            2 => "ca_compromise",
            3 => "affiliation_changed",
            4 => "superseded",
            5 => "cessation_of_operation",
            6 => "certificate_hold",
            8 => "remove_from_crl",
            9 => "privilege_withdrawn",
            10 => "aa_compromise",
            _ => "",
        }
    }
}

/// Reads an `OCSPResponse`; `None` when it is none.
pub(super) fn parse(der: &[u8]) -> Option<Ocsp> {
    let mut response = Reader::new(der).enter(Tag::Sequence)?;
    let succeeded = response.next(Tag::Enumerated)? == [0];
    if !succeeded {
        return Some(Ocsp {
            status: OcspStatus::ServerFailed,
            produced_at: 0,
            this_update: 0,
            next_update: 0,
            revoked_at: 0,
            revocation_reason: None,
        });
    }
    let mut bytes = Reader::new(response.tagged(0)?).enter(Tag::Sequence)?;
    bytes.next(Tag::Oid)?;
    let mut basic = Reader::new(bytes.next(Tag::OctetString)?).enter(Tag::Sequence)?;
    let mut data = basic.enter(Tag::Sequence)?;
    let _version = data.tagged(0);
    let _responder = data.tagged(1).or_else(|| data.tagged(2))?;
    let produced_at = data.time()?;
    // One certificate was asked about, so the first answer is the answer.
    let single = data.enter(Tag::Sequence)?.enter(Tag::Sequence)?;
    single_response(single, produced_at)
}

fn single_response(mut single: Reader<'_>, produced_at: i64) -> Option<Ocsp> {
    single.next(Tag::Sequence)?;
    let (mut revoked_at, mut revocation_reason) = (0, None);
    let status = if single.tagged(0).is_some() {
        OcspStatus::Good
    } else if let Some(info) = single.tagged(1) {
        let mut info = Reader::new(info);
        revoked_at = info.time()?;
        let reason = info.tagged(0).and_then(|reason| Reader::new(reason).next(Tag::Enumerated));
        revocation_reason =
            Some(RevocationReason(reason.and_then(|reason| reason.first().copied()).unwrap_or(0)));
        OcspStatus::Revoked
    } else {
        single.tagged(2)?;
        OcspStatus::Unknown
    };
    let this_update = single.time()?;
    let next_update = single.tagged(0).and_then(|time| Reader::new(time).time()).unwrap_or(0);
    Some(Ocsp { status, produced_at, this_update, next_update, revoked_at, revocation_reason })
}

/// Values of DER, one after the other.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The content of the next value, if `is_wanted`; else it stays.
    fn next_if(&mut self, is_wanted: impl FnOnce(&Header<'_>) -> bool) -> Option<&'a [u8]> {
        let (rest, any) = Any::from_der(self.rest).ok()?;
        if !is_wanted(&any.header) {
            return None;
        }
        self.rest = rest;
        Some(any.data)
    }

    fn next(&mut self, tag: Tag) -> Option<&'a [u8]> {
        self.next_if(|header| header.class() == Class::Universal && header.tag() == tag)
    }

    /// The content of the next value, if it has this context-specific tag.
    fn tagged(&mut self, number: u32) -> Option<&'a [u8]> {
        self.next_if(|header| header.class() == Class::ContextSpecific && header.tag().0 == number)
    }

    fn enter(&mut self, tag: Tag) -> Option<Reader<'a>> {
        self.next(tag).map(Reader::new)
    }

    fn time(&mut self) -> Option<i64> {
        let (rest, time) = ASN1Time::from_der(self.rest).ok()?;
        self.rest = rest;
        Some(time.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One value of DER.
    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        let head = if length < 128 { vec![tag, length] } else { vec![tag, 0x81, length] };
        [head, content.to_vec()].concat()
    }

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        der(0x30, &parts.concat())
    }

    fn time(text: &str) -> Vec<u8> {
        der(0x18, text.as_bytes())
    }

    /// A response with this `certStatus` and without signature.
    fn response(status: &[u8]) -> Vec<u8> {
        let next = der(0xa0, &time("20260103000000Z"));
        let single = sequence(&[sequence(&[]), status.to_vec(), time("20260102000000Z"), next]);
        let responder = der(0xa2, &der(4, b"0123456789"));
        let data = sequence(&[responder, time("20260101000000Z"), sequence(&[single])]);
        let basic = sequence(&[data]);
        let oid = der(6, &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]);
        sequence(&[der(10, &[0]), der(0xa0, &sequence(&[oid, der(4, &basic)]))])
    }

    #[test]
    fn verdicts_and_times_are_read() {
        const DAY: i64 = 86_400;
        let good = parse(&response(&der(0x80, b""))).unwrap();
        assert_eq!((good.status, good.revocation_reason, good.revoked_at), (OcspStatus::Good, None, 0));
        assert_eq!(good.this_update - good.produced_at, DAY);
        assert_eq!(good.next_update - good.this_update, DAY);
        let info = [time("20251231000000Z"), der(0xa0, &der(10, &[1]))].concat();
        let revoked = parse(&response(&der(0xa1, &info))).unwrap();
        assert_eq!(revoked.status.as_str(), "revoked");
        assert_eq!(revoked.produced_at - revoked.revoked_at, DAY);
        assert_eq!(revoked.revocation_reason.unwrap().as_str(), "key_compromise");
        assert_eq!(parse(&response(&der(0x82, b""))).unwrap().status.as_str(), "unknown");
        let failed = parse(&sequence(&[der(10, &[2])])).unwrap();
        assert_eq!(failed.status.as_str(), "server_failed");
    }

    #[test]
    fn anything_else_is_no_answer() {
        let whole = response(&der(0x80, b""));
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None);
        }
        assert_eq!(parse(b"nonsense"), None);
    }
}
