//! The scalability model against services with a known law, and against others.

use plimsoll_report::scalability::{Plateau, Refusal, fit};
use plimsoll_report::statistics::dice::Dice;

use crate::synthetic::{OTHERS, is_refused, law, plateaus, recover};

/// `cargo bench -p plimsoll-report --bench statistics -- model` does the same with 200.
const SETS: u64 = 40;

#[test]
fn parameters_are_recovered() {
    let sets: Vec<_> = (0..SETS).filter_map(|seed| recover(12, 0.02, seed).ok()).collect();
    assert!(sets.len() as u64 >= SETS - 2, "{} of {SETS} were accepted", sets.len());
    for (place, least) in [(0, 38), (1, 36), (3, 35), (4, 38)] {
        let near = sets.iter().filter(|set| (set[place].1 - 1.0).abs() <= 0.1).count();
        assert!(near >= least, "{}: {near} of {SETS} within 10 %", sets[0][place].0);
    }
    for place in 0..5 {
        let held = sets.iter().filter(|set| set[place].2).count();
        assert!(held >= 34, "{}: {held} of {SETS} intervals hold the truth", sets[0][place].0);
    }
}

#[test]
fn what_does_not_follow_the_law_is_refused() {
    for (name, throughput) in OTHERS {
        let refused = (0..SETS).filter(|seed| is_refused(throughput, 0.02, *seed)).count();
        assert!(refused >= 38, "{name}: {refused} of {SETS} were refused");
    }
}

#[test]
fn refusals_say_why() {
    let mut dice = Dice::new(1);
    let law = law(&mut dice);
    let few = plateaus(|n| law.throughput(n), (5, 100.0), 0.01, &mut dice);
    let told = fit(&few, 1).expect_err("5 are too few").to_string();
    assert_eq!(told, "5 different plateaus are too few for a model, expected at least 6");

    let low = plateaus(|n| 100.0 * n, (8, 20.0), 0.01, &mut dice);
    let told = fit(&low, 1).expect_err("it is linear").to_string();
    assert!(told.starts_with("the plateaus do not reach the knee"), "{told}");

    let mut unsteady = plateaus(|n| law.throughput(n), (8, 100.0), 0.01, &mut dice);
    unsteady[3].latency *= 1.5;
    assert!(matches!(fit(&unsteady, 1), Err(Refusal::NotSteady { .. })));

    let unusable = vec![Plateau { concurrency: f64::NAN, throughput: 1.0, latency: 0.0 }; 9];
    assert!(matches!(fit(&unusable, 1), Err(Refusal::FewPlateaus { has: 0 })));
    assert!(matches!(fit(&[], 1), Err(Refusal::FewPlateaus { has: 0 })));
}

#[test]
fn an_open_queue_is_a_law_without_a_peak() {
    // M/M/1 with 1,000/s: latency 1/(μ−λ), so that X = μN/(1+N).
    let plateau = |rate: f64| {
        let latency = 1.0 / (1_000.0 - rate);
        Plateau { concurrency: rate * latency, throughput: rate, latency }
    };
    let plateaus: Vec<_> = [200.0, 400.0, 600.0, 700.0, 800.0, 900.0, 950.0].map(plateau).to_vec();
    let model = fit(&plateaus, 1).expect("it is exactly the law");
    assert!((model.ceiling.value / 1_000.0 - 1.0).abs() < 0.01, "{model:?}");
    assert!((model.alpha.value - 0.5).abs() < 0.01 && model.peak.is_none(), "{model:?}");
}
