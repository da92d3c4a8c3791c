//! `warmup`: what it keeps out of thresholds and summary, and where it is shown.

use crate::support::Folder;

#[tokio::test]
async fn the_warm_up_is_shown_apart_and_not_judged() {
    let script = "
        import { check, sleep } from 'k6';
        export const options = { duration: '3s', thresholds: { checks: ['rate==1'] } };
        const begun = Date.now();
        export default function () {
            check(null, { 'is warm': () => Date.now() - begun > 800 });
            sleep(0.1);
        }";
    let folder = Folder::with(script);
    folder.run("").await.code(99);
    let end = folder.run("--warmup 1500ms --report report.html").await.code(0);
    let (judged, apart) = end.stdout.split_once("WARM-UP").expect("a section");
    assert!(judged.contains("✓ 'rate==1' rate=100.00%") && apart.contains("✗ is warm"), "{end}");
    end.shows(&[
        "WARM-UP: 1.5s, NOT PART OF ANY OTHER NUMBER",
        "! 1.5s of warm-up are kept apart: no threshold has seen them",
    ]);
    assert!(folder.read("report.html").contains("Warm-up: distributions"));
}

#[tokio::test]
async fn a_warm_up_that_leaves_nothing_is_refused() {
    let folder = Folder::with("export default function () { }");
    let end = folder.run("--duration 3s --warmup 3s").await.code(104);
    end.says(&["warmup (from --warmup): must be shorter than the scenarios, which end after 3s, got 3s"]);
}
