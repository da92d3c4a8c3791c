//! Runs made of a few samples.

use std::time::Duration;

use plimsoll_metrics::{
    Aggregate, Expression, Goal, Goals, MetricId, MetricKind, NoDataPolicy, Registry, Selector, Shard,
    ShardConfig, Threshold, ThresholdReport, ThresholdSpec, Thresholds, Timestamp, ValueKind,
};
use plimsoll_report::record::{Counts, Follower, Reading, ScenarioState, Second};
use plimsoll_report::{RunFacts, Settings, Summary, SummaryInput, Timeline};

/// A run under construction.
pub(crate) struct Run {
    pub(crate) registry: Registry,
    shard: Shard,
    aggregate: Aggregate,
    specs: Vec<ThresholdSpec>,
    goals: Vec<Goal>,
    pub(crate) settings: Settings,
    pub(crate) no_data: NoDataPolicy,
    pub(crate) facts: RunFacts,
}

impl Run {
    pub(crate) fn lasting(duration: Duration) -> Self {
        let facts = RunFacts {
            script: "smoke.js".to_owned(),
            scenarios: vec!["default: 3 looping VUs for 1m0s (gracefulStop: 30s)".to_owned()],
            started: "2026-11-23T08:00:00Z".to_owned(),
            duration,
            complete_iterations: 6,
            ..RunFacts::default()
        };
        Self {
            registry: Registry::new(),
            shard: Shard::new(ShardConfig::default()),
            aggregate: Aggregate::new(),
            specs: Vec::new(),
            goals: Vec::new(),
            settings: Settings::default(),
            no_data: NoDataPolicy::Fail,
            facts,
        }
    }

    pub(crate) fn declare(&self, name: &str, kind: MetricKind, contains: ValueKind) -> MetricId {
        self.registry.declare(name, kind, contains).expect("a new name")
    }

    pub(crate) fn threshold(&mut self, selector: &str, expressions: &[&str]) {
        let selector = Selector::parse(selector).expect(selector);
        let parse = |text: &&str| Threshold::new(Expression::parse(text).expect(text));
        self.specs.push(ThresholdSpec { selector, thresholds: expressions.iter().map(parse).collect() });
    }

    pub(crate) fn goal(&mut self, name: &str, selector: &str, [target, critical]: [&str; 2]) {
        let parse = |text| Expression::parse(text).expect("well-formed");
        let selector = Selector::parse(selector).expect(selector);
        let (target, critical) = (parse(target), parse(critical));
        self.goals.push(Goal { name: name.to_owned(), selector, target, critical });
    }

    pub(crate) fn record(&mut self, metric: &str, tags: &[(&str, &str)], values: &[f64]) {
        self.record_at(metric, tags, values, Duration::ZERO);
    }

    pub(crate) fn record_at(&mut self, metric: &str, tags: &[(&str, &str)], values: &[f64], at: Duration) {
        let metric = self.registry.by_name(metric).expect("declared").id;
        let pairs: Vec<_> =
            tags.iter().map(|(key, value)| (self.shard.tag_key(key), self.shard.symbol(value))).collect();
        let tags = self.shard.tag_set(&pairs);
        let series = self.shard.series(metric, tags);
        for value in values {
            let at = u64::try_from(at.as_nanos()).expect("short");
            self.shard.record(series, *value, Timestamp(at));
        }
    }

    /// One HTTP request per duration; `code` is its error code, if any.
    pub(crate) fn requests(&mut self, method: &str, name: &str, code: &str, ms: &[f64], at: Duration) {
        let mut tags = vec![("method", method), ("name", name), ("scenario", "default")];
        let expected = if code.is_empty() { "true" } else { "false" };
        tags.push(("expected_response", expected));
        if !code.is_empty() {
            tags.push(("error_code", code));
            tags.push(("error", if code == "1212" { "dial: connection refused" } else { "" }));
        }
        for ms in ms {
            self.record_at("http_reqs", &tags, &[1.0], at);
            self.record_at("http_req_failed", &tags, &[f64::from(u8::from(!code.is_empty()))], at);
            self.record_at("http_req_duration", &tags, &[*ms], at);
        }
    }

