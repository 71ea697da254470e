//! Revaluations, checks and calls that need more than one step, on the engine, which is restored from a snapshot before each, and on
//! the twin.

use engine::Engine;
use engine::command::Command;
use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, InstrumentId, OrderId};
use engine::reject::Reject;
use engine::units::Side;

use super::{DOLLAR, LENIENT, list, month, moves, process, publish, submit, trade, venue};
use crate::counts::count;
use crate::twin::Twin;
use crate::venue::{Stage, VenueOf};

/// What the rich account is called, which is on the other side of everybody.
const RICH: u32 = 1_000;

/// A lot loses 24 dollars in the worst scenario.
const THIRD: i64 = 8 * DOLLAR;

/// A month of 24 hours, marked at 3 dollars, and accounts from 1 on that are long so many lots each.
fn crowd<E: Stage>(accounts: u32, lots: u32, dollars: i64) -> VenueOf<E> {
    let mut venue = venue(accounts, dollars);
    venue.open(RICH, 100_000_000);
    let risk = moves(&venue, 1, 3 * DOLLAR, THIRD);
    list(&mut venue, &[(month(1, 1, 40, 1), risk)], LENIENT);
    for account in 1..=accounts {
        trade(&mut venue, (account, RICH), 1, Side::Buy, lots, 3 * DOLLAR);
    }
    venue
}

/// Moves the mark half way from the last trade at 3 dollars to another reference, by an array that is looked at on the way.
fn move_to<E: Stage>(venue: &mut VenueOf<E>, reference: i64) {
    let risk = moves(venue, 2, reference, THIRD);
    publish(venue, InstrumentId(1), risk).unwrap();
    process(venue);
    venue.operate(Command::UpdateMark { instrument: InstrumentId(1) }).unwrap();
}

/// The events of each step that is due.
fn steps<E: Stage>(venue: &mut VenueOf<E>, restore: fn(&mut VenueOf<E>)) -> Vec<Vec<Event>> {
    let mut steps = Vec::new();
    loop {
        restore(venue);
        match venue.operate(Command::ProcessDue) {
            Ok(()) => steps.push(venue.events.clone()),
            Err(refused) => {
                assert_eq!(refused, Reject::NothingDue);
                return steps;
            }
        }
        assert!(steps.len() < 50, "what is due comes to an end");
    }
}

fn from_snapshot(venue: &mut VenueOf<Engine>) {
    let mut snapshot = Vec::new();
    venue.engine.write_snapshot(|piece| snapshot.extend_from_slice(piece));
    venue.engine = Engine::read_snapshot(&snapshot, venue.seq).unwrap();
}

/// The steps of a scene, in which engine and twin must agree.
fn check(scene: impl Fn(&mut dyn Scene)) -> Vec<Vec<Event>> {
    let mut of_engine = Played::<Engine> { steps: Vec::new(), restore: from_snapshot };
    let mut of_twin = Played::<Twin> { steps: Vec::new(), restore: |_| {} };
    scene(&mut of_engine);
    scene(&mut of_twin);
    assert_eq!(of_engine.steps, of_twin.steps);
    of_engine.steps
}

/// A scene that is played on one of the two.
trait Scene {
    /// A crowd of so many accounts, long so many lots, with so many dollars; of the first, so many bids at 2.900; then the mark moves.
    fn play(&mut self, crowd: (u32, u32, i64), bids: u32, reference: i64, poor: Option<u32>);
}

struct Played<E> {
    steps: Vec<Vec<Event>>,
    restore: fn(&mut VenueOf<E>),
}

impl<E: Stage> Scene for Played<E> {
    fn play(&mut self, (accounts, lots, dollars): (u32, u32, i64), bids: u32, reference: i64, poor: Option<u32>) {
        let mut venue = crowd::<E>(accounts, lots, dollars);
        for _ in 0..bids {
            submit(&mut venue, 1, 1, Side::Buy, 1, 2_900_000).unwrap();
        }
        if let Some(account) = poor {
            // As many lots as it can have.
            trade(&mut venue, (account, RICH), 1, Side::Buy, 3, 3 * DOLLAR);
        }
        move_to(&mut venue, reference);
        self.steps = steps(&mut venue, self.restore);
    }
}

fn revalued(accounts: u32, complete: bool) -> Vec<Event> {
    vec![Event::Revalued { instrument: InstrumentId(1), accounts, complete }]
}

fn checked(accounts: u32) -> Vec<Event> {
    vec![Event::MarginsChecked { accounts }]
}

