//! Scripts that would run for ever: each must end when its time is up, without a word from `catch` or
//! `finally`, and must leave its neighbours their time.

use crate::support::{load_error, run_text};

/// The body of an iteration that never ends by itself, in a scenario that ends after a moment.
fn endless(body: &str) {
    let ran = run_text(&format!(
        "import {{ sleep }} from 'k6';
         import {{ Counter }} from 'k6/metrics';
         const ticks = new Counter('ticks');
         const length = {{ executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' }};
         export const options = {{ scenarios: {{
             endless: {{ ...length, exec: 'endless' }}, neighbour: {{ ...length, exec: 'neighbour' }} }} }};
         export async function endless() {{
             try {{ {body} }}
             catch (e) {{ console.log('caught', e); }}
             finally {{ console.log('finally'); }}
         }}
         export function neighbour() {{ sleep(0.01); ticks.add(1); }}"
    ));
    assert_eq!(ran.text(), "", "{body}");
    assert!(ran.count("ticks") >= 1.0, "the neighbour ran beside {body}");
}

#[test]
fn loops_are_interrupted() {
    endless("while (true) {}");
    endless("for (const n of (function* () { while (true) yield 1; })()) {}");
}

#[test]
fn loops_in_promise_jobs_are_interrupted() {
    endless("await Promise.resolve().then(() => { while (true) {} });");
}

#[test]
fn promise_chains_without_end_are_interrupted() {
    endless("const next = () => Promise.resolve().then(next); await next();");
    endless("while (true) await null;");
}

#[test]
fn timers_without_end_are_interrupted() {
    endless("const again = () => setTimeout(again, 0); again(); await new Promise(() => {});");
}

#[test]
fn regular_expressions_that_backtrack_without_end_are_interrupted() {
    endless("/^(a+)+$/.test('a'.repeat(60) + '!');");
    endless("'x'.repeat(1e5).replace(/(x+x+)+y/g, '');");
}

#[test]
fn promises_that_multiply_run_into_the_memory_limit() {
    let ran = run_text(
        "export const options = { iterations: 1, vuMemoryLimit: '16MiB' };
         export default function () {
             const two = () => { Promise.resolve().then(two); Promise.resolve().then(two); };
             two();
         }",
    );
    assert!(ran.text().contains("16MiB"), "{}", ran.text());
}

#[test]
fn memory_that_the_init_context_takes_is_limited_too() {
    let ran = run_text(
        "export const options = { iterations: 1, vuMemoryLimit: '8MiB' };
         const kept = new ArrayBuffer(__VU === 0 ? 1 : 16 << 20);
         export default function () {}",
    );
    let outcome = format!("{:?}", ran.outcome.end);
    assert!(outcome.contains("its limit of 8MiB (option vuMemoryLimit)"), "{outcome}");
    let error = load_error(&[("main.js", "const kept = []; for (;;) kept.push(new ArrayBuffer(2 ** 30));")]);
    assert!(error.contains("its limit of 4GiB"), "{error}");
}
