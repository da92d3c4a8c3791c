//! `GoError`, the class of the errors that k6's functions throw: `error instanceof GoError`.

use rquickjs::function::{Constructor, Opt};
use rquickjs::object::Property;
use rquickjs::{Ctx, Object, Result, Value};

/// The class's name, in k6's words.
pub(crate) const NAME: &str = "GoError";

/// Makes the class, which inherits from `Error`.
pub(super) fn constructor<'js>(ctx: &Ctx<'js>) -> Result<Constructor<'js>> {
    let error: Constructor<'js> = ctx.globals().get("Error")?;
    let prototype = Object::new_proto(ctx.clone(), Some(&error.get("prototype")?))?;
    prototype.prop("name", Property::from(NAME).writable().configurable())?;
    let make = |ctx: Ctx<'js>, message: Opt<Value<'js>>, options: Opt<Value<'js>>| -> Result<Object<'js>> {
        let error: Constructor<'js> = ctx.globals().get("Error")?;
        let undefined = || Value::new_undefined(ctx.clone());
        error.construct((message.0.unwrap_or_else(undefined), options.0.unwrap_or_else(undefined)))
    };
    let class = Constructor::new_prototype(ctx, prototype, make)?;
    class.set_name(NAME)?;
    class.set_prototype(Some(&error))?;
    Ok(class)
}

/// Makes an error one of that class.
pub(crate) fn adopt(error: &Object<'_>) -> Result<()> {
    let class = error.ctx().globals().get::<_, Value<'_>>(NAME)?;
    match class
        .as_object()
        .map(|class| class.get::<_, Option<Object<'_>>>("prototype"))
        .transpose()?
        .flatten()
    {
        Some(prototype) => error.set_prototype(Some(&prototype)),
        None => name(error),
    }
}

/// Gives an error that name, when the class is out of reach.
pub(crate) fn name(error: &Object<'_>) -> Result<()> {
    error.prop("name", Property::from(NAME).writable().configurable())
}
