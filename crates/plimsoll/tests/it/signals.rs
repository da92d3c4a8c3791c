//! SIGINT and SIGTERM, once and twice, in every phase of a run.
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
async fn once_stops_a_vu_that_is_busy() {
    let script = "
        export const options = { vus: 1, duration: '1h' };
        export default function () { console.log('in VU'); while (true) {} }
        export function teardown() { console.log('in teardown'); }";
    let mut run = Folder::with(script).start("");
    run.says("in VU").await;
    run.signal("INT");
    run.finish().await.code(105).shows(&["TOTAL RESULTS"]).says(&["in teardown"]);
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

#[tokio::test]
async fn in_setup() {
    let script = "
        import { sleep } from 'k6';
        export function setup() { console.log('in setup'); sleep(3600); }
        export default function () { console.log('in VU'); }
        export function teardown() { console.log('in teardown'); }";
    let mut run = Folder::with(script).start("");
    run.says("in setup").await;
    run.signal("INT");
    let end = run.finish().await.code(105).shows(&["the test was interrupted by a signal"]);
    end.says_nothing_of(&["in VU", "in teardown", "consider a longer duration"]);
}

#[tokio::test]
async fn in_the_first_run_of_the_init_code() {
    let script = "
        console.log('in init');
        while (true) {}
        export default function () {}";
    let mut run = Folder::with(script).start("");
    run.says("in init").await;
    run.signal("INT");
    let end = run.finish().await.code(105).shows_nothing();
    end.says(&["ended because of SIGINT: the test had not begun"]);
}

#[tokio::test]
async fn in_the_init_code_of_a_vu() {
    let script = "
        if (__VU == 2) { console.log('in init'); while (true) {} }
        export const options = { vus: 2, iterations: 2 };
        export default function () { console.log('in VU'); }
        export function teardown() { console.log('in teardown'); }";
    let mut run = Folder::with(script).start("");
    run.says("in init").await;
    run.signal("INT");
    let end = run.finish().await.code(105).says(&["stopping the test because of SIGINT"]);
    end.says_nothing_of(&["in VU", "in teardown"]);
}

#[tokio::test]
async fn in_teardown_it_is_remembered() {
    let script = "
        import { sleep } from 'k6';
        export default function () {}
        export function teardown() { console.log('in teardown'); sleep(0.5); console.log('torn down'); }";
    let mut run = Folder::with(script).start("");
    run.says("in teardown").await;
    run.signal("INT");
    run.finish().await.code(105).says(&["torn down"]).shows(&["TOTAL RESULTS"]);
}
