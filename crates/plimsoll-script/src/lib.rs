//! Runs k6 scripts as VUs.
//!
//! A VU is a QuickJS runtime on a fiber: JavaScript that waits (`http.get`, `sleep`) suspends its own stack,
//! and the worker thread goes on with other VUs. The engine sees only [`ScriptFactory`] and the `Vu` trait.
//!
//! | module | subject |
//! |---|---|
//! | `fiber` | stackful coroutines; all `unsafe` of stacks |
//! | `quickjs` | the two engine calls without a safe binding |
//! | `entry`, `files`, `archive` | where a test comes from: a file, standard input, an archive; packing it |
//! | `remote`, `jslib` | modules from the network, its cache and its lock file; libraries that are built in |
//! | `base` | what specifiers mean, and where modules are read from |
//! | `source`, `mentions`, `typescript`, `source_map` | files, parsed before anything runs |
//! | `graph`, `prune` | linking modules before anything runs; what of them nothing can reach |
//! | `compiled`, `linker`, `commonjs` | modules as bytecode, what specifiers mean at run time, `require` |
//! | `stack_trace` | `error.stack` with the places that were written |
//! | `bundle` | [`Bundle`], [`Script`]: compiled once, shared by all VUs |
//! | `vm`, `globals`, `event_loop`, `console` | one JavaScript runtime and its surroundings |
//! | `reach`, `lazy` | what keeps a runtime small: only what the script can reach, made when it is read |
//! | `own_options` | what the script's exported `options` lack, for scripts that read them |
//! | `octets` | bytes that a script hands over |
//! | `rate_limit` | the option `rps` |
//! | `text_coding`, `webcrypto` | `TextEncoder`, `TextDecoder`; the global `crypto` |
//! | `web` | `URL`, `URLSearchParams`, `structuredClone`, `Blob`, `GoError` |
//! | `worker`, `state` | what a thread's VUs share; what host functions see of one VU |
//! | `series`, `tag_scope`, `tags` | from facts to samples with k6's tags |
//! | `calls`, `vu`, `factory` | the engine's calls, served |
//! | `secrets` | [`Secrets`]: sources of secrets, and what hides them in texts |
//! | `modules` | the built-in modules of k6 |
//! | [`check`] | what can be said about a test without running it |
//! | [`compat`] | what of k6's API is there, symbol by symbol |
//!
//! **Invariants.** A suspended fiber is never dropped. No JavaScript value leaves its runtime's
//! `Context::with`, but for those of timers and streams, which are dropped before the runtime. Everything
//! that VUs can share is compiled, parsed or read once.

mod archive;
mod base;
mod bundle;
mod calls;
pub mod check;
mod commonjs;
pub mod compat;
mod compiled;
mod console;
mod entry;
mod error;
mod event_loop;
mod exception;
mod factory;
mod fiber;
mod files;
mod globals;
mod graph;
mod jslib;
mod lazy;
mod linker;
mod mentions;
mod modules;
mod octets;
mod own_options;
mod prune;
mod quickjs;
mod rate_limit;
mod reach;
mod remote;
mod sealed;
mod secrets;
mod series;
mod source;
mod source_map;
mod stack_trace;
mod state;
mod tag_scope;
mod tags;
mod text_coding;
mod typescript;
mod vm;
mod vu;
mod web;
mod webcrypto;
mod worker;

pub use archive::{Archive, ArchiveError, Metadata};
pub use bundle::{Bundle, Environment, Script};
pub use entry::Entry;
pub use error::{LoadError, Location, Problem};
pub use factory::ScriptFactory;
pub use remote::{LockPolicy, RemoteOptions};
pub use secrets::{Redactor, Secrets};
pub use vu::ScriptVu;
