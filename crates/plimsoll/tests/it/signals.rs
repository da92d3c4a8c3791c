//! SIGINT and SIGTERM, once and twice. What one does at each point of a run is in `kills`.
#![cfg(unix)]

use crate::support::Folder;

/// VUs that never end by themselves, with a setup and a teardown.
const ENDLESS: &str = "
    import { sleep } from 'k6';
    export const options = { vus: 2, duration: '1h' };
    export function setup() { console.log('in setup'); }
    export default function () {
        if (__ITER == 0) { console.log('in VU ' + __VU); }
        sleep(__VU == 1 ? 3600 : 0.01);
    }
    export function teardown() { console.log('in teardown'); }";

#[tokio::test]
async fn once_interrupts_the_vus_and_tears_down() {
    for name in ["INT", "TERM"] {
        let mut run = Folder::with(ENDLESS).start("");
        run.says("in VU 1").await;
        run.signal(name);
        let end = run.finish().await.code(105);
        let end = end.shows(&["TOTAL RESULTS", "the test was interrupted by a signal", "interrupted"]);
        end.says(&[
            &format!("stopping the test because of SIG{name}"),
            "in teardown",
            "the test was interrupted by a signal",
        ]);
    }
}

#[tokio::test]
async fn twice_ends_at_once() {
    for name in ["INT", "TERM"] {
        let script = "
            import { sleep } from 'k6';
            export const options = { duration: '1h' };
            export default function () { console.log('in VU'); sleep(3600); }
            export function teardown() { console.log('in teardown'); sleep(3600); }";
        let mut run = Folder::with(script).start("");
        run.says("in VU").await;
        run.signal(name);
        run.says("in teardown").await;
        // What comes right after the first signal is taken for its echo.
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        run.signal(name);
        let end = run.finish().await.code(105).shows_nothing();
        end.says(&[&format!("ended at once because of SIG{name}: no teardown, no summary")]);
    }
}

/// `timeout` and shells signal the process and then its group: one wish, two signals.
#[tokio::test]
async fn an_echo_is_not_a_second_signal() {
    let mut run = Folder::with(ENDLESS).start("");
    run.says("in VU 1").await;
    run.signal("INT");
    run.signal("INT");
    run.finish().await.code(105).says(&["in teardown"]).shows(&["2 iterations were interrupted"]);
}
