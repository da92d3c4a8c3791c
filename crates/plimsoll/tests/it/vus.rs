//! Many virtual users, and one that does not behave.

use crate::support::{Folder, run};

#[tokio::test]
async fn ten_thousand_sleeping_vus_start_and_stop() {
    let script = "
        import { sleep } from 'k6';
        export const options = { scenarios: {
            asleep: { executor: 'constant-vus', vus: 10000, duration: '1s', gracefulStop: '0s' },
        } };
        export default function () { sleep(3600); }";
    let end = run(script).await.code(0);
    end.says_nothing_of(&["level=error"]).shows(&["10,000 iterations were interrupted"]);
}

#[tokio::test]
async fn an_endless_loop_hangs_neither_the_run_nor_its_neighbours() {
    let scenario = "vus: 1, duration: '2s', gracefulStop: '0s'";
    let script = format!(
        "import {{ sleep }} from 'k6';
        export const options = {{ scenarios: {{
            busy: {{ executor: 'constant-vus', {scenario}, exec: 'busy' }},
            calm: {{ executor: 'constant-vus', {scenario}, exec: 'calm' }},
            quiet: {{ executor: 'constant-vus', {scenario}, exec: 'calm' }},
        }} }};
        export function busy() {{ while (true) {{}} }}
        export function calm() {{ sleep(0.1); }}"
    );
    let started_at = tokio::time::Instant::now();
    let end = run(&script).await.code(0);
    assert!(started_at.elapsed().as_secs() < 4, "{end}");
    // Twenty each, if nothing delays them.
    assert!(end.count("iterations") >= 30, "{end}");
}

#[tokio::test]
async fn a_busy_vu_gives_way_while_it_is_asked_to_end() {
    let script = "
        import { sleep } from 'k6';
        export const options = { scenarios: {
            busy: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '500ms' },
        } };
        export default function () { try { while (true) {} } catch (error) { console.log('caught'); } }";
    let started_at = tokio::time::Instant::now();
    let end = Folder::with(script).run("").await.code(0).says_nothing_of(&["caught"]);
    assert!(started_at.elapsed().as_secs() < 4, "{end}");
    end.shows(&["1 iteration was interrupted"]);
}

#[tokio::test]
async fn arrival_rates_start_what_they_say_and_measure_how_late() {
    let rate = "rate: 100, timeUnit: '1s', preAllocatedVUs: 2, maxVUs: 20, duration: '2s'";
    let script = format!(
        "import {{ sleep }} from 'k6';
        export const options = {{ scenarios: {{
            even: {{ executor: 'constant-arrival-rate', {rate} }},
            rising: {{ executor: 'ramping-arrival-rate', startRate: 0, preAllocatedVUs: 20,
                stages: [{{ duration: '2s', target: 50 }}] }},
        }} }};
        export default function () {{ sleep(0.02); }}"
    );
    let end = run(&script).await.code(0);
    // 200 at an even rate and 50 under the ramp; what a slow machine cannot start is dropped, and said to be.
    let done = end.count("iterations");
    let dropped = if end.stdout.contains("dropped_iterations") { end.count("dropped_iterations") } else { 0 };
    assert!(done >= 200 && done + dropped == 250, "{done} and {dropped} dropped: {end}");
    end.shows(&["iteration_lateness"]);
}
