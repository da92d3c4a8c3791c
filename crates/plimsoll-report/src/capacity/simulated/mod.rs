//! Searches against targets that are simulated: queues whose capacity is known in closed form.

mod accuracy;
mod queue;

use accuracy::rate_within;
use queue::{MOMENT, Queue};

use super::{
    Answer, Bar, Collapse, End, Limits, Model, Moment, Order, Plateau, Purpose, Question, Recovery, Search,
    Tally, Verdict, strategy,
};

fn limits() -> Limits {
    Limits {
        start: 10.0,
        least: 1.0,
        most: 100_000.0,
        precision: 0.02,
        shortest: 3.0,
        longest: 20.0,
        budget: 1_200.0,
        recovery: true,
    }
}

const BAR: Bar = Bar { limit: 0.05, is_share: true, is_optional: false };

fn search(queue: &mut Queue, model: Model, limits: Limits) -> Search {
    go_on(Search::new(model, limits, vec![BAR], Vec::new()), queue, model)
}

fn go_on(search: Search, queue: &mut Queue, model: Model) -> Search {
    go_on_with(search, queue, model, |_, _| {}, |_| {})
}

/// The same with something that happens to the target on the way, and to what is seen of it.
fn go_on_with(
    mut search: Search,
    queue: &mut Queue,
    model: Model,
    happens: impl Fn(&Search, &mut Queue),
    mut seen: impl FnMut(&mut Moment),
) -> Search {
    let mut order = search.begin();
    while order != Order::End {
        match order {
            Order::Drive(load) => queue.drive(load, model),
            Order::Rest => queue.drive(0.0, model),
            Order::Stay | Order::End => {}
        }
        happens(&search, queue);
        let mut moment = queue.moment(model);
        seen(&mut moment);
        order = search.tick(moment);
    }
    search
}

fn answer(search: &Search) -> Answer {
    let figures = vec![super::Figures::default(); search.plateaus().len()];
    let objectives = ["p(95)".to_owned()];
    Answer::of(
        search,
        &figures,
        Question { objectives: &objectives, current: Some(300.0), ..Question::default() },
    )
}

#[test]
fn a_target_that_stays_broken_is_told_from_one_that_recovers() {
    for seed in 0..4 {
        let plain = search(&mut Queue::new(seed, 16, 100.0, 0.045), Model::Open, limits());
        let recovery = answer(&plain).recovery;
        assert!(matches!(recovery, Recovery::Recovers { .. }), "seed {seed}: {recovery:?}");
        let mut queue = Queue { breaks_at: 800, ..Queue::new(seed, 16, 100.0, 0.045) };
        let sticky = search(&mut queue, Model::Open, limits());
        let recovery = answer(&sticky).recovery;
        assert!(matches!(recovery, Recovery::Metastable { .. }), "seed {seed}: {recovery:?}");
    }
}

#[test]
fn a_generator_at_its_limit_is_not_taken_for_the_target() {
    let mut queue = Queue { generator: 300.0, ..Queue::new(1, 16, 100.0, 0.045) };
    let search = search(&mut queue, Model::Open, limits());
    assert!(matches!(search.end(), Some(End::GeneratorLimited { .. })), "{:?}", search.end());
    let answer = answer(&search);
    assert_eq!((answer.capacity, answer.at_least), (None, Some(160.0)));
}

#[test]
fn a_limit_beyond_what_is_allowed_is_not_claimed() {
    let limits = Limits { most: 500.0, ..limits() };
    let search = search(&mut Queue::new(1, 16, 100.0, 0.045), Model::Open, limits);
    assert_eq!(search.end(), Some(&End::LimitNotReached));
    assert_eq!(answer(&search).at_least, Some(500.0));
}

#[test]
fn a_target_that_is_too_slow_for_anything_is_given_up() {
    let mut queue = Queue::new(1, 1, 2.0, 0.045);
    let search = search(&mut queue, Model::Open, Limits { least: 2.0, ..limits() });
    assert_eq!(search.end(), Some(&End::NotHeld));
}

