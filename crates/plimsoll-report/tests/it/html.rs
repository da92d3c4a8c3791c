//! The page.

use std::time::Duration;

use plimsoll_report::html::Stage;
use plimsoll_report::timeline::Span;
use plimsoll_report::{Timeline, html};

use crate::fixture::{Run, outage, sample, service};

/// Markup that would load something or run something.
const FORBIDDEN: [&str; 8] = ["<script", "<link", "<img", "<iframe", "@import", "url(", "src=", "href="];

#[test]
fn nothing_leaves_the_file() {
    for run in [sample(), outage(), Run::lasting(Duration::ZERO)] {
        let page = html::render(&run.summary(), &Timeline::default());
        for forbidden in FORBIDDEN {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn whatever_comes_from_outside_is_escaped() {
    const EVIL: &str = "</td><script>alert(\"1\")</script>&'";
    let mut run = Run::lasting(Duration::from_secs(1));
    run.requests("GET", EVIL, "1212", &[1.0], Duration::ZERO);
    run.record("checks", &[("check", EVIL)], &[0.0]);
    run.threshold("http_reqs{name:</td><script>x}", &["count>1"]);
    run.facts.script = EVIL.to_owned();
    run.facts.notes = vec![EVIL.to_owned()];
    run.facts.scenarios = vec![EVIL.to_owned()];
    run.facts.started = EVIL.to_owned();
    let page = html::render(&run.summary(), &Timeline::default());
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"));
}

#[test]
fn every_tag_is_closed() {
    for run in [sample(), outage(), Run::lasting(Duration::ZERO)] {
        let page = html::render(&run.summary(), &Timeline::default());
        for tag in
            ["section", "table", "thead", "tbody", "tr", "td", "th", "svg", "dl", "div", "figure", "ul", "li"]
        {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}

#[test]
fn tables_are_tables() {
    let page = html::render(&outage().summary(), &Timeline::default());
    let tables = page.matches("<table>").count();
    assert!(tables >= 6, "{tables} tables");
    assert_eq!(page.matches("<caption>").count(), tables);
    assert!(page.matches("<th scope=\"col\"").count() >= 3 * tables);
    assert!(page.contains("<th scope=\"row\">GET /tickets/{id}</th>"));
}

#[test]
fn the_verdict_comes_first() {
    let page = html::render(&outage().summary(), &Timeline::default());
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(place("Failed: of 2 thresholds, 1 crossed") < place("Key figures"));
    assert!(place("No response arrived after 12.3s of 1m0s") < place("<h2>Thresholds</h2>"));
    assert!(place("<h2>Thresholds</h2>") < place("<h2>Endpoints</h2>"));
    assert!(page.contains("<title>failed: smoke.js</title>"));
}

#[test]
fn every_run_of_a_second_or_more_has_charts() {
    for seconds in [1, 2, 10, 600, 5_000] {
        let (run, timeline) = service(seconds, 3);
        let page = html::render(&run.summary(), &timeline);
        for chart in
            ["Request durations over time", "Number of requests by time", "Requests per second", "Active VUs"]
        {
            let start = page.find(&format!("<svg role=\"img\" aria-label=\"{chart}")).expect(chart);
            let drawing = &page[start..start + page[start..].find("</svg>").expect("closed")];
            let marks = ["<path", "<circle", "<rect", "<polyline"].map(|mark| drawing.matches(mark).count());
            assert!(marks.iter().sum::<usize>() > 0, "{seconds} s: {chart} is empty: {drawing}");
            assert!(drawing.contains("<text"), "{seconds} s: {chart} has no labels");
        }
        assert!(page.len() < 600_000, "{seconds} s: {} bytes", page.len());
        for forbidden in FORBIDDEN {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn error_codes_of_scripts_are_escaped_in_legends() {
    let mut timeline = Timeline::default();
    let errors = vec![("<script>1".to_owned(), 3), ("</svg>&".to_owned(), 1)];
    timeline.push(Span { length: Duration::from_secs(1), count: 5, errors, ..Span::default() });
    let page = html::render(&sample().summary(), &timeline);
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;1") && page.contains("&lt;/svg&gt;&amp;"));
}

#[test]
fn thresholds_say_when_they_were_crossed() {
    let (mut run, mut timeline) = service(10, 1);
    run.threshold("http_req_duration", &["p(95)<1"]);
    timeline.judge(Duration::from_secs(65), &run.report());
    timeline.judge(Duration::from_secs(70), &run.report());
    assert!(html::render(&run.summary(), &timeline).contains("first crossed at 1:05"));
}

#[test]
fn the_live_page_is_the_report_with_a_script_beside_it() {
    let (run, timeline) = service(10, 1);
    let fragment = html::fragment(&run.summary(), &timeline, Stage::Running);
    let page = html::live("</title><script>x.js", &fragment);
    assert_eq!(page.matches("<script").count(), 1, "its own");
    assert!(page.contains(&fragment) && fragment.contains("as it stands"));
}

#[test]
fn a_run_without_samples_says_so() {
    let page = html::render(&Run::lasting(Duration::ZERO).summary(), &Timeline::default());
    assert!(page.contains("No samples were recorded: the run measured nothing"));
    assert!(page.contains("No thresholds: nothing was judged"));
}
