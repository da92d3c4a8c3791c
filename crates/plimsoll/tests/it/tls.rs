//! TLS as scripts see it: options, certificates, files of the environment.

use serde_json::json;

use crate::support::site::Site;
use crate::support::{Folder, finish};

async fn secure_site() -> (Site, String) {
    let (site, root) = Site::secure().await;
    site.put("/", "hello");
    (site, root)
}

fn script(options: &serde_json::Value, site: &Site) -> String {
    format!(
        "import http from 'k6/http';
        export const options = {options};
        export default function () {{
            const response = http.get('https://localhost:{}/');
            const {{ status, tls_version, tls_cipher_suite, ocsp, error_code }} = response;
            console.log(status, tls_version, tls_cipher_suite, ocsp.status, error_code);
        }}",
        site.port()
    )
}

#[tokio::test]
async fn authorities_of_the_option_are_trusted() {
    let (site, root) = secure_site().await;
    let suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    let options = json!({ "tlsCACerts": [root], "tlsVersion": "tls1.2", "tlsCipherSuites": [suite] });
    let end = Folder::with(&script(&options, &site)).run("").await.code(0);
    end.says(&[&format!("200 tls1.2 {suite} unknown 0")]);
    let end = Folder::with(&script(&json!({}), &site)).run("").await.code(0);
    end.says(&["x509: unknown authority", "1310"]);
}

#[tokio::test]
async fn variables_name_authorities_and_a_log_of_keys() {
    let (site, root) = secure_site().await;
    let folder = Folder::with(&script(&json!({}), &site));
    folder.write("root.pem", &root);
    let mut command = folder.command("run --quiet test.js");
    command.env("SSL_CERT_FILE", folder.path("root.pem")).env("SSLKEYLOGFILE", folder.path("keys.log"));
    finish(command).await.code(0).says(&["200 tls1.3"]);
    assert!(folder.read("keys.log").contains("CLIENT_TRAFFIC_SECRET_0"));
}

#[tokio::test]
async fn what_cannot_be_is_told_all_at_once() {
    let (site, _) = secure_site().await;
    let options = json!({
        "tlsVersion": { "min": "tls1.0", "max": "tls1.1" },
        "tlsCipherSuites": ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_AES_128_GCM_SHA255"],
        "tlsAuth": [{ "cert": "no", "key": "no", "domains": ["a.*.b"] }],
        "tlsCACerts": ["no"],
    });
    let end = Folder::with(&script(&options, &site)).run("").await.code(104);
    end.says(&[
        "tlsVersion (from test.js): TLS 1.0 and 1.1 cannot be spoken",
        "CBC, RC4 or RSA key exchange are not implemented",
        "TLS_AES_128_GCM_SHA256",
        "tlsAuth (from test.js): cert: no certificate in PEM",
        "invalid hostname pattern",
        "tlsCACerts (from test.js): no certificate in PEM",
    ]);
}

#[tokio::test]
async fn an_old_lower_bound_is_only_a_warning() {
    let (site, root) = secure_site().await;
    let options = json!({ "tlsCACerts": [root], "tlsVersion": { "min": "tls1.0", "max": "tls1.3" } });
    let end = Folder::with(&script(&options, &site)).run("").await.code(0);
    end.says(&["200 tls1.3", "tls1.2 is the oldest"]);
}

#[tokio::test]
async fn certificates_of_a_request_are_checked() {
    let (site, _) = secure_site().await;
    let script = format!(
        "import http from 'k6/http';
        export default function () {{
            for (const tls of [{{ cert: 'x' }}, {{ certificate: 'x' }}, 7, {{ cert: 7 }}]) {{
                console.log(http.get('https://localhost:{}/', {{ tls }}).error);
            }}
        }}",
        site.port()
    );
    Folder::with(&script).run("").await.code(0).says(&[
        "invalid params.tls: cert: no certificate in PEM",
        "params.tls has the unknown key 'certificate'",
        "params.tls must be an object, not int",
        "params.tls.cert must be text in PEM",
    ]);
}
