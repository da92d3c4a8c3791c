//! Interoperability with nginx: protocols, bodies, client certificates, and connections that it ends.

use crate::support::nginx::{LARGE, Nginx};

#[tokio::test]
async fn nginx_speaks_every_protocol() {
    let nginx = Nginx::start().await;
    let end = nginx
        .ask(
            "import http from 'k6/http';
             export default function () {
               const all = ['PLAIN auto', 'H2C 2', 'SECURE auto', 'SECURE 2', 'SECURE 1.1', 'OLD auto'];
               for (const what of all) {
                 const [server, httpVersion] = what.split(' ');
                 const res = http.get(`${__ENV[server]}/what`, { httpVersion });
                 console.log(`${what}: ${res.status} ${res.proto} ${res.tls_version} ${res.body}`);
               }
             }",
        )
        .await;
    end.code(0).says(&[
        "PLAIN auto: 200 HTTP/1.1  HTTP/1.1",
        "H2C 2: 200 HTTP/2.0  HTTP/2.0",
        "SECURE auto: 200 HTTP/2.0 tls1.3 HTTP/2.0 over TLSv1.3",
        "SECURE 2: 200 HTTP/2.0 tls1.3 HTTP/2.0 over TLSv1.3",
        "SECURE 1.1: 200 HTTP/1.1 tls1.3 HTTP/1.1 over TLSv1.3",
        "OLD auto: 200 HTTP/2.0 tls1.2 HTTP/2.0 over TLSv1.2",
    ]);
}

#[tokio::test]
async fn nginx_is_sent_bodies_and_sends_them() {
    let nginx = Nginx::start().await;
    let end = nginx
        .ask(
            "import http from 'k6/http';
             const large = 'x'.repeat(5 << 20);
             export default function () {
               for (const httpVersion of ['1.1', '2']) {
                 const url = (path) => __ENV.SECURE + path;
                 const get = (path, headers) => http.get(url(path), { httpVersion, headers });
                 const say = (what, res, ...more) =>
                   console.log([httpVersion, what, res.status, ...more].join(' '));
                 let res = get('/large.txt', { 'Accept-Encoding': 'identity' });
                 say('plain', res, res.body.length);
                 say('unchanged', get('/large.txt', { 'If-None-Match': res.headers.Etag }));
                 res = get('/large.txt', { 'Accept-Encoding': 'gzip' });
                 say('gzip', res, res.body.length, res.headers['Content-Encoding']);
                 res = get('/large.txt', { Range: 'bytes=10-19' });
                 say('range', res, res.body.length, res.headers['Content-Range']);
                 res = http.head(url('/large.txt'), { httpVersion });
                 say('head', res, res.headers['Content-Length']);
                 res = get('/folder');
                 say('redirect', res, res.body, res.url.replace(__ENV.SECURE, ''));
                 res = http.post(url('/upload'), large, { httpVersion });
                 say('upload', res, res.body);
                 const headers = { Expect: '100-continue' };
                 res = http.post(url('/upload'), large, { httpVersion, headers });
                 say('continue', res, res.body);
                 say('refused', http.post(url('/upload'), large.repeat(4), { httpVersion }));
                 say('missing', get('/missing'));
                 say('method', http.post(url('/large.txt'), 'x', { httpVersion }));
                 res = get('/closed');
                 say('closed', res, res.error_code);
                 say('afterwards', get('/what'));
               }
             }",
        )
        .await
        .code(0);
    let mut expected = Vec::new();
    for (version, closed) in [("1.1", 1000), ("2", 1632)] {
        expected.extend([
            format!("{version} plain 200 {LARGE}\n"),
            format!("{version} unchanged 304\n"),
            format!("{version} gzip 200 {LARGE} gzip\n"),
            format!("{version} range 206 10 bytes 10-19/{LARGE}\n"),
            format!("{version} head 200 {LARGE}\n"),
            format!("{version} redirect 200 index /folder/\n"),
            format!("{version} upload 200 {LARGE}\n"),
            format!("{version} continue 200 {LARGE}\n"),
            format!("{version} refused 413\n"),
            format!("{version} missing 404\n"),
            format!("{version} method 405\n"),
            format!("{version} closed 0 {closed}\n"),
            format!("{version} afterwards 200\n"),
        ]);
    }
    end.says(&expected.iter().map(String::as_str).collect::<Vec<_>>());
}