    pub(crate) fn summary(mut self) -> Summary {
        self.aggregate.absorb(&mut self.shard);
        self.summarise()
    }

    pub(crate) fn specs(&self) -> &[ThresholdSpec] {
        &self.specs
    }

    pub(crate) fn goals(&self) -> &[Goal] {
        &self.goals
    }

    pub(crate) fn bound(&self) -> Thresholds {
        Thresholds::bind(&self.specs, &self.registry).expect("known metrics")
    }

    /// What has been absorbed.
    pub(crate) fn aggregate(&self) -> &Aggregate {
        &self.aggregate
    }

    /// Of what has been absorbed.
    pub(crate) fn summarise(&self) -> Summary {
        let aggregate = &self.aggregate;
        let report = self.judge(aggregate);
        let goals = Goals::bind(&self.goals, &self.registry).expect("known metrics");
        let goals = goals.evaluate(aggregate, self.facts.duration);
        Summary::build(SummaryInput {
            registry: &self.registry,
            warm_up: None,
            aggregate,
            thresholds: report.as_ref(),
            goals,
            no_data: self.no_data,
            settings: self.settings.clone(),
            run: self.facts.clone(),
        })
    }

    /// What has come in since the last look.
    fn read(
        &mut self,
        follower: &mut Follower,
        at: Duration,
        vus: u32,
        started: u64,
        scenarios: Vec<ScenarioState>,
    ) -> Second {
        self.aggregate.absorb(&mut self.shard);
        follower.follow(Reading {
            began: self.facts.started_at,
            at,
            aggregate: &self.aggregate,
            warm_up: None,
            warming_up: false,
            warmed_up: Duration::ZERO,
            vus,
            counts: Counts { started, complete: started, interrupted: 0 },
            rate: 21.0,
            scenarios,
            in_scenarios: true,
            has_ceased: false,
        })
    }

    /// What was recorded.
    pub(crate) fn absorbed(&mut self) -> &Aggregate {
        self.aggregate.absorb(&mut self.shard);
        &self.aggregate
    }

    /// The thresholds as they stand.
    pub(crate) fn report(&mut self) -> ThresholdReport {
        self.aggregate.absorb(&mut self.shard);
        self.judge(&self.aggregate).expect("there are thresholds")
    }

    fn judge(&self, aggregate: &Aggregate) -> Option<ThresholdReport> {
        let thresholds = Thresholds::bind(&self.specs, &self.registry).expect("known metrics");
        (!self.specs.is_empty()).then(|| thresholds.evaluate(aggregate, self.facts.duration))
    }
}

