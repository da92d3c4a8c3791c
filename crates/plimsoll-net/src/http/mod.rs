//! HTTP values and the steps around an exchange; [`h1`] and [`h2`] are the wire.

pub(crate) mod auth;
pub(crate) mod body;
pub mod cookie_date;
pub(crate) mod cookies;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod h1;
pub(crate) mod h2;
pub(crate) mod inflate;
pub mod redirect;
pub(crate) mod request;
pub(crate) mod request_headers;
pub(crate) mod response;
pub(crate) mod url;
