//! What the fuzz targets of `fuzz/` reach of the codecs; compiled for them alone.

use crate::http::h1;
use crate::options::Limits;
use crate::{Method, Request, Response, Url};

/// The response to a `GET` (or a `HEAD`) that these pieces make, with the end of the stream behind them;
/// `None` when they make none.
pub fn response<'a>(
    answers_head: bool,
    limits: Limits,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Option<Response> {
    let method = if answers_head { Method::HEAD } else { Method::GET };
    let url = Url::parse("http://test.example/").expect("a valid URL");
    h1::decode(&Request::new(method, url), limits, pieces)
}
