//! `http.file`, and the bodies that have files in them: `multipart/form-data`.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-http/file/>. The body is a list of pieces,
//! so that a file is sent from where it is: what `open` has read is in memory once for all VUs.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use bytes::Bytes;
use plimsoll_net::Body;
use rquickjs::class::{ClassKind, JsClass, Readable, Trace, Tracer};
use rquickjs::{Class, Coerced, Ctx, JsLifetime, Object, Result, Value};

use super::body::bytes_of;
use super::flaw::{Flaw, Flawed};
use crate::exception::{as_class, throw_host};
use crate::octets::hex;

const DEFAULT_TYPE: &str = "application/octet-stream";

/// Marks what `http.file` returns. Its properties are ordinary ones.
#[derive(JsLifetime)]
pub(super) struct FileData;

impl<'js> Trace<'js> for FileData {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<'js> JsClass<'js> for FileData {
    const NAME: &'static str = "FileData";
    const KIND: ClassKind = ClassKind::Plain;
    type Mutable = Readable;

    fn constructor(_: &Ctx<'js>) -> Result<Option<rquickjs::function::Constructor<'js>>> {
        Ok(None)
    }
}

/// `http.file(data, filename?, contentType?)`.
pub(super) fn file<'js>(
    ctx: &Ctx<'js>,
    data: Option<Value<'js>>,
    name: Option<Coerced<String>>,
    content_type: Option<Coerced<String>>,
) -> Result<Value<'js>> {
    let data = data.filter(|data| matches!(bytes_of(ctx, data), Ok(Some(_))));
    let Some(data) = data else {
        return Err(throw_host(
            ctx,
            "invalid type of file data: expected a string, an ArrayBuffer or a Uint8Array",
        ));
    };
    let name = name.map(|name| name.0).filter(|name| !name.is_empty()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.as_nanos().to_string()
    });
    let content_type = content_type.map(|text| text.0).filter(|text| !text.is_empty());
    let file = Class::instance(ctx.clone(), FileData)?.into_inner();
    file.set("data", data)?;
    file.set("filename", name)?;
    file.set("content_type", content_type.as_deref().unwrap_or(DEFAULT_TYPE))?;
    Ok(file.into_value())
}

/// A field of a form.
pub(super) enum Field {
    Text(String),
    File { name: String, content_type: String, data: Bytes },
}

/// The value as a file, if it is what `http.file` returned.
pub(super) fn of_value<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Flawed<Option<Field>> {
    let Some(object) = value.as_object().filter(|object| is_file(object)) else { return Ok(None) };
    let text = |name: &str| -> Result<String> {
        Ok(object.get::<_, Option<Coerced<String>>>(name)?.map_or_else(String::new, |text| text.0))
    };
    let data = bytes_of(ctx, &object.get("data")?)?;
    let data =
        data.ok_or_else(|| Flaw::refused("the data of a file is neither a string nor an ArrayBuffer"))?;
    Ok(Some(Field::File { name: text("filename")?, content_type: text("content_type")?, data }))
}

pub(super) fn is_file(object: &Object<'_>) -> bool {
    as_class::<FileData>(object).is_some()
}

/// The content type and the body of a form with files.
pub(super) fn multipart(fields: Vec<(String, Field)>) -> (String, Body) {
    let mut random = [0; 30];
    rand::fill(&mut random).expect("the system has random numbers");
    multipart_with(fields, &hex(&random))
}

fn multipart_with(fields: Vec<(String, Field)>, boundary: &str) -> (String, Body) {
    let mut pieces = Vec::new();
    let mut text = String::new();
    for (field, value) in fields {
        let field = escape(&field);
        let _ = write!(text, "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"");
        match value {
            Field::Text(value) => {
                let _ = write!(text, "\r\n\r\n{value}");
            }
            Field::File { name, content_type, data } => {
                let (name, content_type) = (escape(&name), content_type.replace(['\r', '\n'], " "));
                let _ = write!(text, "; filename=\"{name}\"\r\nContent-Type: {content_type}\r\n\r\n");
                pieces.push(Bytes::from(std::mem::take(&mut text)));
                pieces.push(data);
            }
        }
        text.push_str("\r\n");
    }
    let _ = write!(text, "--{boundary}--\r\n");
    pieces.push(text.into());
    (format!("multipart/form-data; boundary={boundary}"), Body::of_pieces(pieces))
}

/// What stands in quotes; line ends as browsers write them.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_pieces_around_their_files() {
        let data = Bytes::from_static(b"\0\xff");
        let file =
            Field::File { name: "a \"b\"\r\n".into(), content_type: "image/png".into(), data: data.clone() };
        let fields = vec![("t".to_owned(), Field::Text("ü".into())), ("f".to_owned(), file)];
        let (content_type, body) = multipart_with(fields, "B");
        assert_eq!(content_type, "multipart/form-data; boundary=B");
        assert!(body.pieces().any(|piece| piece.as_ptr() == data.as_ptr()), "the file was not copied");
        let expected = "--B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nü\r\n\
            --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a \\\"b\\\"%0D%0A\"\r\n\
            Content-Type: image/png\r\n\r\n\0\u{fffd}\r\n--B--\r\n";
        assert_eq!(String::from_utf8_lossy(&body.joined()), expected);
    }
}
