//! Methods of certain elements that take more than a look at an attribute.

pub(super) mod field;
pub(super) mod link;
pub(super) mod list;
pub(super) mod measure;
pub(super) mod table;
