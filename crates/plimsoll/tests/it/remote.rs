//! Modules from the network: fetched once, pinned by `plimsoll.lock`, and whatever can go wrong on the way.

use std::path::Path;

use crate::support::site::Site;
use crate::support::{Finished, Folder, finish, finish_with_input, server};

/// Runs `plimsoll ARGUMENTS` with the cache in the folder's `cache`.
async fn plimsoll(folder: &Folder, arguments: &str) -> Finished {
    finish(command(folder, arguments)).await
}

fn command(folder: &Folder, arguments: &str) -> tokio::process::Command {
    let mut command = folder.command(arguments);
    command.env("PLIMSOLL_CACHE_DIR", folder.path("cache"));
    command
}

/// A site with `/lib/main.js`, which imports `/lib/deep/answer.ts`, and a script that imports it.
async fn library() -> (Site, Folder) {
    let site = Site::start().await;
    site.put("/lib/main.js", "import { answer } from './deep/answer.ts'; export const main = answer + 1;");
    site.put(
        "/lib/deep/answer.ts",
        "import { sleep } from 'k6'; export const answer: number = 41; sleep(0);",
    );
    (site.clone(), folder_importing(&site.url("/lib/main.js")))
}

fn folder_importing(url: &str) -> Folder {
    let script = format!("import {{ main }} from '{url}'; export default () => console.log('main', main);");
    Folder::with(&script)
}

#[tokio::test]
async fn a_module_is_fetched_once() {
    let (site, folder) = library().await;
    let fetched = format!("fetched {}", site.url("/lib/main.js"));
    plimsoll(&folder, "run --quiet test.js").await.code(0).says(&["main 42", &fetched]);
    assert_eq!(site.asked(), ["/lib/deep/answer.ts", "/lib/main.js"]);
    let lock = folder.read("plimsoll.lock");
    let lines: Vec<&str> = lock.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 2, "{lock}");
    assert!(lines[0].starts_with(&format!("{} sha256-", site.url("/lib/deep/answer.ts"))), "{lock}");
    plimsoll(&folder, "run --quiet test.js").await.code(0).says(&["main 42"]).says_nothing_of(&[&fetched]);
    plimsoll(&folder, "run --quiet --offline --locked test.js").await.code(0).says(&["main 42"]);
    assert_eq!(site.asked().len(), 2);
    assert_eq!(folder.read("plimsoll.lock"), lock);
    assert_eq!(folder.files(), ["cache", "plimsoll.lock", "test.js"]);
}

#[tokio::test]
async fn offline_names_what_is_not_in_the_cache() {
    let (site, folder) = library().await;
    let end = plimsoll(&folder, "run --offline test.js").await.code(107).shows_nothing();
    end.says(&[&site.url("/lib/main.js"), "is not in the cache", "test.js:1:22", "hint: `plimsoll inspect"]);
    assert!(site.asked().is_empty());
    finish(folder.command("run --offline test.js")).await.code(107).says(&["PLIMSOLL_CACHE_DIR"]);
}

#[tokio::test]
async fn what_has_changed_is_refused_until_it_is_accepted() {
    let (site, folder) = library().await;
    plimsoll(&folder, "inspect test.js").await.code(0);
    let lock = folder.read("plimsoll.lock");
    site.put("/lib/main.js", "export const main = 'changed';");
    plimsoll(&folder, "run --quiet test.js").await.code(0).says(&["main 42"]);
    std::fs::remove_dir_all(folder.path("cache")).expect("there");
    let end = plimsoll(&folder, "run --quiet test.js").await.code(107).shows_nothing();
    end.says(&[
        "main.js has changed since",
        "it should be  sha256-",
        "it is now     sha256-",
        "run with --update-lock",
    ]);
    assert_eq!(folder.read("plimsoll.lock"), lock);
    plimsoll(&folder, "run --quiet --update-lock test.js").await.code(0).says(&["main changed"]);
    let renewed = folder.read("plimsoll.lock");
    assert_ne!(renewed, lock);
    // What is not imported any more may be imported by another test of the folder.
    assert!(renewed.contains("/lib/deep/answer.ts"), "{renewed}");
    plimsoll(&folder, "run --quiet --locked test.js").await.code(0).says(&["main changed"]);
}

