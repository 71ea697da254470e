//! What the engine keeps in sums is what the twin works out anew, after every command; and what can be asked about a portfolio that
//! nobody has is what it would be.

use engine::Engine;
use engine::SimulatedPosition;
use engine::event::Event;
use engine::ids::AccountId;
use engine::units::{Lots, Price, Side};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::compare::{CASES, config};
use crate::counts::count;
use crate::script::scripts;
use crate::twin::Twin;
use crate::venue::Exchange;

const REPORT_CASES: u32 = 64;
const RESTORE_CASES: u32 = 24;

fn config_of(cases: u32) -> Config {
    let config = config();
    if config.cases == CASES { Config { cases, ..config } } else { config }
}

proptest! {
    #![proptest_config(config_of(REPORT_CASES))]

    #[test]
    fn reports_are_what_the_page_says(script in scripts()) {
        let (mut engine, mut twin) = (Engine::new(), Twin::default());
        let mut compared = 0;
        for (stamp, command) in script.commands() {
            let _ = engine.apply(&stamp, &command, &mut Vec::new());
            let _ = twin.apply(&stamp, &command, &mut Vec::new());
            // Until everybody is revalued, the engine's sums are partly of before.
            if twin.is_revaluation_due() {
                continue;
            }
            for account in twin.accounts() {
                let found = Exchange::margin(&engine, account);
                prop_assert_eq!(&found, &Exchange::margin(&twin, account), "{:?} {:?}", stamp, command);
                let simulated = simulate(&engine, &twin, account);
                prop_assert_eq!(simulated, (found.initial, found.maintenance), "{:?} {:?}", stamp, command);
                compared += 1;
            }
        }
        count(compared, "margin reports compared");
    }
}

proptest! {
    #![proptest_config(config_of(RESTORE_CASES))]

    /// Also in the middle of a revaluation, a check of margins and a call.
    #[test]
    fn an_engine_restored_after_every_command_goes_on(script in scripts()) {
        let mut engine = Engine::new();
        let mut restored = Engine::new();
        let commands = script.commands();
        for (index, (stamp, command)) in commands.iter().enumerate() {
            let (mut expected, mut events) = (Vec::<Event>::new(), Vec::new());
            let answer = engine.apply(stamp, command, &mut expected);
            prop_assert_eq!(restored.apply(stamp, command, &mut events), answer);
            prop_assert_eq!(&events, &expected, "{:?}", command);
            let mut snapshot = Vec::new();
            restored.write_snapshot(|piece| snapshot.extend_from_slice(piece));
            restored = Engine::read_snapshot(&snapshot, index as u64).unwrap();
        }
        prop_assert_eq!(restored.state_hash(), engine.state_hash());
        count(commands.len(), "commands applied to restored engines");
    }
}

/// Initial and maintenance margin of a portfolio that looks like what the account has.
fn simulate(engine: &Engine, twin: &Twin, account: AccountId) -> (i128, i128) {
    let instruments = twin.instruments().into_iter();
    let margined = instruments.filter(|instrument| engine.market(*instrument).unwrap().terms.is_margined());
    let held = margined.map(|instrument| {
        let of = |side| {
            let queue = twin.queue(instrument, side).into_iter();
            let own = queue.filter(|order| order.request.account == account);
            own.map(move |order| (side, order.limit.unwrap(), Lots(order.remaining()))).collect::<Vec<_>>()
        };
        let orders: Vec<(Side, Price, Lots)> = [of(Side::Buy), of(Side::Sell)].concat();
        let position = i64::try_from(twin.holding(account, instrument).0).unwrap();
        SimulatedPosition { instrument, position, orders }
    });
    // A contract without array or mark has no margin, and nobody has anything in it.
    let portfolio: Vec<SimulatedPosition> = held.filter(|held| held.position != 0 || !held.orders.is_empty()).collect();
    let simulated = engine.simulate_margin(&portfolio).unwrap();
    (i128::from(simulated.initial.0), i128::from(simulated.maintenance.0))
}
