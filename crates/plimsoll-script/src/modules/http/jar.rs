//! `CookieJar`: the cookies of a VU as scripts see them, and jars of their own.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-http/cookiejar/>.

use std::cell::RefCell;
use std::rc::Rc;

use plimsoll_net::{Cookie, CookieJar, Url, cookie_date};
use rquickjs::class::{ClassKind, JsClass, Readable, Trace, Tracer};
use rquickjs::function::{Constructor, Opt, This};
use rquickjs::{Array, Class, Coerced, Ctx, Function, JsLifetime, Object, Result, Value};

use crate::exception::throw_host;
use crate::state::VuState;

/// A jar that a script can get at.
#[derive(JsLifetime)]
pub(crate) struct Jar(#[qjs(skip)] Rc<RefCell<CookieJar>>);

impl Jar {
    /// The jar of the VU.
    pub(super) fn of_vu(state: &VuState) -> Self {
        Jar(Rc::clone(&state.jar.borrow()))
    }

    pub(crate) fn cookies(&self) -> Rc<RefCell<CookieJar>> {
        Rc::clone(&self.0)
    }
}

impl<'js> Trace<'js> for Jar {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<'js> JsClass<'js> for Jar {
    const NAME: &'static str = "CookieJar";
    const KIND: ClassKind = ClassKind::Plain;
    type Mutable = Readable;

    fn prototype(ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        let prototype = Object::new(ctx.clone())?;
        let add = |name: &str, function: Function<'js>| prototype.set(name, function.with_name(name)?);
        add("cookiesForURL", Function::new(ctx.clone(), cookies_for_url)?)?;
        add("set", Function::new(ctx.clone(), set)?)?;
        add("clear", Function::new(ctx.clone(), clear)?)?;
        add("delete", Function::new(ctx.clone(), delete)?)?;
        Ok(Some(prototype))
    }

    fn constructor(ctx: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        let make = |ctx: Ctx<'js>| Class::instance(ctx, Jar(Rc::default()));
        Constructor::new_class::<Jar, _, _>(ctx.clone(), make).map(Some)
    }
}

type ThisJar<'js> = This<Class<'js, Jar>>;

/// `{ name: [value, …] }`.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn cookies_for_url<'js>(ctx: Ctx<'js>, this: ThisJar<'js>, url: Opt<Value<'js>>) -> Result<Object<'js>> {
    let url = url_of(&ctx, "cookiesForURL", url.0)?;
    let jar = this.0.borrow();
    let object = Object::new(ctx.clone())?;
    for (name, value) in jar.0.borrow().cookies_for_url(&url) {
        let known = object.get::<_, Option<Array<'js>>>(name)?;
        let values = known.map_or_else(|| Array::new(ctx.clone()), Ok)?;
        values.set(values.len(), value)?;
        object.set(name, values)?;
    }
    Ok(object)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn set<'js>(
    ctx: Ctx<'js>,
    this: ThisJar<'js>,
    url: Opt<Value<'js>>,
    name: Opt<Coerced<String>>,
    value: Opt<Coerced<String>>,
    options: Opt<Value<'js>>,
) -> Result<bool> {
    let url = url_of(&ctx, "set", url.0)?;
    let (Some(name), Some(value)) = (name.0, value.0) else {
        return Err(throw_host(&ctx, "CookieJar.set() needs a URL, a name and a value"));
    };
    let mut cookie = Cookie { name: name.0, value: value.0, ..Cookie::default() };
    if let Some(options) = options.0.as_ref().and_then(Value::as_object) {
        read_options(&ctx, options, &mut cookie)?;
    }
    Ok(this.0.borrow().0.borrow_mut().set(&url, &cookie))
}

fn read_options(ctx: &Ctx<'_>, options: &Object<'_>, cookie: &mut Cookie) -> Result<()> {
    let text = |name: &str| -> Result<Option<String>> {
        let given = options.get::<_, Option<Coerced<String>>>(name)?.map(|text| text.0);
        Ok(given.filter(|text| !text.is_empty()))
    };
    let flag = |name: &str| -> Result<bool> {
        Ok(options.get::<_, Option<Coerced<bool>>>(name)?.is_some_and(|flag| flag.0))
    };
    (cookie.domain, cookie.path) = (text("domain")?, text("path")?);
    (cookie.secure, cookie.http_only) = (flag("secure")?, flag("http_only")?);
    let max_age = options.get::<_, Option<Coerced<f64>>>("max_age")?;
    // As in k6, where zero means that there is none.
    cookie.max_age = max_age.map(|seconds| seconds.0 as i64).filter(|seconds| *seconds != 0);
    if let Some(expires) = text("expires")? {
        cookie.expires = cookie_date::parse(&expires);
        if cookie.expires.is_none() {
            let message = format!(
                "unable to parse \"expires\" date string {expires:?} (expected for example \
            'Mon, 02 Jan 2006 15:04:05 GMT')"
            );
            return Err(throw_host(ctx, &message));
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn clear<'js>(ctx: Ctx<'js>, this: ThisJar<'js>, url: Opt<Value<'js>>) -> Result<()> {
    let url = url_of(&ctx, "clear", url.0)?;
    this.0.borrow().0.borrow_mut().clear(&url);
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn delete<'js>(
    ctx: Ctx<'js>,
    this: ThisJar<'js>,
    url: Opt<Value<'js>>,
    name: Opt<Coerced<String>>,
) -> Result<()> {
    let url = url_of(&ctx, "delete", url.0)?;
    let Some(name) = name.0 else {
        return Err(throw_host(&ctx, "CookieJar.delete() needs a URL and a cookie's name"));
    };
    this.0.borrow().0.borrow_mut().delete(&url, &name.0);
    Ok(())
}

fn url_of(ctx: &Ctx<'_>, method: &str, url: Option<Value<'_>>) -> Result<Url> {
    let text = match url.filter(|url| !url.is_undefined() && !url.is_null()) {
        Some(url) => url.get::<Coerced<String>>()?.0,
        None => return Err(throw_host(ctx, &format!("CookieJar.{method}() needs a URL"))),
    };
    let url = Url::parse(&text).map_err(|error| error.to_string());
    let url = url.and_then(|url| match url.origin() {
        Ok(_) => Ok(url),
        Err(error) => Err(format!("invalid URL: parse {text:?}: {error}")),
    });
    url.map_err(|error| throw_host(ctx, &error))
}
