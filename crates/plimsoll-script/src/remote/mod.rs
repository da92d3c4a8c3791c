//! Modules from the network: fetched once, kept on the disk by what they contain, and pinned.
//!
//! | module | subject |
//! |---|---|
//! | `address` | which URLs may be imported, and what specifiers in remote modules mean |
//! | `fetch` | the exchange: redirects, status, limits |
//! | `cache` | what was fetched before, for all tests of a user |
//! | `lock`, `integrity` | `plimsoll.lock`: what each URL of a test must contain |
//!
//! A URL is looked for in this order: the library that is built in (`jslib`); the archive, when the test
//! comes from one, and then nowhere else; the cache; the network. Nothing is parsed here. Start at
//! [`Remote`].

mod address;
mod cache;
mod fetch;
mod integrity;
mod lock;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use self::address::{is_remote, member_name, parse, resolve};
use self::cache::Cache;
use self::fetch::Fetched;
use self::integrity::Integrity;
use self::lock::{Lock, Pin};
use crate::error::Problem;
use crate::jslib;

/// How modules from the network are come by.
#[derive(Debug, Clone)]
pub struct RemoteOptions {
    /// The folder of the cache; without one every load fetches anew.
    pub cache: Option<PathBuf>,
    /// Never ask the network.
    pub offline: bool,
    /// What may become of `plimsoll.lock`.
    pub lock: LockPolicy,
    /// How long the exchange for one module may take, its redirects included.
    pub timeout: Duration,
}

impl Default for RemoteOptions {
    /// No cache; the timeout is k6's.
    fn default() -> Self {
        Self { cache: None, offline: false, lock: LockPolicy::Extend, timeout: Duration::from_secs(60) }
    }
}

/// What may become of the lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockPolicy {
    /// URLs that it does not have are added.
    Extend,
    /// URLs that it does not have are problems.
    Frozen,
    /// Every URL is fetched anew, and pinned to what is served now.
    Renew,
}

/// The remote modules of one test.
pub(crate) struct Remote {
    place: Place,
    held: Mutex<BTreeMap<String, Result<Module, Problem>>>,
}

enum Place {
    Archive(Members),
    Network(Network),
}

/// The remote modules of an archive: contents by member name, and where redirects led.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) contents: BTreeMap<String, Arc<[u8]>>,
    pub(crate) redirects: BTreeMap<String, String>,
}

struct Network {
    options: RemoteOptions,
    cache: Option<Cache>,
    /// Where the lock file is, or will be.
    lock: PathBuf,
}

/// A module that was found.
#[derive(Debug, Clone)]
struct Module {
    bytes: Arc<[u8]>,
    /// Where redirects ended: what relative specifiers start at.
    address: String,
    /// What the lock file should say of it; `None` when it was not come by over the network.
    pin: Option<Pin>,
}

impl Remote {
    /// Modules from cache and network, for a test whose lock file is in `folder`.
    pub(crate) fn network(folder: &Path, options: RemoteOptions) -> Arc<Self> {
        let cache = options.cache.as_deref().map(Cache::new);
        let network = Network { options, cache, lock: folder.join(lock::NAME) };
        Arc::new(Remote { place: Place::Network(network), held: Mutex::default() })
    }

    /// Only these; the network is never asked.
    pub(crate) fn archived(members: Members) -> Arc<Self> {
        Arc::new(Remote { place: Place::Archive(members), held: Mutex::default() })
    }

