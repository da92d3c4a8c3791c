//! Request bodies: what a script may pass, and which content type it implies.

use std::borrow::Cow;

use bytes::Bytes;
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, Object, Result, TypedArray, Value};

use crate::exception::{as_class, throw_host};
use crate::octets;
use crate::web::{Blob, SearchParams};

/// A body ready to be sent.
pub(crate) struct Body {
    pub(crate) bytes: Option<Bytes>,
    /// Set when the body's form says it; the script's own header wins.
    pub(crate) content_type: Option<Cow<'static, str>>,
}

/// Strings, bytes and blobs go out as they are, objects as a URL-encoded form with sorted keys; `null` is no
/// body.
pub(crate) fn from_value<'js>(ctx: &Ctx<'js>, body: Option<Value<'js>>) -> Result<Body> {
    let plain = |bytes: Option<Bytes>| Ok(Body { bytes, content_type: None });
    let Some(body) = body.filter(|body| !body.is_null() && !body.is_undefined()) else { return plain(None) };
    if let Some(text) = body.as_string() {
        return plain(Some(text.to_string()?.into()));
    }
    let Some(object) = body.as_object() else {
        let kind = body.type_name();
        return Err(throw_host(
            ctx,
            &format!(
                "unknown request body type: {kind} (use a string, an ArrayBuffer, a Uint8Array or an \
                object of form fields)"
            ),
        ));
    };
    if let Some(params) = as_class::<SearchParams>(object) {
        let bytes = Some(params.borrow().text().into());
        return Ok(Body {
            bytes,
            content_type: Some("application/x-www-form-urlencoded;charset=UTF-8".into()),
        });
    }
    if let Some(blob) = as_class::<Blob<'js>>(object) {
        let blob = blob.borrow();
        let (bytes, kind) = blob.content();
        let content_type = (!kind.is_empty()).then(|| kind.to_owned().into());
        return Ok(Body { bytes: Some(Bytes::copy_from_slice(bytes)), content_type });
    }
    if let Some(buffer) = octets::buffer_of(object) {
        let bytes = buffer.as_bytes().map(Bytes::copy_from_slice);
        return bytes.map_or_else(
            || Err(throw_host(ctx, "the request body's ArrayBuffer is detached")),
            |bytes| plain(Some(bytes)),
        );
    }
    if let Ok(array) = TypedArray::<u8>::from_object(object.clone()) {
        let bytes = array.as_bytes().map(Bytes::copy_from_slice);
        return bytes.map_or_else(
            || Err(throw_host(ctx, "the request body's buffer is detached")),
            |bytes| plain(Some(bytes)),
        );
    }
    if object.as_typed_array::<u16>().is_some() || object.as_typed_array::<f64>().is_some() {
        return Err(throw_host(
            ctx,
            "unknown request body type: of the typed arrays only Uint8Array can be a body",
        ));
    }
    let bytes = Some(form(object)?.into());
    Ok(Body { bytes, content_type: Some("application/x-www-form-urlencoded".into()) })
}

fn form(object: &Object<'_>) -> Result<String> {
    let mut fields = Vec::new();
    for entry in object.own_props::<String, Value<'_>>(Filter::default()) {
        let (name, value) = entry?;
        match value.as_array() {
            Some(array) => {
                for item in array.iter::<Value<'_>>() {
                    fields.push((name.clone(), field_text(&name, &item?)?));
                }
            }
            None => fields.push((name.clone(), field_text(&name, &value)?)),
        }
    }
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    Ok(pairs.join("&"))
}

fn field_text(name: &str, value: &Value<'_>) -> Result<String> {
    if value.is_null() || value.is_undefined() {
        return Ok(String::new());
    }
    if value.is_object() {
        tracing::warn!(target: "plimsoll", "the form field {name:?} is an object, which a form cannot \
        hold; it is sent empty");
        return Ok(String::new());
    }
    Ok(value.get::<Coerced<String>>()?.0)
}

/// `application/x-www-form-urlencoded` as Go encodes it: space is `+`, `-_.~` and alphanumerics stand for
/// themselves.
fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte.into()),
            b' ' => encoded.push('+'),
            _ => {
                encoded.push('%');
                encoded.push(HEX[usize::from(byte >> 4)].into());
                encoded.push(HEX[usize::from(byte & 15)].into());
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #[test]
    fn forms_are_encoded_as_go_does() {
        assert_eq!(super::encode("a b&c=ü~"), "a+b%26c%3D%C3%BC~");
    }
}
