//! Links: the parts of their URLs.

use rquickjs::{Result, Value};
use url::{Position, Url};

use crate::modules::html::element;
use crate::modules::html::member::{Call, Member};

pub(in crate::modules::html) static HREF: [Member; 21] = [
    Member::text("accessKey", "accesskey"),
    Member::text("download", "download"),
    Member::call("hash", |call| part(call, |url| url.fragment().unwrap_or_default(), "#")),
    Member::call("host", |call| {
        url_text(call, |url| url[Position::BeforeHost..Position::AfterPort].to_owned())
    }),
    Member::call("hostname", |call| url_text(call, |url| url.host_str().unwrap_or_default().to_owned())),
    Member::link("href", "href"),
    Member::text("hrefLang", "hreflang"),
    Member::call("origin", |call| url_text(call, |url| url.origin().ascii_serialization())),
    Member::call("password", |call| url_text(call, |url| url.password().unwrap_or_default().to_owned())),
    Member::call("pathname", |call| url_text(call, |url| url.path().to_owned())),
    Member::call("port", |call| {
        url_text(call, |url| url.port().map_or_else(String::new, |port| port.to_string()))
    }),
    Member::call("protocol", |call| url_text(call, |url| format!("{}:", url.scheme()))),
    Member::one_of(
        "referrerPolicy",
        "referrerpolicy",
        &[
            "",
            "no-referrer",
            "no-referrer-when-downgrade",
            "origin",
            "origin-when-cross-origin",
            "unsafe-url",
        ],
    ),
    Member::text("rel", "rel"),
    Member::call("relList", rel_list),
    Member::call("search", |call| part(call, |url| url.query().unwrap_or_default(), "?")),
    Member::text("target", "target"),
    Member::call("text", element::text),
    Member::link("toString", "href"),
    Member::text("type", "type"),
    Member::call("username", |call| url_text(call, |url| url.username().to_owned())),
];

/// A text made of the link's URL; empty without one.
fn url_text<'js>(call: &Call<'_, 'js>, text: impl Fn(&Url) -> String) -> Result<Value<'js>> {
    let href = call.document().attribute(call.node(), "href");
    let url = href.and_then(|href| call.document().resolve(href));
    call.js(url.map_or_else(String::new, |url| text(&url)))
}

/// Query or fragment with the mark before it, if there is one.
fn part<'js>(call: &Call<'_, 'js>, part: impl Fn(&Url) -> &str, mark: &str) -> Result<Value<'js>> {
    url_text(call, |url| match part(url) {
        "" => String::new(),
        text => format!("{mark}{text}"),
    })
}

pub(in crate::modules::html) fn rel_list<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(element::words(call, "rel"))
}

/// Without its own, a base is the document's URL.
pub(in crate::modules::html) fn base_href<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let href = call.document().attribute(call.node(), "href").map(|href| call.resolve(href));
    let base = || call.document().base().map_or_else(String::new, ToString::to_string);
    call.js(href.unwrap_or_else(base))
}
