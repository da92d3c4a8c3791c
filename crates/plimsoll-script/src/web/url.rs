//! `URL`, of the URL Standard.
//!
//! Source: <https://url.spec.whatwg.org/>. The `url` crate parses; here are the class, and what ties it to
//! its `searchParams`.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::class::{Trace, Tracer};
use rquickjs::function::{Opt, This};
use rquickjs::{Class, Ctx, JsLifetime, Result, Value};
use url::quirks;

use super::search_params::SearchParams;
use super::{given, require_new, text};
use crate::exception::throw_type;

/// A parsed URL, shared by a `URL` and its `searchParams`.
#[derive(Clone, JsLifetime)]
pub(super) struct Address(#[qjs(skip)] pub(super) Rc<RefCell<url::Url>>);

/// One URL.
#[derive(JsLifetime)]
#[rquickjs::class(rename = "URL")]
pub(crate) struct Url<'js> {
    address: Address,
    /// Made when it is first asked for.
    params: RefCell<Option<Class<'js, SearchParams>>>,
}

impl<'js> Trace<'js> for Url<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        self.params.borrow().trace(tracer);
    }
}

impl Url<'_> {
    fn over(url: url::Url) -> Self {
        Url { address: Address(Rc::new(RefCell::new(url))), params: RefCell::default() }
    }

    pub(crate) fn text(&self) -> String {
        self.address.0.borrow().to_string()
    }

    fn read<R>(&self, part: impl FnOnce(&url::Url) -> R) -> R {
        part(&self.address.0.borrow())
    }

    /// Changes a part of the URL. What does not suit it is ignored, as the standard has it.
    fn write<'js, R>(
        &self,
        ctx: &Ctx<'js>,
        value: Value<'js>,
        set: impl FnOnce(&mut url::Url, &str) -> R,
    ) -> Result<()> {
        let value = text(ctx, value)?;
        set(&mut self.address.0.borrow_mut(), &value);
        Ok(())
    }

    fn refresh_params(&self) {
        if let Some(params) = &*self.params.borrow() {
            params.borrow().read_from(&self.address.0.borrow());
        }
    }
}

fn parsed<'js>(ctx: &Ctx<'js>, input: Value<'js>, base: Option<Value<'js>>) -> Result<Parsed> {
    let input = text(ctx, input)?;
    let Some(base) = given(base) else { return Ok(parse(&input, None)) };
    Ok(parse(&input, Some(&text(ctx, base)?)))
}

type Parsed = std::result::Result<url::Url, String>;

/// Parses a URL that may be relative to another.
fn parse(input: &str, base: Option<&str>) -> Parsed {
    let base = base.map(|base| {
        url::Url::parse(base).map_err(|why| format!("the base URL {base:?} cannot be parsed: {why}"))
    });
    let base = base.transpose()?;
    let parsed = url::Url::options().base_url(base.as_ref()).parse(input);
    parsed.map_err(|why| format!("the URL {input:?} cannot be parsed: {why}"))
}

#[rquickjs::methods]
impl<'js> Url<'js> {
    #[qjs(constructor)]
    fn new(
        ctx: Ctx<'js>,
        target: This<Value<'js>>,
        input: Value<'js>,
        base: Opt<Value<'js>>,
    ) -> Result<Self> {
        require_new(&ctx, &target, "URL")?;
        parsed(&ctx, input, base.0)?.map(Url::over).or_else(|why| throw_type(&ctx, &why))
    }

    #[qjs(static, rename = "canParse")]
    fn can_parse(ctx: Ctx<'js>, input: Value<'js>, base: Opt<Value<'js>>) -> Result<bool> {
        Ok(parsed(&ctx, input, base.0)?.is_ok())
    }

