//! Objects whose properties are made when they are first read.
//!
//! A response has about twenty own properties of which a script reads two or three; `k6/http` has twenty
//! functions of which it calls one. Such an object is exotic: it lists all properties, so that `Object.keys`,
//! `in`, `JSON.stringify` and spreading work, and makes a value when it is asked for. From then on the
//! property is an ordinary one, which can be written and deleted.

use std::cell::RefCell;

use rquickjs::atom::PredefinedAtom;
use rquickjs::class::{
    ClassKind, JsCell, JsClass, PropertyDescriptor, PropertyName, Readable, Trace, Tracer,
};
use rquickjs::function::Constructor;
use rquickjs::object::Property;
use rquickjs::{Atom, Class, Ctx, Object, Result, Value};

use crate::exception::throw_type;
use crate::quickjs;

/// Where the values come from. Properties are numbered from 0.
pub(crate) trait Source: 'static {
    /// The class's name, as error messages show it.
    const CLASS: &'static str;

    /// The properties' names, in order.
    fn names(&self) -> Vec<&str>;

    /// The number of the property of that name.
    fn find(&self, name: &Atom<'_>) -> Option<usize>;

    /// Makes a property's value.
    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>>;

    /// What becomes of a property once it was read.
    fn upkeep(&self, _property: usize) -> Upkeep {
        Upkeep::Own
    }

    /// For a prototype: itself. What is made for an object that inherits from it is kept there, for all.
    fn home<'js>(&self, _: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        Ok(None)
    }
}

/// What becomes of a lazy property once it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// It is an ordinary property from then on. Before, it can be written and deleted too.
    Own,
    /// The object keeps it, and it can be neither written nor deleted.
    Fixed,
    /// It is made anew at each reading, and can be neither written nor deleted.
    Live,
}

/// An object over a [`Source`].
pub(crate) struct Lazy<S> {
    source: S,
    /// Properties that have become ordinary ones, or were deleted.
    taken: RefCell<Vec<usize>>,
    itself: quickjs::Itself,
}

impl<'js, S> Trace<'js> for Lazy<S> {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<S: Source> Lazy<S> {
    pub(crate) fn object<'js>(ctx: &Ctx<'js>, source: S) -> Result<Class<'js, Self>> {
        let lazy = Lazy { source, taken: RefCell::default(), itself: quickjs::Itself::default() };
        let object = Class::instance(ctx.clone(), lazy)?;
        object.borrow().itself.set(&object);
        Ok(object)
    }

    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// The number of a property that is still to be made.
    fn pending(&self, name: &Atom<'_>) -> Option<usize> {
        self.source.find(name).filter(|property| !self.taken.borrow().contains(property))
    }

    fn take(&self, property: usize) {
        self.taken.borrow_mut().push(property);
    }
}

impl<'js, S: Source> JsClass<'js> for Lazy<S> {
    const NAME: &'static str = S::CLASS;
    const KIND: ClassKind = ClassKind::Exotic;
    type Mutable = Readable;

    fn constructor(_: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }

