//! PostgreSQL: its protocol in version 3 on the run's own connections.
//!
//! The client of `tokio-postgres` asks for values in binary and knows few types; scripts get what the server
//! writes. It also dials by itself, past the run's rules for names and addresses.

mod address;
mod link;
mod values;

pub(super) use self::address::Address;
pub(super) use self::link::Link;
