//! Iteration in both directions: over what a script hands in, and the iterators of `URLSearchParams`.

use std::cell::Cell;

use rquickjs::atom::PredefinedAtom;
use rquickjs::class::{Trace, Tracer};
use rquickjs::{Array, Class, Ctx, Function, IntoJs, JsLifetime, Object, Result, Value};

use super::search_params::SearchParams;

/// Whether the object has an iterator.
pub(super) fn is_iterable(object: &Object<'_>) -> Result<bool> {
    let method = object.get::<_, Value<'_>>(PredefinedAtom::SymbolIterator)?;
    Ok(!method.is_undefined() && !method.is_null())
}

/// Everything that an iterable object yields.
pub(super) fn items<'js>(ctx: &Ctx<'js>, iterable: &Object<'js>) -> Result<Vec<Value<'js>>> {
    let array: Object<'js> = ctx.globals().get("Array")?;
    let from: Function<'js> = array.get("from")?;
    from.call::<_, Array<'js>>((rquickjs::function::This(array), iterable.clone()))?.iter().collect()
}

/// What an iterator yields of each pair.
#[derive(Debug, Clone, Copy, JsLifetime)]
pub(super) enum Part {
    Name,
    Value,
    Both,
}

/// Walks over the pairs as they are at each step.
#[derive(JsLifetime)]
#[rquickjs::class(rename = "URLSearchParams Iterator")]
pub(super) struct PairIterator<'js> {
    params: Class<'js, SearchParams>,
    next: Cell<usize>,
    part: Part,
}

impl<'js> Trace<'js> for PairIterator<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        self.params.trace(tracer);
    }
}

impl<'js> PairIterator<'js> {
    pub(super) fn over(ctx: &Ctx<'js>, params: Class<'js, SearchParams>, part: Part) -> Result<Object<'js>> {
        let iterator = Class::instance(ctx.clone(), PairIterator { params, next: Cell::new(0), part })?;
        inherit(ctx)?;
        Ok(iterator.into_inner())
    }
}

/// Gives the iterators the methods of all iterators: `map`, `take`, their own `Symbol.iterator`.
fn inherit(ctx: &Ctx<'_>) -> Result<()> {
    let prototype = Class::<PairIterator<'_>>::prototype(ctx)?.expect("the class has a prototype");
    let Some(all) = ctx.globals().get::<_, Option<Object<'_>>>("Iterator")? else { return Ok(()) };
    prototype.set_prototype(all.get::<_, Option<Object<'_>>>(PredefinedAtom::Prototype)?.as_ref())
}

#[rquickjs::methods]
impl<'js> PairIterator<'js> {
    fn next(&self, ctx: Ctx<'js>) -> Result<Object<'js>> {
        let pair = self.params.borrow().pair(self.next.get());
        let step = Object::new(ctx.clone())?;
        let is_over = pair.is_none();
        let value = match (pair, self.part) {
            (None, _) => Value::new_undefined(ctx),
            (Some((name, _)), Part::Name) => name.into_js(&ctx)?,
            (Some((_, value)), Part::Value) => value.into_js(&ctx)?,
            (Some((name, value)), Part::Both) => vec![name, value].into_js(&ctx)?,
        };
        step.set("value", value)?;
        step.set("done", is_over)?;
        self.next.set(self.next.get() + 1);
        Ok(step)
    }

    #[qjs(prop, rename = PredefinedAtom::SymbolToStringTag, configurable)]
    fn tag() -> &'static str {
        "URLSearchParams Iterator"
    }
}