/// The run behind the sample of k6's compact summary.
pub(crate) fn sample() -> Run {
    let mut run = Run::lasting(Duration::from_nanos(4_288_106));
    run.declare("my_counter", MetricKind::Counter, ValueKind::Default);
    run.declare("my_gauge", MetricKind::Gauge, ValueKind::Default);
    run.declare("my_rate", MetricKind::Rate, ValueKind::Default);
    run.declare("my_trend", MetricKind::Trend, ValueKind::Time);
    run.threshold("checks", &["rate>0.9"]);
    run.threshold("http_req_duration", &["p(95)<500", "p(99.9)<1"]);
    run.threshold("http_req_duration{group:::g1}", &["max<1000"]);
    run.threshold("my_counter", &["count>100"]);
    run.record("checks", &[("check", "is 200"), ("group", "")], &[1.0; 12]);
    run.record("checks", &[("check", "fails sometimes"), ("group", "::g1")], &[1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    run.record("my_counter", &[], &[6.0]);
    run.record("my_gauge", &[], &[0.0, 2.0]);
    run.record("my_rate", &[], &[1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    run.record("my_trend", &[], &[0.0, 1.5, 3.0]);
    let tags =
        |group| [("expected_response", "true"), ("group", group), ("method", "GET"), ("name", "http://t/")];
    for (group, ms) in [("", [0.25, 0.25, 0.5, 0.5, 0.25, 0.25]), ("::g1", [0.25, 0.25, 0.5, 0.5, 1.5, 0.25])]
    {
        run.record("http_reqs", &tags(group), &[1.0; 6]);
        run.record("http_req_failed", &tags(group), &[0.0; 6]);
        run.record("http_req_duration", &tags(group), &ms);
        run.record("http_req_waiting", &tags(group), &ms);
        run.record("group_duration", &[("group", group)], &ms);
    }
    run.record("iteration_duration", &[], &[1.25; 6]);
    run.record("iterations", &[], &[1.0; 6]);
    run.record("vus", &[], &[1.0]);
    run.record("data_received", &[], &[2483.0]);
    run.record("data_sent", &[], &[894.0]);
    run
}

/// A run of a minute whose target stops after 12.3 s.
pub(crate) fn outage() -> Run {
    let mut run = Run::lasting(Duration::from_secs(60));
    run.threshold("http_req_failed", &["rate<0.01"]);
    run.threshold("http_req_duration", &["p(95)<500"]);
    let at = Duration::from_millis;
    run.requests("GET", "http://t/tickets", "", &[12.0; 80], at(100));
    run.requests("GET", "http://t/tickets/{id}", "", &[30.0; 40], at(12_300));
    run.requests("POST", "http://t/tickets", "1422", &[8.0; 5], at(900));
    run.requests("GET", "http://t/tickets", "1212", &[0.0; 300], at(12_400));
    run.requests("GET", "http://t/tickets", "1212", &[0.0; 300], at(59_900));
    run.requests("POST", "http://t/tickets", "1050", &[60_000.0], at(40_000));
    run.record("iterations", &[], &[1.0; 125]);
    run.record("dropped_iterations", &[], &[7.0]);
    run.facts.complete_iterations = 125;
    run.facts.interrupted_iterations = 2;
    run.facts.lost_samples = 1_234;
    run
}

/// A service that gets slower, fails now and then and more in its last third; the run as it was followed.
pub(crate) fn service(seconds: u64, endpoints: u64) -> (Run, Timeline) {
    let mut timeline = Timeline::default();
    let run = follow_service(seconds, endpoints, 1, |_, second| timeline.follow(second));
    (run, timeline)
}

/// The same, second by second. `salt` makes it another one.
pub(crate) fn follow_service(
    seconds: u64,
    endpoints: u64,
    salt: u64,
    mut look: impl FnMut(&Run, &Second),
) -> Run {
    let mut run = Run::lasting(Duration::from_secs(seconds));
    let mut follower = Follower::default();
    for second in 0..seconds {
        let at = Duration::from_secs(second);
        let strain = 1.0 + second as f64 / seconds as f64;
        for request in 0..20 {
            // The shape of a service's times: most near the median, a few far off.
            let luck = ((second * 20 + request) * 7_919 * salt % 1_000) as f64 / 1_000.0;
            let ms = 20.0 * strain / (1.02 - luck).sqrt();
            let late = second * 3 > seconds * 2 && request % 9 == 0;
            let code = if late {
                "1503"
            } else if luck > 0.995 {
                "1050"
            } else {
                ""
            };
            let endpoint = format!("http://desk.example.com/tickets/{}", (second * 20 + request) % endpoints);
            run.requests("GET", &endpoint, code, &[ms], at);
            run.record_at("checks", &[("check", "is 200")], &[f64::from(u8::from(code.is_empty()))], at);
        }
        run.record_at("iterations", &[], &[20.0], at);
        run.record_at("dropped_iterations", &[], &[f64::from(u8::from(second % 7 == 6))], at);
        let vus = 1 + (second.min(10) * 2) as u32;
        run.record_at("vus", &[], &[f64::from(vus)], at);
        let (at, started) = (at + Duration::from_secs(1), (second + 1) * 20);
        let seen = run.read(&mut follower, at, vus, started, scenarios(seconds));
        look(&run, &seen);
    }
    run.facts.complete_iterations = seconds * 20;
    run
}

fn scenarios(seconds: u64) -> Vec<ScenarioState> {
    let length = Duration::from_secs(seconds);
    let scenario = |name: &str, executor: &str, start, length| ScenarioState {
        name: name.into(),
        executor: executor.into(),
        start,
        length,
        made_on_demand: 0,
        dropped: 0,
    };
    vec![
        scenario("browse", "ramping-vus", Duration::ZERO, length),
        scenario("buy", "constant-arrival-rate", length / 4, length / 2),
    ]
}
