//! What the VUs of one worker thread have in common: stacks, network state, parsed URLs, interned tag values.
//!
//! Lives on its thread (`Rc`, not `Arc`); everything that can be shared between threads is in
//! [`Script`].

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use plimsoll_engine::WorkerContext;
use plimsoll_metrics::{Redaction, SeriesId, Shard, Symbol, builtin, template};
use plimsoll_net::sql::{DataSource, Driver, SqlError};
use plimsoll_net::{ClientIdentity, InvalidIdentity, NetError, Url};
use rustc_hash::FxHashMap;

use crate::bundle::Script;
use crate::fiber::StackPool;
use crate::series::TagValues;

/// Distinct URLs kept parsed. A script that makes up more (ids in paths) starts over with an empty cache,
/// which costs it a parse per request and the process no memory.
const URL_LIMIT: usize = 20_000;

/// Client certificates kept ready for use. A worker whose users have more starts over, which costs each one
/// parse.
const IDENTITY_LIMIT: usize = 20_000;

/// Databases whose names are kept parsed, with what they need for TLS. Usually there is one for all users.
const DATA_SOURCE_LIMIT: usize = 1000;

/// Failed requests that a worker logs for each error code.
const FAILURES_LOGGED: u32 = 10;

type DataSources = FxHashMap<(Driver, Box<str>), Rc<DataSource>>;

/// One worker's shared state.
pub(crate) struct Worker {
    pub(crate) context: WorkerContext,
    pub(crate) script: Arc<Script>,
    pub(crate) stacks: Rc<StackPool>,
    pub(crate) net: plimsoll_net::Shared,
    pub(crate) values: TagValues,
    urls: RefCell<FxHashMap<Box<str>, Rc<Target>>>,
    /// By certificate, key and password.
    identities: RefCell<FxHashMap<[String; 3], ClientIdentity>>,
    data_sources: RefCell<DataSources>,
    /// Failed requests logged so far, by error code.
    logged: RefCell<FxHashMap<u16, u32>>,
    warned_of_redirects: Cell<bool>,
    generator_delay: Cell<Option<SeriesId>>,
}

/// A URL that a script uses, with everything that depends on the URL alone.
pub(crate) struct Target {
    pub(crate) url: Url,
    /// What k6 shows in the tags `url` and `name`: the URL with credentials masked.
    pub(crate) shown: Arc<str>,
    /// What keys series: the URL's template, or the shown URL itself when a threshold mentions it.
    pub(crate) series_name: Symbol,
}

impl Worker {
    pub(crate) fn new(context: WorkerContext, script: Arc<Script>) -> Self {
        if !script.secrets.is_empty() {
            let redactor = script.secrets.redactor().clone();
            context.shard.borrow_mut().redact_with(Redaction::new(move |value| {
                match redactor.redact(value) {
                    Cow::Owned(redacted) => Some(redacted),
                    Cow::Borrowed(_) => None,
                }
            }));
        }
        let values = TagValues::new(&mut context.shard.borrow_mut());
        let net = plimsoll_net::Shared::new(Arc::clone(&script.net));
        Worker {
            context,
            script,
            stacks: Rc::default(),
            net,
            values,
            urls: RefCell::default(),
            identities: RefCell::default(),
            data_sources: RefCell::default(),
            logged: RefCell::default(),
            warned_of_redirects: Cell::default(),
            generator_delay: Cell::default(),
        }
    }

