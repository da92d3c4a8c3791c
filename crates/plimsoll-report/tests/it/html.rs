//! The page.

use std::time::Duration;

use plimsoll_report::html;

use crate::fixture::{Run, outage, sample};

/// Markup that would load something or run something.
const FORBIDDEN: [&str; 8] = ["<script", "<link", "<img", "<iframe", "@import", "url(", "src=", "href="];

#[test]
fn nothing_leaves_the_file() {
    for run in [sample(), outage(), Run::lasting(Duration::ZERO)] {
        let page = html::render(&run.summary());
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
    let page = html::render(&run.summary());
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"));
}

#[test]
fn every_tag_is_closed() {
    for run in [sample(), outage(), Run::lasting(Duration::ZERO)] {
        let page = html::render(&run.summary());
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
    let page = html::render(&outage().summary());
    let tables = page.matches("<table>").count();
    assert!(tables >= 6, "{tables} tables");
    assert_eq!(page.matches("<caption>").count(), tables);
    assert!(page.matches("<th scope=\"col\"").count() >= 3 * tables);
    assert!(page.contains("<th scope=\"row\">GET /tickets/{id}</th>"));
}

#[test]
fn the_verdict_comes_first() {
    let page = html::render(&outage().summary());
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(place("Failed: of 2 thresholds, 1 crossed") < place("Key figures"));
    assert!(place("No response arrived after 12.3s of 1m0s") < place("<h2>Thresholds</h2>"));
    assert!(place("<h2>Thresholds</h2>") < place("<h2>Endpoints</h2>"));
    assert!(page.contains("<title>failed: smoke.js</title>"));
}

#[test]
fn a_run_without_samples_says_so() {
    let page = html::render(&Run::lasting(Duration::ZERO).summary());
    assert!(page.contains("No samples were recorded: the run measured nothing"));
    assert!(page.contains("No thresholds: nothing was judged"));
}
