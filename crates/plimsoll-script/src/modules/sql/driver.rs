//! `k6/x/sql/driver/…`: modules whose default export is a symbol that names a kind of database.

use plimsoll_net::sql::Driver;
use rquickjs::{Ctx, Function, Result, Value};

/// What the first argument of `open` names: the symbol, or, as before there were symbols, the name itself.
pub(super) fn of(given: Option<&Value<'_>>) -> std::result::Result<Driver, String> {
    let named = match given {
        Some(value) if value.is_string() => value.get::<String>().ok(),
        Some(value) => {
            // What `require` gives has it as a member.
            let member = value.as_object().and_then(|module| module.get::<_, Value<'_>>("default").ok());
            let symbol = member.as_ref().unwrap_or(value).as_symbol();
            symbol.and_then(|symbol| symbol.description().ok()?.get::<String>().ok())
        }
        None => None,
    };
    let known = || Driver::ALL.map(Driver::name).join(", ");
    let Some(name) = named else {
        let given = given.map_or("undefined", |value| value.type_name());
        return Err(format!(
            "unsupported database: invalid driver parameter type: {given}; expected the default export of \
             'k6/x/sql/driver/NAME', or the name, of {}",
            known()
        ));
    };
    Driver::named(&name).ok_or_else(|| format!("unsupported database: {name}; there are {}", known()))
}

fn symbol<'js>(ctx: &Ctx<'js>, driver: Driver) -> Result<Value<'js>> {
    ctx.globals().get::<_, Function<'js>>("Symbol")?.call((driver.name(),))
}

macro_rules! drivers {
    ($($module:ident = $driver:ident;)+) => {
        $(
            pub(crate) mod $module {
                use std::rc::Rc;

                use plimsoll_net::sql::Driver;
                use rquickjs::{Ctx, Result, Value};

                use crate::state::VuState;

                /// There is only the default export.
                pub(crate) const EXPORTS: &[&str] = &[];

                pub(crate) fn make<'js>(ctx: &Ctx<'js>, _: &Rc<VuState>, _: &str) -> Result<Value<'js>> {
                    super::symbol(ctx, Driver::$driver)
                }
            }
        )+
    };
}

drivers! {
    mysql = MySql;
    postgres = Postgres;
    sqlite3 = Sqlite;
}