    /// Finds all these modules, those of the network at the same time. What is wrong with one is told when
    /// it is read.
    pub(crate) fn gather<'a>(&self, urls: impl Iterator<Item = &'a str>) {
        let missing: Vec<String> = {
            let held = self.held();
            let mut missing: Vec<_> =
                urls.filter(|url| !held.contains_key(*url)).map(str::to_owned).collect();
            missing.sort();
            missing.dedup();
            missing
        };
        if missing.is_empty() {
            return;
        }
        let (own, others): (Vec<_>, Vec<_>) = missing.into_iter().partition(|url| jslib::find(url).is_some());
        let own = own.into_iter().filter_map(|url| Some((url.clone(), Ok(built_in(&url)?))));
        let others = match &self.place {
            Place::Archive(members) => others.into_iter().map(|url| members.find(url)).collect(),
            Place::Network(network) => network.find_all(others),
        };
        self.held().extend(own.chain(others));
    }

    /// The content of a module.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn read(&self, url: &str) -> Result<Arc<[u8]>, Problem> {
        self.gather(std::iter::once(url));
        self.held()[url].as_ref().map(|module| Arc::clone(&module.bytes)).map_err(Problem::clone)
    }

    /// What relative specifiers in a module start at: its URL, or that to which it was redirected.
    pub(crate) fn base_of(&self, url: &str) -> Option<url::Url> {
        let held = self.held();
        let module = held.get(url).and_then(|found| found.as_ref().ok());
        url::Url::parse(module.map_or(url, |module| &module.address)).ok()
    }

    /// Writes what was read into the lock file, as far as its policy allows. A file that cannot be written is
    /// a warning: the modules are there.
    pub(crate) fn pin(&self) {
        let Place::Network(network) = &self.place else { return };
        let held = self.held();
        let pins = held.iter().filter_map(|(url, found)| Some((url, found.as_ref().ok()?.pin.as_ref()?)));
        let pins = Lock::of(pins.map(|(url, pin)| (url.clone(), pin.clone())));
        if let Err(why) = pins.add_to(&network.lock) {
            let file = network.lock.display();
            tracing::warn!(target: "plimsoll", "{file} could not be written, so nothing is pinned: {why}");
        }
    }

    /// Everything that was read and is not built in, as an archive holds it.
    pub(crate) fn seen(&self) -> Members {
        let mut members = Members::default();
        for (url, found) in &*self.held() {
            let Ok(module) = found else { continue };
            if jslib::find(url).is_some() {
                continue;
            }
            members.contents.insert(member_name(url), Arc::clone(&module.bytes));
            if module.address != *url {
                members.redirects.insert(url.clone(), module.address.clone());
            }
        }
        members
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Result<Module, Problem>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn built_in(url: &str) -> Option<Module> {
    let text = jslib::find(url)?;
    Some(Module { bytes: text.as_bytes().into(), address: url.to_owned(), pin: None })
}

impl Members {
    fn find(&self, url: String) -> (String, Result<Module, Problem>) {
        let found = self.contents.get(&member_name(&url)).map(|bytes| Module {
            bytes: Arc::clone(bytes),
            address: self.redirects.get(&url).unwrap_or(&url).clone(),
            pin: None,
        });
        let found = found.ok_or_else(|| Problem::new(format!("{url} is not in the archive")));
        (url, found)
    }
}

impl Network {
    fn find_all(&self, urls: Vec<String>) -> Vec<(String, Result<Module, Problem>)> {
        if urls.is_empty() {
            return Vec::new();
        }
        let lock = match Lock::read(&self.lock) {
            Ok(lock) => lock,
            Err(problem) => return urls.into_iter().map(|url| (url, Err(problem.clone()))).collect(),
        };
        let mut found = Vec::new();
        let mut wanted = Vec::new();
        for url in urls {
            match self.find_without_network(&url, lock.get(&url)) {
                Ok(Some(module)) => found.push((url, Ok(module))),
                Ok(None) => wanted.push(url),
                Err(problem) => found.push((url, Err(problem))),
            }
        }
        for (url, fetched) in fetch::all(&wanted, self.options.timeout) {
            let module = match fetched {
                Ok(fetched) => self.accept(&url, lock.get(&url), fetched),
                Err(error) => Err(self.unreachable(&url, &error)),
            };
            found.push((url, module));
        }
        found
    }

    /// The module of the cache; `None` when it has to be fetched.
    fn find_without_network(&self, url: &str, pin: Option<&Pin>) -> Result<Option<Module>, Problem> {
        if self.options.lock == LockPolicy::Frozen && pin.is_none() {
            let problem = Problem::new(format!("{url} is not in {}", self.lock.display()));
            return Err(problem.hint("run it once without --locked, look at what was added, and commit it"));
        }
        if self.options.lock != LockPolicy::Renew {
            let cached = self.cache.as_ref().and_then(|cache| cache.find(url, pin));
            if let Some(fetched) = cached {
                return Ok(Some(module(fetched, url, pin)));
            }
        }
        if self.options.offline { Err(self.not_cached(url)) } else { Ok(None) }
    }

    /// What was fetched, if it is what the lock file says.
    fn accept(&self, url: &str, pin: Option<&Pin>, fetched: Fetched) -> Result<Module, Problem> {
        let pin = pin.filter(|_| self.options.lock != LockPolicy::Renew);
        if let Some(pin) = pin.filter(|pin| !pin.integrity.holds(&fetched.bytes)) {
            let served = Integrity::like(&pin.integrity, &fetched.bytes);
            return Err(Problem::new(format!("{url} has changed since {} was written", self.lock.display()))
                .note(format!("it should be  {}", pin.integrity))
                .note(format!("it is now     {served}"))
                .hint("if you trust what is served now, run with --update-lock and commit the file"));
        }
        tracing::info!(target: "plimsoll", "fetched {url} ({} bytes)", fetched.bytes.len());
        if let Some(cache) = &self.cache
            && let Err(why) = cache.keep(url, &fetched)
        {
            tracing::warn!(target: "plimsoll", "{url} is not kept in the cache {}: {why}", cache.folder());
        }
        Ok(module(fetched, url, pin))
    }

    fn not_cached(&self, url: &str) -> Problem {
        let problem = Problem::new(format!("{url} is not in the cache, and --offline forbids to fetch it"));
        match &self.cache {
            Some(cache) => problem
                .note(format!("the cache is {}", cache.folder()))
                .hint("`plimsoll inspect SCRIPT`, with a network and without --offline, fills it"),
            None => problem.hint("name a folder for the cache in PLIMSOLL_CACHE_DIR, and fill it once"),
        }
    }

    fn unreachable(&self, url: &str, error: &fetch::FetchError) -> Problem {
        let problem = Problem::new(format!("{url} could not be fetched: {error}"));
        if !error.is_of_the_network() {
            return problem;
        }
        problem.hint(
            "is there a network? What was fetched once comes from the cache; \
             an archive (`plimsoll archive`) holds all that its test needs",
        )
    }
}

/// An existing pin stays as it was written.
fn module(fetched: Fetched, url: &str, pin: Option<&Pin>) -> Module {
    let address = fetched.address;
    let made = || Pin {
        integrity: Integrity::of(&fetched.bytes),
        address: (address != url).then(|| address.clone()),
    };
    Module { pin: Some(pin.cloned().unwrap_or_else(made)), bytes: fetched.bytes, address }
}
