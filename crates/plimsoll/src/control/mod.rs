//! The control API of a running test, and the client that talks to it.
//!
//! It is k6's REST API v1: JSON:API documents under `/v1`, and `ok` for every other path. The server has a
//! thread of its own, so that it answers whatever scripts are doing, and lives until the process ends. It
//! decides nothing: wishes go to [`RunControl`](plimsoll_engine::RunControl).
//!
//! | module | subject |
//! |---|---|
//! | `address` | where it listens, and who said so |
//! | `server` | what it means that it cannot listen; connections are those of `serving` |
//! | `api` | which request gets which answer |
//! | `document` | the form of answers |
//! | `status`, `metrics`, `groups`, `setup` | one file for each resource |
//! | `client` | requests of the commands `pause`, `resume`, `scale`, `stats` and `status` |

mod address;
mod api;
pub(crate) mod client;
mod document;
mod groups;
mod metrics;
mod server;
mod setup;
mod status;

pub(crate) use self::{
    address::{Address, Given},
    api::Subject,
    server::Server,
};
