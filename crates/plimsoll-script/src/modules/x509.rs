//! `k6/crypto/x509`: what a certificate says.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-crypto/>. A certificate becomes JSON here,
//! and the engine makes objects of it; nothing is verified.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, Result, Value};
use serde_json::{Value as Json, json};
use x509_parser::prelude::{ASN1Time, GeneralName, Pem, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::exception::throw_host;
use crate::octets::{Octets, hex};
use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &["parse", "getAltNames", "getIssuer", "getSubject"];

/// Fields of a name that have one value, by the last numbers of their identifier, 2.5.4.n.
const FIELDS: [(&str, &str); 7] = [
    ("commonName", "2.5.4.3"),
    ("country", "2.5.4.6"),
    ("postalCode", "2.5.4.17"),
    ("stateOrProvinceName", "2.5.4.8"),
    ("localityName", "2.5.4.7"),
    ("streetAddress", "2.5.4.9"),
    ("organizationName", "2.5.4.10"),
];
const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";

/// Identifiers of signatures, and what Go calls them, whose names k6 shows.
const SIGNATURES: [(&str, &str); 12] = [
    ("1.2.840.113549.1.1.4", "MD5-RSA"),
    ("1.2.840.113549.1.1.5", "SHA1-RSA"),
    ("1.2.840.113549.1.1.11", "SHA256-RSA"),
    ("1.2.840.113549.1.1.12", "SHA384-RSA"),
    ("1.2.840.113549.1.1.13", "SHA512-RSA"),
    ("1.2.840.10040.4.3", "DSA-SHA1"),
    ("2.16.840.1.101.3.4.3.2", "DSA-SHA256"),
    ("1.2.840.10045.4.1", "ECDSA-SHA1"),
    ("1.2.840.10045.4.3.2", "ECDSA-SHA256"),
    ("1.2.840.10045.4.3.3", "ECDSA-SHA384"),
    ("1.2.840.10045.4.3.4", "ECDSA-SHA512"),
    ("1.3.101.112", "Ed25519"),
];

/// Curves, by their identifiers.
const CURVES: [(&str, &str); 4] = [
    ("1.3.132.0.33", "P-224"),
    ("1.2.840.10045.3.1.7", "P-256"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
];

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, _: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let read: fn(&X509Certificate<'_>) -> Json = match name {
        "getAltNames" => |certificate| alternative_names(certificate).into(),
        "getIssuer" => |certificate| describe_name(certificate.issuer()),
        "getSubject" => |certificate| describe_name(certificate.subject()),
        _ => describe,
    };
    let call = move |ctx: Ctx<'js>, pem: Opt<Value<'js>>| {
        let pem = Octets::of(&ctx, "the certificate", pem.0.as_ref())?;
        let answer = with_certificate(pem.as_slice(), read).map_err(|why| throw_host(&ctx, &why))?;
        ctx.json_parse(answer.to_string())
    };
    Ok(Function::new(ctx.clone(), call)?.with_name(name)?.into_value())
}

/// Reads the first certificate of a text.
fn with_certificate<T>(
    text: &[u8],
    read: impl FnOnce(&X509Certificate<'_>) -> T,
) -> std::result::Result<T, String> {
    let pem = Pem::iter_from_buffer(text).next().and_then(std::result::Result::ok);
    let pem = pem.ok_or("failed to decode certificate PEM file")?;
    if pem.label != "CERTIFICATE" {
        return Err(format!("failed to parse certificate: the PEM text holds a {}", pem.label));
    }
    let certificate = pem.parse_x509().map_err(|error| format!("failed to parse certificate: {error}"))?;
    Ok(read(&certificate))
}

fn describe(certificate: &X509Certificate<'_>) -> Json {
    let fingerprint = digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.as_raw());
    json!({
        "subject": describe_name(certificate.subject()),
        "issuer": describe_name(certificate.issuer()),
        "notBefore": rfc3339(&certificate.validity().not_before),
        "notAfter": rfc3339(&certificate.validity().not_after),
        "altNames": alternative_names(certificate),
        "signatureAlgorithm": named(
            &SIGNATURES, &certificate.signature_algorithm.algorithm.to_id_string()
        ).unwrap_or("UnknownSignatureAlgorithm"),
        "fingerPrint": fingerprint.as_ref(),
        "publicKey": describe_key(certificate.public_key()),
    })
}

fn named(table: &[(&'static str, &'static str)], identifier: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == identifier).map(|(_, name)| *name)
}

/// A distinguished name. Fields that it lacks are empty, as in k6.
fn describe_name(name: &X509Name<'_>) -> Json {
    let attributes: Vec<(String, &str)> = name
        .iter_attributes()
        .map(|attribute| (attribute.attr_type().to_id_string(), attribute.as_str().unwrap_or_default()))
        .collect();
    let of = |wanted: &str| {
        let values = attributes.iter().filter(|(identifier, _)| identifier == wanted);
        values.map(|(_, value)| *value).collect::<Vec<_>>()
    };
    let mut object = serde_json::Map::new();
    for (field, identifier) in FIELDS {
        object.insert(field.to_owned(), of(identifier).first().copied().unwrap_or_default().into());
    }
    object.insert("organizationalUnitName".to_owned(), of(ORGANIZATIONAL_UNIT).into());
    let names = attributes.iter().map(|(identifier, value)| json!({ "type": identifier, "value": value }));
    object.insert("names".to_owned(), names.collect());
    object.into()
}

/// Host names, then mail addresses, IP addresses and URIs.
fn alternative_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let mut names: Vec<(u8, String)> = Vec::new();
    for name in &extension.value.general_names {
        match name {
            GeneralName::DNSName(host) => names.push((0, (*host).to_owned())),
            GeneralName::RFC822Name(address) => names.push((1, (*address).to_owned())),
            GeneralName::IPAddress(bytes) => names.extend(address(bytes).map(|address| (2, address))),
            GeneralName::URI(uri) => names.push((3, (*uri).to_owned())),
            _ => {}
        }
    }
    names.sort_by_key(|(kind, _)| *kind);
    names.into_iter().map(|(_, name)| name).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|bytes| Ipv6Addr::from(bytes).to_string())
}

fn rfc3339(time: &ASN1Time) -> String {
    let time = time.to_datetime();
    let (month, day) = (u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", time.year())
}

/// The algorithm and the numbers of a key, those in hexadecimal digits.
fn describe_key(key: &SubjectPublicKeyInfo<'_>) -> Json {
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let modulus = hex(rsa.modulus).trim_start_matches("00").to_owned();
            let exponent = rsa.try_exponent().unwrap_or_default();
            json!({ "algorithm": "RSA", "key": { "n": modulus, "e": exponent } })
        }
        Ok(PublicKey::EC(point)) => {
            let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
            let curve = curve.and_then(|curve| named(&CURVES, &curve.to_id_string()));
            // An uncompressed point: a four, then both coordinates.
            let coordinates = point.data().strip_prefix(&[4]).unwrap_or_default();
            let (x, y) = coordinates.split_at(coordinates.len() / 2);
            json!({ "algorithm": "ECDSA", "key": { "curve": curve, "x": hex(x), "y": hex(y) } })
        }
        Ok(PublicKey::DSA(number)) => json!({ "algorithm": "DSA", "key": { "y": hex(number) } }),
        _ => json!({ "algorithm": "", "key": null }),
    }
}
