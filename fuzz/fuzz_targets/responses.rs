//! Any bytes as the answer to a request: refused or read, never a panic; and the same in whatever pieces they
//! come.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_net::{CookieJar, Limits, Url, fuzzing};

const LIMITS: Limits = Limits { head_bytes: 2048, body_bytes: 64 * 1024 };

fuzz_target!(|input: &[u8]| {
    let [method, size, bytes @ ..] = input else { return };
    let answers_head = method % 8 == 1;
    let whole = fuzzing::response(answers_head, LIMITS, std::iter::once(bytes));
    let pieces = fuzzing::response(answers_head, LIMITS, bytes.chunks(usize::from(*size) + 1));
    let told = |response: &plimsoll_net::Response| {
        (response.status, response.body_len, response.body.clone(), response.status_text())
    };
    assert_eq!(whole.as_ref().map(told), pieces.as_ref().map(told));
    if let Some(mut response) = whole {
        let url = Url::parse("https://test.example/a/b").expect("valid");
        let mut jar = CookieJar::new();
        jar.receive(&url, &response);
        let _ = jar.cookies_for_url(&url);
        if response.decode_body(LIMITS.body_bytes).is_ok() {
            assert!(response.body.len() <= LIMITS.body_bytes);
        }
    }
});