    #[qjs(static, rename = "parse")]
    fn parse_or_null(ctx: Ctx<'js>, input: Value<'js>, base: Opt<Value<'js>>) -> Result<Value<'js>> {
        match parsed(&ctx, input, base.0)? {
            Ok(url) => Ok(Class::instance(ctx, Url::over(url))?.into_value()),
            Err(_) => Ok(Value::new_null(ctx)),
        }
    }

    #[qjs(get, rename = "href")]
    fn href(&self) -> String {
        self.text()
    }

    #[qjs(set, rename = "href")]
    fn set_href(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        match parse(&text(&ctx, value)?, None) {
            Ok(url) => *self.address.0.borrow_mut() = url,
            Err(why) => return throw_type(&ctx, &why),
        }
        self.refresh_params();
        Ok(())
    }

    #[qjs(get, rename = "origin")]
    fn origin(&self) -> String {
        self.read(quirks::origin)
    }

    #[qjs(get, rename = "protocol")]
    fn protocol(&self) -> String {
        self.read(|url| quirks::protocol(url).to_owned())
    }

    #[qjs(set, rename = "protocol")]
    fn set_protocol(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_protocol)
    }

    #[qjs(get, rename = "username")]
    fn username(&self) -> String {
        self.read(|url| quirks::username(url).to_owned())
    }

    #[qjs(set, rename = "username")]
    fn set_username(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_username)
    }

    #[qjs(get, rename = "password")]
    fn password(&self) -> String {
        self.read(|url| quirks::password(url).to_owned())
    }

    #[qjs(set, rename = "password")]
    fn set_password(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_password)
    }

    #[qjs(get, rename = "host")]
    fn host(&self) -> String {
        self.read(|url| quirks::host(url).to_owned())
    }

    #[qjs(set, rename = "host")]
    fn set_host(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_host)
    }

    #[qjs(get, rename = "hostname")]
    fn hostname(&self) -> String {
        self.read(|url| quirks::hostname(url).to_owned())
    }

    #[qjs(set, rename = "hostname")]
    fn set_hostname(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_hostname)
    }

    #[qjs(get, rename = "port")]
    fn port(&self) -> String {
        self.read(|url| quirks::port(url).to_owned())
    }

    #[qjs(set, rename = "port")]
    fn set_port(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_port)
    }

    #[qjs(get, rename = "pathname")]
    fn pathname(&self) -> String {
        self.read(|url| quirks::pathname(url).to_owned())
    }

    #[qjs(set, rename = "pathname")]
    fn set_pathname(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_pathname)
    }

    #[qjs(get, rename = "search")]
    fn search(&self) -> String {
        self.read(|url| quirks::search(url).to_owned())
    }

    #[qjs(set, rename = "search")]
    fn set_search(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_search)?;
        self.refresh_params();
        Ok(())
    }

    #[qjs(get, rename = "hash")]
    fn hash(&self) -> String {
        self.read(|url| quirks::hash(url).to_owned())
    }

    #[qjs(set, rename = "hash")]
    fn set_hash(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
        self.write(&ctx, value, quirks::set_hash)
    }

    #[qjs(get, rename = "searchParams")]
    fn search_params(&self, ctx: Ctx<'js>) -> Result<Class<'js, SearchParams>> {
        if let Some(params) = &*self.params.borrow() {
            return Ok(params.clone());
        }
        let params = Class::instance(ctx, SearchParams::of(&self.address))?;
        *self.params.borrow_mut() = Some(params.clone());
        Ok(params)
    }

    #[qjs(rename = "toString")]
    fn to_text(&self) -> String {
        self.text()
    }

    #[qjs(rename = "toJSON")]
    fn to_json(&self) -> String {
        self.text()
    }

    #[qjs(prop, rename = rquickjs::atom::PredefinedAtom::SymbolToStringTag, configurable)]
    fn tag() -> &'static str {
        "URL"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_need_a_base() {
        assert_eq!(parse("../c?d#e", Some("http://a/b/x")).expect("a URL").as_str(), "http://a/c?d#e");
        let why = parse("/only/a/path", None).expect_err("no base");
        assert_eq!(why, "the URL \"/only/a/path\" cannot be parsed: relative URL without a base");
        assert!(parse("x", Some("no base")).expect_err("a bad base").contains("the base URL \"no base\""));
    }
}