#[test]
fn an_objective_that_nothing_reaches_is_told_after_the_longest_plateau() {
    let mut queue = Queue::new(1, 16, 100.0, 0.045);
    let mut search = Search::new(Model::Open, limits(), vec![BAR, BAR], Vec::new());
    let mut order = search.begin();
    while order != Order::End {
        if let Order::Drive(load) = order {
            queue.drive(load, Model::Open);
        }
        // Each moment has a tally of the first objective only.
        order = search.tick(queue.moment(Model::Open));
    }
    assert_eq!(search.end(), Some(&End::NoData { objective: 1 }));
    assert!(search.spent() <= 20.5, "{}", search.spent());
}

#[test]
fn requests_that_fail_end_it_before_anything_else() {
    let failing = Moment {
        seconds: MOMENT,
        started: 25.0,
        completed: 25.0,
        judged: 25.0,
        failed: 25.0,
        tallies: vec![Tally { over: 0.0, near: 0.0, of: 25.0 }],
        ..Moment::default()
    };
    let mut search = Search::new(Model::Open, limits(), vec![BAR], Vec::new());
    let mut order = search.begin();
    while order != Order::End {
        order = search.tick(failing.clone());
    }
    assert!(matches!(search.end(), Some(End::Broken { .. })), "{:?}", search.end());
    assert!(search.spent() < 5.0, "{}", search.spent());
}

#[test]
fn a_search_can_be_taken_up_again() {
    let queue = || Queue::new(3, 16, 100.0, 0.045);
    let first = search(&mut queue(), Model::Open, Limits { budget: 60.0, ..limits() });
    assert_eq!(first.end(), Some(&End::Budget));
    let kept: Vec<_> = first.plateaus().iter().filter(|plateau| plateau.is_conclusive()).cloned().collect();
    let again = Search::new(Model::Open, limits(), vec![BAR], kept.clone());
    let again = go_on(again, &mut queue(), Model::Open);
    assert_eq!(again.end(), Some(&End::Found));
    assert_eq!(&again.plateaus()[..kept.len()], &kept[..]);
    let climbs = again.plateaus().iter().filter(|plateau| plateau.purpose == Purpose::Climb);
    let loads: Vec<f64> = climbs.map(|plateau| plateau.load).collect();
    // Only what fails while VUs are new is held twice at once.
    assert!(loads.is_sorted(), "what was climbed is not climbed again: {loads:?}");
}

#[test]
fn an_overload_ends_at_once() {
    let limits = Limits { start: 8_000.0, ..limits() };
    let search = search(&mut Queue::new(2, 4, 200.0, 0.025), Model::Open, limits);
    let first = &search.plateaus()[0];
    assert!(matches!(first.verdict, Verdict::Collapsed { .. }), "{:?}", first.verdict);
    assert!(first.seconds() <= 4.0, "{}", first.seconds());
    assert_eq!(search.end(), Some(&End::Found));
}

/// The purpose of the plateau under way.
fn purpose(search: &Search) -> Option<Purpose> {
    search.current().map(|plateau| plateau.purpose)
}

#[test]
fn iterations_that_take_seconds_are_no_backlog() {
    let truth = rate_within(4, 200.0, 0.025);
    for sleep in [2.2, 5.0] {
        let mut queue = Queue { sleep, ..Queue::new(1, 4, 200.0, 0.025) };
        let search = search(&mut queue, Model::Open, limits());
        let low = search.plateaus().iter().filter(|plateau| plateau.load < 0.9 * truth);
        for plateau in low {
            assert!(!matches!(plateau.verdict, Verdict::Collapsed { .. }), "{sleep} s: {plateau:?}");
        }
        assert_eq!(search.end(), Some(&End::Found), "{sleep} s");
        let found = strategy::estimate(&search).expect("there is a limit").crossing.load;
        println!("{sleep} s: {found:.0}/s, {:.0} s", search.spent());
        assert!((found / truth - 1.0).abs() <= 0.07, "{sleep} s: {found:.0}/s is not {truth:.0}/s");
    }
}

