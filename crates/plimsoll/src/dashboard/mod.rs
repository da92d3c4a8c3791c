//! Pictures of a run: its timeline, and the dashboard that shows it meanwhile.
//!
//! The page is the HTML report itself (`plimsoll_report::html`), brought up to date by server-sent events.
//! It can be looked at and nothing else. Workers wait for a copy of the merged numbers at most: what the page
//! shows is made of that, on a thread of its own.
//!
//! | module | subject |
//! |---|---|
//! | `settings` | what was asked for, by flag, `--out web-dashboard` and `K6_WEB_DASHBOARD*` |
//! | `pictures` | what is drawn, from the flags to the end of the run |
//! | `view` | what the page shows at this moment |
//! | `server` | which request gets which answer |

mod pictures;
mod server;
mod settings;
mod view;

pub(crate) use self::{
    pictures::{Pictures, Planned},
    settings::is_dashboard,
    view::Watched,
};
