//! A loaded script: compiled once, shared by every VU of the process.
//!
//! [`Bundle::load`] reads and compiles the modules and runs the init context once (`__VU` is 0), which yields
//! the options, the exported functions and the custom metrics. [`Script`] adds what the resolved plan
//! decides.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_engine::{Clock, RunState, VuId, WorkerContext};
use plimsoll_metrics::{Pins, Registry, ShardConfig};
use plimsoll_plan::Plan;
use plimsoll_plan::options::keyword::HttpDebug;
use plimsoll_plan::options::size::Size;
use plimsoll_plan::options::tags::{SystemTags, Tags};
use plimsoll_plan::stripe::Stripe;
use rquickjs::Ctx;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::archive::{Archive, ArchiveError};
use crate::base::Base;
use crate::compiled::{self, Compiled, Unit};
use crate::entry::Entry;
use crate::error::{LoadError, Problem};
use crate::fiber::Fiber;
use crate::files::Files;
use crate::graph::ModuleGraph;
use crate::modules::data::Shared;
use crate::quickjs::Bytecode;
use crate::rate_limit::RateLimit;
use crate::reach::{Family, Reach};
use crate::remote::Remote;
use crate::secrets::{Redactor, Secrets};
use crate::source::{ModuleId, Source};
use crate::state::VuState;
use crate::vm::{self, InitError};
use crate::worker::Worker;
use crate::{exception, modules, own_options};

/// The script's view of the environment, `__ENV`.
pub type Environment = BTreeMap<String, String>;

/// The modules of a script, and what was found out about them.
pub(crate) struct Modules {
    pub(crate) entry: String,
    /// What the script's own text leads to.
    compiled: Compiled,
    /// What computed names have led to since.
    pub(crate) further: Mutex<Vec<Compiled>>,
    /// Whether names of modules are computed, which may lead to any file.
    computes: bool,
    /// What relative paths of `open` start at.
    pub(crate) folder: PathBuf,
    /// The built-ins of the language that the script can reach.
    pub(crate) reach: Reach,
    /// The classes of `k6/experimental/streams`, for scripts that can reach them.
    pub(crate) streams: Option<Bytecode>,
    /// Whether the script may look at its own `options`.
    reads_options: bool,
    /// What the script takes from each built-in module; `None` is everything.
    taken: FxHashMap<&'static str, Option<FxHashSet<String>>>,
}

impl Modules {
    fn new(graph: &ModuleGraph<'_>, entry: &Entry) -> Result<Self, LoadError> {
        let computes = graph.computes();
        let reach = || Reach::of(graph.sources.iter().flat_map(Source::code));
        let reach = if computes { Reach::EVERYTHING } else { reach() };
        let streams = reach.contains(Family::Streams).then(compiled::streams).transpose()?;
        Ok(Modules {
            entry: entry.id.as_str().to_owned(),
            compiled: Compiled::of(graph, computes)?,
            computes,
            further: Mutex::default(),
            folder: entry.folder.clone(),
            reach,
            streams,
            reads_options: own_options::are_read(&graph.sources),
            taken: modules::NAMES.iter().map(|name| (*name, graph.taken_from(name))).collect(),
        })
    }

    /// A piece of compiled code.
    pub(crate) fn unit(&self, name: &str) -> Option<Arc<Unit>> {
        self.first_of(|compiled| compiled.unit(name).cloned())
    }

    /// What a specifier of a module means, if that was resolved before.
    pub(crate) fn resolution(&self, base: &str, specifier: &str) -> Option<String> {
        self.first_of(|compiled| compiled.resolution(base, specifier).cloned())
    }

    /// Whether a module imports another one, directly or not.
    pub(crate) fn imports(&self, from: &str, wanted: &str) -> bool {
        let mut seen = FxHashSet::default();
        let mut queue = vec![from.to_owned()];
        while let Some(name) = queue.pop() {
            if name == wanted {
                return true;
            }
            if !seen.contains(&name) {
                queue.extend(self.unit(&name).iter().flat_map(|unit| unit.imports.iter().cloned()));
                seen.insert(name);
            }
        }
        false
    }

    /// A frame of a stack trace with the place as it was written.
    pub(crate) fn restore(&self, frame: &str) -> String {
        let restored = |compiled: &Compiled| match compiled.maps.restore(frame) {
            Cow::Owned(restored) => Some(restored),
            Cow::Borrowed(_) => None,
        };
        self.first_of(restored).unwrap_or_else(|| frame.to_owned())
    }

    /// Whether some of the code was, or may turn out to be, written otherwise.
    pub(crate) fn may_have_maps(&self) -> bool {
        self.computes || !self.compiled.maps.0.is_empty()
    }

