//! From text to a [`Document`], by the rules of the HTML standard (html5ever's tokenizer and tree builder).
//!
//! Like browsers and unlike the standard, elements are not nested deeper than [`MAX_DEPTH`]: what is deeper
//! becomes a sibling. This keeps the time of a page that consists of start tags linear.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, Tracer, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};
use html5ever::tree_builder::TreeBuilder;
use html5ever::{Attribute, LocalName, QualName};
use url::Url;

use super::document::{Content, Document, NodeId, Tag};
use crate::fiber;

/// Elements that may be open at a time, formatting elements counted twice. Browsers have 512 too.
const MAX_DEPTH: usize = 512;
/// Nodes of a document; each takes about 60 bytes. Formatting elements that are never closed make many nodes
/// of few bytes.
const MAX_NODES: usize = 4_000_000;
/// Bytes that are parsed before other VUs get their turn.
const CHUNK: usize = 16 << 10;
/// How far back an end tag looks for its start tag among the elements that were too deep.
const LOOK_BACK: usize = 64;

/// A document with more than [`MAX_NODES`] nodes.
#[derive(Debug, thiserror::Error)]
#[error("the HTML has more than {MAX_NODES} nodes, which is the limit")]
pub(crate) struct TooManyNodes;

/// Parses a document. There is no malformed HTML: whatever the text is, it has a tree.
pub(crate) fn parse(text: &str, url: Option<Url>) -> Result<Document, TooManyNodes> {
    let sink = Sink { document: RefCell::new(Document::new(url)) };
    let guard =
        DepthGuard { builder: TreeBuilder::new(sink, Default::default()), too_deep: RefCell::default() };
    let tokenizer = Tokenizer::new(guard, Default::default());
    let queue = BufferQueue::default();
    for chunk in chunks(text) {
        queue.push_back(StrTendril::from_slice(chunk));
        // The tokenizer also stops after scripts, which are not run.
        while !queue.is_empty() {
            let _ = tokenizer.feed(&queue);
        }
        if tokenizer.sink.is_full() {
            return Err(TooManyNodes);
        }
        fiber::preempt_if_due();
    }
    tokenizer.end();
    let mut document = tokenizer.sink.builder.sink.finish();
    document.shrink();
    Ok(document)
}

/// The text in pieces of about [`CHUNK`] bytes.
fn chunks(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (chunk, rest) = text.split_at(text.floor_char_boundary(CHUNK));
        text = rest;
        Some(chunk).filter(|chunk| !chunk.is_empty())
    })
}

/// Stands between tokenizer and tree builder, and closes what would be nested too deep.
struct DepthGuard {
    builder: TreeBuilder<NodeId, Sink>,
    /// Elements that were closed right away, whose end tags are still to come.
    too_deep: RefCell<Vec<LocalName>>,
}

impl DepthGuard {
    fn is_full(&self) -> bool {
        self.builder.sink.document.borrow().len() > MAX_NODES
    }

    fn is_deep(&self) -> bool {
        let count = Count(Cell::new(0));
        self.builder.trace_handles(&count);
        count.0.get() > MAX_DEPTH
    }

    /// Whether this end tag belongs to an element that is closed already.
    fn takes_end(&self, name: &LocalName) -> bool {
        let mut too_deep = self.too_deep.borrow_mut();
        let found = too_deep.iter().rev().take(LOOK_BACK).position(|known| known == name);
        if let Some(back) = found {
            let left = too_deep.len() - back - 1;
            too_deep.truncate(left);
        }
        found.is_some()
    }
}

