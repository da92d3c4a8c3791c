//! Scripts that cannot be loaded or that throw: what is said, and the exit code.

use crate::support::{Folder, run};

#[tokio::test]
async fn a_missing_script() {
    let end = Folder::new().plimsoll("run missing.js").await.code(255).shows_nothing();
    end.says(&["level=error", "the script missing.js could not be read", "No such file", "hint: "]);
}

#[tokio::test]
async fn a_folder_as_script() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("folder")).expect("a folder");
    let end = folder.plimsoll("run folder").await.code(255).shows_nothing();
    end.says(&["the script folder could not be read: it is a folder"]);
}

#[tokio::test]
async fn a_syntax_error_shows_the_place() {
    let end = run("export default function () {\n  const answer = ;\n}\n").await.code(107).shows_nothing();
    end.says(&["test.js:2:18: SyntaxError: ", r"\n    2 |   const answer = ;\n      |                  ^"]);
}

#[tokio::test]
async fn a_name_that_a_commonjs_file_does_not_export_is_undefined_with_a_warning() {
    let folder = Folder::new();
    folder.write("lib.js", "module.exports = { add: (a, b) => a + b, sub: 1 };\n");
    folder.write("test.js", "import { ad } from './lib.js';\nexport default () => console.log(typeof ad);\n");
    let end = folder.plimsoll("run --vus 2 --iterations 2 test.js").await.code(0);
    let end =
        end.says(&["msg=undefined", "`ad`, imported at ", "test.js:1:10, is not exported by ", "add, sub"]);
    assert_eq!(end.stderr.matches("is not exported by").count(), 1, "all VUs together warn once");
}

#[tokio::test]
async fn an_exception_in_the_init_code() {
    let script = "
        function prepare() { throw new Error('no data today'); }
        prepare();
        export default function () {}";
    let end = run(script).await.code(107).shows_nothing();
    end.says(&[r"Error: no data today\n\tat prepare (file:///", "test.js:2:", "test.js:3:"]);
}

#[tokio::test]
async fn an_exception_in_the_init_code_of_a_vu() {
    let script = "
        if (__VU > 0) throw new Error('not on my watch');
        export default function () {}";
    run(script)
        .await
        .code(107)
        .says(&["a VU could not be initialised: Error: not on my watch", "test.js:2:"]);
}

#[tokio::test]
async fn an_exception_in_setup() {
    let script = "
        export function setup() { throw new TypeError('not ready'); }
        export default function () { console.log('iterated'); }
        export function teardown() { console.log('torn down'); }";
    let end = run(script).await.code(107).shows(&["TOTAL RESULTS", "setup() threw: TypeError: not ready"]);
    let end = end.says(&[r"setup() threw: TypeError: not ready\n\tat setup (file:///", "test.js:2:"]);
    end.says_nothing_of(&["iterated", "torn down", "consider a longer duration"]);
}

#[tokio::test]
async fn an_exception_in_teardown() {
    let script = "
        export default function () {}
        export function teardown() { null.x; }";
    let end = run(script).await.code(107).shows(&["iterations", "teardown() threw: TypeError: "]);
    end.says(&[
        "teardown() threw: TypeError: cannot read property 'x' of null",
        "at teardown (file:///",
        "test.js:3:",
    ]);
}

#[tokio::test]
async fn exceptions_in_iterations_are_logged_and_change_no_exit_code() {
    let script = "
        export const options = { vus: 1, iterations: 2 };
        function buy() { throw new Error('sold out ' + __ITER); }
        export default function () { buy(); }";
    let end = run(script).await.code(0);
    assert_eq!(end.count("iterations"), 2);
    end.says(&[
        r"level=error msg=",
        r"Error: sold out 0\n\tat buy (file:///",
        r"test.js:3:",
        r"\n\tat default (file:///",
        r"test.js:4:",
        "executor=shared-iterations scenario=default vu=1 source=stacktrace",
        "Error: sold out 1",
    ]);
}

#[tokio::test]
async fn recursion_without_end_is_an_exception() {
    let script = "
        function down(n) { return 1 + down(n + 1); }
        export default function () { down(0); }";
    run(script)
        .await
        .code(0)
        .says(&[r"RangeError: Maximum call stack size exceeded\n\tat down (file:///", "test.js:2:"]);
}

#[tokio::test]
async fn a_script_without_exports() {
    let end = run("const answer = 42;").await.code(255).shows_nothing();
    end.says(&["test.js exports no function to run", "hint: write `export default function"]);
}

#[tokio::test]
async fn a_default_export_that_is_no_function() {
    run("export default 7;")
        .await
        .code(255)
        .shows_nothing()
        .says(&["the export `default` must be a function"]);
}

#[tokio::test]
async fn a_missing_module() {
    let end = run("import { x } from './lib/nowhere.js';\nexport default function () {}").await;
    end.code(107).shows_nothing().says(&["test.js:1:", "nowhere.js"]);
}

#[tokio::test]
async fn an_unknown_module_of_k6() {
    let end = run("import http from 'k6/htpp';\nexport default function () {}").await;
    end.code(107).shows_nothing().says(&["test.js:1:", "k6/htpp"]);
}
