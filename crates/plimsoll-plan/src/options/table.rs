//! The table of all options: one row says an option's key, variable, flag, type, default, and what becomes of
//! it.
//!
//! The macro turns the rows into [`OptionsLayer`] (every field optional: what one layer says), [`Options`]
//! (every field resolved) and [`TABLE`]. To add an option, add a row; if its type is new, implement
//! [`OptionValue`] for it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    goals::GoalSpecs,
    keyword::{CompatibilityMode, HttpDebug, HttpVersion, RequireValid, ScriptType, SummaryMode, TimeUnit},
    network::{Dns, TlsAuth, TlsVersions},
    reporting::{TrendStat, default_trend_stats},
    size::Size,
    tags::{SystemTags, Tags},
    value::{Expected, OptionValue},
    workload::{ScenarioSpecs, StageSpec, ThresholdTexts},
};
use crate::{
    Origin, Problem, Source, Warning,
    segment::{ExecutionSegment, SegmentSequence},
};

/// What is known about one option apart from its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionInfo {
    /// The key in `options` and in the config file, and the name in messages.
    pub key: &'static str,
    /// Where the key may stand.
    pub place: Place,
    /// The environment variable; empty when there is none.
    pub env: &'static str,
    /// The command-line flag; empty when there is none.
    pub flag: &'static str,
    /// What becomes of a value other than the default.
    pub support: Support,
}

/// Where an option's key may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a script's `options` and in a config file.
    Options,
    /// In a config file only.
    ConfigFile,
    /// In neither: there is a variable or a flag only.
    Nowhere,
}

/// What becomes of an option that is set to something other than its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It works.
    Full,
    /// It is understood and has no effect; the run is still what it says it is, so a warning is enough.
    Ignored,
}

const fn row(key: &'static str) -> OptionInfo {
    OptionInfo { key, place: Place::Options, env: "", flag: "", support: Support::Full }
}

impl OptionInfo {
    const fn config_only(mut self) -> Self {
        self.place = Place::ConfigFile;
        self
    }

    const fn no_key(mut self) -> Self {
        self.place = Place::Nowhere;
        self
    }

    const fn env(mut self, name: &'static str) -> Self {
        self.env = name;
        self
    }

    const fn flag(mut self, name: &'static str) -> Self {
        self.flag = name;
        self
    }

    const fn ignored(mut self) -> Self {
        self.support = Support::Ignored;
        self
    }

    /// Where a value of this option came from, given its layer.
    pub fn source(&self, origin: &Origin) -> Source {
        match origin {
            Origin::Default => Source::Default,
            Origin::ConfigFile(path) => Source::ConfigFile(path.clone()),
            Origin::Script(path) => Source::Script(path.clone()),
            Origin::Env => Source::Env(self.env.to_owned()),
            Origin::Flags => Source::Flag(self.flag.to_owned()),
        }
    }
}