    pub(crate) fn shard(&self) -> std::cell::RefMut<'_, Shard> {
        self.context.shard.borrow_mut()
    }

    /// The series of how long responses waited for this worker. It has the run's tags alone: the delay says
    /// something of the generator, nothing of what was asked for.
    pub(crate) fn generator_delay(&self, shard: &mut Shard) -> SeriesId {
        self.generator_delay.get().unwrap_or_else(|| {
            let tags = self.script.run_tags.iter();
            let tags: Vec<_> = tags.map(|(name, value)| (shard.tag_key(name), shard.symbol(value))).collect();
            let tags = shard.tag_set(&tags);
            let series = shard.series(builtin::GENERATOR_DELAY, tags);
            self.generator_delay.set(Some(series));
            series
        })
    }

    /// Logs a failed request, unless this worker has logged enough with that code: a target that is down
    /// would otherwise turn the test into one of the terminal. All of them are counted in the metrics.
    pub(crate) fn log_failure(&self, code: u16, error: &str) {
        let mut logged = self.logged.borrow_mut();
        let count = logged.entry(code).or_default();
        *count = count.saturating_add(1);
        if *count <= FAILURES_LOGGED {
            tracing::warn!(target: "plimsoll", error, "Request Failed");
        }
        if *count == FAILURES_LOGGED {
            tracing::warn!(
                target: "plimsoll",
                "no more failures with code {code} are logged; the summary has their number"
            );
        }
    }

    /// Says once that a redirect was not followed because there had been so many, unless the script or a flag
    /// has said how many there may be.
    pub(crate) fn warn_of_redirects(&self, limit: u32, url: &str) {
        if self.script.warns_of_redirects && !self.warned_of_redirects.replace(true) {
            tracing::warn!(
                target: "plimsoll",
                url,
                "Stopped after {limit} redirects and returned the redirection; pass {{ redirects: n }} in \
                request params or set global maxRedirects to silence this"
            );
        }
    }

    /// Looks a URL up, parsing it the first time.
    pub(crate) fn target(&self, url: &str) -> Result<Rc<Target>, NetError> {
        if let Some(target) = self.urls.borrow().get(url) {
            return Ok(Rc::clone(target));
        }
        let parsed = Url::parse(url)?;
        let target = Rc::new(self.describe(parsed));
        let mut urls = self.urls.borrow_mut();
        if urls.len() >= URL_LIMIT {
            urls.clear();
        }
        urls.insert(url.into(), Rc::clone(&target));
        Ok(target)
    }

    /// A client certificate that a request names by its certificate, key and password, parsed the first time.
    ///
    /// # Errors
    /// What is wrong with the texts.
    pub(crate) fn identity(&self, parts: [String; 3]) -> Result<ClientIdentity, InvalidIdentity> {
        if let Some(identity) = self.identities.borrow().get(&parts) {
            return Ok(identity.clone());
        }
        let [chain, key, password] = &parts;
        let identity = ClientIdentity::from_pem(chain, key, password)?;
        let mut identities = self.identities.borrow_mut();
        if identities.len() >= IDENTITY_LIMIT {
            identities.clear();
        }
        identities.insert(parts, identity.clone());
        Ok(identity)
    }

    /// What a data source name says, parsed the first time.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn data_source(&self, driver: Driver, name: &str) -> Result<Rc<DataSource>, SqlError> {
        let key = (driver, name.into());
        if let Some(source) = self.data_sources.borrow().get(&key) {
            return Ok(Rc::clone(source));
        }
        let source = Rc::new(DataSource::parse(driver, name)?);
        let mut sources = self.data_sources.borrow_mut();
        if sources.len() >= DATA_SOURCE_LIMIT {
            sources.clear();
        }
        sources.insert(key, Rc::clone(&source));
        Ok(source)
    }

    /// The target of a URL that is unlikely to come again (a redirect's).
    pub(crate) fn describe(&self, url: Url) -> Target {
        let shown: Arc<str> = self.script.secrets.redactor().redact(url.masked()).into();
        let pins = &self.script.pins;
        let pinned = pins.contains(plimsoll_metrics::tag::URL, &shown)
            || pins.contains(plimsoll_metrics::tag::NAME, &shown);
        let mut shard = self.context.shard.borrow_mut();
        let series_name = if pinned { shard.symbol(&shown) } else { shard.symbol(&template::path(&shown)) };
        Target { url, shown, series_name }
    }
}
