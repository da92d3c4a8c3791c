//! Intervals on simulated runs whose truth is known.

use plimsoll_report::statistics::dice::Dice;
use plimsoll_report::statistics::{Refusal, Resampling, Statistic, interval};

use crate::simulated::{Service, holds};

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let services = [
        Service { rate: 20, ..Service::CALM },
        Service { rate: 20, wander: 0.1, memory: 0.5, ..Service::CALM },
    ];
    for (number, service) in services.iter().enumerate() {
        for statistic in [Statistic::Quantile(0.5), Statistic::Quantile(0.95), Statistic::Mean] {
            let (share, width) = holds(service, 60, statistic, 80, number as u64);
            assert!(share >= 0.9, "{number} {statistic:?}: {share}");
            // By the normal approximation, 0.06 to 0.15.
            assert!(width < 0.2, "{number} {statistic:?}: {width}");
        }
    }
}

#[test]
fn the_same_seconds_give_the_same_interval() {
    let row = Service::CALM.row(30, &mut Dice::new(3));
    let of = |seed| interval(&row, Statistic::Quantile(0.95), &Resampling { seed, ..Resampling::default() });
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn too_little_is_refused() {
    let rare = Service { rate: 3, ..Service::CALM };
    let how = Resampling::default();
    let row = rare.row(7, &mut Dice::new(5));
    assert_eq!(interval(&row, Statistic::Mean, &how), Err(Refusal::FewParts { has: 7, needs: 8 }));
    let row = rare.row(60, &mut Dice::new(5));
    let refusal =
        interval(&row, Statistic::Quantile(0.95), &how).expect_err("of 180 samples nine lie beyond it");
    assert_eq!(refusal.to_string(), "180 samples are too few for this statistic, expected at least 200");
    assert!(interval(&row, Statistic::Quantile(0.9), &how).is_ok());
}