#[test]
fn a_target_that_answers_nothing_is_no_slow_script() {
    let mut queue = Queue { hangs_from: 0.0, ..Queue::new(1, 4, 200.0, 0.025) };
    let search = search(&mut queue, Model::Open, limits());
    // It lets go of what is under way only when nobody asks, which here never ends.
    assert!(matches!(search.end(), Some(End::NotRecovered { .. })), "{:?}", search.end());
    let first = &search.plateaus()[0].verdict;
    assert!(matches!(first, Verdict::Collapsed { collapse: Collapse::Stalled, .. }), "{first:?}");
}

#[test]
fn what_becomes_of_the_overload_does_not_undo_the_answer() {
    let new = || Search::new(Model::Open, limits(), vec![BAR], Vec::new());
    let queue = || Queue::new(2, 4, 200.0, 0.025);
    let fails = |search: &Search, queue: &mut Queue| {
        let is_over = purpose(search) == Some(Purpose::Overload);
        queue.generator = if is_over { 1.0 } else { f64::INFINITY };
    };
    let limited = go_on_with(new(), &mut queue(), Model::Open, fails, |_| {});
    assert_eq!(limited.end(), Some(&End::Found));
    let recovery = answer(&limited).recovery;
    let Recovery::CannotTell { why } = recovery else { panic!("{recovery:?}") };
    assert!(why.contains("the generator could not do it (no CPU left)"), "{why}");

    let hangs = |search: &Search, queue: &mut Queue| {
        if purpose(search) == Some(Purpose::Overload) {
            queue.hangs_from = -1.0;
        }
    };
    let dead = go_on_with(new(), &mut queue(), Model::Open, hangs, |_| {});
    assert_eq!(dead.end(), Some(&End::Found));
    let answer = answer(&dead);
    assert!(answer.capacity.is_some_and(|capacity| !capacity.provisional));
    assert!(matches!(answer.recovery, Recovery::Metastable { .. }), "{:?}", answer.recovery);
}

#[test]
fn an_interrupt_during_the_overload_does_not_undo_the_answer() {
    let mut search = Search::new(Model::Open, limits(), vec![BAR], Vec::new());
    let mut queue = Queue::new(2, 4, 200.0, 0.025);
    let mut order = search.begin();
    while purpose(&search) != Some(Purpose::Overload) {
        match order {
            Order::Drive(load) => queue.drive(load, Model::Open),
            Order::Rest => queue.drive(0.0, Model::Open),
            Order::Stay | Order::End => {}
        }
        order = search.tick(queue.moment(Model::Open));
    }
    search.tick(queue.moment(Model::Open));
    search.interrupt();
    assert_eq!(search.end(), Some(&End::Found));
    let answer = answer(&search);
    assert!(answer.capacity.is_some_and(|capacity| !capacity.provisional));
    let Recovery::CannotTell { why } = answer.recovery else { panic!("{:?}", answer.recovery) };
    assert!(why.contains("interrupted"), "{why}");
}

#[test]
fn a_limit_that_cannot_be_confirmed_is_provisional() {
    let slower = |search: &Search, queue: &mut Queue| {
        queue.service = if purpose(search) == Some(Purpose::Confirm) { 100.0 } else { 200.0 };
    };
    let search = Search::new(Model::Open, limits(), vec![BAR], Vec::new());
    let search = go_on_with(search, &mut Queue::new(2, 4, 200.0, 0.025), Model::Open, slower, |_| {});
    assert_eq!(search.end(), Some(&End::NotConfirmed));
    assert!(answer(&search).capacity.is_some_and(|capacity| capacity.provisional));
}

#[test]
fn an_objective_that_is_rarely_reached_is_waited_for() {
    let search = Search::new(Model::Open, limits(), vec![BAR, BAR], Vec::new());
    let mut count = 0.0;
    let rarely = |moment: &mut Moment| {
        let before = count;
        count += moment.completed;
        let some = f64::floor(count / 100.0) - f64::floor(before / 100.0);
        moment.tallies.push(Tally { over: 0.0, near: 0.0, of: some });
    };
    let mut queue = Queue::new(1, 4, 200.0, 0.025);
    let search = go_on_with(search, &mut queue, Model::Open, |_, _| {}, rarely);
    assert_eq!(search.end(), Some(&End::Found));
}

