//! What is wrong with a script is told with file, line and a hint, before anything runs.

use crate::support::load_error;

#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let error = load_error(files);
    for part in expected {
        assert!(error.contains(part), "no {part:?} in:\n{error}");
    }
}

#[test]
fn a_missing_export_names_file_line_and_where_it_is() {
    check(
        &[
            (
                "main.js",
                "// line 1\nimport { authHeaders, randomInt } from './lib/helpers.js';\nexport default \
                function () {}\n",
            ),
            ("lib/helpers.js", "export const randomInt = 1;\nexport function randomItem() {}\n"),
            ("lib/auth.js", "export function authHeaders() {}\n"),
        ],
        &[
            "DIR/main.js:2:10: `authHeaders` is not exported by './lib/helpers.js'",
            "    2 | import { authHeaders, randomInt } from './lib/helpers.js';",
            "      |          ^^^^^^^^^^^",
            "DIR/lib/helpers.js exports: randomInt, randomItem",
            "hint: `authHeaders` is exported by DIR/lib/auth.js: import it from './lib/auth.js'",
        ],
    );
}

#[test]
fn all_problems_of_all_files_come_at_once() {
    check(
        &[
            (
                "main.js",
                "import { a } from './a.js';\nimport './missing.js';\nimport 'lodash';\nimport \
                'k6/htpp';\nimport 'http://example.com/x.js';\n",
            ),
            ("a.js", "export const a = ;\n"),
        ],
        &[
            "DIR/a.js:1:18: SyntaxError",
            "DIR/main.js:2:8: the imported file DIR/missing.js could not be read",
            "DIR/main.js:3:8: cannot import 'lodash'",
            "packages cannot be imported by name",
            "DIR/main.js:4:8: cannot import 'k6/htpp'",
            "hint: did you mean 'k6/http'?",
            "DIR/main.js:5:8: cannot import 'http://example.com/x.js': anybody on the way",
        ],
    );
}

#[test]
fn slips_get_a_suggestion() {
    check(
        &[("main.js", "import { chekc } from 'k6';\nexport default () => {};\n")],
        &["`chekc` is not exported by 'k6'", "did you mean `check`?"],
    );
    check(
        &[("main.js", "import x from './lib';\nexport default () => {};\n"), ("lib.js", "")],
        &["did you mean DIR/lib.js? Extensions are not added"],
    );
    check(&[("main.js", "import './confg.js';\n"), ("config.js", "")], &["hint: did you mean 'config.js'?"]);
    check(
        &[("main.js", "import { group } from './lib.js';\n"), ("lib.js", "export {};")],
        &["hint: `group` is exported by k6: import it from 'k6'"],
    );
}

#[test]
fn reexports_stars_and_cycles_are_followed() {
    let ran = crate::support::run_files(
        &[
            (
                "main.js",
                "import { one, two, three } from './index.js';\nexport default () => console.log(one, \
                two, three());\n",
            ),
            (
                "index.js",
                "export * from './one.js';\nexport { two } from './two.js';\nexport { default as three } \
                from './two.js';\n",
            ),
            (
                "one.js",
                "import { two } from './two.js';\nexport const one = 1;\nexport const later = () => two;\n",
            ),
            (
                "two.js",
                "import { one } from './one.js';\nexport const two = 2;\nexport default function () { \
                return one + two; }\n",
            ),
        ],
        &[],
    );
    assert_eq!(ran.text(), "info 1 2 3");
}

#[test]
fn exceptions_in_init_code_show_the_scripts_own_lines() {
    check(
        &[
            ("main.js", "import { boom } from './lib.js';\nboom();\n"),
            ("lib.js", "export function boom() {\n  throw new TypeError('in init');\n}\n"),
        ],
        &["TypeError: in init", "at boom (file://DIR/lib.js:2", "file://DIR/main.js:2"],
    );
    check(
        &[(
            "main.js",
            "import exec from 'k6/execution';\nexec.test.abort('not today');\nexport default () => {};\n",
        )],
        &["test aborted: not today"],
    );
    check(
        &[("main.js", "await new Promise(() => {});\nexport default () => {};\n")],
        &["top-level await waits for something that never comes"],
    );
}

#[test]
fn a_script_must_have_something_to_run() {
    check(
        &[("main.js", "export const options = {};\n")],
        &["exports no function to run", "export default function"],
    );
    check(&[("main.js", "export default 7;\n")], &["the export `default` must be a function"]);
    check(
        &[("main.js", "export const setup = 1;\nexport default () => {};\n")],
        &["the export `setup` must be a function"],
    );
}

#[test]
fn a_file_that_exports_nothing_at_all_has_only_a_default() {
    check(
        &[
            ("main.js", "import { a } from './lib.js';\nexport default () => a;\n"),
            ("lib.js", "var a = 1;\n"),
        ],
        &["DIR/main.js:1:10: `a` is not exported by './lib.js'", "DIR/lib.js exports: default"],
    );
}

#[test]
fn requiring_what_is_not_there_has_its_place() {
    check(
        &[("main.js", "exports.default = () => {};\n\n  require('./mising.js');\n"), ("missing.js", "")],
        &[
            "GoError: require(\"./mising.js\") failed: the imported file DIR/mising.js could not be read",
            "hint: did you mean 'missing.js'?",
            "file://DIR/main.js:3:3",
        ],
    );
    check(
        &[("main.js", "require('./lib.js');\nexports.default = () => {};\n"), ("lib.js", "var a = ;\n")],
        &["DIR/lib.js:1:9: SyntaxError: Unexpected token"],
    );
}

#[test]
fn a_binding_that_a_cycle_uses_too_early_is_named() {
    check(
        &[
            ("main.js", "import { b } from './b.js';\nexport const a = 1;\nexport default () => b;\n"),
            ("b.js", "import { a } from './main.js';\nexport const b = a + 1;\n"),
        ],
        &["ReferenceError: a is not initialized", "at <anonymous> (file://DIR/b.js:"],
    );
}

#[test]
fn files_that_cannot_be_sources_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("folder")).expect("writable");
    std::fs::write(path("latin.js"), b"var a = '\xe4';").expect("writable");
    // Sparse: it is refused by what is read, not by what is stored.
    std::fs::File::create(path("huge.js")).and_then(|file| file.set_len((64 << 20) + 1)).expect("writable");
    let main = "import './folder';\nimport './latin.js';\nimport './huge.js';\nimport './folder/';\n";
    std::fs::write(path("main.js"), main).expect("writable");
    let error = crate::support::load_error_of(&path("main.js"));
    for part in [
        "main.js:1:8: the imported file ",
        "folder could not be read: it is a folder",
        "main.js:2:8: the imported file ",
        "latin.js could not be read: it is not UTF-8 (byte 9)",
        "main.js:3:8: the imported file ",
        "huge.js could not be read: it is larger than 67108864 bytes",
        "main.js:4:8: ",
    ] {
        assert!(error.contains(part), "no {part:?} in:\n{error}");
    }
}
