//! Observes the target beside the search: a process of this machine, a page of metrics, a Prometheus server.
//!
//! Every source is asked on its own, so that one that is slow or gone keeps nobody waiting; what it does not
//! answer is missing. Samples carry the time at which they were asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{Request, Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use plimsoll_report::capacity::Resource;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// How often the target is looked at.
const PERIOD: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(2);
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Samples by name, each with the time at which it was asked for.
type Samples = BTreeMap<String, Vec<(Instant, f64)>>;

/// What is observed, and the samples so far.
#[derive(Clone, Default)]
pub(super) struct Observing {
    sources: Rc<[Source]>,
    samples: Rc<RefCell<Samples>>,
}

/// One thing to observe.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    Process(u32),
    Metrics { url: Uri, series: String, name: String, limit: Option<f64> },
    Prometheus { url: Uri, name: String, limit: Option<f64> },
}

impl Observing {
    /// Reads what was asked for.
    pub(super) fn of(texts: &[String]) -> Result<Self, Vec<String>> {
        let (good, bad): (Vec<_>, Vec<_>) =
            texts.iter().map(|text| Source::parse(text)).partition(Result::is_ok);
        let problems: Vec<String> =
            bad.into_iter().filter_map(Result::err).map(|why| format!("  - observe: {why}")).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let sources: Vec<Source> = good.into_iter().flatten().collect();
        Ok(Self { sources: sources.into(), samples: Rc::default() })
    }

    /// Asks all sources again and again, for as long as it is polled.
    pub(super) async fn watch(&self) -> std::convert::Infallible {
        let mut asking = JoinSet::new();
        for at in 0..self.sources.len() {
            let (sources, samples) = (Rc::clone(&self.sources), Rc::clone(&self.samples));
            asking.spawn_local(async move { ask_on(&sources[at], &samples).await });
        }
        while asking.join_next().await.is_some() {}
        std::future::pending().await
    }

    /// The resources, with their limits.
    pub(super) fn resources(&self) -> Vec<Resource> {
        self.sources.iter().flat_map(Source::resources).collect()
    }

    /// The mean of each between two instants.
    pub(super) fn means(&self, from: Instant, to: Instant) -> BTreeMap<String, f64> {
        let samples = self.samples.borrow();
        let mean = |samples: &Vec<(Instant, f64)>| {
            let within = samples.iter().filter(|(at, _)| *at >= from && *at <= to);
            let (sum, count) = within.fold((0.0, 0), |(sum, count), (_, value)| (sum + value, count + 1));
            (count > 0).then(|| sum / f64::from(count))
        };
        samples.iter().filter_map(|(name, samples)| Some((name.clone(), mean(samples)?))).collect()
    }
}

/// Asks one source until the search is over.
async fn ask_on(source: &Source, samples: &RefCell<Samples>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut before, mut warned) = (BTreeMap::new(), false);
    loop {
        ticks.tick().await;
        let at = Instant::now();
        match timeout(PATIENCE, source.read()).await.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
            Ok(readings) => {
                for Reading { name, value, grows } in readings.into_iter().filter(Reading::is_number) {
                    let last = before.insert(name.clone(), (at, value));
                    let value = match (grows, last) {
                        (false, _) => Some(value),
                        (true, Some((then, earlier))) => {
                            let seconds = (at - then).as_secs_f64();
                            // A counter that has become less began anew.
                            (seconds > 0.0 && value >= earlier).then(|| (value - earlier) / seconds)
                        }
                        (true, None) => None,
                    };
                    samples.borrow_mut().entry(name).or_default().extend(value.map(|value| (at, value)));
                }
            }
            Err(why) if !std::mem::replace(&mut warned, true) => {
                tracing::warn!(target: "plimsoll", "cannot observe {}: {why}", source.text());
            }
            Err(_) => {}
        }
    }
}

/// A number that was read.
struct Reading {
    name: String,
    value: f64,
    /// It only grows, so that what counts is by how much a second.
    grows: bool,
}

impl Reading {
    /// Prometheus has `NaN` and `+Inf`, which are no amounts of anything.
    fn is_number(&self) -> bool {
        self.value.is_finite()
    }
}

