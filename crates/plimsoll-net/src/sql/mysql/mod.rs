//! MySQL and MariaDB, through `mysql_async`.

mod address;
mod link;

pub(super) use self::address::Address;
pub(super) use self::link::Link;
