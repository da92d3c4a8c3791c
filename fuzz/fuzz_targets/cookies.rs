//! Any text as cookies that servers set: no panic, and a cookie only goes where it belongs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_net::{Cookie, CookieJar, Url};

fuzz_target!(|text: &str| {
    let here = Url::parse("https://www.test.example/a/b?c").expect("valid");
    let elsewhere = Url::parse("http://test.invalid/").expect("valid");
    let mut jar = CookieJar::new();
    for line in text.lines() {
        if let Some(cookie) = Cookie::parse(line) {
            jar.set(&here, &cookie);
        }
    }
    assert!(jar.cookies_for_url(&elsewhere).is_empty());
    for (name, _) in jar.cookies_for_url(&here) {
        assert!(!name.contains(['\r', '\n', ';']), "{name:?} would split a header");
    }
    jar.clear(&here);
});