impl Source {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("'{text}': {why}");
        let (kind, rest) =
            text.split_once('=').ok_or_else(|| wrong("expected process=, metrics= or prometheus="))?;
        if kind == "process" {
            let pid = rest.parse().map_err(|_| wrong("expected the number of a process"))?;
            return Ok(Self::Process(pid));
        }
        let (url, settings) = rest.split_once(',').unwrap_or((rest, ""));
        let url: Uri = url.parse().map_err(|_| wrong("the URL cannot be read"))?;
        if url.scheme_str() != Some("http") || url.host().is_none() {
            return Err(wrong("expected a URL that begins with http://"));
        }
        let settings = Settings::parse(settings).map_err(|why| wrong(&why))?;
        match kind {
            "metrics" => {
                let series = settings.what.ok_or_else(|| wrong("series= is missing"))?;
                let name = settings.name.unwrap_or_else(|| series.clone());
                Ok(Self::Metrics { url, series, name, limit: settings.limit })
            }
            "prometheus" => {
                let query = settings.what.ok_or_else(|| wrong("query= is missing"))?;
                let name = settings.name.unwrap_or_else(|| query.clone());
                let encoded =
                    percent_encoding::utf8_percent_encode(&query, percent_encoding::NON_ALPHANUMERIC);
                let base = url.to_string();
                let asks = format!("{}/api/v1/query?query={encoded}", base.trim_end_matches('/'));
                let url = asks.parse().map_err(|_| wrong("the query cannot be put into a URL"))?;
                Ok(Self::Prometheus { url, name, limit: settings.limit })
            }
            _ => Err(wrong("expected process=, metrics= or prometheus=")),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Process(pid) => format!("process {pid}"),
            Self::Metrics { url, .. } | Self::Prometheus { url, .. } => url.to_string(),
        }
    }

    fn resources(&self) -> Vec<Resource> {
        match self {
            Self::Process(pid) => process::resources(*pid),
            Self::Metrics { name, limit, .. } | Self::Prometheus { name, limit, .. } => {
                vec![Resource { name: name.clone(), limit: *limit }]
            }
        }
    }

    async fn read(&self) -> Result<Vec<Reading>, String> {
        match self {
            Self::Process(pid) => process::read(*pid),
            Self::Metrics { url, series, name, .. } => {
                let value = series_of(&get(url).await?, series);
                let value = value.ok_or_else(|| format!("there is no series {series}"))?;
                let grows = series.split('{').next().is_some_and(|name| name.ends_with("_total"));
                Ok(vec![Reading { name: name.clone(), value, grows }])
            }
            Self::Prometheus { url, name, .. } => {
                let answer: serde_json::Value =
                    serde_json::from_str(&get(url).await?).map_err(|error| error.to_string())?;
                let value =
                    answer.pointer("/data/result/0/value/1").or_else(|| answer.pointer("/data/result/1"));
                let value = value.and_then(|value| value.as_str()?.parse().ok());
                let value = value.ok_or("the query has no result")?;
                Ok(vec![Reading { name: name.clone(), value, grows: false }])
            }
        }
    }
}

/// What stands behind the URL.
#[derive(Default)]
struct Settings {
    /// The series, or the query.
    what: Option<String>,
    name: Option<String>,
    limit: Option<f64>,
}

impl Settings {
    /// Commas separate settings, except for those that belong to a series or a query.
    fn parse(text: &str) -> Result<Self, String> {
        let mut settings = Self::default();
        let mut pieces: Vec<String> = Vec::new();
        for piece in text.split(',').filter(|piece| !piece.is_empty()) {
            let begins = ["series=", "query=", "name=", "limit="].iter().any(|key| piece.starts_with(key));
            match pieces.last_mut() {
                Some(last) if !begins => *last = format!("{last},{piece}"),
                _ => pieces.push(piece.to_owned()),
            }
        }
        for piece in pieces {
            match piece.split_once('=') {
                Some(("series" | "query", value)) => settings.what = Some(value.to_owned()),
                Some(("name", value)) => settings.name = Some(value.to_owned()),
                Some(("limit", value)) => {
                    let limit = value.parse().ok().filter(|limit: &f64| limit.is_finite());
                    let limit = limit.ok_or_else(|| format!("limit={value} is no number"))?;
                    settings.limit = Some(limit);
                }
                _ => {
                    return Err(format!(
                        "unknown setting '{piece}'; there are series, query, name and limit"
                    ));
                }
            }
        }
        Ok(settings)
    }
}

/// The value of a series in Prometheus' text format; of several with the same name and labels, their sum.
fn series_of(page: &str, series: &str) -> Option<f64> {
    let values = page.lines().filter_map(|line| {
        let rest = line.strip_prefix(series)?;
        let rest = rest.strip_prefix(' ')?;
        rest.split_whitespace().next()?.parse::<f64>().ok()
    });
    values.reduce(|sum, value| sum + value)
}

/// The host, which of IPv6 is in brackets only for the sake of the URL.
fn host(url: &Uri) -> &str {
    url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

async fn get(url: &Uri) -> Result<String, String> {
    let authority = url.authority().ok_or("the URL has no host")?;
    let address = (host(url).to_owned(), url.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::builder().uri(path).header(HOST, authority.as_str()).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| error.to_string())?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status()));
        }
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let bytes = body.map_err(|error| error.to_string())?.to_bytes();
        String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
    };
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        answer = answer.as_mut() => answer,
        _ = connection => answer.await,
    }
}

/// A process of this machine, as Linux shows it.
mod process {
    use plimsoll_report::capacity::Resource;

    use super::Reading;

    /// The kernel counts CPU time in hundredths of a second for whoever reads it as text.
    const TICKS: f64 = 100.0;

    fn name(pid: u32, what: &str) -> String {
        format!("process {pid} {what}")
    }