#[test]
fn users_whose_target_hangs_are_too_many() {
    let mut queue = Queue { hangs_from: 24.0, ..Queue::new(1, 4, 200.0, 0.5) };
    let search = search(&mut queue, Model::Closed, Limits { start: 1.0, ..limits() });
    assert_eq!(search.end(), Some(&End::Found));
    let found = answer(&search).capacity.expect("there is a limit");
    assert!(found.bracket && (found.low, found.high) == (23.0, 24.0), "{found:?}");
    assert!(found.gives_way.contains("no iteration ended"), "{found:?}");
}

#[test]
fn what_turns_requests_away_under_much_load_is_not_broken() {
    let mut queue = Queue { sheds_above: 500.0, ..Queue::new(1, 4, 200.0, 0.025) };
    let search = search(&mut queue, Model::Open, Limits { start: 2_000.0, ..limits() });
    assert_eq!(search.end(), Some(&End::Found));
    let found = answer(&search).capacity.expect("there is a limit");
    assert!(found.bracket && found.low <= 500.0 && found.high > 500.0, "{found:?}");
    assert!(found.gives_way.contains("of the requests failed"), "{found:?}");
}

#[test]
fn a_search_that_is_taken_up_with_less_allowed_stays_below() {
    let queue = || Queue::new(3, 16, 100.0, 0.045);
    let first = search(&mut queue(), Model::Open, Limits { budget: 60.0, ..limits() });
    let kept: Vec<_> = first.plateaus().iter().filter(|plateau| plateau.is_conclusive()).cloned().collect();
    let below = |most: f64, kept: &[Plateau]| {
        let again = Search::new(Model::Open, Limits { most, ..limits() }, vec![BAR], kept.to_vec());
        let again = go_on(again, &mut queue(), Model::Open);
        assert_eq!(again.end(), Some(&End::LimitNotReached), "{most}/s");
        let new = &again.plateaus()[kept.len()..];
        assert!(new.iter().all(|plateau| plateau.load <= most), "{most}/s: {new:?}");
        new.len()
    };
    assert!(kept.iter().any(|plateau| plateau.load > 600.0));
    for most in [50.0, 500.0, 1_300.0] {
        below(most, &kept);
    }
    // Had 640/s not been decided, that would be no reason to hold it once more.
    let mut climbed: Vec<_> = kept.into_iter().filter(|plateau| plateau.load < 700.0).collect();
    climbed.iter_mut().filter(|plateau| plateau.load > 500.0).for_each(|plateau| {
        plateau.purpose = Purpose::Climb;
        plateau.verdict = Verdict::CannotTell { why: String::new() };
    });
    assert_eq!(below(500.0, &climbed), 1);
}

#[test]
fn no_plateau_is_longer_than_allowed() {
    let limits = Limits { shortest: 15.0, recovery: false, ..limits() };
    let search = search(&mut Queue::new(1, 4, 200.0, 0.025), Model::Open, limits);
    let longest = search.plateaus().iter().map(Plateau::seconds).fold(0.0, f64::max);
    assert!(longest <= 20.01, "{longest} s");
}

