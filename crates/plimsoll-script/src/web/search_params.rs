//! `URLSearchParams`, of the URL Standard.
//!
//! Source: <https://url.spec.whatwg.org/#interface-urlsearchparams>. A list of names and values that may be
//! the query of a `URL`, which then follows each change.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use std::cell::RefCell;

use rquickjs::atom::PredefinedAtom;
use rquickjs::class::{Trace, Tracer};
use rquickjs::function::{Opt, This};
use rquickjs::{Class, Ctx, IntoJs, JsLifetime, Object, Result, Value};
use url::form_urlencoded;

use super::iterate::{self, PairIterator, Part};
use super::url::Address;
use super::{given, own_keys, require_new, text};
use crate::exception::throw_type;

type Pairs = Vec<(String, String)>;

/// A list of names and values.
#[derive(JsLifetime)]
#[rquickjs::class(rename = "URLSearchParams")]
pub(crate) struct SearchParams {
    pairs: RefCell<Pairs>,
    /// The URL that it is the query of.
    of: Option<Address>,
}

impl<'js> Trace<'js> for SearchParams {
    /// Holds no JavaScript value.
    fn trace<'a>(&self, _: Tracer<'a, 'js>) {}
}

fn parse(query: &str) -> Pairs {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl SearchParams {
    /// The query of a URL.
    pub(super) fn of(address: &Address) -> Self {
        let pairs = parse(address.0.borrow().query().unwrap_or_default());
        SearchParams { pairs: RefCell::new(pairs), of: Some(address.clone()) }
    }

    /// Takes over the query of its URL, which has changed.
    pub(super) fn read_from(&self, url: &url::Url) {
        *self.pairs.borrow_mut() = parse(url.query().unwrap_or_default());
    }

    /// The list as `application/x-www-form-urlencoded`.
    pub(crate) fn text(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&*self.pairs.borrow()).finish()
    }

    pub(super) fn pair(&self, index: usize) -> Option<(String, String)> {
        self.pairs.borrow().get(index).cloned()
    }

    /// Changes the list, and the query of its URL.
    fn change(&self, change: impl FnOnce(&mut Pairs)) {
        change(&mut self.pairs.borrow_mut());
        if let Some(url) = &self.of {
            let query = self.text();
            url.0.borrow_mut().set_query((!query.is_empty()).then_some(&query));
        }
    }
}

/// What the constructor was given: a query, pairs, or an object of names and values.
fn pairs_of<'js>(ctx: &Ctx<'js>, init: Value<'js>) -> Result<Pairs> {
    let Some(object) = init.as_object() else {
        let query = text(ctx, init)?;
        return Ok(parse(query.strip_prefix('?').unwrap_or(&query)));
    };
    if iterate::is_iterable(object)? {
        return iterate::items(ctx, object)?.into_iter().map(|item| pair_of(ctx, &item)).collect();
    }
    let mut pairs = Pairs::new();
    for key in own_keys(object)? {
        let value = object.get::<_, Value<'js>>(key.clone())?;
        let (key, value) = (crate::octets::text_of(&key)?, text(ctx, value)?);
        // Names that differ only in halves of surrogate pairs are one name.
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => pairs.push((key, value)),
        }
    }
    Ok(pairs)
}

fn pair_of<'js>(ctx: &Ctx<'js>, item: &Value<'js>) -> Result<(String, String)> {
    const NEEDED: &str = "each item given to URLSearchParams must be a pair of a name and a value";
    let Some(item) = item.as_object() else { return throw_type(ctx, NEEDED) };
    if !iterate::is_iterable(item)? {
        return throw_type(ctx, NEEDED);
    }
    match <[Value<'js>; 2]>::try_from(iterate::items(ctx, item)?) {
        Ok([name, value]) => Ok((text(ctx, name)?, text(ctx, value)?)),
        Err(items) => throw_type(ctx, &format!("{NEEDED}, not {} of them", items.len())),
    }
}

