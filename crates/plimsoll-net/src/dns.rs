//! From names to addresses: a cache with k6's `dns` options over the system's resolver.
//!
//! Questions for one name that are open at the same time share one answer, so ten thousand virtual users that
//! start together ask the system once per worker. Failures are shared in the same way but not cached.
//!
//! IP addresses, `localhost` and names under `.invalid` (RFC 6761) are answered without asking anybody.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::error::NetError;

/// k6's `dns` option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsOptions {
    /// How long an answer is used: `Some(0)` asks every time, `None` never asks again.
    pub ttl: Option<Duration>,
    /// Which address of an answer is used.
    pub select: DnsSelect,
    /// Which address families are used.
    pub policy: DnsPolicy,
}

impl Default for DnsOptions {
    fn default() -> Self {
        Self { ttl: Some(Duration::from_secs(300)), select: DnsSelect::Random, policy: DnsPolicy::PreferIpv4 }
    }
}

/// Which of several addresses is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsSelect {
    /// Always the first.
    First,
    /// One after the other.
    RoundRobin,
    /// Any, by chance.
    Random,
}

/// Which address families are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsPolicy {
    /// IPv4 if there is any, else IPv6.
    PreferIpv4,
    /// IPv6 if there is any, else IPv4.
    PreferIpv6,
    /// IPv4 or nothing.
    OnlyIpv4,
    /// IPv6 or nothing.
    OnlyIpv6,
    /// Both alike.
    Any,
}

type Answer = Result<Box<[IpAddr]>, NetError>;

#[derive(Debug)]
pub(crate) struct Resolver {
    options: DnsOptions,
    cache: RefCell<HashMap<Box<str>, Rc<Entry>>>,
    random: Cell<u64>,
}

/// One name: asked, perhaps not answered yet.
#[derive(Debug, Default)]
struct Entry {
    answer: OnceCell<Answer>,
    answered_at: Cell<Option<Instant>>,
    /// Position of round robin.
    turn: Cell<usize>,
}

impl Resolver {
    pub(crate) fn new(options: DnsOptions) -> Self {
        let random = Cell::new(RandomState::new().build_hasher().finish() | 1);
        Self { options, cache: RefCell::default(), random }
    }

    /// The address to dial for `host`, which is in lower case and no IP address.
    pub(crate) async fn resolve(&self, host: &str) -> Result<IpAddr, NetError> {
        if host == "localhost" || host.ends_with(".localhost") {
            let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return self.options.policy.filter(&loopback).first().copied().ok_or(NetError::NoSuchHost);
        }
        if host.ends_with(".invalid") {
            return Err(NetError::NoSuchHost);
        }
        self.resolve_with(host, async || ask_system(host).await).await
    }

    /// Resolves `host` from the cache, or else by `ask`.
    async fn resolve_with(&self, host: &str, ask: impl AsyncFnOnce() -> Answer) -> Result<IpAddr, NetError> {
        let entry = self.entry(host);
        let answer = entry
            .answer
            .get_or_init(async || {
                let answer = ask().await;
                entry.answered_at.set(Some(Instant::now()));
                answer
            })
            .await;
        match answer {
            Ok(addresses) => self.select(addresses, &entry.turn),
            Err(error) => {
                self.forget(host, &entry);
                Err(error.clone())
            }
        }
    }

    /// The cached entry for `host`, or a new one if there is none or it is too old.
    fn entry(&self, host: &str) -> Rc<Entry> {
        let mut cache = self.cache.borrow_mut();
        match cache.get(host) {
            Some(entry) if self.is_current(entry) => Rc::clone(entry),
            _ => {
                let entry = Rc::<Entry>::default();
                cache.insert(host.into(), Rc::clone(&entry));
                entry
            }
        }
    }

    fn is_current(&self, entry: &Entry) -> bool {
        match (entry.answered_at.get(), self.options.ttl) {
            (Some(answered_at), Some(ttl)) => answered_at.elapsed() < ttl,
            (None, _) | (_, None) => true,
        }
    }

    /// Drops a failed entry, unless a newer question has already taken its place.
    fn forget(&self, host: &str, failed: &Rc<Entry>) {
        let mut cache = self.cache.borrow_mut();
        if cache.get(host).is_some_and(|entry| Rc::ptr_eq(entry, failed)) {
            cache.remove(host);
        }
    }

    fn select(&self, addresses: &[IpAddr], turn: &Cell<usize>) -> Result<IpAddr, NetError> {
        let usable = self.options.policy.filter(addresses);
        if usable.is_empty() {
            return Err(NetError::NoSuchHost);
        }
        let index = match self.options.select {
            DnsSelect::First => 0,
            DnsSelect::RoundRobin => turn.replace(turn.get().wrapping_add(1)),
            DnsSelect::Random => self.next_random(),
        };
        Ok(usable[index % usable.len()])
    }

    /// Xorshift: good enough to spread connections, and no state to share between threads.
    fn next_random(&self) -> usize {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        (x >> 32) as usize
    }
}

impl DnsPolicy {
    fn filter(self, addresses: &[IpAddr]) -> Vec<IpAddr> {
        let family = |v4: bool| addresses.iter().copied().filter(|address| address.is_ipv4() == v4).collect();
        let or_other =
            |preferred: Vec<IpAddr>| if preferred.is_empty() { addresses.to_vec() } else { preferred };
        match self {
            Self::Any => addresses.to_vec(),
            Self::OnlyIpv4 => family(true),
            Self::OnlyIpv6 => family(false),
            Self::PreferIpv4 => or_other(family(true)),
            Self::PreferIpv6 => or_other(family(false)),
        }
    }
}