impl TokenSink for DepthGuard {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        let tag = match &token {
            Token::EOFToken => return self.builder.process_token(token, line),
            _ if self.is_full() => return TokenSinkResult::Continue,
            Token::TagToken(tag) => tag,
            _ => return self.builder.process_token(token, line),
        };
        let end = html5ever::tokenizer::Tag {
            kind: TagKind::EndTag,
            self_closing: false,
            attrs: Vec::new(),
            had_duplicate_attributes: false,
            name: tag.name.clone(),
        };
        if tag.kind == TagKind::EndTag {
            if self.takes_end(&tag.name) {
                return TokenSinkResult::Continue;
            }
        } else if holds_elements(&tag.name) && self.is_deep() {
            self.too_deep.borrow_mut().push(tag.name.clone());
            let result = self.builder.process_token(token, line);
            let _ = self.builder.process_token(Token::TagToken(end), line);
            return result;
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Elements without an end tag, and those whose content is text, cannot be nested.
fn holds_elements(name: &LocalName) -> bool {
    !matches!(
        &**name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "iframe"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "noembed"
            | "noframes"
            | "noscript"
            | "param"
            | "plaintext"
            | "script"
            | "source"
            | "style"
            | "textarea"
            | "title"
            | "track"
            | "wbr"
            | "xmp"
    )
}

/// Counts what the tree builder holds.
struct Count(Cell<usize>);

impl Tracer for Count {
    type Handle = NodeId;

    fn trace_handle(&self, _: &NodeId) {
        self.0.set(self.0.get() + 1);
    }
}

/// Builds the document as the tree builder says.
struct Sink {
    document: RefCell<Document>,
}

impl Sink {
    fn push(&self, content: Content) -> NodeId {
        self.document.borrow_mut().push(content)
    }

    /// Puts a node or text before a sibling, or at the end. Text joins the text before it.
    fn insert(&self, parent: NodeId, before: Option<NodeId>, child: NodeOrText<NodeId>) {
        let mut document = self.document.borrow_mut();
        let child = match child {
            NodeOrText::AppendNode(child) => child,
            NodeOrText::AppendText(text) => {
                let previous = match before {
                    Some(before) => document.previous(before),
                    None => document.last_child(parent),
                };
                let content = previous.map(|previous| &mut document.node_mut(previous).content);
                if let Some(Content::Text(known)) = content {
                    known.push_tendril(&text);
                    return;
                }
                document.push(Content::Text(text))
            }
        };
        document.insert(parent, before, child);
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Document;
    type ElemName<'a> = std::cell::Ref<'a, QualName>;

    fn finish(self) -> Document {
        self.document.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        self.document.borrow().root()
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Self::ElemName<'a> {
        std::cell::Ref::map(self.document.borrow(), |document| {
            &document.tag(*target).expect("only elements are asked for their names").name
        })
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> NodeId {
        self.push(Content::Element(Box::new(Tag { name, attributes })))
    }

    /// MathML may hold HTML where it says so (HTML Standard, "HTML integration point").
    fn is_mathml_annotation_xml_integration_point(&self, element: &NodeId) -> bool {
        let document = self.document.borrow();
        let encoding = document.tag(*element).and_then(|tag| tag.attribute("encoding"));
        encoding.is_some_and(|encoding| {
            ["text/html", "application/xhtml+xml"].iter().any(|html| encoding.eq_ignore_ascii_case(html))
        })
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.push(Content::Comment(text))
    }

    fn create_pi(&self, _: StrTendril, data: StrTendril) -> NodeId {
        self.push(Content::Comment(data))
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.insert(*parent, None, child);
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        let parent = self.document.borrow().parent(*element);
        match parent {
            Some(parent) => self.insert(parent, Some(*element), child),
            None => self.insert(*previous, None, child),
        }
    }

    fn append_doctype_to_document(&self, name: StrTendril, _: StrTendril, _: StrTendril) {
        let doctype = self.push(Content::Doctype(name));
        self.append(&self.get_document(), NodeOrText::AppendNode(doctype));
    }

    /// A template's content is under the template itself, so that selectors find it.
    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        *target
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &NodeId, new_node: NodeOrText<NodeId>) {
        let parent = self.document.borrow().parent(*sibling);
        if let Some(parent) = parent {
            self.insert(parent, Some(*sibling), new_node);
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        let mut document = self.document.borrow_mut();
        if let Content::Element(tag) = &mut document.node_mut(*target).content {
            for attribute in attributes {
                if tag.attributes.iter().all(|known| known.name != attribute.name) {
                    tag.attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.document.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        let mut document = self.document.borrow_mut();
        while let Some(child) = document.first_child(*node) {
            document.insert(*new_parent, None, child);
        }
    }

    fn allow_declarative_shadow_roots(&self, _: &NodeId) -> bool {
        false
    }
}
