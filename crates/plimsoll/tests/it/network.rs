//! How requests leave: proxies, local addresses, the limit of requests, uploads, and what the log shows of
//! them.

use crate::support::proxy::{http_proxy, socks_proxy, telling_server};
use crate::support::{Finished, Folder, finish, site::Site};

/// Runs a script under these variables.
async fn run_with(script: &str, flags: &str, variables: &[(&str, &str)]) -> Finished {
    let folder = Folder::with(script);
    let mut command = folder.command(&format!("run --quiet {flags} test.js"));
    command.envs(variables.iter().copied());
    finish(command).await
}

/// A script that prints what comes back from a URL.
fn asking(url: &str) -> String {
    format!(
        "import http from 'k6/http';
         export default function () {{
           const res = http.get('{url}');
           console.log('got', res.status, res.body, res.error, res.error_code);
         }}"
    )
}

#[tokio::test]
async fn plain_requests_are_handed_to_the_proxy() {
    let server = telling_server().await;
    let (proxy, asked) = http_proxy(server).await;
    let proxy = format!("http://user:pass%20word@{proxy}");
    let script = asking("http://shop.test:8080/a?b");
    run_with(&script, "", &[("HTTP_PROXY", &proxy)]).await.code(0).says(&["got 200 by the proxy"]);
    assert_eq!(*asked.lock().expect("not poisoned"), ["GET http://shop.test:8080/a?b HTTP/1.1"]);
    let refused = proxy.replace("user:", "nobody:");
    run_with(&script, "", &[("http_proxy", &refused)]).await.code(0).says(&["got 407"]);
}

#[tokio::test]
async fn secure_requests_go_through_a_tunnel() {
    let (site, _) = Site::secure().await;
    site.put("/a", "from the site");
    let (proxy, asked) = http_proxy(([127, 0, 0, 1], site.port()).into()).await;
    let proxy = format!("user:pass%20word@{proxy}");
    let script = asking("https://shop.test/a");
    let flags = "--insecure-skip-tls-verify";
    run_with(&script, flags, &[("HTTPS_PROXY", &proxy)]).await.code(0).says(&["got 200 from the site"]);
    assert_eq!(*asked.lock().expect("not poisoned"), ["CONNECT shop.test:443 HTTP/1.1"]);
    let refused = proxy.replace("user:", "nobody:");
    let end = run_with(&script, flags, &[("https_proxy", &refused)]).await.code(0);
    end.says(&["proxy: 407 Proxy Authentication Required 1000"]);
}

#[tokio::test]
async fn socks_proxies_are_told_names() {
    let server = telling_server().await;
    let (proxy, asked) = socks_proxy(server).await;
    let proxy = format!("socks5://user:pass%20word@{proxy}");
    let end = run_with(&asking("http://shop.test/a"), "", &[("HTTP_PROXY", &proxy)]).await.code(0);
    end.says(&["got 200 127.0.0.1 /a 0"]);
    assert_eq!(*asked.lock().expect("not poisoned"), ["shop.test:80"]);
}

#[tokio::test]
async fn exceptions_are_asked_directly() {
    let server = telling_server().await;
    let script = asking("http://shop.test/a").replace(
        "export default",
        &format!("export const options = {{ hosts: {{ 'shop.test': '{server}' }} }};\nexport default"),
    );
    let variables = [("HTTP_PROXY", "127.0.0.1:1"), ("NO_PROXY", "other.test, .test")];
    run_with(&script, "", &variables).await.code(0).says(&["got 200 127.0.0.1 /a 0"]);
    run_with(&script, "", &variables[..1]).await.code(0).says(&["dial: connection refused 1212"]);
    let variables = [("HTTPS_PROXY", "ftp://user:secret@proxy")];
    let end = run_with(&script, "", &variables).await.code(104);
    end.says(&["HTTPS_PROXY: ", "is no proxy"]).says_nothing_of(&["secret"]);
}