    fn first_of<T>(&self, of: impl Fn(&Compiled) -> Option<T>) -> Option<T> {
        let further = || {
            let further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
            further.iter().find_map(&of)
        };
        of(&self.compiled).or_else(further)
    }

    /// Whether the script imports this name of a built-in module, or the module as a whole.
    pub(crate) fn takes(&self, builtin: &str, name: &str) -> bool {
        match self.taken.get(builtin) {
            Some(Some(names)) => names.contains(name),
            Some(None) => true,
            None => false,
        }
    }
}

/// A script whose init context has run once.
pub struct Bundle {
    pub(crate) modules: Arc<Modules>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) environment: Arc<Environment>,
    entry: Entry,
    shared: Arc<Shared>,
    secrets: Arc<Secrets>,
    /// The exported `options`, as JSON; `None` when the script exports none.
    pub options_json: Option<String>,
    /// Names of the exported functions, `default` among them.
    pub functions: Vec<String>,
}

/// A bundle with the decisions of a plan: everything that VUs share, on every thread.
pub struct Script {
    pub(crate) modules: Arc<Modules>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) environment: Arc<Environment>,
    /// What `open` reads.
    pub(crate) files: Arc<Files>,
    /// Modules from the network.
    pub(crate) remote: Arc<Remote>,
    /// Data that all VUs read.
    pub(crate) shared: Arc<Shared>,
    pub(crate) secrets: Arc<Secrets>,
    /// What this instance has of everything that is dealt to the instances of a divided test.
    pub(crate) stripe: Stripe,
    pub(crate) options_json: String,
    /// What VUs add to the script's own `options`; `None` when there is nothing, or nobody to see it.
    pub(crate) added_options: Option<String>,
    pub(crate) net: Arc<plimsoll_net::Options>,
    pub(crate) pins: Arc<Pins>,
    pub(crate) run_tags: Tags,
    pub(crate) system_tags: SystemTags,
    pub(crate) max_redirects: u32,
    /// Whether nobody has said that so many redirects are enough.
    pub(crate) warns_of_redirects: bool,
    pub(crate) batch: u32,
    pub(crate) batch_per_host: u32,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) http_debug: HttpDebug,
    pub(crate) throw: bool,
    pub(crate) discard_response_bodies: bool,
    pub(crate) keep_cookies: bool,
    pub(crate) close_connections_after_iteration: bool,
    /// What the JavaScript of each VU may use; zero for no limit.
    pub(crate) memory_limit: Size,
}

/// The memory limit while a script is loaded: before that its own options cannot be known.
const LOADING_MEMORY_LIMIT: Size = Size::mebibytes(4096);

impl Bundle {
    /// Loads a script that has no secrets.
    ///
    /// # Errors
    /// See [`Bundle::load_with`].
    pub fn load(entry: Entry, environment: Environment) -> Result<Self, LoadError> {
        Self::load_with(entry, environment, Secrets::default())
    }

    /// Loads a script.
    ///
    /// Blocks the calling thread, which must not be a tokio runtime's.
    ///
    /// # Errors
    /// See [`LoadError`]; nothing of a script that cannot be loaded remains.
    pub fn load_with(entry: Entry, environment: Environment, secrets: Secrets) -> Result<Self, LoadError> {
        let graph = ModuleGraph::load(&entry)?;
        entry.remote.pin();
        let modules = Arc::new(Modules::new(&graph, &entry)?);
        let name = entry.id.to_string();
        let mut bundle = Bundle {
            modules,
            registry: Arc::new(Registry::new()),
            environment: Arc::new(environment),
            entry,
            shared: Arc::default(),
            secrets: Arc::new(secrets),
            options_json: None,
            functions: Vec::new(),
        };
        let plan = plimsoll_plan::resolve(Vec::new()).expect("no options at all are valid");
        let script = bundle.script(&plan, plimsoll_net::Options::default());
        let script = Arc::new(Script { memory_limit: LOADING_MEMORY_LIMIT, ..script });
        let (options_json, functions) = initialise(script, &plan).map_err(|error| named(error, &name))?;
        (bundle.options_json, bundle.functions) = (options_json, functions);
        if bundle.functions.is_empty() {
            let problem = Problem::new(format!("{name} exports no function to run"));
            let problem = problem.hint(
                "write `export default function () { … }`, or name an exported function in scenarios.*.exec",
            );
            return Err(LoadError::NothingToRun(problem));
        }
        Ok(bundle)
    }

    /// What the script was loaded from.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// What the script sees as `__ENV`.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What hides the secrets that the script was given.
    pub fn redactor(&self) -> &Redactor {
        self.secrets.redactor()
    }

    /// The script with everything that it has imported and opened.
    ///
    /// # Errors
    /// When two files cannot be told apart by the names that they have in an archive.
    pub fn archive(&self) -> Result<Archive, ArchiveError> {
        self.entry.pack()
    }