#[test]
fn what_happens_once_is_not_taken_for_the_limit() {
    for seed in 0..4 {
        // The first time that 640/s come, the target stumbles for as long as that plateau lasts.
        let stumbles = |search: &Search, queue: &mut Queue| {
            let climbs = |plateau: &Plateau| plateau.load == 640.0 && plateau.purpose == Purpose::Climb;
            let is_first = search.current().is_some_and(climbs)
                && !search.plateaus().iter().any(|plateau| plateau.load == 640.0);
            queue.service = if is_first { 5.0 } else { 100.0 };
        };
        let truth = rate_within(16, 100.0, 0.045);
        let search = Search::new(Model::Open, limits(), vec![BAR], Vec::new());
        // No VU is new, so that its first iteration is not to blame.
        let mut queue = Queue { vus: 100_000, ..Queue::new(seed, 16, 100.0, 0.045) };
        let search = go_on_with(search, &mut queue, Model::Open, stumbles, |_| {});
        let first = search.plateaus().iter().find(|plateau| plateau.load == 640.0).expect("it came by there");
        assert!(matches!(first.verdict, Verdict::Collapsed { .. }), "{:?}", first.verdict);
        assert_eq!(search.end(), Some(&End::Found));
        let found = answer(&search).capacity.expect("there is a limit");
        assert!((found.load / truth - 1.0).abs() <= 0.07, "seed {seed}: {found:?} is not {truth:.0}/s");
    }
}

#[test]
fn an_overload_that_is_carried_is_none() {
    let quicker = |search: &Search, queue: &mut Queue| {
        queue.service = if purpose(search) == Some(Purpose::Overload) { 400.0 } else { 200.0 };
    };
    let search = Search::new(Model::Open, limits(), vec![BAR], Vec::new());
    let search = go_on_with(search, &mut Queue::new(2, 4, 200.0, 0.025), Model::Open, quicker, |_| {});
    assert_eq!(search.end(), Some(&End::Found));
    let answer = answer(&search);
    assert!(answer.capacity.is_some_and(|capacity| capacity.provisional));
    let Recovery::CannotTell { why } = answer.recovery else { panic!("{:?}", answer.recovery) };
    assert!(why.contains("no overload"), "{why}");
}

#[test]
fn the_budget_ends_the_wait_for_a_target_too() {
    let mut queue = Queue { hangs_from: 0.0, ..Queue::new(1, 4, 200.0, 0.025) };
    let search = search(&mut queue, Model::Open, Limits { budget: 40.0, ..limits() });
    assert_eq!(search.end(), Some(&End::Budget));
    assert!(search.spent() <= 40.3, "{}", search.spent());
}

#[test]
fn a_target_that_nobody_doubts_is_not_given_up() {
    // What is under way stays, but objectives are met and nothing piles up.
    let busy = Moment {
        seconds: MOMENT,
        in_flight: 50.0,
        started: 25.0,
        completed: 25.0,
        took: 0.25,
        judged: 25.0,
        tallies: vec![Tally { over: 0.0, near: 0.0, of: 25.0 }],
        ..Moment::default()
    };
    let mut search = Search::new(Model::Open, limits(), vec![BAR], Vec::new());
    let mut orders = vec![search.begin()];
    while search.spent() < 95.0 {
        orders.push(search.tick(busy.clone()));
    }
    assert!(orders.contains(&Order::Rest), "it is left alone");
    assert_eq!(search.end(), None);
    let driven = orders.iter().filter(|order| matches!(order, Order::Drive(_)));
    assert!(driven.count() > 1, "and then tried on");
}

#[test]
fn users_that_log_in_first_are_not_taken_for_too_many() {
    let truth = rate_within(16, 100.0, 0.045);
    for seed in 0..4 {
        // A user stays for a second, and logs in once: that costs ten times as much as a request later.
        let mut queue = Queue { sleep: 1.0, login: 10.0, ..Queue::new(seed, 16, 100.0, 0.045) };
        let search = search(&mut queue, Model::Open, limits());
        let fails = search.plateaus().iter().position(Plateau::fails_fresh).expect("logins are too much");
        let (first, again) = (&search.plateaus()[fails], &search.plateaus()[fails + 1]);
        assert_eq!((again.load, &again.verdict), (first.load, &Verdict::Held), "seed {seed}");
        assert_eq!(search.end(), Some(&End::Found), "seed {seed}");
        let found = strategy::estimate(&search).expect("there is a limit").crossing.load;
        println!("seed {seed}: {found:.0}/s, {:.0} s", search.spent());
        // Bursts go on to bring users who log in, so that it is a little less.
        assert!((found / truth - 1.0).abs() <= 0.1, "seed {seed}: {found:.0}/s is not {truth:.0}/s");
    }
}
