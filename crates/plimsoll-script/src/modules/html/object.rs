//! How JavaScript sees a document: selections, elements and attributes.
//!
//! All three are one class, [`Html`]: a document shared by what points into it, and no node of it copied.
//! Their methods are on prototypes that make a function when it is first called ([`Lazy`]); a VU that uses
//! `find` and `text` does not pay for the other two hundred.

use std::rc::Rc;

use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::{Constructor, Rest, This};
use rquickjs::object::Property;
use rquickjs::{Atom, Class, Ctx, Function, IntoJs, JsLifetime, Object, Result, Value};

use super::document::{Document, NodeId};
use super::kinds::{self, Kind};
use super::member::{Call, Member};
use crate::exception::throw_type;
use crate::lazy::{self, Lazy, Source};

/// A view of a document.
#[derive(JsLifetime)]
pub(super) struct Html {
    #[qjs(skip)]
    pub(super) document: Rc<Document>,
    #[qjs(skip)]
    pub(super) view: View,
}

/// What of the document is seen.
pub(super) enum View {
    Selection(Vec<NodeId>),
    Element(NodeId),
    Attribute(NodeId, usize),
}

impl<'js> Trace<'js> for Html {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<'js> JsClass<'js> for Html {
    const NAME: &'static str = "Html";
    type Mutable = Readable;

    /// Not a prototype of anything: where the prototypes of the kinds are kept, by their names.
    fn prototype(ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        let prototypes = Object::new(ctx.clone())?;
        prototypes.set_prototype(None)?;
        Ok(Some(prototypes))
    }

    fn constructor(_: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }
}

impl Html {
    fn kind(&self) -> &'static Kind {
        match self.view {
            View::Selection(_) => &kinds::SELECTION,
            View::Element(id) => kinds::of_element(self.document.name(id)),
            View::Attribute(..) => &kinds::ATTRIBUTE,
        }
    }
}

/// Makes a selection.
pub(crate) fn selection<'js>(
    ctx: &Ctx<'js>,
    document: &Rc<Document>,
    nodes: Vec<NodeId>,
) -> Result<Value<'js>> {
    object(ctx, document, View::Selection(nodes))
}

/// Makes an element.
pub(super) fn element<'js>(ctx: &Ctx<'js>, document: &Rc<Document>, id: NodeId) -> Result<Value<'js>> {
    object(ctx, document, View::Element(id))
}

/// Makes an attribute, with the three properties that are no methods.
pub(super) fn attribute<'js>(
    ctx: &Ctx<'js>,
    document: &Rc<Document>,
    owner: NodeId,
    index: usize,
) -> Result<Value<'js>> {
    let value = object(ctx, document, View::Attribute(owner, index))?;
    let (Some(object), Some(tag)) = (value.as_object(), document.tag(owner)) else { return Ok(value) };
    let known = &tag.attributes[index];
    let property = |value: Value<'js>| Property::from(value).writable().enumerable().configurable();
    object.prop("name", property((&*known.name.local).into_js(ctx)?))?;
    object.prop("value", property((&*known.value).into_js(ctx)?))?;
    object.prop("ownerElement", property(element(ctx, document, owner)?))?;
    Ok(value)
}

fn object<'js>(ctx: &Ctx<'js>, document: &Rc<Document>, view: View) -> Result<Value<'js>> {
    let html = Html { document: Rc::clone(document), view };
    let prototype = html.kind().prototype(ctx)?;
    Ok(Class::instance_proto(html, prototype)?.into_value())
}

/// The nodes that a value shows, if it is a selection or an element, and their document.
pub(super) fn nodes_of(value: &Value<'_>) -> Option<(Rc<Document>, Vec<NodeId>)> {
    let class = Class::<Html>::from_object(value.as_object()?)?;
    let html = class.borrow();
    let nodes = match &html.view {
        View::Selection(nodes) => nodes.clone(),
        View::Element(id) => vec![*id],
        View::Attribute(..) => return None,
    };
    Some((Rc::clone(&html.document), nodes))
}

impl Kind {
    fn prototype<'js>(&'static self, ctx: &Ctx<'js>) -> Result<Object<'js>> {
        let prototypes = Class::<Html>::prototype(ctx)?.expect("the class has one");
        if let Some(known) = prototypes.get(self.name)? {
            return Ok(known);
        }
        let made = Lazy::object(ctx, Prototype(self))?.into_inner();
        prototypes.set(self.name, made.clone())?;
        Ok(made)
    }
}

/// The methods of one kind.
struct Prototype(&'static Kind);

impl Source for Prototype {
    const CLASS: &'static str = "Html";

    fn names(&self) -> Vec<&str> {
        self.0.members().map(|member| member.name).collect()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        self.0.members().position(|member| member.name == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        let member = self.0.members().nth(property).expect("properties are numbered by members");
        function(ctx, self.0, member)
    }

    fn home<'js>(&self, ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        self.0.prototype(ctx).map(Some)
    }
}

/// A method as a function; what it is called on is checked.
fn function<'js>(ctx: &Ctx<'js>, kind: &'static Kind, member: &'static Member) -> Result<Value<'js>> {
    let call = move |ctx: Ctx<'js>, this: This<Value<'js>>, arguments: Rest<Value<'js>>| {
        let class = this.0.as_object().and_then(Class::<Html>::from_object);
        let Some(class) = class.filter(|class| class.borrow().kind().name == kind.name) else {
            return throw_type(&ctx, &format!("{}() must be called on a {}", member.name, kind.name));
        };
        let html = class.borrow();
        member.answer(&Call { ctx: &ctx, this: &this.0, html: &html, arguments: &arguments.0 })
    };
    Ok(Function::new(ctx.clone(), call)?.with_name(member.name)?.into_value())
}