#[tokio::test]
async fn locked_refuses_what_nobody_has_looked_at() {
    let (site, folder) = library().await;
    let end = plimsoll(&folder, "run --locked test.js").await.code(107);
    end.says(&["main.js is not in", "plimsoll.lock", "hint: run it once without --locked"]);
    assert!(site.asked().is_empty());
    assert_eq!(folder.files(), ["test.js"]);
    plimsoll(&folder, "run --locked --update-lock test.js").await.code(255).says(&["cannot be used with"]);
}

#[tokio::test]
async fn a_lock_file_that_is_no_lock_file_is_named() {
    let (_site, folder) = library().await;
    folder.write("plimsoll.lock", "# heading\n<<<<<<< HEAD\n");
    plimsoll(&folder, "run test.js").await.code(107).says(&["plimsoll.lock:2: "]);
    assert_eq!(folder.read("plimsoll.lock"), "# heading\n<<<<<<< HEAD\n");
}

#[tokio::test]
async fn servers_that_serve_no_module() {
    let site = Site::start().await;
    let circle =
        format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", site.url("/circle"));
    site.put_raw("/circle", circle);
    let elsewhere = "HTTP/1.1 301 Moved\r\nLocation: http://example.com/x.js\r\nContent-Length: 0\r\n\r\n";
    site.put_raw("/elsewhere", elsewhere);
    site.put_raw("/cut-off", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nexport const");
    site.put_raw("/too-big", format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 65_u64 << 20));
    site.put_raw("/no-http", "hello");
    site.put_raw("/no-text", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe".to_vec());
    for (target, expected) in [
        ("/missing", "the server answered 404 Not Found"),
        ("/circle", "more than 10 redirects"),
        ("/elsewhere", "plain http"),
        ("/cut-off", "unexpected EOF"),
        ("/too-big", "exceeds the limit of 67108864 bytes"),
        ("/no-http", "malformed HTTP"),
        ("/no-text", "it is not UTF-8"),
    ] {
        let folder = folder_importing(&site.url(target));
        let end = plimsoll(&folder, "run test.js").await.code(107).shows_nothing();
        end.says(&[&site.url(target), expected, "test.js:1:22"]);
        assert!(!folder.path("plimsoll.lock").exists(), "{target}");
    }
}

#[tokio::test]
async fn nobody_is_there() {
    let url = format!("http://{}/x.js", server::nobody().await);
    let end = plimsoll(&folder_importing(&url), "run test.js").await.code(107);
    end.says(&[&url, "connection refused", "hint: is there a network?"]);
    let end = plimsoll(&folder_importing("http://example.com/x.js"), "run test.js").await.code(107);
    end.says(&["plain http", "hint: write 'https://example.com/x.js'"]);
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let site = Site::start().await;
    let (a, b) = (site.url("/a.js"), site.url("/b.js"));
    let script = format!("import '{a}';\nimport '{b}';\nimport 'lodash';\nexport default () => {{}};");
    let end = plimsoll(&Folder::with(&script), "run test.js").await.code(107);
    end.says(&["test.js:1:8", "test.js:2:8", "test.js:3:8", "or an https:// URL"]);
    assert_eq!(site.asked(), ["/a.js", "/b.js"]);
}

#[tokio::test]
async fn relative_imports_start_where_redirects_ended() {
    let site = Site::start().await;
    site.put_raw("/lib", "HTTP/1.1 302 Found\r\nLocation: /lib@2/dist/index.js\r\nContent-Length: 0\r\n\r\n");
    site.put("/lib@2/dist/index.js", "export { main } from './main.js';");
    site.put("/lib@2/dist/main.js", "export const main = 'of version 2';");
    let folder = folder_importing(&site.url("/lib"));
    plimsoll(&folder, "run --quiet test.js").await.code(0).says(&["main of version 2"]);
    plimsoll(&folder, "run --quiet --offline test.js").await.code(0).says(&["main of version 2"]);
    plimsoll(&folder, "archive test.js").await.code(0);
    std::fs::remove_dir_all(folder.path("cache")).expect("there");
    plimsoll(&folder, "run --quiet --offline archive.tar").await.code(0).says(&["main of version 2"]);
}

#[tokio::test]
async fn remote_modules_may_not_read_files() {
    let site = Site::start().await;
    site.put("/x.js", "import { main } from 'file:///etc/hostname'; export { main };");
    let end = plimsoll(&folder_importing(&site.url("/x.js")), "run test.js").await.code(107);
    end.says(&[&format!("{}:1:", site.url("/x.js")), "may not read files of this machine"]);
}

#[tokio::test]
async fn exceptions_and_missing_exports_name_the_url() {
    let site = Site::start().await;
    site.put("/x.js", "export function main() {\n  throw new Error('from afar');\n}");
    let url = site.url("/x.js");
    let script = format!("import {{ main }} from '{url}'; export default () => main();");
    let end = plimsoll(&Folder::with(&script), "run --quiet test.js").await;
    end.says(&["from afar", &format!("{url}:2:")]);
    let script = format!("import {{ mian }} from '{url}'; export default () => mian();");
    let end = plimsoll(&Folder::with(&script), "run test.js").await.code(107);
    end.says(&["`mian` is not exported", "did you mean `main`?"]);
}

#[tokio::test]
async fn a_cache_that_is_damaged_is_filled_anew() {
    let (site, folder) = library().await;
    plimsoll(&folder, "inspect test.js").await.code(0);
    let objects = folder.path("cache/modules/objects");
    for object in std::fs::read_dir(&objects).expect("filled").flatten() {
        let whole = std::fs::read(object.path()).expect("readable");
        std::fs::write(object.path(), &whole[..whole.len() / 2]).expect("writable");
    }
    plimsoll(&folder, "run --offline test.js").await.code(107).says(&["is not in the cache"]);
    plimsoll(&folder, "run --quiet test.js").await.code(0).says(&["main 42"]);
    plimsoll(&folder, "run --quiet --offline test.js").await.code(0).says(&["main 42"]);
    assert_eq!(site.asked().len(), 4);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_to_is_a_warning() {
    let (_site, folder) = library().await;
    folder.write("cache", "a file");
    std::fs::create_dir(folder.path("plimsoll.lock")).expect("writable");
    plimsoll(&folder, "run test.js").await.code(107).says(&["plimsoll.lock could not be read"]);
    std::fs::remove_dir(folder.path("plimsoll.lock")).expect("there");
    let end = plimsoll(&folder, "run --quiet test.js").await.code(0);
    end.says(&["main 42", "is not kept in the cache"]);
}

#[tokio::test]
async fn several_tests_at_once_lose_nothing() {
    let site = Site::start().await;
    let folder = Folder::new();
    let mut ends = Vec::new();
    for number in 0..4 {
        site.put(&format!("/{number}.js"), &format!("export const main = {number};"));
        site.put("/shared.js", "export const shared = 's';");
        let (own, shared) = (site.url(&format!("/{number}.js")), site.url("/shared.js"));
        let script = format!(
            "import {{ main }} from '{own}'; import {{ shared }} from '{shared}';
            export default () => console.log('main', main, shared);"
        );
        folder.write(&format!("{number}.js"), &script);
        ends.push(tokio::spawn(finish(command(&folder, &format!("run --quiet {number}.js")))));
    }
    for (number, end) in ends.into_iter().enumerate() {
        end.await.expect("no panic").code(0).says(&[&format!("main {number} s")]);
    }
    let lock = folder.read("plimsoll.lock");
    assert_eq!(lock.lines().filter(|line| line.contains(" sha256-")).count(), 5, "{lock}");
    for number in 0..4 {
        plimsoll(&folder, &format!("run --quiet --offline --locked {number}.js")).await.code(0);
    }
}

#[tokio::test]
async fn archives_hold_remote_modules() {
    let (site, folder) = library().await;
    plimsoll(&folder, "archive test.js").await.code(0);
    let bytes = std::fs::read(folder.path("archive.tar")).expect("readable");
    let member = format!("http/127.0.0.1:{}/lib/main.js", site.port());
    assert!(bytes.windows(member.len()).any(|window| window == member.as_bytes()), "{member}");
    let other = Folder::new();
    std::fs::write(other.path("archive.tar"), bytes).expect("writable");
    let end = finish(other.command("run --quiet archive.tar")).await.code(0);
    end.says(&["main 42"]);
    assert_eq!((site.asked().len(), other.files()), (2, vec!["archive.tar".to_owned()]));
}

#[tokio::test]
async fn a_script_may_come_from_the_network() {
    let site = Site::start().await;
    site.put(
        "/tests/smoke.js",
        "import { main } from './lib.js'; export default () => console.log('main', main);",
    );
    site.put("/tests/lib.js", "export const main = 'remote';");
    let folder = Folder::new();
    let url = site.url("/tests/smoke.js");
    plimsoll(&folder, &format!("run --quiet {url}")).await.code(0).says(&["main remote"]);
    plimsoll(&folder, &format!("run --quiet --offline {url}")).await.code(0).says(&["main remote"]);
    plimsoll(&folder, &format!("archive {url}")).await.code(0);
    plimsoll(&folder, "run --quiet archive.tar").await.code(0).says(&["main remote"]);
    assert_eq!(site.asked().len(), 2);
    let end = plimsoll(&folder, &format!("run {}", site.url("/none.js"))).await.code(255);
    end.says(&["404 Not Found"]);
}

#[tokio::test]
async fn standard_input_has_its_lock_file_in_the_current_folder() {
    let (_site, folder) = library().await;
    let script = folder.read("test.js");
    let end = finish_with_input(command(&folder, "run --quiet -"), script.as_bytes()).await.code(0);
    end.says(&["main 42"]);
    assert!(folder.path("plimsoll.lock").exists());
}

#[tokio::test]
async fn over_tls() {
    let (site, authority) = Site::secure().await;
    site.put("/x.js", "export const main = 'secure';");
    site.put_raw(
        "/down",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/x.js\r\nContent-Length: 0\r\n\r\n",
    );
    let url = format!("https://localhost:{}", site.port());
    let folder = folder_importing(&format!("{url}/x.js"));
    plimsoll(&folder, "run test.js").await.code(107).says(&["x509: unknown authority"]);
    folder.write("authority.pem", &authority);
    let trusting = |folder: &Folder, authority: &Path| {
        let mut command = command(folder, "run --quiet test.js");
        command.env("SSL_CERT_FILE", authority);
        command
    };
    let authority = folder.path("authority.pem");
    finish(trusting(&folder, &authority)).await.code(0).says(&["main secure"]);
    let down = folder_importing(&format!("{url}/down"));
    finish(trusting(&down, &authority)).await.code(107).says(&["it redirects: to http://127.0.0.1/x.js"]);
}

#[tokio::test]
async fn built_in_libraries_need_no_network() {
    let script = "
        import { randomIntBetween } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
        import { textSummary } from 'https://jslib.k6.io/k6-summary/0.0.4/index.js';
        export default () => console.log('between', randomIntBetween(7, 7));
        export function handleSummary(data) {
          return { stdout: textSummary(data, { indent: '', enableColors: false }) };
        }";
    let folder = Folder::with(script);
    let end = plimsoll(&folder, "run --quiet --offline --locked test.js").await.code(0);
    end.says(&["between 7"]).shows(&["iterations...........: 1 "]);
    assert_eq!(folder.files(), ["test.js"]);
}
