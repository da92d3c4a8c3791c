//! Pushing to servers over HTTP: what all outputs that do so have in common.
//!
//! - [`endpoint`]: where to, as a URL whose password is kept apart.
//! - [`client`]: one request, over a connection that is kept.
//! - [`tls`]: whom to trust, and how to show who we are.
//! - [`dispatch`]: several requests on their way, tried again, and what became of them.
//! - [`rounds`]: the same for totals, where a newer request makes up for an older one; [`schedule`]: when;
//!   [`totals`]: both, beside what is added up.
//!
//! Not here: what is in a request. Proxies are not used.

pub(crate) mod client;
pub(crate) mod dispatch;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod rounds;
pub(crate) mod schedule;
pub(crate) mod tls;
pub(crate) mod totals;
