//! Payloads of Engine.IO and packets of Socket.IO: no panic, and what was read is written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_net::engineio::packet::{EnginePacket, Packet};

fuzz_target!(|text: &str| {
    let _ = EnginePacket::parse_payload(text);
    if let Ok(packet) = Packet::parse(text) {
        let written = packet.write();
        assert_eq!(Packet::parse(&written).expect("our own").write(), written);
    }
});