    fn exotic_get_property(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
        name: Atom<'js>,
        receiver: Value<'js>,
    ) -> Result<Value<'js>> {
        let lazy = this.borrow();
        let Some(property) = lazy.pending(&name) else {
            return prototype::<S>(ctx)?.get(name);
        };
        if let Some(home) = lazy.source.home(ctx)?
            && receiver.as_object().is_none_or(|object| !is_same(this, object))
        {
            return home.get(name);
        }
        let value = lazy.source.make(ctx, property)?;
        let upkeep = lazy.source.upkeep(property);
        // Numbers and booleans are as cheap to make again as to find again.
        let worth_keeping = upkeep != Upkeep::Live && (value.is_object() || value.is_string());
        if let Some(object) = receiver.as_object().filter(|object| worth_keeping && is_same(this, object)) {
            lazy.take(property);
            let kept = Property::from(value.clone()).enumerable();
            match upkeep {
                Upkeep::Own => object.prop(name, kept.writable().configurable())?,
                Upkeep::Fixed | Upkeep::Live => object.prop(name, kept)?,
            }
        }
        Ok(value)
    }

    fn exotic_set_property(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
        name: Atom<'js>,
        receiver: Value<'js>,
        value: Value<'js>,
    ) -> Result<bool> {
        quickjs::keep_for_the_engine(&value);
        let lazy = this.borrow();
        let Some(object) = receiver.as_object() else { return Ok(false) };
        if let Some(property) = lazy.pending(&name).filter(|_| is_same(this, object)) {
            if lazy.source.upkeep(property) != Upkeep::Own {
                let name = text(&name).unwrap_or_default();
                return throw_type(ctx, &format!("'{name}' is read-only"));
            }
            lazy.take(property);
        }
        object.prop(name, Property::from(value).writable().enumerable().configurable())?;
        Ok(true)
    }

    fn exotic_delete_property(this: &JsCell<'js, Self>, _: &Ctx<'js>, name: Atom<'js>) -> Result<bool> {
        let lazy = this.borrow();
        if let Some(property) = lazy.pending(&name) {
            if lazy.source.upkeep(property) != Upkeep::Own {
                return Ok(false);
            }
            lazy.take(property);
        }
        Ok(true)
    }

    fn exotic_has_property(this: &JsCell<'js, Self>, ctx: &Ctx<'js>, name: Atom<'js>) -> Result<bool> {
        let lazy = this.borrow();
        // The engine asks here for ordinary properties too.
        if lazy.pending(&name).is_some() || lazy.itself.has_ordinary(ctx, &name)? {
            return Ok(true);
        }
        prototype::<S>(ctx)?.contains_key(name)
    }

    fn exotic_get_own_property(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
        name: Atom<'js>,
    ) -> Result<Option<PropertyDescriptor<'js>>> {
        let lazy = this.borrow();
        let Some(property) = lazy.pending(&name) else { return Ok(None) };
        let value = lazy.source.make(ctx, property)?;
        let own = lazy.source.upkeep(property) == Upkeep::Own;
        // Configurable in any case: the engine insists on seeing properties again that are not.
        Ok(Some(PropertyDescriptor::new_value(value, own, true, true)))
    }

    fn exotic_get_own_property_names(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
    ) -> Result<Vec<PropertyName<'js>>> {
        let lazy = this.borrow();
        let taken = lazy.taken.borrow();
        let pending =
            lazy.source.names().into_iter().enumerate().filter(|(property, _)| !taken.contains(property));
        let name = |(_, name): (usize, &str)| {
            Ok(PropertyName { atom: Atom::from_str(ctx.clone(), name)?, is_enumerable: true })
        };
        let mut names: Vec<PropertyName<'js>> = pending.map(name).collect::<Result<_>>()?;
        if names.is_empty() {
            // The bindings ask the engine for memory of no length, which it takes for having none left. A
            // symbol is no key, and is not there to be copied.
            let atom = Atom::from_predefined(ctx.clone(), PredefinedAtom::SymbolToStringTag);
            names.push(PropertyName { atom, is_enumerable: false });
        }
        Ok(names)
    }
}

/// Whether the object is the lazy one itself, not one that inherits from it or a proxy of it.
fn is_same<'js, S: Source>(this: &JsCell<'js, Lazy<S>>, object: &Object<'js>) -> bool {
    Class::<Lazy<S>>::from_object(object).is_some_and(|class| std::ptr::eq(class.get_cell(), this))
}

/// The text of a property's name, of a symbol its description; `None` for names that are no Unicode.
pub(crate) fn text(name: &Atom<'_>) -> Option<String> {
    name.to_js_string().ok()?.to_string().ok()
}

fn prototype<'js, S: Source>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    Ok(Class::<Lazy<S>>::prototype(ctx)?.expect("the class has a prototype"))
}
