//! `k6/experimental/redis`, also named `k6/x/redis`: a client for Redis and Valkey.
//!
//! Source: <https://grafana.com/docs/k6/v1.x/javascript-api/k6-experimental/redis/>. A client belongs to one
//! VU and has one connection, made at its first command. Commands of a VU follow one another.
//!
//! | module | subject |
//! |---|---|
//! | `commands` | the table of methods: arguments, and what the promise gives |
//! | `options` | URLs and option objects |
//! | `connection` | connecting, sending, waiting, with their limits of time |
//! | `resp` | the protocol |

mod commands;
mod connection;
mod options;
mod resp;

use std::rc::Rc;

use rquickjs::function::{Opt, Rest};
use rquickjs::{Atom, Class, Ctx, Function, Result, Value};

use self::commands::{METHODS, Method};
use self::connection::Connection;
use self::options::Target;
use super::{constructor, settled};
use crate::exception::throw_host;
use crate::lazy::{self, Lazy, Source};
use crate::octets::text_of;
use crate::state::{Interrupted, Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &["Client"];

/// The one method that sends nothing.
const IS_CONNECTED: &str = "isConnected";

/// Makes the export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let state = Rc::clone(state);
    let construct = move |ctx: Ctx<'js>, options: Opt<Value<'js>>| -> Result<Class<'js, Lazy<Client>>> {
        let target = target(&ctx, &state, options.0.as_ref())?;
        Lazy::object(&ctx, Client { state: Rc::clone(&state), connection: Rc::new(Connection::new(target)) })
    };
    let prototype = Class::<Lazy<Client>>::prototype(ctx)?;
    Ok(constructor(Function::new(ctx.clone(), construct)?, name, prototype)?.into_value())
}

fn target<'js>(ctx: &Ctx<'js>, state: &VuState, options: Option<&Value<'js>>) -> Result<Target> {
    let skip_verification = state.worker.script.net.tls.skip_verification;
    let target = match options {
        Some(url) if url.is_string() => {
            let url = url.as_string().map(text_of).transpose()?.unwrap_or_default();
            Target::of_url(&url, skip_verification)
        }
        Some(object) if object.is_object() && !object.is_array() && !object.is_function() => {
            let json = ctx.json_stringify(object.clone())?.map(|json| json.to_string()).transpose()?;
            Target::of_json(&json.unwrap_or_default(), skip_verification)
        }
        other => {
            let given = other.map_or("undefined", |value| value.type_name());
            let message = format!("invalid options type: {given}; expected string or object");
            return Err(throw_host(ctx, &message));
        }
    };
    target.map_err(|why| throw_host(ctx, &format!("invalid options; reason: {why}")))
}

/// A client. Its methods are made when they are first used.
struct Client {
    state: Rc<VuState>,
    connection: Rc<Connection>,
}

impl Source for Client {
    const CLASS: &'static str = "Client";

    fn names(&self) -> Vec<&str> {
        METHODS.iter().map(|method| method.name).chain([IS_CONNECTED]).collect()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        self.names().iter().position(|known| *known == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        let connection = Rc::clone(&self.connection);
        let Some(method) = METHODS.get(property) else {
            let is_connected = Function::new(ctx.clone(), move || connection.is_open())?;
            return Ok(is_connected.with_name(IS_CONNECTED)?.into_value());
        };
        let state = Rc::clone(&self.state);
        let call = move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| {
            let called = call(&ctx, &state, &connection, method, &arguments.0);
            settled(&ctx, called)
        };
        Ok(Function::new(ctx.clone(), call)?.with_name(method.name)?.into_value())
    }
}

/// Carries a command out.
fn call<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    connection: &Connection,
    method: &Method,
    arguments: &[Value<'js>],
) -> Result<Value<'js>> {
    if state.phase.get() == Phase::Init {
        let message = "connecting to a redis server in the init context is not supported";
        return Err(throw_host(ctx, message));
    }
    let words = method.words(arguments).map_err(|why| throw_host(ctx, &why))?;
    let running = connection.run(&state.worker.net, &words, |traffic| state.count(traffic));
    match state.wait(running).map_err(|Interrupted| Interrupted::throw(ctx))? {
        Ok(answer) => method.gives.value(ctx, answer)?.map_err(|why| throw_host(ctx, &why)),
        Err(why) => Err(throw_host(ctx, &why)),
    }
}
