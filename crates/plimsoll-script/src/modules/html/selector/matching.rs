//! Whether a node matches a selector.
//!
//! Compounds are compared from right to left. When one does not fit, the outcome says how far to the left
//! the search has to be taken up again, so that `a b c d` costs a walk to the root and not one for each
//! combination of ancestors (the method of Servo's selector crate).

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;

use super::nth::Nth;
use super::{Attribute, Combinator, Complex, Selector, Simple, Test};
use crate::fiber;
use crate::modules::html::document::{Content, Document, NodeId};

/// Comparisons between two looks at whether other VUs are due.
const SLICE: u32 = 1 << 12;

/// Matches nodes of one document, remembering their positions among siblings.
pub(crate) struct Matcher<'d> {
    document: &'d Document,
    /// What `:scope`, and the left side of `> a`, stand for.
    scope: Cell<Option<NodeId>>,
    positions: RefCell<FxHashMap<(NodeId, bool, bool), u32>>,
    work: Cell<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Matched,
    /// Another later sibling further left may still do.
    TryLaterSibling,
    /// Another ancestor may still do.
    TryDescendant,
    /// Nothing further left can.
    Never,
}

impl<'d> Matcher<'d> {
    pub(crate) fn new(document: &'d Document, scope: Option<NodeId>) -> Self {
        let (positions, work) = (RefCell::default(), Cell::new(0));
        Matcher { document, scope: Cell::new(scope), positions, work }
    }