#[tokio::test]
async fn users_take_turns_with_local_addresses() {
    let server = telling_server().await;
    let script = asking(&format!("http://{server}/"));
    let flags = "--vus 3 --iterations 3 --local-ips 127.0.0.8,127.0.0.11-127.0.0.12";
    // Iterations are shared; each user has one, since all start at once.
    let script = script.replace("export default", "import { sleep } from 'k6';\nexport default");
    let script = script.replace("console.log", "sleep(0.5); console.log");
    let end = run_with(&script, flags, &[]).await.code(0);
    end.says(&["got 200 127.0.0.8 /", "got 200 127.0.0.11 /", "got 200 127.0.0.12 /"]);
    let end = run_with(&script, "--local-ips 127.0.0.0/33", &[]).await.code(104);
    end.says(&["localIPs (from --local-ips)", "127.0.0.0/33", "is no address"]);
    run_with(&script, "--local-ips 192.0.2.1", &[]).await.code(0).says(&["dial: "]);
}

#[tokio::test]
async fn requests_are_limited_over_all_users_and_workers() {
    let server = telling_server().await;
    let script = format!(
        "import http from 'k6/http';
         export default function () {{ http.batch(['http://{server}/', 'http://{server}/']); }}"
    );
    let end = run_with(&script, "--vus 5 --duration 2s --rps 20", &[]).await.code(0);
    let requests = end.count("http_reqs");
    // Two seconds are forty slots; what is under way at the end may use some of the grace.
    assert!((20..=60).contains(&requests), "{requests} requests; {end}");
}

#[tokio::test]
async fn the_limit_of_requests_is_divided_among_instances() {
    let server = telling_server().await;
    let script = format!(
        "import http from 'k6/http';
         export default function () {{ http.batch(['http://{server}/', 'http://{server}/']); }}"
    );
    let part = async |segment: &str| {
        let part = format!("--execution-segment {segment} --execution-segment-sequence 0,1/4,1");
        let flags = format!("--vus 4 --duration 2s --rps 20 {part}");
        run_with(&script, &flags, &[]).await.code(0).count("http_reqs")
    };
    let (quarter, rest) = tokio::join!(part("0:1/4"), part("1/4:1"));
    // Two seconds are forty slots: ten and thirty, and what was under way at the end.
    assert!((5..=14).contains(&quarter) && (15..=38).contains(&rest), "{quarter} and {rest} requests");
}

#[tokio::test]
async fn messages_are_shown_when_asked_for() {
    let server = telling_server().await;
    let script = format!(
        "import http from 'k6/http';
         export default function () {{
           http.post('http://{server}/a', 'the body', {{ headers: {{ 'X-A': '1' }} }});
         }}"
    );
    let end = run_with(&script, "--http-debug", &[]).await.code(0);
    let end = end.says(&[
        "source=http-debug",
        "Request:\\nPOST /a HTTP/1.1\\nHost: ",
        "Content-Length: 8\\nX-A: 1\\n",
    ]);
    end.says(&["Response:\\nHTTP/1.1 200 OK\\n", "request_id="])
        .says_nothing_of(&["the body", "127.0.0.1 /a 8"]);
    let end = run_with(&script, "--http-debug=full", &[]).await.code(0);
    end.says(&["\\n\\nthe body", "\\n\\n127.0.0.1 /a 8"]);
}

/// A file that `open` has read is in memory once, however many users send it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_many_users_send_is_in_memory_once() {
    const SIZE: usize = 26 << 20;
    const USERS: usize = 100;
    const LIMIT_MB: u64 = 300;
    let server = telling_server().await;
    let folder = Folder::with(&format!(
        "import http from 'k6/http';
         const file = open('big.bin', 'b');
         export const options = {{ scenarios: {{ a: {{ executor: 'per-vu-iterations', vus: {USERS} }} }} }};
         export default function () {{
           const res = http.post('http://{server}/', {{ file: http.file(file, 'big.bin') }});
           if (parseInt(res.body.split(' ')[2]) < {SIZE}) throw new Error(res.body);
         }}"
    ));
    std::fs::write(folder.path("big.bin"), vec![0x5a; SIZE]).expect("writable");
    let running = folder.start("--no-thresholds");
    let watched = running.peak_memory_mb();
    let end = running.finish().await.code(0);
    let most = watched.await.expect("watched to the end");
    assert_eq!(end.count("http_reqs"), USERS as u64, "{end}");
    let end = end.says_nothing_of(&["source=stacktrace"]);
    assert!(most > 0 && most < LIMIT_MB, "{most} MB at the most; {end}");
}
