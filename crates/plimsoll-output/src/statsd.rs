//! Sends every sample to a StatsD or DogStatsD server, in packets of UDP, as k6 1 did.
//!
//! Counters are counts, gauges gauges, trends timings. A check is a count `check.NAME.pass` or
//! `check.NAME.fail`, any other rate a count of what is not zero. Tags are sent where they are asked for. UDP
//! has no answers: what a server does not receive is not known here. Start from [`Settings`].

use std::io;
use std::net::SocketAddr;

use plimsoll_metrics::{MetricId, MetricKind, RawSample, Registry, SampleBatch, Tags};
use rustc_hash::FxHashMap;
use tokio::net::UdpSocket;

use crate::error::{OutputError, SpecError};
use crate::output::{News, Outlook, Output, RunEnd, RunStart, Setbacks, Step};
use crate::settings::{Key, Reader, Variables};

const ADDR: Key = Key::variable("K6_STATSD_ADDR");
const NAMESPACE: Key = Key::variable("K6_STATSD_NAMESPACE");
const BUFFER_SIZE: Key = Key::variable("K6_STATSD_BUFFER_SIZE");
const PUSH_INTERVAL: Key = Key::variable("K6_STATSD_PUSH_INTERVAL");
const ENABLE_TAGS: Key = Key::variable("K6_STATSD_ENABLE_TAGS");
const TAG_BLOCKLIST: Key = Key::variable("K6_STATSD_TAG_BLOCKLIST");

/// What fits into one frame of Ethernet.
const PACKET_BYTES: usize = 1_432;

/// Where to send, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    address: String,
    namespace: String,
    /// Samples in a packet, at most.
    buffer_size: usize,
    /// The tags that are not sent; without a list none is.
    blocklist: Option<Vec<String>>,
}

impl Settings {
    pub(crate) fn read(argument: Option<&str>, variables: &Variables) -> Result<Self, Vec<SpecError>> {
        const EXPECTED: &str = "an address such as localhost:8125";
        let is_address = |text: &str| {
            let (host, port) = text.rsplit_once(':')?;
            (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| text.to_owned())
        };
        let mut reader = Reader::new("statsd", variables, Vec::new());
        let address = match argument.map(str::trim).filter(|argument| !argument.is_empty()) {
            Some(argument) => {
                if is_address(argument).is_none() {
                    reader.complain("the argument", argument, EXPECTED);
                }
                Some(argument.to_owned())
            }
            None => reader.read(ADDR, EXPECTED, is_address),
        };
        // Samples are sent as they arrive, once a second: there is nothing to set. It is only checked.
        reader.duration(PUSH_INTERVAL);
        let blocklist = reader.text(TAG_BLOCKLIST).unwrap_or_else(|| "vu,iter,url".to_owned());
        let blocklist = blocklist.split(',').map(|tag| tag.trim().to_owned()).collect();
        let settings = Self {
            address: address.unwrap_or_else(|| "localhost:8125".to_owned()),
            namespace: reader.text(NAMESPACE).unwrap_or_else(|| "k6.".to_owned()),
            buffer_size: reader.count(BUFFER_SIZE).unwrap_or(20),
            blocklist: reader.flag(ENABLE_TAGS).unwrap_or_default().then_some(blocklist),
        };
        reader.finish(settings)
    }
}

/// The output that sends to StatsD.
pub struct Statsd {
    settings: Settings,
    open: Option<Open>,
    lost: u64,
    is_troubled: bool,
    news: Vec<News>,
}

struct Open {
    encoder: Encoder,
    socket: UdpSocket,
}

impl Statsd {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, open: None, lost: 0, is_troubled: false, news: Vec::new() }
    }

    async fn open(&mut self, run: &RunStart) -> Result<(), OutputError> {
        let address = &self.settings.address;
        let open = async {
            let server = preferred(tokio::net::lookup_host(address).await?);
            let server = server.ok_or(io::ErrorKind::AddrNotAvailable)?;
            let own = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(own).await?;
            socket.connect(server).await?;
            Ok(socket)
        };
        let refused = |source| OutputError::Write { target: format!("'{address}'"), source };
        let socket = open.await.map_err(refused)?;
        self.open = Some(Open { encoder: Encoder::new(&self.settings, run.registry.clone()), socket });
        Ok(())
    }

    async fn send_all(&mut self, batch: &SampleBatch) {
        let Some(Open { encoder, socket }) = &mut self.open else { return };
        let mut packet = Packet::default();
        let mut failure = None;
        let mut line = Vec::new();
        for sample in &batch.samples {
            line.clear();
            if !encoder.sample(batch, sample, &mut line) {
                self.lost += 1;
                continue;
            }
            let is_full = packet.samples as usize == self.settings.buffer_size;
            if is_full || packet.bytes.len() + 1 + line.len() > PACKET_BYTES {
                self.lost += packet.send(socket, &mut failure).await;
            }
            packet.add(&line);
        }
        self.lost += packet.send(socket, &mut failure).await;
        self.tell(failure);
    }

    /// Only the first of a row of failures is news, and the end of the row.
    fn tell(&mut self, failure: Option<io::Error>) {
        match failure {
            Some(source) if !self.is_troubled => {
                let target = format!("'{}'", self.settings.address);
                let error = OutputError::Write { target, source };
                self.news.push(News::Trouble { error, outlook: Outlook::Lost });
                self.is_troubled = true;
            }
            None if self.is_troubled => {
                self.news.push(News::Recovered);
                self.is_troubled = false;
            }
            _ => {}
        }
    }
}