    pub(super) fn resources(pid: u32) -> Vec<Resource> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let cores = line(&status, "Cpus_allowed_list:").map(count);
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
        let files =
            line(&limits, "Max open files").and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        let resource = |what: &str, limit| Resource { name: name(pid, what), limit };
        vec![
            resource("cpu", cores),
            resource("files", files),
            resource("memory", None),
            resource("threads", None),
            resource("disk", None),
        ]
    }

    /// CPUs used, open files, resident bytes, threads, bytes read and written.
    pub(super) fn read(pid: u32) -> Result<Vec<Reading>, String> {
        let text = |file: &str| {
            std::fs::read_to_string(format!("/proc/{pid}/{file}")).map_err(|error| format!("{file}: {error}"))
        };
        let stat = text("stat")?;
        // Behind the name, which may contain anything but is in parentheses.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        let status = text("status")?;
        let first = |key: &str| {
            line(&status, key).and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
        };
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).map(|entries| entries.count() as f64).ok();
        let io = text("io").unwrap_or_default();
        let bytes = |key: &str| line(&io, key).and_then(|rest| rest.trim().parse::<f64>().ok());
        let disk = bytes("read_bytes:").zip(bytes("write_bytes:")).map(|(read, written)| read + written);
        let reading = |what: &str, value: Option<f64>, grows| {
            value.map(|value| Reading { name: name(pid, what), value, grows })
        };
        let all = [
            reading("cpu", Some((field(11) + field(12)) / TICKS), true),
            reading("files", files, false),
            reading("memory", first("VmRSS:").map(|kib| kib * 1024.0), false),
            reading("threads", first("Threads:"), false),
            reading("disk", disk, true),
        ];
        Ok(all.into_iter().flatten().collect())
    }

    fn line<'t>(text: &'t str, key: &str) -> Option<&'t str> {
        text.lines().find_map(|line| line.strip_prefix(key))
    }

    /// How many CPUs a list such as `0-3,8` names.
    fn count(list: &str) -> f64 {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(last.trim().parse::<f64>().ok()? - first.trim().parse::<f64>().ok()? + 1.0)
        };
        list.trim().split(',').filter_map(range).sum()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn lists_of_cpus_are_counted() {
            assert!((count(" 0-3,8") - 5.0).abs() < 1e-9 && (count("1") - 1.0).abs() < 1e-9);
        }

        #[test]
        #[cfg(target_os = "linux")]
        fn this_process_can_be_read() {
            let readings = read(std::process::id()).expect("it is there");
            assert!(readings.iter().any(|reading| reading.name.ends_with("memory") && reading.value > 1e6));
            assert!(resources(std::process::id())[0].limit.is_some_and(|cores| cores >= 1.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read() {
        assert_eq!(Source::parse("process=12"), Ok(Source::Process(12)));
        let text = "metrics=http://h:8/m,series=pool{a=\"b\",c=\"d\"},limit=16,name=pool";
        let Ok(Source::Metrics { series, name, limit, .. }) = Source::parse(text) else { panic!("{text}") };
        assert_eq!((series.as_str(), name.as_str(), limit), ("pool{a=\"b\",c=\"d\"}", "pool", Some(16.0)));
        let Ok(Source::Prometheus { url, .. }) = Source::parse("prometheus=http://p:9090,query=sum(up)")
        else {
            panic!("a Prometheus server")
        };
        assert_eq!(url.to_string(), "http://p:9090/api/v1/query?query=sum%28up%29");
    }

    #[test]
    fn what_is_no_source_is_told() {
        for (text, why) in [
            ("4711", "process="),
            ("process=x", "number of a process"),
            ("metrics=http://h/m", "series= is missing"),
            ("metrics=ftp://h/m,series=a", "http://"),
            ("metrics=http://h/m,serie=a", "unknown setting"),
            ("metrics=http://h/m,series=a,limit=x", "is no number"),
            ("metrics=http://h/m,series=a,limit=inf", "is no number"),
        ] {
            let error = Source::parse(text).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_page_of_metrics_is_read() {
        let page = "# HELP a b\npool_busy{p=\"x\"} 3\npool_busy{p=\"y\"} 5 1700000000\npool_busy_total 9\n";
        assert_eq!(series_of(page, "pool_busy{p=\"y\"}"), Some(5.0));
        assert_eq!(series_of(page, "pool_busy_total"), Some(9.0));
        assert_eq!(series_of(page, "pool"), None);
    }

    #[test]
    fn what_is_no_amount_is_left_out() {
        let reading = |value| Reading { name: "pool".to_owned(), value, grows: false };
        let numbers = [f64::NAN, f64::INFINITY, 3.0].map(|value| reading(value).is_number());
        assert_eq!(numbers, [false, false, true]);
    }

    #[tokio::test]
    async fn a_host_of_ipv6_is_reached() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else { return };
        let port = listener.local_addr().expect("an address").port();
        let answers = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut head = [0; 512];
            let read = stream.read(&mut head).await.expect("a request");
            assert!(read > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup").await.expect("sent");
            std::future::pending::<()>().await;
        };
        let url: Uri = format!("http://[::1]:{port}/metrics").parse().expect("a URL");
        tokio::select! {
            () = answers => unreachable!("it does not end"),
            answer = get(&url) => assert_eq!(answer.as_deref(), Ok("up")),
        }
    }
}