macro_rules! options {
    (
        resolved { $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr, $info:expr;)* }
        workload { $($(#[$work_doc:meta])* $work:ident: $work_type:ty, $work_info:expr;)* }
    ) => {
        /// What one layer says. A field that is `None` is not mentioned by the layer.
        #[derive(Debug, Clone, PartialEq)]
        pub struct OptionsLayer {
            /// Where the layer came from.
            pub origin: Origin,
            /// What was wrong with it while it was read.
            pub problems: Vec<Problem>,
            /// What was odd about it while it was read.
            pub warnings: Vec<Warning>,
            $($(#[$doc])* pub $field: Option<$type>,)*
            $($(#[$work_doc])* pub $work: Option<$work_type>,)*
        }

        /// The options of a run, resolved: every field has its value.
        ///
        /// What runs (`vus`, `duration`, `iterations`, `stages`, `scenarios`), `thresholds` and `goals` have
        /// become the [`Plan`](crate::Plan)'s scenarios, thresholds and goals.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Options {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Default for Options {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        /// All options.
        pub const TABLE: &[OptionInfo] = &[$($info,)* $($work_info,)*];

        impl OptionsLayer {
            /// A layer that says nothing.
            pub fn new(origin: Origin) -> Self {
                Self {
                    origin,
                    problems: Vec::new(),
                    warnings: Vec::new(),
                    $($field: None,)*
                    $($work: None,)*
                }
            }

            /// Reads one option's JSON value. The key must be in the table.
            pub(super) fn set_json(&mut self, key: &str, value: &Value) -> Result<(), Expected> {
                $(if key == const { $info.key } {
                    self.$field = Some(OptionValue::from_json(value)?);
                    return Ok(());
                })*
                $(if key == const { $work_info.key } {
                    self.$work = Some(OptionValue::from_json(value)?);
                    return Ok(());
                })*
                Ok(())
            }

            /// Reads one option's text. The key must be in the table.
            pub(super) fn set_text(&mut self, key: &str, text: &str) -> Result<(), Expected> {
                $(if key == const { $info.key } {
                    self.$field = Some(OptionValue::from_text(text)?);
                    return Ok(());
                })*
                $(if key == const { $work_info.key } {
                    self.$work = Some(OptionValue::from_text(text)?);
                    return Ok(());
                })*
                Ok(())
            }

            /// What the layer says of an option, in k6's JSON form; `None` when it does not mention it.
            pub fn json(&self, key: &str) -> Option<Value> {
                $(if key == const { $info.key } {
                    return self.$field.as_ref().map(OptionValue::to_json);
                })*
                $(if key == const { $work_info.key } {
                    return self.$work.as_ref().map(OptionValue::to_json);
                })*
                None
            }

            /// Whether the layer mentions this option.
            pub fn mentions(&self, key: &str) -> bool {
                $((key == const { $info.key } && self.$field.is_some()) ||)*
                $((key == const { $work_info.key } && self.$work.is_some()) ||)*
                false
            }
        }

        impl Options {
            /// Takes over what a layer says.
            pub(super) fn overlay(&mut self, layer: &OptionsLayer) {
                $(if let Some(value) = &layer.$field {
                    self.$field.clone_from(value);
                })*
            }

            /// Whether an option has its default value. Workload options always do.
            pub(super) fn is_default(&self, key: &str) -> bool {
                $(if key == const { $info.key } {
                    let default: $type = $default;
                    return self.$field == default;
                })*
                true
            }

            /// An option's value in k6's JSON form; `None` for workload options.
            pub fn json(&self, key: &str) -> Option<Value> {
                $(if key == const { $info.key } {
                    return Some(self.$field.to_json());
                })*
                None
            }
        }
    };
}

/// The value of `User-Agent` unless a script sets one.
const USER_AGENT: &str = concat!("plimsoll/", env!("CARGO_PKG_VERSION"));

options! {
    resolved {
        /// Initialise VUs, then wait to be resumed.
        paused: bool = false,
            row("paused").env("K6_PAUSED").flag("--paused");
        /// The part of the load that this instance carries.
        execution_segment: ExecutionSegment = ExecutionSegment::WHOLE,
            row("executionSegment").flag("--execution-segment");
        /// How the load is divided between instances.
        execution_segment_sequence: SegmentSequence = SegmentSequence::default(),
            row("executionSegmentSequence").flag("--execution-segment-sequence");
        /// Skip `setup`.
        no_setup: bool = false, row("noSetup").env("K6_NO_SETUP").flag("--no-setup");
        /// Skip `teardown`.
        no_teardown: bool = false, row("noTeardown").env("K6_NO_TEARDOWN").flag("--no-teardown");
        /// How long `setup` may take.
        setup_timeout: Duration = Duration::from_secs(60), row("setupTimeout").env("K6_SETUP_TIMEOUT");
        /// How long `teardown` may take.
        teardown_timeout: Duration = Duration::from_secs(60),
            row("teardownTimeout").env("K6_TEARDOWN_TIMEOUT");
        /// How long `handleSummary` may take.
        handle_summary_timeout: Duration = Duration::from_secs(120),
            row("handleSummaryTimeout").env("K6_HANDLE_SUMMARY_TIMEOUT");
        /// At most this many requests a second; zero is no limit.
        rps: u64 = 0, row("rps").env("K6_RPS").flag("--rps");
        /// How names are resolved.
        dns: Dns = Dns::default(), row("dns").env("K6_DNS").flag("--dns");
        /// How many redirects are followed.
        max_redirects: u32 = 10, row("maxRedirects").env("K6_MAX_REDIRECTS").flag("--max-redirects");
        /// The `User-Agent` header; empty sends none.
        user_agent: String = USER_AGENT.to_owned(),
            row("userAgent").env("K6_USER_AGENT").flag("--user-agent");
        /// How many requests of one `http.batch` run at once.
        batch: u32 = 20, row("batch").env("K6_BATCH").flag("--batch");
        /// How many of them to one host.
        batch_per_host: u32 = 6, row("batchPerHost").env("K6_BATCH_PER_HOST").flag("--batch-per-host");
        /// Log HTTP messages.
        http_debug: HttpDebug = HttpDebug::Off,
            row("httpDebug").env("K6_HTTP_DEBUG").flag("--http-debug");
        /// The version of HTTP: `auto`, `1.1` or `2`. Not in k6.
        http_version: HttpVersion = HttpVersion::Auto,
            row("httpVersion").env("K6_HTTP_VERSION").flag("--http-version");
        /// Accept any certificate.
        insecure_skip_tls_verify: bool = false,
            row("insecureSkipTLSVerify").env("K6_INSECURE_SKIP_TLS_VERIFY")
                .flag("--insecure-skip-tls-verify");
        /// The cipher suites to offer; empty is the default set.
        tls_cipher_suites: Vec<String> = Vec::new(), row("tlsCipherSuites");
        /// The versions of TLS to offer.
        tls_version: TlsVersions = TlsVersions::default(), row("tlsVersion");
        /// Client certificates.
        tls_auth: Vec<TlsAuth> = Vec::new(), row("tlsAuth");
        /// Certificates, in PEM, of more authorities that may vouch for servers. Not in k6.
        tls_ca_certs: Vec<String> = Vec::new(), row("tlsCACerts");
        /// Failed requests throw.
        throw: bool = false, row("throw").env("K6_THROW").flag("--throw");
        /// Address ranges that are never dialled.
        blacklist_ips: Vec<String> = Vec::new(),
            row("blacklistIPs").env("K6_BLACKLIST_IPS").flag("--blacklist-ip");
        /// Names that are never resolved.
        block_hostnames: Vec<String> = Vec::new(),
            row("blockHostnames").env("K6_BLOCK_HOSTNAMES").flag("--block-hostnames");
        /// Fixed addresses for names.
        hosts: BTreeMap<String, String> = BTreeMap::new(), row("hosts");
        /// A new connection for every request.
        no_connection_reuse: bool = false,
            row("noConnectionReuse").env("K6_NO_CONNECTION_REUSE").flag("--no-connection-reuse");
        /// New connections for every iteration.
        no_vu_connection_reuse: bool = false,
            row("noVUConnectionReuse").env("K6_NO_VU_CONNECTION_REUSE").flag("--no-vu-connection-reuse");
        /// A VU pauses after an iteration that took less; zero never pauses.
        min_iteration_duration: Duration = Duration::ZERO,
            row("minIterationDuration").env("K6_MIN_ITERATION_DURATION").flag("--min-iteration-duration");
        /// How long, from the start of the scenarios, samples are kept apart from thresholds and summary;
        /// zero not at all. Not in k6.
        warmup: Duration = Duration::ZERO, row("warmup").env("K6_WARMUP").flag("--warmup");
        /// Which verdict on the measurement fails the run. Not in k6.
        require_valid: RequireValid = RequireValid::No,
            row("requireValid").env("K6_REQUIRE_VALID").flag("--require-valid");
        /// How much memory the JavaScript of each VU may use; zero for no limit. Not in k6.
        vu_memory_limit: Size = Size::mebibytes(1024),
            row("vuMemoryLimit").env("K6_VU_MEMORY_LIMIT").flag("--vu-memory-limit");
        /// Keep cookies from iteration to iteration.
        no_cookies_reset: bool = false, row("noCookiesReset").env("K6_NO_COOKIES_RESET");
        /// For the cloud service; unread.
        cloud: Value = Value::Null, row("cloud");
        /// For extensions; unread.
        ext: Value = Value::Null, row("ext");
        /// The statistics of trends in the summary.
        summary_trend_stats: Vec<TrendStat> = default_trend_stats(),
            row("summaryTrendStats").env("K6_SUMMARY_TREND_STATS").flag("--summary-trend-stats");
        /// The unit of times in the summary.
        summary_time_unit: TimeUnit = TimeUnit::Auto,
            row("summaryTimeUnit").env("K6_SUMMARY_TIME_UNIT").flag("--summary-time-unit");
        /// The system tags that are on.
        system_tags: SystemTags = SystemTags::default(),
            row("systemTags").env("K6_SYSTEM_TAGS").flag("--system-tags");
        /// Tags on every sample of the run.
        tags: Tags = Tags::default(), row("tags").env("K6_TAGS").flag("--tag");
        /// The capacity of k6's sample channel; there is none here, so it changes nothing.
        metric_samples_buffer_size: u64 = 1000,
            row("metricSamplesBufferSize").env("K6_METRIC_SAMPLES_BUFFER_SIZE");
        /// Do not keep response bodies unless a request asks for it.
        discard_response_bodies: bool = false,
            row("discardResponseBodies").env("K6_DISCARD_RESPONSE_BODIES").flag("--discard-response-bodies");

        /// A file for console output.
        console_output: String = String::new(),
            row("consoleOutput").no_key().env("K6_CONSOLE_OUTPUT").flag("--console-output");
        /// Local addresses that VUs dial from.
        local_ips: String = String::new(),
            row("localIPs").no_key().env("K6_LOCAL_IPS").flag("--local-ips");
        /// Pass the process environment to the script.
        include_system_env_vars: bool = true,
            row("includeSystemEnvVars").no_key().env("K6_INCLUDE_SYSTEM_ENV_VARS")
                .flag("--include-system-env-vars");
        /// Which globals scripts see.
        compatibility_mode: CompatibilityMode = CompatibilityMode::Extended,
            row("compatibilityMode").no_key().env("K6_COMPATIBILITY_MODE")
                .flag("--compatibility-mode").ignored();
        /// What kind of file the test is.
        script_type: ScriptType = ScriptType::Detect, row("type").no_key().env("K6_TYPE").flag("--type");
        /// Evaluate no thresholds.
        no_thresholds: bool = false,
            row("noThresholds").no_key().env("K6_NO_THRESHOLDS").flag("--no-thresholds");
        /// How much the summary shows.
        summary_mode: SummaryMode = SummaryMode::Compact,
            row("summaryMode").no_key().env("K6_SUMMARY_MODE").flag("--summary-mode");
        /// Print no summary and call no `handleSummary`; as the mode `disabled`.
        no_summary: bool = false,
            row("noSummary").no_key().env("K6_NO_SUMMARY").flag("--no-summary");
        /// A file for the summary's data.
        summary_export: String = String::new(),
            row("summaryExport").no_key().env("K6_SUMMARY_EXPORT").flag("--summary-export");
        /// The summary's data in the newer form.
        new_machine_readable_summary: bool = false,
            row("newMachineReadableSummary").no_key().env("K6_NEW_MACHINE_READABLE_SUMMARY")
                .flag("--new-machine-readable-summary");
        /// Where traces go.
        traces_output: String = "none".to_owned(),
            row("tracesOutput").no_key().env("K6_TRACES_OUTPUT").flag("--traces-output").ignored();
        /// Streaming outputs.
        out: Vec<String> = Vec::new(),
            row("out").config_only().env("K6_OUT").flag("--out");
        /// Keep the process alive after the run.
        linger: bool = false, row("linger").config_only().env("K6_LINGER").flag("--linger");
        /// Send no usage report; none is ever sent.
        no_usage_report: bool = false,
            row("noUsageReport").config_only().env("K6_NO_USAGE_REPORT").flag("--no-usage-report");
        /// Do not upload the script; nothing is ever uploaded.
        no_archive_upload: bool = false, row("noArchiveUpload").config_only();
        /// Serve the dashboard.
        web_dashboard: bool = false, row("webDashboard").config_only().env("K6_WEB_DASHBOARD");
        /// Settings of outputs, by name.
        collectors: Value = Value::Null, row("collectors").config_only().ignored();
        /// Experimental features; there is `native-histograms`, for the Prometheus output.
        features: Vec<String> = Vec::new(),
            row("features").config_only().env("K6_FEATURES").flag("--features");
    }
    workload {
        /// The number of VUs.
        vus: u64, row("vus").env("K6_VUS").flag("--vus");
        /// How long to run.
        duration: Duration, row("duration").env("K6_DURATION").flag("--duration");
        /// The number of iterations.
        iterations: u64, row("iterations").env("K6_ITERATIONS").flag("--iterations");
        /// A ramp of VUs.
        stages: Vec<StageSpec>, row("stages").env("K6_STAGES").flag("--stage");
        /// Named workloads.
        scenarios: ScenarioSpecs, row("scenarios");
        /// Conditions that the run must meet.
        thresholds: ThresholdTexts, row("thresholds");
        /// What the service should reach, and what it must. Not in k6.
        goals: GoalSpecs, row("goals").env("K6_GOALS").flag("--goals");
    }
}
