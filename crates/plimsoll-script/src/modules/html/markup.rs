//! Back from nodes to HTML text.

use std::io;

use html5ever::QualName;
use html5ever::serialize::{HtmlSerializer, SerializeOpts, Serializer as _};

use super::document::{Content, Document, NodeId};

/// The HTML of what is inside of a node.
pub(crate) fn inner(document: &Document, id: NodeId) -> String {
    let mut bytes = Vec::new();
    write(document, id, &mut bytes).expect("writing to memory");
    String::from_utf8(bytes).expect("text comes out as text")
}

/// Walks by the links: depth costs no stack.
fn write(document: &Document, top: NodeId, bytes: &mut Vec<u8>) -> io::Result<()> {
    use html5ever::serialize::TraversalScope;
    let scope = TraversalScope::ChildrenOnly(document.tag(top).map(|tag| tag.name.clone()));
    let options = SerializeOpts { traversal_scope: scope, ..SerializeOpts::default() };
    let mut serializer = HtmlSerializer::new(bytes, options);
    let mut at = document.first_child(top);
    while let Some(id) = at {
        open(document, id, &mut serializer)?;
        at = document.first_child(id);
        let mut last = id;
        while at.is_none() && last != top {
            close(document, last, &mut serializer)?;
            at = document.next(last);
            last = document.parent(last).unwrap_or(top);
        }
    }
    Ok(())
}

fn open(document: &Document, id: NodeId, serializer: &mut HtmlSerializer<&mut Vec<u8>>) -> io::Result<()> {
    match document.content(id) {
        Content::Document => Ok(()),
        Content::Doctype(name) => serializer.write_doctype(name),
        Content::Text(text) => serializer.write_text(text),
        Content::Comment(text) => serializer.write_comment(text),
        Content::Element(tag) => {
            let attributes = tag.attributes.iter().map(|attribute| (&attribute.name, &*attribute.value));
            serializer.start_elem(tag.name.clone(), attributes)
        }
    }
}

fn close(document: &Document, id: NodeId, serializer: &mut HtmlSerializer<&mut Vec<u8>>) -> io::Result<()> {
    let name: Option<QualName> = document.tag(id).map(|tag| tag.name.clone());
    name.map_or(Ok(()), |name| serializer.end_elem(name))
}