/// A script that shows the certificate of this name, or none.
fn showing(name: Option<&str>) -> String {
    let shown = name.map_or_else(String::new, |name| {
        format!("tlsAuth: [{{ cert: read('{name}.pem'), key: read('{name}.key'), domains: ['localhost'] }}]")
    });
    format!(
        "import http from 'k6/http';
         const read = (name) => open(`${{__ENV.FILES}}/${{name}}`);
         export const options = {{ {shown} }};
         export default function () {{
           for (const httpVersion of ['1.1', '2']) {{
             const res = http.get(`${{__ENV.MUTUAL}}/who`, {{ httpVersion }});
             console.log(`${{httpVersion}}: ${{res.status}} ${{res.body}}`);
           }}
         }}"
    )
}

#[tokio::test]
async fn nginx_asks_for_a_certificate() {
    let nginx = Nginx::start().await;
    let end = nginx.ask(&showing(Some("client"))).await.code(0);
    end.says(&["1.1: 200 SUCCESS CN=client", "2: 200 SUCCESS CN=client"]);
    let end = nginx.ask(&showing(None)).await.code(0);
    end.says(&["1.1: 400", "2: 400", "No required SSL certificate was sent"]);
    let end = nginx.ask(&showing(Some("stranger"))).await.code(0);
    end.says(&["1.1: 400", "2: 400", "The SSL certificate error"]);
}

#[tokio::test]
async fn nginx_sees_who_each_request_is() {
    let nginx = Nginx::start().await;
    let script = "
        import http from 'k6/http';
        const read = (name) => open(`${__ENV.FILES}/${name}`);
        const identity = (name) => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) });
        const all = { client: identity('client'), stranger: identity('stranger') };
        export default function () {
          for (const httpVersion of ['1.1', '2']) {
            for (const who of ['client', 'nobody', 'stranger', 'client']) {
              const res = http.get(`${__ENV.MUTUAL}/who`, { httpVersion, tls: all[who] });
              console.log(`${httpVersion} ${who}: ${res.status} ${res.status === 200 ? res.body : ''}.`);
            }
          }
        }";
    let end = nginx.ask(script).await.code(0);
    for version in ["1.1", "2"] {
        let known = format!("{version} client: 200 SUCCESS CN=client");
        assert_eq!(end.stderr.matches(&known).count(), 2, "{end}");
        for other in ["nobody", "stranger"] {
            assert!(end.stderr.contains(&format!("{version} {other}: 400 .")), "{end}");
        }
    }
}

#[tokio::test]
async fn nginx_ends_a_connection_after_some_requests() {
    let nginx = Nginx::start().await;
    for (version, before) in [("1.1", 0), ("2", 4)] {
        let script = format!(
            "import http from 'k6/http';
             export default function () {{
               for (let i = 0; i < 10; i++) http.get(`${{__ENV.SHORT}}/what`, {{ httpVersion: '{version}' }});
             }}"
        );
        let end = nginx.ask(&script).await.code(0);
        assert_eq!(end.row("http_req_failed"), "0.00% 0 out of 10", "HTTP/{version}; {end}");
        // Three requests on each of three connections, and one on the fourth.
        let requests = 10 * (before / 4 + 1);
        assert_eq!(nginx.connections("SHORT", requests).await, before + 4, "HTTP/{version}");
    }
}

#[tokio::test]
async fn what_nginx_gives_back_unread_is_sent_again() {
    let nginx = Nginx::start().await;
    let script = "import http from 'k6/http';
        export default function () {
          const url = `${__ENV.SHORT}/what`;
          http.get(url, { httpVersion: '2' });
          const batch = Array.from({ length: 5 }, () => ['GET', url, null, { httpVersion: '2' }]);
          console.log(http.batch(batch).map((res) => `${res.status} ${res.body}`).join(', '));
        }";
    let end = nginx.ask(script).await.code(0).says(&[&["200 HTTP/2.0"; 5].join(", ")]);
    assert_eq!(end.row("http_req_failed"), "0.00% 0 out of 6");
    assert_eq!(nginx.connections("SHORT", 6).await, 2);
}

#[tokio::test]
async fn nginx_closes_idle_connections() {
    let nginx = Nginx::start().await;
    let end = nginx
        .ask(
            "import http from 'k6/http';
             import { sleep } from 'k6';
             export default function () {
               for (const httpVersion of ['1.1', '2']) {
                 for (let i = 0; i < 3; i++) {
                   http.get(`${__ENV.BRIEF}/what`, { httpVersion });
                   sleep(0.5);
                 }
               }
             }",
        )
        .await
        .code(0);
    assert_eq!(end.row("http_req_failed"), "0.00% 0 out of 6", "{end}");
    assert_eq!(nginx.connections("BRIEF", 6).await, 6);
}
