//! Request bodies: what a script may pass, and which content type it implies.

use bytes::Bytes;
use plimsoll_net::{Body, RequestHeaders, encode};
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, Object, Value};

use super::file::{self, Field};
use super::flaw::{Flaw, Flawed};
use crate::exception::as_class;
use crate::octets::{Octets, text_of};
use crate::state::VuState;
use crate::web::{Blob, SearchParams};
use crate::{fiber, octets, sealed};

/// A body ready to be sent, and the content type that its form says; the script's own header wins.
pub(super) type Typed = (Option<Body>, Option<String>);

/// Strings, bytes and blobs go out as they are, objects as forms; `null` is no body.
pub(super) fn from_value<'js>(ctx: &Ctx<'js>, body: Option<Value<'js>>) -> Flawed<Typed> {
    let Some(body) = body.filter(|body| !body.is_null() && !body.is_undefined()) else {
        return Ok((None, None));
    };
    if let Some(bytes) = bytes_of(ctx, &body)? {
        return Ok((Some(bytes.into()), None));
    }
    if let Some(typed) = body.as_object().and_then(of_web) {
        return Ok(typed);
    }
    let Some(object) = body.as_object() else {
        let kind = body.type_name();
        return Err(Flaw::refused(format!(
            "unknown request body type: {kind} (use a string, an ArrayBuffer, a Uint8Array or an object of \
            form fields)"
        )));
    };
    let fields = fields(ctx, object)?;
    if fields.iter().any(|(_, field)| matches!(field, Field::File { .. })) {
        let (content_type, body) = file::multipart(fields);
        return Ok((Some(body), Some(content_type)));
    }
    let form = Bytes::from(form(fields)).into();
    Ok((Some(form), Some("application/x-www-form-urlencoded".to_owned())))
}

/// A blob, or a form of `URLSearchParams`: they say what they are.
fn of_web(object: &Object<'_>) -> Option<Typed> {
    if let Some(params) = as_class::<SearchParams>(object) {
        let text = Bytes::from(params.borrow().text());
        return Some((Some(text.into()), Some("application/x-www-form-urlencoded;charset=UTF-8".to_owned())));
    }
    let blob = as_class::<Blob<'_>>(object)?;
    let blob = blob.borrow();
    let (bytes, kind) = blob.content();
    Some((Some(Bytes::copy_from_slice(bytes).into()), (!kind.is_empty()).then(|| kind.to_owned())))
}

/// The bytes of a string, a buffer or a `Uint8Array`; `None` for everything else. Bytes of a file that `open`
/// has read are shared, not copied, as long as the script has not written to them.
pub(super) fn bytes_of<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Flawed<Option<Bytes>> {
    if let Some(text) = value.as_string() {
        return Ok(Some(text_of(text)?.into()));
    }
    let Some(object) = value.as_object() else { return Ok(None) };
    let is_bytes = octets::buffer_of(object).is_some() || object.as_typed_array::<u8>().is_some();
    if !is_bytes {
        if object.as_typed_array::<u16>().is_some() || octets::is_view(ctx, value) && !is_data_view(object) {
            return Err(Flaw::refused(
                "unknown request body type: of the typed arrays only Uint8Array can be a body",
            ));
        }
        return Ok(None);
    }
    match Octets::of_buffer(ctx, value) {
        Some(octets) => {
            let bytes = octets.as_slice();
            Ok(Some(sealed::shared(bytes).unwrap_or_else(|| Bytes::copy_from_slice(bytes))))
        }
        None => Err(Flaw::refused("the ArrayBuffer of the request body is detached")),
    }
}

/// k6 sends one as an empty form.
fn is_data_view(object: &Object<'_>) -> bool {
    object.get::<_, Value<'_>>("BYTES_PER_ELEMENT").is_ok_and(|size| size.is_undefined())
}

fn fields<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> Flawed<Vec<(String, Field)>> {
    let mut fields = Vec::new();
    for entry in object.own_props::<String, Value<'js>>(Filter::default()) {
        let (name, value) = entry?;
        let values: Vec<Value<'js>> = match value.as_array() {
            Some(array) => array.iter().collect::<Result<_, _>>()?,
            None => vec![value],
        };
        for value in values {
            let field = match file::of_value(ctx, &value)? {
                Some(file) => file,
                None => Field::Text(field_text(&name, &value)?),
            };
            fields.push((name.clone(), field));
        }
    }
    Ok(fields)
}

/// `application/x-www-form-urlencoded`, sorted by name.
fn form(mut fields: Vec<(String, Field)>) -> String {
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    let pair = |(name, field): &(String, Field)| match field {
        Field::Text(value) => format!("{}={}", encode_form(name), encode_form(value)),
        Field::File { .. } => unreachable!("forms with files are multipart"),
    };
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn field_text(name: &str, value: &Value<'_>) -> Flawed<String> {
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

/// Applies `params.compression`, and says so in the headers unless the script did.
pub(super) fn compress(
    state: &VuState,
    list: &str,
    body: &Body,
    headers: &mut RequestHeaders,
) -> Flawed<Body> {
    let pause = || {
        if !state.is_interrupted() {
            fiber::preempt_if_due();
        }
    };
    let encoded = encode(list, body, pause).map_err(|error| Flaw::refused(error.to_string()))?;
    if headers.get("Content-Encoding").is_none() {
        headers.set("Content-Encoding", &list.split(',').map(str::trim).collect::<Vec<_>>().join(", "));
    }
    Ok(encoded)
}

/// `application/x-www-form-urlencoded` as Go encodes it: space is `+`, `-_.~` and alphanumerics stand for
/// themselves.
fn encode_form(text: &str) -> String {
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
        assert_eq!(super::encode_form("a b&c=ü~"), "a+b%26c%3D%C3%BC~");
    }
}
