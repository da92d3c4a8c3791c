//! `K6_OTEL_*`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;

use super::encode::Form;
use crate::error::SpecError;
use crate::push::client::Protocol;
use crate::push::endpoint::{Credentials, Endpoint};
use crate::push::tls::TlsSettings;
use crate::settings::{HIDDEN, Key, Reader, Variables, decoded, header};

const SERVICE_NAME: [Key; 2] = [Key::variable("K6_OTEL_SERVICE_NAME"), Key::variable("OTEL_SERVICE_NAME")];
const SERVICE_VERSION: Key = Key::variable("K6_OTEL_SERVICE_VERSION");
const METRIC_PREFIX: Key = Key::variable("K6_OTEL_METRIC_PREFIX");
const FLUSH_INTERVAL: Key = Key::variable("K6_OTEL_FLUSH_INTERVAL");
const EXPORT_INTERVAL: Key = Key::variable("K6_OTEL_EXPORT_INTERVAL");
/// The second is k6 1's.
const PROTOCOL: [Key; 2] =
    [Key::variable("K6_OTEL_EXPORTER_PROTOCOL"), Key::variable("K6_OTEL_EXPORTER_TYPE")];
const GRPC_ENDPOINT: Key = Key::secret("K6_OTEL_GRPC_EXPORTER_ENDPOINT");
const GRPC_INSECURE: Key = Key::variable("K6_OTEL_GRPC_EXPORTER_INSECURE");
const HTTP_ENDPOINT: Key = Key::secret("K6_OTEL_HTTP_EXPORTER_ENDPOINT");
const HTTP_INSECURE: Key = Key::variable("K6_OTEL_HTTP_EXPORTER_INSECURE");
const HTTP_PATH: Key = Key::variable("K6_OTEL_HTTP_EXPORTER_URL_PATH");
const HTTP_USERNAME: Key = Key::variable("K6_OTEL_HTTP_EXPORTER_USERNAME");
const HTTP_PASSWORD: Key = Key::secret("K6_OTEL_HTTP_EXPORTER_PASSWORD");
const HEADERS: Key = Key::secret("K6_OTEL_HEADERS");
const TLS_SKIP_VERIFY: Key = Key::variable("K6_OTEL_TLS_INSECURE_SKIP_VERIFY");
const TLS_AUTHORITY: Key = Key::variable("K6_OTEL_TLS_CERTIFICATE");
const TLS_CERTIFICATE: Key = Key::variable("K6_OTEL_TLS_CLIENT_CERTIFICATE");
const TLS_KEY: Key = Key::variable("K6_OTEL_TLS_CLIENT_KEY");
const EXPONENTIAL: Key = Key::variable("PLIMSOLL_OTEL_EXPONENTIAL_HISTOGRAMS");

/// The method that takes metrics.
const METHOD: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// Where to push, and how.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    pub(super) endpoint: Endpoint,
    pub(super) protocol: Protocol,
    pub(super) tls: TlsSettings,
    pub(super) credentials: Option<Credentials>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) export_interval: Duration,
    pub(super) form: Form,
}

/// Headers are not for logs.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Settings {
    pub(crate) fn read(argument: Option<&str>, variables: &Variables) -> Result<Self, Vec<SpecError>> {
        let mut reader = Reader::new("opentelemetry", variables, Vec::new());
        if argument.is_some_and(|argument| !argument.trim().is_empty()) {
            // It may be a URL with a password.
            reader.complain("the argument", HIDDEN, "nothing: settings are the variables K6_OTEL_*");
        }
        let protocol = protocol(&mut reader);
        // Both are checked, whichever is used.
        let grpc = endpoint(&mut reader, GRPC_ENDPOINT, GRPC_INSECURE, 4317);
        let mut http = endpoint(&mut reader, HTTP_ENDPOINT, HTTP_INSECURE, 4318);
        let path = reader.read(HTTP_PATH, "a path such as /v1/metrics", path);
        http.path = path.unwrap_or_else(|| "/v1/metrics".to_owned());
        let grpc = Endpoint { path: METHOD.to_owned(), ..grpc };
        // Totals are read when they are pushed: there is nothing to flush. It is only checked.
        reader.duration(FLUSH_INTERVAL);
        let user = reader.text(HTTP_USERNAME).filter(|_| protocol == Protocol::Http);
        let password = reader.text(HTTP_PASSWORD).unwrap_or_default();
        let settings = Self {
            endpoint: if protocol == Protocol::Grpc { grpc } else { http },
            protocol,
            tls: tls(&mut reader),
            credentials: user.map(|user| Credentials { user, password }),
            headers: headers(&mut reader),
            export_interval: reader.duration(EXPORT_INTERVAL).unwrap_or(Duration::from_secs(10)),
            form: form(&mut reader),
        };
        reader.finish(settings)
    }
}

fn protocol(reader: &mut Reader<'_>) -> Protocol {
    let [now, before] = PROTOCOL;
    let parse = |text: &str| match text {
        "grpc" => Some(Protocol::Grpc),
        "http/protobuf" | "http" => Some(Protocol::Http),
        _ => None,
    };
    let given = reader.read(now, "grpc or http/protobuf", parse);
    given.or_else(|| reader.read(before, "grpc or http", parse)).unwrap_or(Protocol::Grpc)
}

