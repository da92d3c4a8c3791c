//! The table of k6's symbols is held against what a VU sees.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plimsoll_script::compat::{Compat, Kind, Symbol};
use serde_json::{Map, Value, json};

use crate::server::Server;
use crate::support;

#[test]
fn every_symbol_is_what_the_table_says() {
    let compat = Compat::load();
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    support::write_files(folder.path(), &[("main.js", &script(&compat)), ("data.csv", "a,b\n1,2\n")]);
    let ran = support::run(
        &folder.path().join("main.js"),
        &[("SERVER", &server.url()), ("SOCKETS", &server.sockets())],
    );
    let text = ran.expect("the script loads").text();
    assert_eq!(text.lines().last(), Some("info all rows hold"), "{text}");
}

#[test]
fn modules_that_are_not_there_are_refused_by_name() {
    let compat = Compat::load();
    for module in importable(&compat).filter(|module| !compat.is_there(module)) {
        let module = module.replace('*', "extension");
        let error =
            support::load_error(&[("main.js", &format!("import '{module}';\nexport default () => {{}};\n"))]);
        assert!(error.contains(&format!("cannot import '{module}'")), "{module}: {error}");
    }
}

#[test]
fn the_table_has_all_of_k6() {
    let compat = Compat::load();
    let symbols: usize = compat.sections.values().map(BTreeMap::len).sum();
    assert!(symbols > 900, "only {symbols} symbols");
    assert!(compat.modules().count() > 25);
}

fn importable(compat: &Compat) -> impl Iterator<Item = &str> {
    compat.modules().filter(|module| !matches!(*module, "globals" | "import.meta"))
}

/// A script that looks at everything in the table.
fn script(compat: &Compat) -> String {
    let mut imports = String::new();
    let mut modules = String::new();
    for (number, module) in importable(compat).filter(|module| compat.is_there(module)).enumerate() {
        writeln!(imports, "import * as m{number} from '{module}';\nimport d{number} from '{module}';")
            .expect("a String");
        writeln!(modules, "  '{module}': [m{number}, d{number}],").expect("a String");
    }
    let section = |rows: &BTreeMap<String, _>| -> Value {
        let row =
            |(name, symbol): (&String, &Symbol)| (name.clone(), json!([kind(symbol.0), symbol.1.is_there()]));
        Value::Object(rows.iter().map(row).collect::<Map<_, _>>())
    };
    let sections: Map<String, Value> =
        compat.sections.iter().map(|(name, rows)| (name.clone(), section(rows))).collect();
    let text = include_str!("compat.js").replace("/* imports */", &imports);
    text.replace("/* modules */", &modules).replace("/* sections */", &Value::Object(sections).to_string())
}

/// What `typeof` may say of it.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Function | Kind::Method | Kind::Class => "function",
        Kind::Namespace => "object",
        Kind::Constant => "value",
        Kind::Property | Kind::Module => "anything",
    }
}
