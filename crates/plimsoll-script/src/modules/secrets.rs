//! `k6/secrets`: secrets of the sources that `--secret-source` names.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-secrets/>. The work is done in
//! [`crate::secrets`].

use std::rc::Rc;

use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, IntoJs, Object, Result, Value};

use super::settled;
use crate::exception::{throw_host, throw_type};
use crate::octets::text_of;
use crate::state::{Interrupted, VuState};

pub(crate) const EXPORTS: &[&str] = &["get", "source"];

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    if name == "get" {
        return getter(ctx, state, None);
    }
    let state = Rc::clone(state);
    let source = move |ctx: Ctx<'js>, name: Opt<Value<'js>>| {
        let name = text(&ctx, name.0, "secrets.source() needs the name of a source")?;
        let source = Object::new(ctx.clone())?;
        source.set("get", getter(&ctx, &state, Some(name))?)?;
        Ok::<_, rquickjs::Error>(source)
    };
    Ok(Function::new(ctx.clone(), source)?.with_name("source")?.into_value())
}

/// The function `get` of a source, of the default one if none is named.
fn getter<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, source: Option<String>) -> Result<Value<'js>> {
    let state = Rc::clone(state);
    let get = move |ctx: Ctx<'js>, key: Opt<Value<'js>>| {
        let found = find(&ctx, &state, source.as_deref(), key.0);
        settled(&ctx, found)
    };
    Ok(Function::new(ctx.clone(), get)?.with_name("get")?.into_value())
}

fn find<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    source: Option<&str>,
    key: Option<Value<'js>>,
) -> Result<Value<'js>> {
    let key = text(ctx, key, "get() needs the name of a secret")?;
    let found = state.wait(state.worker.script.secrets.get(source, &key));
    match found.map_err(|Interrupted| Interrupted::throw(ctx))? {
        Ok(secret) => (&*secret).into_js(ctx),
        Err(why) => Err(throw_host(ctx, &why)),
    }
}

fn text<'js>(ctx: &Ctx<'js>, value: Option<Value<'js>>, what: &str) -> Result<String> {
    match value.as_ref().and_then(Value::as_string) {
        Some(text) => text_of(text),
        None => {
            throw_type(ctx, &format!("{what}, not {}", value.map_or("undefined", |value| value.type_name())))
        }
    }
}