    /// The descendants of the scope that match, in document order.
    pub(crate) fn find<'a>(
        &'a self,
        selector: &'a Selector,
        top: NodeId,
    ) -> impl Iterator<Item = NodeId> + 'a {
        self.scope.set(Some(top));
        self.document.descendant_elements(top).filter(move |id| self.matches(selector, *id))
    }

    pub(crate) fn matches(&self, selector: &Selector, id: NodeId) -> bool {
        self.document.is_element(id)
            && selector
                .0
                .iter()
                .any(|complex| self.complex(complex, complex.compounds.len() - 1, id) == Outcome::Matched)
    }

    fn complex(&self, complex: &Complex, last: usize, id: NodeId) -> Outcome {
        self.rest();
        if !complex.compounds[last].iter().all(|simple| self.simple(simple, id)) {
            return Outcome::TryLaterSibling;
        }
        let Some(left) = last.checked_sub(1) else { return Outcome::Matched };
        let combinator = complex.combinators[left];
        let mut at = id;
        loop {
            let Some(next) = self.step(combinator, at) else {
                return match combinator {
                    Combinator::Child | Combinator::Descendant => Outcome::Never,
                    Combinator::NextSibling | Combinator::LaterSibling => Outcome::TryDescendant,
                };
            };
            at = next;
            let outcome = self.complex(complex, left, at);
            match (outcome, combinator) {
                (Outcome::Matched | Outcome::Never, _) | (_, Combinator::NextSibling) => return outcome,
                (_, Combinator::Child) => return Outcome::TryDescendant,
                (Outcome::TryDescendant, Combinator::LaterSibling) => return outcome,
                (_, Combinator::Descendant) | (Outcome::TryLaterSibling, Combinator::LaterSibling) => {}
            }
        }
    }

    /// Where a combinator leads to.
    fn step(&self, combinator: Combinator, id: NodeId) -> Option<NodeId> {
        match combinator {
            // The document itself can be the scope of a search.
            Combinator::Child | Combinator::Descendant => self.document.parent(id),
            Combinator::NextSibling | Combinator::LaterSibling => self.document.previous_elements(id).next(),
        }
    }

    /// Lets other VUs run now and then.
    fn rest(&self) {
        self.work.set(self.work.get().wrapping_add(1));
        if self.work.get().is_multiple_of(SLICE) {
            fiber::preempt_if_due();
        }
    }

    fn simple(&self, simple: &Simple, id: NodeId) -> bool {
        if *simple == Simple::Scope {
            return self.scope.get() == Some(id);
        }
        let document = self.document;
        let Some(tag) = document.tag(id) else { return false };
        match simple {
            Simple::Scope | Simple::Never => false,
            Simple::Name(name) => str::eq_ignore_ascii_case(&tag.name.local, name),
            Simple::Id(wanted) => tag.attribute("id") == Some(wanted),
            Simple::Class(class) => has_word(tag.attribute("class").unwrap_or_default(), class),
            Simple::Attribute(attribute) => attribute.fits(tag.attribute(&attribute.name)),
            Simple::Not(selector) => !self.matches(selector, id),
            Simple::Is(selector) => self.matches(selector, id),
            Simple::Has(selector) => self.has(selector, id),
            Simple::HasChild(selector) => {
                document.child_elements(id).any(|child| self.matches(selector, child))
            }
            Simple::Contains { text, own } => self.text(id, *own).to_lowercase().contains(text),
            Simple::Nth(nth) => nth.includes(self.position(*nth, id)),
            Simple::OnlyChild => self.is_only(id, false),
            Simple::OnlyOfType => self.is_only(id, true),
            Simple::Empty => {
                document.children(id).all(|child| matches!(document.content(child), Content::Comment(_)))
            }
            Simple::Root => document.parent(id) == Some(document.root()),
            Simple::Input => matches!(&*tag.name.local, "input" | "select" | "textarea" | "button"),
            Simple::Link => {
                tag.attribute("href").is_some() && matches!(&*tag.name.local, "a" | "area" | "link")
            }
            Simple::Lang(language) => self.language(id).is_some_and(|known| is_language(known, language)),
            Simple::Enabled => can_be_disabled(&tag.name.local) && !self.is_disabled(id),
            Simple::Disabled => can_be_disabled(&tag.name.local) && self.is_disabled(id),
            Simple::Checked => match &*tag.name.local {
                "option" => tag.attribute("selected").is_some(),
                "input" => tag.attribute("checked").is_some(),
                _ => false,
            },
        }
    }

    /// `:has(…)`: something under the node, or after it where the selector begins with `+` or `~`.
    fn has(&self, selector: &Selector, id: NodeId) -> bool {
        let scope = self.scope.replace(Some(id));
        let siblings = selector.0.iter().any(|complex| {
            complex.compounds[0] == [Simple::Scope]
                && matches!(
                    complex.combinators.first(),
                    Some(Combinator::NextSibling | Combinator::LaterSibling)
                )
        });
        let document = self.document;
        let found = document.descendant_elements(id).any(|inner| self.matches(selector, inner))
            || siblings
                && document.next_elements(id).any(|next| {
                    self.matches(selector, next)
                        || document.descendant_elements(next).any(|inner| self.matches(selector, inner))
                });
        self.scope.set(scope);
        found
    }

    fn text(&self, id: NodeId, own: bool) -> String {
        if !own {
            return self.document.text(id);
        }
        let mut text = String::new();
        for child in self.document.children(id) {
            if let Content::Text(own) = self.document.content(child) {
                text.push_str(own);
            }
        }
        text
    }

    fn language(&self, id: NodeId) -> Option<&str> {
        std::iter::once(id)
            .chain(self.document.ancestors(id))
            .find_map(|id| self.document.attribute(id, "lang"))
    }

    fn is_disabled(&self, id: NodeId) -> bool {
        super::super::form::is_disabled(self.document, id)
    }

    fn is_only(&self, id: NodeId, of_type: bool) -> bool {
        [false, true].into_iter().all(|from_end| self.position(Nth::at(1, from_end, of_type), id) == 1)
    }

    /// The place among siblings, from 1. Those of all siblings are found in one walk.
    fn position(&self, nth: Nth, id: NodeId) -> u32 {
        if let Some(known) = self.positions.borrow().get(&(id, nth.from_end, nth.of_type)) {
            return *known;
        }
        self.count_siblings(nth, id);
        self.positions.borrow().get(&(id, nth.from_end, nth.of_type)).copied().unwrap_or(1)
    }

    fn count_siblings(&self, nth: Nth, id: NodeId) {
        let document = self.document;
        let Some(parent) = document.parent(id) else { return };
        let mut siblings: Vec<NodeId> = document
            .child_elements(parent)
            .filter(|sibling| !nth.of_type || document.name(*sibling) == document.name(id))
            .collect();
        if nth.from_end {
            siblings.reverse();
        }
        let keys = siblings.into_iter().map(|sibling| (sibling, nth.from_end, nth.of_type));
        self.positions.borrow_mut().extend(keys.zip(1..));
    }
}

impl Attribute {
    fn fits(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return self.test == Test::Differs };
        if self.ignore_case {
            return self.compare(&value.to_lowercase(), &self.value.to_lowercase());
        }
        self.compare(value, &self.value)
    }

    fn compare(&self, value: &str, wanted: &str) -> bool {
        match self.test {
            Test::Present => true,
            Test::Equals => value == wanted,
            Test::Differs => value != wanted,
            Test::HasWord => has_word(value, wanted),
            Test::HasLanguage => {
                value.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            }
            Test::StartsWith => !wanted.is_empty() && value.starts_with(wanted),
            Test::EndsWith => !wanted.is_empty() && value.ends_with(wanted),
            Test::Contains => !wanted.is_empty() && value.contains(wanted),
        }
    }
}

fn has_word(text: &str, wanted: &str) -> bool {
    text.split_ascii_whitespace().any(|word| word == wanted)
}

fn is_language(known: &str, wanted: &str) -> bool {
    let known = known.to_ascii_lowercase();
    known.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn can_be_disabled(name: &str) -> bool {
    matches!(name, "button" | "fieldset" | "input" | "optgroup" | "option" | "select" | "textarea")
}
