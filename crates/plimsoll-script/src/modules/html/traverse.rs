//! From nodes to nodes: what `children()`, `closest()`, `nextUntil()` and their like answer.
//!
//! Results are in the order in which they are met, each node once: first what the first node leads to,
//! nearest first, then what the second adds.

use rustc_hash::FxHashSet;

use super::document::{Document, NodeId};
use super::selector::{Matcher, Selector};

/// A way through the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Children,
    /// Children with text and comments.
    Contents,
    Parent,
    Parents,
    Next,
    NextAll,
    Previous,
    PreviousAll,
}

impl Way {
    /// The nodes on the way from one node.
    fn from<'d>(self, document: &'d Document, id: NodeId) -> Box<dyn Iterator<Item = NodeId> + 'd> {
        match self {
            Way::Children => Box::new(document.child_elements(id)),
            Way::Contents => Box::new(document.children(id)),
            Way::Parent => Box::new(document.parent_element(id).into_iter()),
            Way::Parents => Box::new(document.ancestors(id)),
            Way::Next => Box::new(document.next_elements(id).take(1)),
            Way::NextAll => Box::new(document.next_elements(id)),
            Way::Previous => Box::new(document.previous_elements(id).take(1)),
            Way::PreviousAll => Box::new(document.previous_elements(id)),
        }
    }
}

/// Where a way ends, that node left out.
#[derive(Debug)]
pub(crate) enum Until {
    Selector(Selector),
    Nodes(FxHashSet<NodeId>),
    Nowhere,
}

impl Until {
    fn is_reached(&self, matcher: &Matcher<'_>, id: NodeId) -> bool {
        match self {
            Until::Selector(selector) => matcher.matches(selector, id),
            Until::Nodes(nodes) => nodes.contains(&id),
            Until::Nowhere => false,
        }
    }
}

/// Goes a way from each node.
pub(crate) fn walk(document: &Document, nodes: &[NodeId], way: Way, until: &Until) -> Vec<NodeId> {
    let matcher = Matcher::new(document, None);
    unique(nodes, |id| way.from(document, *id).take_while(|id| !until.is_reached(&matcher, *id)))
}

/// The descendants that match, for each node in document order.
pub(crate) fn find(document: &Document, nodes: &[NodeId], selector: &Selector) -> Vec<NodeId> {
    let matcher = Matcher::new(document, None);
    unique(nodes, |id| matcher.find(selector, *id))
}

/// The nearest that matches of each node and its ancestors.
pub(crate) fn closest(document: &Document, nodes: &[NodeId], selector: &Selector) -> Vec<NodeId> {
    let matcher = Matcher::new(document, None);
    unique(nodes, |id| {
        std::iter::once(*id).chain(document.ancestors(*id)).find(|id| matcher.matches(selector, *id))
    })
}

/// The nodes that match.
pub(crate) fn filter(document: &Document, nodes: &[NodeId], selector: &Selector) -> Vec<NodeId> {
    let matcher = Matcher::new(document, None);
    nodes.iter().copied().filter(|id| matcher.matches(selector, *id)).collect()
}

/// The nodes with a descendant that matches.
pub(crate) fn having(document: &Document, nodes: &[NodeId], selector: &Selector) -> Vec<NodeId> {
    let matcher = Matcher::new(document, None);
    nodes.iter().copied().filter(|id| matcher.find(selector, *id).next().is_some()).collect()
}

fn unique<I: IntoIterator<Item = NodeId>>(nodes: &[NodeId], from: impl Fn(&NodeId) -> I) -> Vec<NodeId> {
    match nodes {
        [one] => from(one).into_iter().collect(),
        nodes => {
            let mut seen = FxHashSet::default();
            nodes.iter().flat_map(from).filter(|id| seen.insert(*id)).collect()
        }
    }
}
