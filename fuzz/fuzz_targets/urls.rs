//! URLs, references, cookies and URL templates: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_metrics::template;
use plimsoll_net::{Cookie, Url};

fuzz_target!(|text: &str| {
    if let Ok(url) = Url::parse(text) {
        let _ = url.origin();
        let _ = url.join(text);
        let _ = url.masked();
    }
    let _ = Cookie::parse(text);
    let _ = template::path(&template::path(text));
});