    /// The metrics of the run: built-in ones and those that the script declared.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The script under the decisions of a plan.
    pub fn script(&self, plan: &Plan, net: plimsoll_net::Options) -> Script {
        let options = &plan.options;
        Script {
            modules: Arc::clone(&self.modules),
            registry: Arc::clone(&self.registry),
            environment: Arc::clone(&self.environment),
            files: Arc::clone(&self.entry.files),
            remote: Arc::clone(&self.entry.remote),
            shared: Arc::clone(&self.shared),
            secrets: Arc::clone(&self.secrets),
            stripe: plan.vus.clone(),
            options_json: plan.options_json().to_string(),
            added_options: self.added_options(plan),
            net: Arc::new(net),
            pins: Arc::new(Pins::new(plan.selectors())),
            run_tags: options.tags.clone(),
            system_tags: options.system_tags,
            max_redirects: options.max_redirects,
            warns_of_redirects: !plan.is_set("maxRedirects"),
            batch: options.batch,
            batch_per_host: options.batch_per_host,
            rate_limit: RateLimit::new(options.rps, &plan.vus),
            http_debug: options.http_debug,
            throw: options.throw,
            discard_response_bodies: options.discard_response_bodies,
            keep_cookies: options.no_cookies_reset,
            close_connections_after_iteration: options.no_vu_connection_reuse,
            memory_limit: options.vu_memory_limit,
        }
    }
}

impl Script {
    /// Where its modules are found; `entry` is the one that it began with.
    pub(crate) fn base<'a>(&'a self, entry: &'a ModuleId) -> Base<'a> {
        Base { entry, folder: &self.modules.folder, files: &self.files, remote: &self.remote }
    }
}

impl Bundle {
    fn added_options(&self, plan: &Plan) -> Option<String> {
        let added = self.modules.reads_options.then(|| plan.added_options())?;
        (!added.is_empty()).then(|| serde_json::Value::Object(added).to_string())
    }
}

/// Runs the init context once, with `__VU` 0, and reads what the script exports.
fn initialise(script: Arc<Script>, plan: &Plan) -> Result<(Option<String>, Vec<String>), LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| LoadError::Resources(format!("no event loop could be made: {error}")))?;
    let context =
        WorkerContext::new(0, ShardConfig::default(), Clock::start(), Arc::new(RunState::new(plan)));
    let state = Rc::new(VuState::new(Rc::new(Worker::new(context, script)), VuId::ZERO));
    let result = Rc::new(RefCell::new(None));
    let body = {
        let (state, result) = (Rc::clone(&state), Rc::clone(&result));
        move || *result.borrow_mut() = Some(vm::run(&state, read_exports))
    };
    let fiber = Fiber::new(&state.worker.stacks, body)
        .map_err(|error| LoadError::Resources(format!("no stack could be mapped: {error}")))?;
    runtime.block_on(fiber);
    match result.take().expect("the fiber has run to its end") {
        Ok(exports) => exports,
        Err(InitError::Threw(error)) => Err(LoadError::Threw(error)),
        Err(InitError::Aborted(reason)) => Err(LoadError::Aborted(reason)),
        Err(InitError::Interrupted) => Err(LoadError::Resources("loading the script was interrupted".into())),
        Err(InitError::Resources(what)) => Err(LoadError::Resources(what)),
    }
}

/// Names the script in a problem of its exports.
fn named(error: LoadError, name: &str) -> LoadError {
    match error {
        LoadError::NothingToRun(mut problem) => {
            problem.message = format!("{name}: {}", problem.message);
            LoadError::NothingToRun(problem)
        }
        other => other,
    }
}

/// Functions with a meaning of their own: not to be run as iterations, but they must be functions.
const LIFE_CYCLE: [&str; 4] = ["default", "setup", "teardown", "handleSummary"];

fn read_exports<'js>(
    ctx: &Ctx<'js>,
    exports: &vm::Exports<'js>,
) -> Result<(Option<String>, Vec<String>), LoadError> {
    for name in LIFE_CYCLE {
        if exports.value(name).is_some_and(|value| !value.is_function()) {
            let problem = Problem::new(format!("the export `{name}` must be a function"));
            return Err(LoadError::NothingToRun(problem));
        }
    }
    let options = match exports.value("options") {
        Some(options) => ctx
            .json_stringify(options)
            .and_then(|text| text.map(|text| text.to_string()).transpose())
            .map_err(|error| LoadError::Threw(exception::take(ctx, error)))?,
        None => None,
    };
    let functions = exports.names().into_iter().filter(|name| exports.function(name).is_some()).collect();
    Ok((options, functions))
}
