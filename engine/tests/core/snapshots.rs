//! A snapshot taken in the middle of something goes on as the engine does: moments that random scripts rarely come by.

use engine::Engine;
use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{Command, FixingStage};
use engine::controls::Controls;
use engine::ids::{AccountId, AssetId, KeyId, OrderId};
use engine::order::{Amendment, OrderRequest, Trigger, TriggerReference};
use engine::units::{Amount, Lots, Price, Side};

use crate::counts::count;
use crate::venue::{CONTRACT, TODAY, Venue, order};

const PRICE: i64 = 3_000_000;
const SECOND: i64 = 1_000_000;

type Step = fn(&mut Venue);

struct Moment {
    name: &'static str,
    /// What leads to the snapshot.
    before: Step,
    /// What the restored engine must answer as the first one does, one command each.
    behind: &'static [Step],
}

const MOMENTS: &[Moment] = &[
    Moment {
        name: "a mass cancel is not complete",
        before: |venue| {
            for number in 0..300 {
                venue.buy(1, 1, SECOND, &format!("order-{number}")).unwrap();
            }
            let (account, instrument, side) = (AccountId(1), Some(CONTRACT), Some(Side::Buy));
            venue.send(KeyId(1), Command::CancelAllOrders { account, instrument, side }).unwrap();
        },
        behind: &[|venue| _ = venue.buy(2, 1, PRICE, "too-early"), process],
    },
    Moment {
        name: "a price that reached a stop has gone back",
        before: |venue| {
            venue.fix(TODAY, FixingStage::Provisional, Some(3_200_000)).unwrap();
            let trigger = Some(Trigger { reference: TriggerReference::Index, price: Price(3_300_000) });
            venue.submit(OrderRequest { trigger, ..order(1, Side::Buy, 1, PRICE, "stop") }).unwrap();
            venue.operate(Command::HaltInstrument { instrument: CONTRACT }).unwrap();
            venue.fix(TODAY.next(), FixingStage::Provisional, Some(3_400_000)).unwrap();
            venue.fix(TODAY.plus(2), FixingStage::Provisional, Some(3_200_000)).unwrap();
        },
        behind: &[|venue| venue.operate(Command::ResumeInstrument { instrument: CONTRACT }).unwrap(), process],
    },
    Moment {
        name: "an order has traded more than it was first answered",
        before: |venue| {
            venue.sell(2, 1, PRICE, "first").unwrap();
            venue.buy(1, 3, PRICE, "order").unwrap();
            venue.sell(2, 1, PRICE, "second").unwrap();
        },
        behind: &[
            |venue| _ = venue.buy(1, 3, PRICE, "order").unwrap(),
            |venue| {
                venue.sell(2, 2, PRICE, "third").unwrap();
            },
        ],
    },
    Moment {
        name: "an older order stands behind a younger one",
        before: |venue| {
            let order = venue.buy(1, 2, PRICE, "older").unwrap();
            venue.buy(2, 2, PRICE, "younger").unwrap();
            let (account, lots) = (AccountId(1), Some(Lots(3)));
            let amendment = Amendment { account, order, lots, limit: None, trigger: None };
            venue.send(KeyId(1), Command::AmendOrder(amendment)).unwrap();
        },
        behind: &[|venue| _ = venue.sell(3, 2, PRICE, "offer").unwrap()],
    },
    Moment {
        name: "rates are used up",
        before: |venue| {
            let rate = RateLimit { per_second: 1, burst: 0 };
            let limits = AccountLimits { orders: rate, cancels: rate, ..AccountLimits::default() };
            venue.operate(Command::SetAccountLimits { account: AccountId(1), limits }).unwrap();
            let order = venue.buy(1, 1, PRICE, "first").unwrap();
            venue.cancel(1, order).unwrap();
        },
        behind: &[
            |venue| _ = venue.buy(1, 1, PRICE, "second").unwrap_err(),
            |venue| _ = venue.cancel(1, OrderId(0)).unwrap_err(),
            |venue| {
                venue.now = venue.now.plus_micros(SECOND);
                venue.buy(1, 1, PRICE, "second").unwrap();
            },
        ],
    },
    Moment {
        name: "as many payments out are pending as may be",
        before: |venue| (1..=100).for_each(|reference| withdraw(venue, reference)),
        behind: &[|venue| withdraw(venue, 101)],
    },
    Moment {
        name: "trading pauses at a daily limit",
        before: |venue| {
            let daily_limits = [100_000, 200_000, 0].map(Price);
            let (reference, pause_us) = (Price(PRICE), 5_000_000);
            let controls = Controls { reference, daily_limits, pause_us, ..Controls::NONE };
            venue.operate(Command::SetControls { instrument: CONTRACT, controls }).unwrap();
            venue.buy(1, 1, PRICE + 100_000, "locked").unwrap();
        },
        behind: &[|venue| {
            venue.now = venue.now.plus_micros(5 * SECOND);
            process(venue);
        }],
    },
    Moment {
        name: "a dead man's switch is set",
        before: |venue| {
            venue.buy(1, 1, PRICE, "order").unwrap();
            let command = Command::CancelAfter { account: AccountId(1), timeout_us: 5_000_000 };
            venue.send(KeyId(1), command).unwrap();
        },
        behind: &[|venue| {
            venue.now = venue.now.plus_micros(5 * SECOND);
            process(venue);
        }],
    },
];

fn process(venue: &mut Venue) {
    venue.operate(Command::ProcessDue).unwrap();
}

fn withdraw(venue: &mut Venue, reference: u64) {
    let (account, asset, amount) = (AccountId(1), AssetId::USD, Amount(1));
    let answer = venue.send(KeyId(1), Command::RequestWithdrawal { account, asset, amount, reference });
    assert_eq!(answer.is_ok(), reference <= 100);
}

#[test]
fn a_snapshot_goes_on_in_the_middle_of_something() {
    for Moment { name, before, behind } in MOMENTS {
        let mut venue = Venue::with_accounts(1..=3, 1_000_000);
        before(&mut venue);
        let mut snapshot = Vec::new();
        venue.engine.write_snapshot(|piece| snapshot.extend_from_slice(piece));
        let mut restored = venue.clone();
        restored.engine = Engine::read_snapshot(&snapshot, 0x5eed).unwrap();
        for step in *behind {
            step(&mut venue);
            step(&mut restored);
            assert_eq!(restored.events, venue.events, "{name}");
        }
        assert_eq!(restored.engine.state_hash(), venue.engine.state_hash(), "{name}");
    }
    count(MOMENTS.len(), "moments of snapshots");
}
