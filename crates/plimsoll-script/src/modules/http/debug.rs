//! `httpDebug`: requests and responses in the log, as k6 shows them.

use aws_lc_rs::rand;
use plimsoll_net::{Exchange, Request};
use plimsoll_plan::options::keyword::HttpDebug;

use crate::octets::hex;
use crate::state::VuState;

/// Shows a request that is about to be sent. Returns the number under which its response is to be shown.
pub(super) fn show_request(state: &VuState, request: &Request) -> Option<String> {
    let wants = state.worker.script.http_debug;
    if wants == HttpDebug::Off {
        return None;
    }
    let mut text = state.worker.net.head_of(request);
    if let (HttpDebug::Full, Some(body)) = (wants, &request.body) {
        text.push_str(&String::from_utf8_lossy(&body.joined()));
    }
    let mut id = [0; 16];
    rand::fill(&mut id).expect("the system has random numbers");
    let id = hex(&id);
    show(state, "Request", &id, &text);
    Some(id)
}

/// Shows what came back.
pub(super) fn show_response(state: &VuState, id: Option<&str>, exchange: &Exchange) {
    let wants = state.worker.script.http_debug;
    let (Some(id), Ok(response)) = (id, &exchange.result) else { return };
    let mut text = format!("{} {}\r\n", response.protocol.as_str(), response.status_text());
    for (name, value) in response.headers.iter() {
        text += &format!("{name}: {}\r\n", String::from_utf8_lossy(value));
    }
    text += "\r\n";
    if wants == HttpDebug::Full {
        text.push_str(&String::from_utf8_lossy(&response.body));
    }
    show(state, "Response", id, &text);
}

fn show(state: &VuState, what: &str, id: &str, text: &str) {
    let iteration = state.current_iteration();
    let scenario = iteration.as_ref().map_or("", |iteration| &*iteration.scenario.name);
    let number = iteration.as_ref().map_or(0, |iteration| iteration.iteration_in_vu);
    let group = state.tags.borrow().group_path().to_owned();
    tracing::info!(
        target: "plimsoll",
        group,
        iter = number,
        request_id = id,
        scenario,
        source = "http-debug",
        vu = state.id.0,
        "{what}:\n{}\n",
        text.replace("\r\n", "\n")
    );
}
