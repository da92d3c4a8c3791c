//! A parsed document: nodes in one list, linked by their numbers.
//!
//! Nothing here recurses, and dropping a document frees a list, so depth costs no stack. Documents do not
//! change once they are parsed.

use std::cell::OnceCell;
use std::num::NonZeroU32;

use html5ever::tendril::StrTendril;
use html5ever::{Attribute, QualName};
use url::Url;

/// A node of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(NonZeroU32);

impl NodeId {
    fn at(index: usize) -> Self {
        let number = u32::try_from(index + 1).expect("the parser limits the number of nodes");
        NodeId(NonZeroU32::new(number).expect("one more than an index"))
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Content {
    Document,
    Doctype(StrTendril),
    Text(StrTendril),
    Comment(StrTendril),
    Element(Box<Tag>),
}

/// Name and attributes of an element.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: QualName,
    pub(crate) attributes: Vec<Attribute>,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|known| &*known.name.local == name).map(|known| &*known.value)
    }
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: Option<NodeId>,
    pub(super) previous: Option<NodeId>,
    pub(super) next: Option<NodeId>,
    pub(super) first: Option<NodeId>,
    pub(super) last: Option<NodeId>,
    pub(super) content: Content,
}

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Document {
    nodes: Vec<Node>,
    /// Where it came from.
    url: Option<Url>,
    /// What relative links are relative to.
    base: OnceCell<Option<Url>>,
}

impl Document {
    pub(super) fn new(url: Option<Url>) -> Self {
        let mut document = Document { nodes: Vec::new(), url, base: OnceCell::new() };
        document.push(Content::Document);
        document
    }

    pub(crate) fn root(&self) -> NodeId {
        NodeId::at(0)
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Adds a node that is not in the tree yet.
    pub(super) fn push(&mut self, content: Content) -> NodeId {
        let id = NodeId::at(self.nodes.len());
        self.nodes.push(Node { parent: None, previous: None, next: None, first: None, last: None, content });
        id
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    /// Gives back what the parser took in advance.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
    }

    /// Puts a node under `parent`, right before `before` or at the end.
    pub(super) fn insert(&mut self, parent: NodeId, before: Option<NodeId>, child: NodeId) {
        self.detach(child);
        let previous = match before {
            Some(before) => self.node(before).previous,
            None => self.node(parent).last,
        };
        let node = self.node_mut(child);
        (node.parent, node.previous, node.next) = (Some(parent), previous, before);
        match previous {
            Some(previous) => self.node_mut(previous).next = Some(child),
            None => self.node_mut(parent).first = Some(child),
        }
        match before {
            Some(before) => self.node_mut(before).previous = Some(child),
            None => self.node_mut(parent).last = Some(child),
        }
    }

    /// Takes a node out of the tree, with what is under it.
    pub(super) fn detach(&mut self, id: NodeId) {
        let node = self.node_mut(id);
        let (parent, previous, next) = (node.parent.take(), node.previous.take(), node.next.take());
        let Some(parent) = parent else { return };
        match previous {
            Some(previous) => self.node_mut(previous).next = next,
            None => self.node_mut(parent).first = next,
        }
        match next {
            Some(next) => self.node_mut(next).previous = previous,
            None => self.node_mut(parent).last = previous,
        }
    }

    pub(crate) fn content(&self, id: NodeId) -> &Content {
        &self.node(id).content
    }

    pub(crate) fn tag(&self, id: NodeId) -> Option<&Tag> {
        match self.content(id) {
            Content::Element(tag) => Some(tag),
            _ => None,
        }
    }

    pub(crate) fn is_element(&self, id: NodeId) -> bool {
        self.tag(id).is_some()
    }

    /// An element's name; empty for other nodes.
    pub(crate) fn name(&self, id: NodeId) -> &str {
        self.tag(id).map_or("", |tag| &*tag.name.local)
    }

    pub(crate) fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        self.tag(id)?.attribute(name)
    }

    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent
    }

    pub(crate) fn parent_element(&self, id: NodeId) -> Option<NodeId> {
        self.parent(id).filter(|parent| self.is_element(*parent))
    }

    pub(crate) fn next(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).next
    }

    pub(crate) fn previous(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).previous
    }

    pub(crate) fn first_child(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).first
    }

    pub(crate) fn last_child(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).last
    }

    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.first_child(id), |child| self.next(*child))
    }

    pub(crate) fn child_elements(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.children(id).filter(|child| self.is_element(*child))
    }

    /// The ancestors, nearest first, the document itself left out.
    pub(crate) fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.parent_element(id), |id| self.parent_element(*id))
    }

    pub(crate) fn next_elements(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.next(id), |id| self.next(*id)).filter(|id| self.is_element(*id))
    }

    pub(crate) fn previous_elements(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.previous(id), |id| self.previous(*id)).filter(|id| self.is_element(*id))
    }

    /// Everything under a node, in document order.
    pub(crate) fn descendants(&self, top: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.first_child(top), move |id| self.after(*id, top))
    }

    pub(crate) fn descendant_elements(&self, top: NodeId) -> impl Iterator<Item = NodeId> {
        self.descendants(top).filter(|id| self.is_element(*id))
    }

    /// The node after `id` in document order, as long as it is under `top`.
    fn after(&self, id: NodeId, top: NodeId) -> Option<NodeId> {
        if let Some(child) = self.first_child(id) {
            return Some(child);
        }
        let mut id = id;
        while id != top {
            if let Some(next) = self.next(id) {
                return Some(next);
            }
            id = self.parent(id)?;
        }
        None
    }

    /// Whether `inner` is under `outer`.
    pub(crate) fn contains(&self, outer: NodeId, inner: NodeId) -> bool {
        std::iter::successors(self.parent(inner), |id| self.parent(*id)).any(|id| id == outer)
    }

    /// The text of a node: its own, or that of all text nodes under it.
    pub(crate) fn text(&self, id: NodeId) -> String {
        let mut text = String::new();
        self.push_text(id, &mut text);
        text
    }

    pub(crate) fn push_text(&self, id: NodeId, text: &mut String) {
        for id in std::iter::once(id).chain(self.descendants(id)) {
            if let Content::Text(own) = self.content(id) {
                text.push_str(own);
            }
        }
    }

    /// The first element with this id.
    pub(crate) fn by_id(&self, id: &str) -> Option<NodeId> {
        self.descendant_elements(self.root()).find(|node| self.attribute(*node, "id") == Some(id))
    }

    /// A link of the document made absolute; `None` where that cannot be done.
    pub(crate) fn resolve(&self, link: &str) -> Option<Url> {
        match self.base() {
            Some(base) => base.join(link).ok(),
            None => Url::parse(link).ok(),
        }
    }

    /// What relative links are relative to: `<base href>`, else the document's own URL.
    pub(crate) fn base(&self) -> Option<&Url> {
        let find = || {
            let mut bases = self.descendant_elements(self.root()).filter(|id| self.name(*id) == "base");
            let href = bases.find_map(|id| self.attribute(id, "href"));
            let joined = href.and_then(|href| match &self.url {
                Some(url) => url.join(href).ok(),
                None => Url::parse(href).ok(),
            });
            joined.or_else(|| self.url.clone())
        };
        self.base.get_or_init(find).as_ref()
    }
}
