//! Four eyes: what is refused until a second operator has said the same, in the engine and in its twin alike.

use engine::Engine;
use engine::command::{Command, Role};
use engine::event::{Event, SettlementRung};
use engine::ids::KeyId;
use engine::instrument::SettlementKind;
use engine::rules::Rules;
use engine::units::{Cash, Day};

use crate::counts::count;
use crate::twin::Twin;
use crate::venue::{CONTRACT, Stage, Venue, VenueOf, usual_month};

const FIRST: KeyId = KeyId(51);
const SECOND: KeyId = KeyId(52);
const LAST: Day = Day(usual_last());

/// All days at 3.000: `31 × 24 × 3 = 2 232` USD a lot.
const VALUE: Cash = Cash(2_232_000_000);

const fn usual_last() -> i32 {
    20_000 + 10 + 31 - 1
}

/// A contract that has ended with all of its fixings, and two operators.
fn ended<E: Stage>() -> VenueOf<E> {
    let mut venue = VenueOf::with_accounts(1..=2, 100_000);
    venue.sell(1, 1, 3_250_000, "offer").unwrap();
    venue.buy(2, 1, 3_250_000, "bid").unwrap();
    for operator in [FIRST, SECOND] {
        venue.register(operator.0, Role::Operator).unwrap();
    }
    venue.fix_all(3_000_000);
    venue.now = usual_month().end();
    venue
}

fn adopt<E: Stage>(venue: &mut VenueOf<E>) {
    for version in 2..=Rules::LATEST.0 {
        venue.operate(Command::AdoptRules { rules: Rules(version) }).unwrap();
    }
}

const REQUIRE: Command = Command::RequireApprovals { required: true };
const PROPOSE: Command = Command::ProposeFinal { instrument: CONTRACT, day: LAST };
const START: Command = Command::StartSettlement { instrument: CONTRACT, day: LAST, kind: SettlementKind::Final };

fn approve(day: Day, value_per_lot: Cash) -> Command {
    Command::ApproveFinal { instrument: CONTRACT, day, value_per_lot }
}

/// Sends commands one after the other and compares each answer: the number of the refusal, 0 if there is none.
fn check<E: Stage>(venue: &mut VenueOf<E>, steps: &[(KeyId, Command, u16)]) {
    for (place, (key, command, number)) in steps.iter().enumerate() {
        let answer = venue.send(*key, *command).map_or_else(|reject| reject.number(), |()| 0);
        assert_eq!(answer, *number, "step {place}: {command:?}");
    }
    count(steps.len(), "steps of approvals");
}

fn play<E: Stage>() {
    let next = Day(LAST.0 + 1);
    let mut venue = ended::<E>();
    check(&mut venue, &[(KeyId::VENUE, REQUIRE, 7), (FIRST, PROPOSE, 7), (SECOND, approve(LAST, VALUE), 7)]);
    adopt(&mut venue);
    let register = |key| Command::RegisterKey {
        key: KeyId(key),
        credential: engine::command::Credential::Ed25519([7; 32]),
        role: Role::Operator,
    };
    check(
        &mut venue,
        &[
            // Who may switch it on could switch it off.
            (FIRST, REQUIRE, 3),
            (FIRST, register(53), 0),
            (KeyId::VENUE, REQUIRE, 0),
            (FIRST, Command::RequireApprovals { required: false }, 3),
            (FIRST, register(54), 3),
            (KeyId::VENUE, register(54), 0),
            // Nothing is proposed.
            (FIRST, START, 97),
            (SECOND, approve(LAST, VALUE), 98),
            (KeyId(1), PROPOSE, 3),
            (FIRST, PROPOSE, 0),
            (FIRST, START, 97),
            // One pair of eyes, another value, another day, the venue itself.
            (FIRST, approve(LAST, VALUE), 99),
            (SECOND, approve(LAST, Cash(VALUE.0 + 1)), 98),
            (SECOND, approve(next, VALUE), 82),
            (KeyId::VENUE, approve(LAST, VALUE), 99),
            (KeyId(1), approve(LAST, VALUE), 3),
            (SECOND, START, 97),
            (SECOND, approve(LAST, VALUE), 0),
            // A new proposal voids the approval.
            (SECOND, PROPOSE, 0),
            (SECOND, START, 97),
            (SECOND, approve(LAST, VALUE), 99),
            (FIRST, approve(LAST, VALUE), 0),
            (KeyId(1), START, 3),
            (SECOND, START, 0),
            (SECOND, approve(LAST, VALUE), 41),
        ],
    );
    let start = |venue: &VenueOf<E>| venue.events.clone();
    assert_eq!(start(&venue).len(), 1, "the last answer is a refusal");
}

#[test]
fn a_final_value_needs_two_operators() {
    play::<Engine>();
    play::<Twin>();
}

/// Daily settlements need nobody, and without the setting final ones do not either.
#[test]
fn without_the_setting_one_word_is_enough() {
    let mut venue: Venue = ended();
    adopt(&mut venue);
    let daily = Command::StartSettlement { instrument: CONTRACT, day: Day(LAST.0 - 1), kind: SettlementKind::Daily };
    let advance = Command::AdvanceSettlement { instrument: CONTRACT };
    check(&mut venue, &[(KeyId::VENUE, REQUIRE, 0), (FIRST, daily, 0), (FIRST, advance, 0), (FIRST, START, 97)]);
    let off = Command::RequireApprovals { required: false };
    check(&mut venue, &[(FIRST, PROPOSE, 0), (KeyId::VENUE, off, 0), (FIRST, START, 0)]);
    let value_per_lot = VALUE;
    let (day, kind, rung) = (LAST, SettlementKind::Final, SettlementRung::Fixings);
    assert_eq!(venue.events, [Event::SettlementStarted { instrument: CONTRACT, day, kind, value_per_lot, rung }]);
    assert_eq!(venue.engine.approvals().proposals().len(), 0, "what is being settled is proposed no more");
}

/// What waits for an approval survives a restart, to the byte.
#[test]
fn a_snapshot_keeps_proposals_and_approvals() {
    let mut venue: Venue = ended();
    adopt(&mut venue);
    for (key, command) in [(KeyId::VENUE, REQUIRE), (FIRST, PROPOSE), (SECOND, approve(LAST, VALUE))] {
        venue.send(key, command).unwrap();
        let mut bytes = Vec::new();
        venue.engine.write_snapshot(|piece| bytes.extend_from_slice(piece));
        let read = Engine::read_snapshot(&bytes, 7).unwrap();
        assert_eq!(read.approvals(), venue.engine.approvals());
        assert_eq!(read.state_hash(), venue.engine.state_hash());
        // Day, value, who proposed and who approved.
        let proposed = if read.approvals().proposals().len() == 0 { 0 } else { 29 };
        for place in bytes.len() - proposed..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 0x80;
            assert!(
                Engine::read_snapshot(&changed, 7).is_ok_and(|read| read.approvals() != venue.engine.approvals())
                    || Engine::read_snapshot(&changed, 7).is_err()
            );
        }
        venue.engine = read;
    }
    venue.send(SECOND, START).unwrap();
}