fn called(events: &[Event]) -> Option<AccountId> {
    events.iter().find_map(|event| match event {
        Event::MarginCalled { account, .. } => Some(*account),
        _ => None,
    })
}

fn cancelled(events: &[Event]) -> Vec<OrderId> {
    let of_call = |event: &Event| match event {
        Event::OrderCancelled { order, reason: CancelReason::MarginCall, .. } => Some(*order),
        _ => None,
    };
    events.iter().filter_map(of_call).collect()
}

#[test]
fn three_hundred_accounts_are_revalued_and_checked_in_two_steps_each() {
    // With the rich one they are 301.
    let steps = check(|scene| scene.play((300, 1, 100), 0, 3 * DOLLAR - 20_000, None));
    assert_eq!(steps, [revalued(256, false), revalued(45, true), checked(256), checked(45)]);
    count(steps.len(), "steps of revaluations and calls");
}

#[test]
fn as_many_accounts_as_one_step_takes_are_followed_by_a_step_for_nobody() {
    let steps = check(|scene| scene.play((255, 1, 100), 0, 3 * DOLLAR - 20_000, None));
    assert_eq!(steps, [revalued(256, false), revalued(0, true), checked(256)]);
    let steps = check(|scene| scene.play((254, 1, 100), 0, 3 * DOLLAR - 20_000, None));
    assert_eq!(steps, [revalued(255, true), checked(255)]);
}

#[test]
fn a_call_ends_a_step_and_the_check_goes_on_behind_it() {
    // Account 270 holds 4 lots for 96 of its 100 dollars less fees, and loses 4 x 24 x 0.1.
    let steps = check(|scene| scene.play((300, 1, 100), 0, 3 * DOLLAR - 200_000, Some(270)));
    assert_eq!(steps[..3], [revalued(256, false), revalued(45, true), checked(256)]);
    assert_eq!((&steps[3][..1], called(&steps[3])), (&checked(13)[..], Some(AccountId(270))));
    assert_eq!(steps[4..], [checked(31)]);
}

/// Long 100 at a mark of 3.000 with 300 bids at 2.900: `100 x 24 + 300 x (24 - 2.4) = 8 880`. At a mark of 1.000 they need `2 400 + 300 x
/// 69.6`, and of 8 900 dollars less fees `4 800` are lost, so that 24 bids may stay: `2 400 + 24 x 69.6 = 4 070.4`.
#[test]
fn a_call_looks_at_256_orders_a_step() {
    let steps = check(|scene| scene.play((1, 100, 8_900), 300, -DOLLAR, None));
    assert_eq!(steps.len(), 4);
    assert_eq!(steps[0], revalued(2, true));
    assert_eq!(called(&steps[1]), Some(AccountId(1)));
    let (first, second) = (cancelled(&steps[1]), cancelled(&steps[2]));
    assert_eq!((first.len(), second.len(), called(&steps[2])), (256, 20, None));
    let both: Vec<OrderId> = [first, second].concat();
    assert!(both.is_sorted_by(|before, after| before > after), "from the newest to the oldest");
    assert_eq!(steps[3], checked(1));
}

/// At a mark of 0.250 what is left of 8 900 less `100 x 24 x 2.75` and the fees is below the 2 400 that the position alone needs, but not
/// below its maintenance margin: every bid goes, and the step that looked at the last one does not know that.
#[test]
fn a_call_that_looked_at_256_orders_ends_with_the_next_step() {
    let steps = check(|scene| scene.play((1, 100, 8_900), 256, -5 * DOLLAR / 2, None));
    assert_eq!(cancelled(&steps[1]).len(), 256);
    assert_eq!(steps.last(), Some(&checked(1)));
    let steps = check(|scene| scene.play((1, 100, 8_900), 255, -5 * DOLLAR / 2, None));
    assert_eq!(cancelled(&steps[1]).len(), 255);
    assert_eq!(steps[2..], [checked(1)]);
}

/// 900 live orders of each: the fifth account has brought more than 4 096 into the step.
#[test]
fn accounts_with_many_orders_fill_a_step() {
    let mut venue = crowd::<Engine>(6, 1, 1_000_000);
    for account in 1..=6 {
        for _ in 0..900 {
            submit(&mut venue, account, 1, Side::Buy, 1, DOLLAR).unwrap();
        }
    }
    move_to(&mut venue, 3 * DOLLAR - 20_000);
    let steps = steps(&mut venue, from_snapshot);
    assert_eq!(steps, [revalued(5, false), revalued(2, true), checked(7)]);
}