async fn ask_system(host: &str) -> Answer {
    match tokio::net::lookup_host((host, 0)).await {
        Ok(found) => {
            let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            addresses.dedup();
            Ok(addresses.into())
        }
        Err(error) => Err(lookup_error(&error.to_string())),
    }
}

/// The system's resolver reports its own error numbers, of which the standard library keeps only the text.
fn lookup_error(text: &str) -> NetError {
    const UNKNOWN_NAME: [&str; 3] = ["not known", "No address associated", "nodename nor servname"];
    if UNKNOWN_NAME.iter().any(|phrase| text.contains(phrase)) {
        return NetError::NoSuchHost;
    }
    NetError::Lookup(text.strip_prefix("failed to lookup address information: ").unwrap_or(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver(select: DnsSelect, policy: DnsPolicy) -> Resolver {
        Resolver::new(DnsOptions { ttl: Some(Duration::from_secs(60)), select, policy })
    }

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn policies_choose_families() {
        let both = addresses(&["::1", "10.0.0.1", "::2", "10.0.0.2"]);
        let only_six = addresses(&["::1"]);
        assert_eq!(DnsPolicy::Any.filter(&both), both);
        assert_eq!(DnsPolicy::PreferIpv4.filter(&both), addresses(&["10.0.0.1", "10.0.0.2"]));
        assert_eq!(DnsPolicy::PreferIpv4.filter(&only_six), only_six);
        assert_eq!(DnsPolicy::PreferIpv6.filter(&both), addresses(&["::1", "::2"]));
        assert_eq!(DnsPolicy::OnlyIpv4.filter(&only_six), addresses(&[]));
        assert_eq!(DnsPolicy::OnlyIpv6.filter(&both), addresses(&["::1", "::2"]));
    }

    #[tokio::test(start_paused = true)]
    async fn selection_goes_round_or_stays_or_varies() {
        let answer = || async { Ok(addresses(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]).into()) };
        for (select, expected) in [(DnsSelect::First, [1, 1, 1, 1]), (DnsSelect::RoundRobin, [1, 2, 3, 1])] {
            let resolver = resolver(select, DnsPolicy::Any);
            for last in expected {
                let expected: IpAddr = format!("10.0.0.{last}").parse().unwrap();
                assert_eq!(resolver.resolve_with("name.test", answer).await, Ok(expected));
            }
        }
        let resolver = resolver(DnsSelect::Random, DnsPolicy::Any);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..200 {
            seen.insert(resolver.resolve_with("name.test", answer).await.unwrap());
        }
        assert_eq!(seen.len(), 3);
    }

    /// Asks through `resolver`, counting the questions that reach the system.
    async fn ask_counting(
        resolver: &Resolver,
        asked: &Cell<usize>,
        answer: Answer,
    ) -> Result<IpAddr, NetError> {
        let ask = async || {
            asked.set(asked.get() + 1);
            tokio::time::sleep(Duration::from_millis(10)).await;
            answer
        };
        resolver.resolve_with("name.test", ask).await
    }

    #[tokio::test(start_paused = true)]
    async fn answers_age() {
        let resolver = resolver(DnsSelect::First, DnsPolicy::Any);
        let asked = Cell::new(0);
        for (wait, expected) in [(0, 1), (59, 1), (2, 2)] {
            tokio::time::advance(Duration::from_secs(wait)).await;
            ask_counting(&resolver, &asked, Ok(addresses(&["10.0.0.1"]).into())).await.unwrap();
            assert_eq!(asked.get(), expected, "after {wait} more seconds");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn open_questions_share_their_answer() {
        let resolver = resolver(DnsSelect::First, DnsPolicy::Any);
        let asked = Cell::new(0);
        let failure = || ask_counting(&resolver, &asked, Err(NetError::NoSuchHost));
        let (one, two) = tokio::join!(failure(), failure());
        assert_eq!((one, two, asked.get()), (Err(NetError::NoSuchHost), Err(NetError::NoSuchHost), 1));
        let success = || ask_counting(&resolver, &asked, Ok(addresses(&["10.0.0.1"]).into()));
        let (one, two) = tokio::join!(success(), success());
        assert!(one.is_ok() && one == two);
        assert_eq!(asked.get(), 2, "the failure was not cached, the answer was shared");
    }

    #[tokio::test]
    async fn special_names_need_no_resolver() {
        let resolver = resolver(DnsSelect::First, DnsPolicy::OnlyIpv6);
        assert_eq!(resolver.resolve("localhost").await, Ok(Ipv6Addr::LOCALHOST.into()));
        assert_eq!(resolver.resolve("nowhere.invalid").await, Err(NetError::NoSuchHost));
        assert!(resolver.cache.borrow().is_empty());
    }

    #[test]
    fn the_resolvers_texts_are_told_apart() {
        let prefix = "failed to lookup address information: ";
        assert_eq!(lookup_error(&format!("{prefix}Name or service not known")), NetError::NoSuchHost);
        let temporary = lookup_error(&format!("{prefix}Temporary failure in name resolution"));
        assert_eq!(temporary.to_string(), "lookup: Temporary failure in name resolution");
        assert_eq!(temporary.code().get(), 1100);
    }
}