#[rquickjs::methods]
impl SearchParams {
    #[qjs(constructor)]
    fn new<'js>(ctx: Ctx<'js>, target: This<Value<'js>>, init: Opt<Value<'js>>) -> Result<Self> {
        require_new(&ctx, &target, "URLSearchParams")?;
        let pairs = given(init.0).map(|init| pairs_of(&ctx, init)).transpose()?.unwrap_or_default();
        Ok(SearchParams { pairs: RefCell::new(pairs), of: None })
    }

    #[qjs(get)]
    fn size(&self) -> usize {
        self.pairs.borrow().len()
    }

    fn append<'js>(&self, ctx: Ctx<'js>, name: Value<'js>, value: Value<'js>) -> Result<()> {
        let pair = (text(&ctx, name)?, text(&ctx, value)?);
        self.change(|pairs| pairs.push(pair));
        Ok(())
    }

    fn delete<'js>(&self, ctx: Ctx<'js>, name: Value<'js>, value: Opt<Value<'js>>) -> Result<()> {
        let is_meant = meant(&ctx, name, value.0)?;
        self.change(|pairs| pairs.retain(|pair| !is_meant(pair)));
        Ok(())
    }

    fn has<'js>(&self, ctx: Ctx<'js>, name: Value<'js>, value: Opt<Value<'js>>) -> Result<bool> {
        let is_meant = meant(&ctx, name, value.0)?;
        Ok(self.pairs.borrow().iter().any(is_meant))
    }

    fn get<'js>(&self, ctx: Ctx<'js>, name: Value<'js>) -> Result<Value<'js>> {
        let is_meant = meant(&ctx, name, None)?;
        let found = self.pairs.borrow().iter().find(|pair| is_meant(pair)).map(|(_, value)| value.clone());
        found.map_or_else(|| Ok(Value::new_null(ctx.clone())), |value| value.into_js(&ctx))
    }

    #[qjs(rename = "getAll")]
    fn get_all<'js>(&self, ctx: Ctx<'js>, name: Value<'js>) -> Result<Vec<String>> {
        let is_meant = meant(&ctx, name, None)?;
        let pairs = self.pairs.borrow();
        Ok(pairs.iter().filter(|pair| is_meant(pair)).map(|(_, value)| value.clone()).collect())
    }

    fn set<'js>(&self, ctx: Ctx<'js>, name: Value<'js>, value: Value<'js>) -> Result<()> {
        let (name, value) = (text(&ctx, name)?, text(&ctx, value)?);
        self.change(|pairs| set(pairs, name, value));
        Ok(())
    }

    fn sort(&self) {
        self.change(|pairs| pairs.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16())));
    }

    #[qjs(rename = "forEach")]
    fn for_each<'js>(
        this: This<Class<'js, SearchParams>>,
        ctx: Ctx<'js>,
        callback: Value<'js>,
        bound: Opt<Value<'js>>,
    ) -> Result<()> {
        let Some(callback) = callback.as_function() else {
            return throw_type(&ctx, "forEach() needs a function");
        };
        let bound = bound.0.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
        for index in 0.. {
            let Some((name, value)) = this.borrow().pair(index) else { break };
            callback.call::<_, ()>((This(bound.clone()), value, name, this.0.clone()))?;
        }
        Ok(())
    }

    fn keys<'js>(this: This<Class<'js, SearchParams>>, ctx: Ctx<'js>) -> Result<Object<'js>> {
        PairIterator::over(&ctx, this.0, Part::Name)
    }

    fn values<'js>(this: This<Class<'js, SearchParams>>, ctx: Ctx<'js>) -> Result<Object<'js>> {
        PairIterator::over(&ctx, this.0, Part::Value)
    }

    fn entries<'js>(this: This<Class<'js, SearchParams>>, ctx: Ctx<'js>) -> Result<Object<'js>> {
        PairIterator::over(&ctx, this.0, Part::Both)
    }

    #[qjs(rename = PredefinedAtom::SymbolIterator)]
    fn iterator<'js>(this: This<Class<'js, SearchParams>>, ctx: Ctx<'js>) -> Result<Object<'js>> {
        PairIterator::over(&ctx, this.0, Part::Both)
    }

    #[qjs(rename = "toString")]
    fn to_text(&self) -> String {
        self.text()
    }

    #[qjs(prop, rename = PredefinedAtom::SymbolToStringTag, configurable)]
    fn tag() -> &'static str {
        "URLSearchParams"
    }
}

/// Which pairs a name stands for, and a value if there is one.
fn meant<'js>(
    ctx: &Ctx<'js>,
    name: Value<'js>,
    value: Option<Value<'js>>,
) -> Result<impl Fn(&(String, String)) -> bool + use<>> {
    let name = text(ctx, name)?;
    let value = given(value).map(|value| text(ctx, value)).transpose()?;
    Ok(move |pair: &(String, String)| pair.0 == name && value.as_ref().is_none_or(|value| pair.1 == *value))
}

/// Gives the first pair of that name the value, and drops the others.
fn set(pairs: &mut Pairs, name: String, value: String) {
    let Some(first) = pairs.iter().position(|(known, _)| *known == name) else {
        return pairs.push((name, value));
    };
    let mut index = 0;
    pairs.retain(|(known, _)| {
        index += 1;
        index - 1 <= first || *known != name
    });
    pairs[first].1 = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_keeps_the_first_place() {
        let mut pairs = parse("a=1&b=2&a=3&c=4&a=5");
        set(&mut pairs, "a".into(), "x".into());
        assert_eq!(pairs, parse("a=x&b=2&c=4"));
        set(&mut pairs, "d".into(), "y".into());
        assert_eq!(pairs, parse("a=x&b=2&c=4&d=y"));
    }
}
