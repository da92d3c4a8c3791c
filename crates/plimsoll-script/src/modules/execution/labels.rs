//! `exec.vu.metrics.tags` and `.metadata`: objects that read and change what the VU's samples carry.

use std::rc::Rc;

use plimsoll_metrics::Tags;
use rquickjs::class::{
    ClassKind, JsCell, JsClass, PropertyDescriptor, PropertyName, Readable, Trace, Tracer,
};
use rquickjs::function::Constructor;
use rquickjs::{Atom, Class, Ctx, IntoJs, JsLifetime, Object, Result, Value};

use crate::exception::throw_type;
use crate::state::VuState;
use crate::{lazy, quickjs, tags};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What keys series and can be named by thresholds.
    Tags,
    /// What rides on single samples, for outputs that write them.
    Metadata,
}

/// One of the objects.
#[derive(JsLifetime)]
pub(super) struct Labels {
    #[qjs(skip)]
    state: Rc<VuState>,
    #[qjs(skip)]
    kind: Kind,
}

impl Labels {
    pub(super) fn object<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, kind: Kind) -> Result<Value<'js>> {
        Class::instance(ctx.clone(), Labels { state: Rc::clone(state), kind })?.into_js(ctx)
    }

    fn all(&self) -> Tags {
        let mut scope = self.state.tags.borrow_mut();
        match self.kind {
            Kind::Tags => scope.tags(&self.state.worker.shard()),
            Kind::Metadata => scope.metadata(),
        }
    }

    fn get(&self, name: &Atom<'_>) -> Option<String> {
        self.all().get(&lazy::text(name)?).map(str::to_owned)
    }

    fn set(&self, name: &str, value: &str) {
        let mut scope = self.state.tags.borrow_mut();
        match self.kind {
            Kind::Tags => scope.set_tag(&mut self.state.worker.shard(), name, value),
            Kind::Metadata => {
                let redactor = self.state.worker.script.secrets.redactor();
                scope.set_metadata(name, &redactor.redact(value));
            }
        }
    }

    fn remove(&self, name: &str) {
        let mut scope = self.state.tags.borrow_mut();
        match self.kind {
            Kind::Tags => scope.remove_tag(&self.state.worker.shard(), name),
            Kind::Metadata => scope.remove_metadata(name),
        }
    }
}

impl<'js> Trace<'js> for Labels {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<'js> JsClass<'js> for Labels {
    const NAME: &'static str = "Object";
    const KIND: ClassKind = ClassKind::Exotic;
    type Mutable = Readable;

    fn constructor(_: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }

    fn exotic_get_property(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
        name: Atom<'js>,
        _: Value<'js>,
    ) -> Result<Value<'js>> {
        match this.borrow().get(&name) {
            Some(value) => value.into_js(ctx),
            None => prototype(ctx)?.get(name),
        }
    }

    fn exotic_set_property(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
        name: Atom<'js>,
        _: Value<'js>,
        value: Value<'js>,
    ) -> Result<bool> {
        quickjs::keep_for_the_engine(&value);
        let text = lazy::text(&name).unwrap_or_default();
        // A symbol has the text of its description, but it is not the atom of that text.
        if Atom::from_str(ctx.clone(), &text)? != name {
            return throw_type(ctx, "the name of a tag must be a string");
        }
        let value = tags::value_text(ctx, &text, &value)?;
        this.borrow().set(&text, &value);
        Ok(true)
    }

    fn exotic_delete_property(this: &JsCell<'js, Self>, _: &Ctx<'js>, name: Atom<'js>) -> Result<bool> {
        if let Some(name) = lazy::text(&name) {
            this.borrow().remove(&name);
        }
        Ok(true)
    }

    fn exotic_has_property(this: &JsCell<'js, Self>, ctx: &Ctx<'js>, name: Atom<'js>) -> Result<bool> {
        Ok(this.borrow().get(&name).is_some() || prototype(ctx)?.contains_key(name)?)
    }

    fn exotic_get_own_property(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
        name: Atom<'js>,
    ) -> Result<Option<PropertyDescriptor<'js>>> {
        let Some(value) = this.borrow().get(&name) else { return Ok(None) };
        Ok(Some(PropertyDescriptor::new_value(value.into_js(ctx)?, true, true, true)))
    }

    fn exotic_get_own_property_names(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
    ) -> Result<Vec<PropertyName<'js>>> {
        let name = |name| Ok(PropertyName { atom: Atom::from_str(ctx.clone(), name)?, is_enumerable: true });
        this.borrow().all().iter().map(|(label, _)| name(label)).collect()
    }
}

fn prototype<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    Ok(Class::<Labels>::prototype(ctx)?.expect("the class has a prototype"))
}
