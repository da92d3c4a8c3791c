//! Tests packed into one file, and run from it.

use crate::support::{Folder, finish_with_input};

const SCRIPT: &str = "
    import { Plan } from './lib/plan.ts';
    const users = JSON.parse(open('../data/users.json'));
    export const options = {
      scenarios: { buyers: { executor: 'per-vu-iterations', vus: 2, iterations: 3, exec: 'buy' } },
      thresholds: { iterations: ['count==6'] },
    };
    export function buy() {
      if (__VU === 1 && __ITER === 0) {
        console.log(`${Plan.Pro} ${users.length} ${__ENV.WHO} ${__ENV.PATH_OF_HOST}`);
        throw new Error('sold out');
      }
    }";

/// A folder with a test of several files, packed into `archive.tar`, and the files gone.
async fn packed(arguments: &str) -> Folder {
    let folder = Folder::new();
    for name in ["load", "load/lib", "data"] {
        std::fs::create_dir(folder.path(name)).expect("a folder");
    }
    folder.write("load/test.js", SCRIPT);
    folder.write("load/lib/plan.ts", "export enum Plan { Free = 'free', Pro = 'pro' }");
    folder.write("data/users.json", "[1, 2, 3]");
    let end = folder.plimsoll(&format!("archive {arguments} load/test.js")).await.code(0);
    end.shows_nothing().says(&["archive.tar was written"]);
    for name in ["load", "data"] {
        std::fs::remove_dir_all(folder.path(name)).expect("a folder");
    }
    folder
}

#[tokio::test]
async fn an_archive_holds_everything_that_its_test_needs() {
    let folder = packed("--env WHO=alice --tag build=417").await;
    assert_eq!(folder.files(), ["archive.tar"], "nothing is left beside it");
    let end = folder.plimsoll("run --quiet archive.tar").await.code(0);
    assert_eq!(end.count("iterations"), 6);
    end.says(&["msg=\"pro 3 alice undefined\"", r"at buy (file:///", "/load/test.js:11:"]);
    assert_eq!(folder.files(), ["archive.tar"], "nothing is unpacked");
    let end = folder.plimsoll("run --quiet --vus 1 --iterations 1 --exec buy archive.tar").await;
    assert_eq!(end.count("iterations"), 1);
    end.code(99).says(&["thresholds on metrics 'iterations'"]);
}

#[tokio::test]
async fn variables_of_the_archive_come_first_and_those_of_the_command_line_last() {
    let folder = packed("--env WHO=alice").await;
    let mut command = folder.command("run --quiet archive.tar");
    command.env("WHO", "bob").env("PATH_OF_HOST", "here");
    crate::support::finish(command).await.code(0).says(&["pro 3 bob here"]);
    let mut command = folder.command("run --quiet --env WHO=carol archive.tar");
    command.env("WHO", "bob");
    crate::support::finish(command).await.code(0).says(&["pro 3 carol"]);
    let folder = packed("--env WHO=alice --exclude-env-vars").await;
    folder.plimsoll("run --quiet archive.tar").await.code(0).says(&["pro 3 undefined"]);
}

#[tokio::test]
async fn an_archive_through_pipes() {
    let folder = Folder::with("export default () => console.log('piped');");
    let mut command = folder.command("archive -O - test.js");
    let bytes = command.output().await.expect("the program runs").stdout;
    let end = finish_with_input(folder.command("run --quiet -"), &bytes).await.code(0);
    end.says(&["msg=piped"]);
    assert_eq!(folder.files(), ["test.js"]);
    let end = finish_with_input(folder.command("archive -"), b"export default () => open('test.js');").await;
    end.code(0);
    let end = folder.plimsoll("run --quiet archive.tar").await.code(0);
    end.says(&["open() is only available in the init context", "at default (file:///-:1:"]);
}

#[tokio::test]
async fn what_is_no_archive_is_refused() {
    let folder = packed("").await;
    let whole = std::fs::read(folder.path("archive.tar")).expect("readable");
    std::fs::write(folder.path("half.tar"), &whole[..900]).expect("writable");
    let end = folder.plimsoll("run half.tar").await.code(255).shows_nothing();
    end.says(&["half.tar: the archive", "hint: "]);
    folder.write("test.js", "export default () => {};");
    let end = folder.plimsoll("run --type archive test.js").await.code(255).shows_nothing();
    end.says(&["test.js: the archive could not be read"]);
    folder.plimsoll("run --type js archive.tar").await.code(107).shows_nothing();
}

#[tokio::test]
async fn a_failure_leaves_an_earlier_archive_as_it_was() {
    let folder = packed("").await;
    let before = std::fs::read(folder.path("archive.tar")).expect("readable");
    folder.write("broken.js", "export default");
    folder.plimsoll("archive broken.js").await.code(107).shows_nothing();
    folder.write("options.js", "export const options = { vus: 0 }; export default () => {};");
    folder.plimsoll("archive options.js").await.code(104).shows_nothing();
    folder.write("test.js", "export default () => {};");
    let end = folder.plimsoll("archive -O none/archive.tar test.js").await.code(255);
    end.says(&["none/archive.tar could not be written"]);
    assert_eq!(std::fs::read(folder.path("archive.tar")).expect("readable"), before);
}