/// The address to send to. `localhost` may be `::1` first, where a server of StatsD that listens on IPv4
/// alone receives nothing, and UDP does not tell.
fn preferred(addresses: impl Iterator<Item = SocketAddr>) -> Option<SocketAddr> {
    addresses.min_by_key(SocketAddr::is_ipv6)
}

/// Lines that are sent together.
#[derive(Default)]
struct Packet {
    bytes: Vec<u8>,
    samples: u64,
}

impl Packet {
    fn add(&mut self, line: &[u8]) {
        if self.samples > 0 {
            self.bytes.push(b'\n');
        }
        self.bytes.extend_from_slice(line);
        self.samples += 1;
    }

    /// Sends what there is, and returns how many samples were lost by that.
    async fn send(&mut self, socket: &UdpSocket, failure: &mut Option<io::Error>) -> u64 {
        if self.samples == 0 {
            return 0;
        }
        let sent = socket.send(&self.bytes).await;
        self.bytes.clear();
        let samples = std::mem::take(&mut self.samples);
        match sent {
            Ok(_) => 0,
            Err(error) => {
                failure.get_or_insert(error);
                samples
            }
        }
    }
}

impl Output for Statsd {
    fn describe(&self) -> String {
        format!("statsd ({})", self.settings.address)
    }

    fn start<'a>(&'a mut self, run: &'a RunStart) -> Step<'a> {
        Box::pin(self.open(run))
    }

    fn write<'a>(&'a mut self, batch: &'a SampleBatch) -> Step<'a> {
        Box::pin(async {
            self.send_all(batch).await;
            Ok(())
        })
    }

    fn finish<'a>(&'a mut self, _end: &'a RunEnd) -> Step<'a> {
        Box::pin(async { Ok(()) })
    }

    fn setbacks(&mut self) -> Setbacks {
        Setbacks { lost: std::mem::take(&mut self.lost), news: std::mem::take(&mut self.news) }
    }
}

/// So many different sets of tags are kept as text; past that they are made anew.
const TAG_TEXTS: usize = 100_000;

/// From samples to lines: `k6.http_req_duration:1.25|ms|#method:GET,status:200`.
struct Encoder {
    namespace: String,
    blocklist: Option<Vec<String>>,
    registry: Registry,
    names: FxHashMap<MetricId, String>,
    tags: FxHashMap<Tags, String>,
}

impl Encoder {
    fn new(settings: &Settings, registry: Registry) -> Self {
        let Settings { namespace, blocklist, .. } = settings.clone();
        Self { namespace, blocklist, registry, names: FxHashMap::default(), tags: FxHashMap::default() }
    }

    /// Appends a line; says no if StatsD has no such number.
    fn sample(&mut self, batch: &SampleBatch, sample: &RawSample, line: &mut Vec<u8>) -> bool {
        if !sample.value.is_finite() {
            return false;
        }
        let (id, tags) = batch.series(sample);
        let registry = &self.registry;
        let name = self.names.entry(id).or_insert_with(|| registry.get(id).name.to_string());
        let (namespace, value) = (&self.namespace, sample.value);
        let text = match (id.kind(), tags.get("check")) {
            (MetricKind::Gauge, _) => format!("{namespace}{name}:{value}|g"),
            (MetricKind::Trend, _) => format!("{namespace}{name}:{value}|ms"),
            (MetricKind::Rate, Some(check)) => {
                let outcome = if value == 0.0 { "fail" } else { "pass" };
                format!("{namespace}check.{}.{outcome}:1|c", clean(check, &[':', '|', '@', '#']))
            }
            (MetricKind::Rate | MetricKind::Counter, _) => format!("{namespace}{name}:{}|c", value as i64),
        };
        line.extend_from_slice(text.as_bytes());
        if self.blocklist.is_some() {
            line.extend_from_slice(self.tags(tags, sample.context.url.as_deref()).as_bytes());
        }
        true
    }

    /// `|#name:value,name:value`
    fn tags(&mut self, tags: &Tags, url: Option<&str>) -> String {
        let blocklist = self.blocklist.as_deref().unwrap_or_default();
        if url.is_some() {
            return tags_text(tags, url, blocklist);
        }
        if self.tags.len() >= TAG_TEXTS && !self.tags.contains_key(tags) {
            self.tags.clear();
        }
        self.tags.entry(tags.clone()).or_insert_with(|| tags_text(tags, None, blocklist)).clone()
    }
}

fn tags_text(tags: &Tags, url: Option<&str>, blocklist: &[String]) -> String {
    let sent = tags
        .iter()
        .filter(|(name, value)| !value.is_empty() && !blocklist.iter().any(|blocked| blocked == name));
    let text = |(name, value)| {
        let value = url.filter(|_| matches!(name, "name" | "url")).unwrap_or(value);
        format!("{}:{}", clean(name, &[':', ',', '|']), clean(value, &[',', '|']))
    };
    let all: Vec<_> = sent.map(text).collect();
    if all.is_empty() { String::new() } else { format!("|#{}", all.join(",")) }
}

/// A text without what the protocol takes for its own.
fn clean(text: &str, special: &[char]) -> String {
    text.replace(|c: char| special.contains(&c) || matches!(c, '\n' | '\r'), "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_goes_before_ipv6() {
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let preferred = |texts: &[&str]| preferred(texts.iter().copied().map(address));
        let (first, second) = ("127.0.0.1:8125", "127.0.0.2:8125");
        assert_eq!(preferred(&["[::1]:8125", first, second]), Some(address(first)));
        assert_eq!(preferred(&["[::1]:8125"]), Some(address("[::1]:8125")));
        assert_eq!(preferred(&[]), None);
    }
}