/// A host and a port, without a scheme; TLS unless it is forbidden.
fn endpoint(reader: &mut Reader<'_>, address: Key, insecure: Key, port: u16) -> Endpoint {
    let scheme = if reader.flag(insecure).unwrap_or_default() { "http" } else { "https" };
    let parse = |text: &str| {
        let (endpoint, _) = Endpoint::parse(&format!("{scheme}://{text}"))?;
        (!text.contains(['/', '@']) && text.contains(':')).then_some(endpoint)
    };
    let given = reader.read(address, "a host and a port without a scheme, such as localhost:4317", parse);
    given.unwrap_or_else(|| parse(&format!("localhost:{port}")).expect("it is an address"))
}

/// A path that requests can be sent to, with the slash that it begins with.
fn path(text: &str) -> Option<String> {
    let path = if text.starts_with('/') { text.to_owned() } else { format!("/{text}") };
    path.parse::<Uri>().is_ok().then_some(path)
}

/// Names and values are encoded as in W3C's baggage: that is how OpenTelemetry specifies them.
fn headers(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    const EXPECTED: &str = "names of headers, each with = and a value on one line; a comma in a value is %2C";
    reader.headers(HEADERS, EXPECTED, |part| {
        let (name, value) = part.split_once('=')?;
        header(&decoded(name), &decoded(value))
    })
}

fn tls(reader: &mut Reader<'_>) -> TlsSettings {
    TlsSettings {
        is_insecure: reader.flag(TLS_SKIP_VERIFY).unwrap_or_default(),
        only_1_3: false,
        authority: reader.text(TLS_AUTHORITY).map(PathBuf::from),
        identity: TlsSettings::identity(reader, TLS_CERTIFICATE, TLS_KEY),
    }
}

fn form(reader: &mut Reader<'_>) -> Form {
    let [own, general] = SERVICE_NAME;
    let service_name = reader.text(own).or_else(|| reader.text(general));
    Form {
        service_name: service_name.unwrap_or_else(|| "k6".to_owned()),
        service_version: reader
            .text(SERVICE_VERSION)
            .unwrap_or_else(|| concat!("plimsoll ", env!("CARGO_PKG_VERSION")).to_owned()),
        metric_prefix: reader.text(METRIC_PREFIX).unwrap_or_default(),
        exponential: reader.flag(EXPONENTIAL).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(argument: Option<&str>, pairs: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = Settings::read(argument, &variables);
        settings.map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_settings_it_is_grpc_with_tls() {
        let settings = read(None, &[]).expect("valid");
        assert_eq!(settings.endpoint.to_string(), format!("https://localhost:4317{METHOD}"));
        assert_eq!(settings.protocol, Protocol::Grpc);
        assert_eq!(settings.form.service_name, "k6");
    }

    #[test]
    fn every_variable_is_read() {
        let settings = read(
            None,
            &[
                ("K6_OTEL_EXPORTER_PROTOCOL", "http/protobuf"),
                ("K6_OTEL_HTTP_EXPORTER_ENDPOINT", "collector:1234"),
                ("K6_OTEL_HTTP_EXPORTER_INSECURE", "true"),
                ("K6_OTEL_HTTP_EXPORTER_URL_PATH", "otlp"),
                ("K6_OTEL_HTTP_EXPORTER_USERNAME", "me"),
                ("K6_OTEL_HTTP_EXPORTER_PASSWORD", "secret"),
                ("K6_OTEL_HEADERS", "a=1, x%2Db=Basic%20YQ==%2c2"),
                ("OTEL_SERVICE_NAME", "desk"),
                ("K6_OTEL_METRIC_PREFIX", "k6_"),
                ("K6_OTEL_EXPORT_INTERVAL", "2s"),
                ("PLIMSOLL_OTEL_EXPONENTIAL_HISTOGRAMS", "true"),
            ],
        )
        .expect("valid");
        assert_eq!(settings.endpoint.to_string(), "http://collector:1234/otlp");
        let headers = [("a", "1"), ("x-b", "Basic YQ==,2")];
        assert_eq!(settings.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!((settings.form.service_name.as_str(), settings.form.exponential), ("desk", true));
        assert_eq!(settings.credentials.as_ref().map(|one| one.user.as_str()), Some("me"));
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn everything_wrong_is_told() {
        let problems = read(
            Some("http://me:secret@h"),
            &[
                ("K6_OTEL_EXPORTER_PROTOCOL", "http/json"),
                ("K6_OTEL_GRPC_EXPORTER_ENDPOINT", "http://me:secret@h:4317"),
                ("K6_OTEL_HTTP_EXPORTER_ENDPOINT", "h"),
                ("K6_OTEL_TLS_CLIENT_KEY", "k.pem"),
                ("K6_OTEL_FLUSH_INTERVAL", "1"),
                ("K6_OTEL_HTTP_EXPORTER_URL_PATH", "/v1 metrics"),
                ("K6_OTEL_HEADERS", "a=1,secret"),
            ],
        )
        .expect_err("eight problems");
        assert_eq!(problems.len(), 8, "{problems:#?}");
        assert!(problems.iter().all(|problem| !problem.contains("secret")), "{problems:#?}");
        assert!(problems[0].contains("the argument is '(hidden)', expected nothing"), "{problems:#?}");
        assert!(problems[1].contains("expected grpc or http/protobuf"), "{problems:#?}");
    }
}
