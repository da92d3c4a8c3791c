//! One test, divided between several processes.

use crate::support::{Finished, Folder};

/// Every executor, each iteration saying its scenario, its number and its VU in the whole test.
const SCRIPT: &str = "
    import exec from 'k6/execution';
    import { sleep } from 'k6';
    const quick = { gracefulStop: '10s' };
    export const options = { scenarios: {
        shared: { executor: 'shared-iterations', vus: 6, iterations: 50, ...quick },
        alone: { executor: 'shared-iterations', vus: 1, iterations: 7, ...quick },
        each: { executor: 'per-vu-iterations', vus: 7, iterations: 3, ...quick },
        arriving: { executor: 'constant-arrival-rate', rate: 30, duration: '1s', preAllocatedVUs: 8,
            ...quick },
        rising: { executor: 'ramping-arrival-rate', preAllocatedVUs: 9, ...quick,
            stages: [{ target: 40, duration: '1s' }] },
    } };
    export default function () {
        console.log(`seen ${exec.scenario.name} ${exec.scenario.iterationInTest} of ${exec.vu.idInTest}.`);
        sleep(0.02);
    }";

/// What iterations said, sorted: `alone 3`.
fn seen<'a>(ends: impl IntoIterator<Item = &'a Finished>) -> Vec<String> {
    let of_line =
        |line: &'a str| line.split_once("seen ")?.1.split_once(" of ").map(|(what, _)| what.to_owned());
    let mut seen: Vec<String> =
        ends.into_iter().flat_map(|end| end.stderr.lines().filter_map(of_line)).collect();
    seen.sort();
    seen
}

/// The VUs, as the whole test calls them.
fn vus(end: &Finished) -> Vec<u32> {
    let of_line = |line: &str| line.split_once(" of ")?.1.split_once('.')?.0.parse().ok();
    let mut vus: Vec<u32> = end.stderr.lines().filter_map(of_line).collect();
    vus.sort_unstable();
    vus.dedup();
    vus
}

#[tokio::test]
async fn four_instances_add_up_to_the_whole() {
    let folder = Folder::with(SCRIPT);
    let whole = folder.run("").await.code(0);
    let sequence = "--execution-segment-sequence 0,1/4,2/4,3/4,1";
    let mut parts = Vec::new();
    for segment in ["0:1/4", "1/4:2/4", "2/4:3/4", "3/4:1"] {
        parts.push(folder.run(&format!("--execution-segment {segment} {sequence}")).await.code(0));
    }
    let all = seen([&whole]);
    assert_eq!(all.len(), 50 + 7 + 21 + 30 + 20);
    assert_eq!(seen(&parts), all);
    let iterations: u64 = parts.iter().map(|part| part.count("iterations")).sum();
    assert_eq!(iterations, whole.count("iterations"));
    let mut ids: Vec<u32> = parts.iter().flat_map(vus).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "no two instances have a VU in common: {ids:?}");
}

#[tokio::test]
async fn instances_without_a_sequence_agree_on_equal_parts() {
    let folder = Folder::with(SCRIPT);
    let [first, second] =
        [folder.run("--execution-segment 50%").await, folder.run("--execution-segment 50%:1").await];
    assert_eq!(seen([&first.code(0), &second.code(0)]).len(), 50 + 7 + 21 + 30 + 20);
}

#[tokio::test]
async fn an_instance_with_nothing_to_do_ends_well() {
    let folder = Folder::with("export default function () {}");
    let end = folder.run("--execution-segment 1/2:1 --iterations 5").await.code(0);
    end.says(&["scenario default is left out", "there is nothing to do in this segment"]);
}

#[tokio::test]
async fn a_wrong_segment_is_a_problem_with_a_hint() {
    let folder = Folder::with("export default function () {}");
    let end = folder.run("--execution-segment 0:1/3 --execution-segment-sequence 0,1/2,1").await.code(104);
    end.says(&[
        "executionSegment (from --execution-segment): the segment 0:1/3 is not in the sequence",
        "set executionSegment to one of 0:1/2, 1/2:1",
    ]);
}
