//! The desk from outside: real HTTP on a port of its own, and the real program.

mod support;

/// The tests of what the desk does, on the embedded database.
#[path = "stores"]
mod on_sqlite {
    use insightdesk::Config;

    use crate::support::{Desk, Store};

    async fn desk() -> Desk {
        desk_with(|_| {}).await
    }

    async fn desk_with(adjust: impl FnOnce(&mut Config)) -> Desk {
        Store::Sqlite.desk_with(adjust).await
    }

    mod authorisation;
    mod hostile;
    mod knowledge_base;
    mod malformed;
    mod search;
    mod session;
    mod sharing;
    mod tickets;
}

/// The same tests, on PostgreSQL.
#[path = "stores"]
mod on_postgres {
    #![expect(clippy::duplicate_mod, reason = "one suite, two runs: only `desk` differs")]

    use insightdesk::Config;

    use crate::support::{Desk, Store};

    async fn desk() -> Desk {
        desk_with(|_| {}).await
    }

    async fn desk_with(adjust: impl FnOnce(&mut Config)) -> Desk {
        Store::Postgres.desk_with(adjust).await
    }

    mod authorisation;
    mod hostile;
    mod knowledge_base;
    mod malformed;
    mod search;
    mod session;
    mod sharing;
    mod tickets;
}

mod chaos;
mod edges;
mod hostile_sockets;
mod instances;
mod instrument;
mod limits;
mod openapi;
mod postgres;
mod process;
mod realtime;
mod storage;
mod suite;
