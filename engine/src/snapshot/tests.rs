//! Snapshots that no venue wrote: refused, whatever byte is another.

use crate::Engine;
use crate::command::{Command, Stamp};
use crate::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, Seq, SeriesId, Symbol};
use crate::instrument::{FeeRates, Kind, Month, Terms};
use crate::order::{OrderRequest, Trigger, TriggerReference};
use crate::units::{Amount, Day, Lots, Price, Side, Timestamp};

const ACCOUNT: AccountId = AccountId(7);
const CONTRACT: InstrumentId = InstrumentId(1);

/// A contract, an account with money, a resting order, a stop, a pending payment.
fn venue() -> Engine {
    let fees = FeeRates { maker: Price(0), taker: Price(500) };
    let kind = Kind::Month(Month { series: SeriesId(1), first_day: Day(5), days: 31 });
    let symbol = Symbol::new("C").unwrap();
    let (tick, floor, cap) = (Price(1_000), Price(0), Price(10_000_000));
    let terms = Terms { instrument: CONTRACT, symbol, kind, tick, floor, cap, fees };
    let order = |name, price| {
        let name = ClientOrderId::new(name).unwrap();
        OrderRequest::limit(ACCOUNT, name, CONTRACT, Side::Buy, Lots(2), Price(price))
    };
    let trigger = Some(Trigger { reference: TriggerReference::Last, price: Price(4_000_000) });
    let (asset, amount) = (AssetId::USD, Amount(100_000_000_000));
    let mut venue = Engine::new();
    let role = crate::command::Role::Trader(ACCOUNT);
    let credential = crate::command::Credential::TokenSha256([1; 32]);
    let commands = [
        Command::ListInstrument { terms },
        Command::OpenAccount { account: ACCOUNT },
        Command::RegisterKey { key: KeyId(7), credential, role },
        Command::Deposit { account: ACCOUNT, asset, amount, reference: 1 },
        Command::SubmitOrder(order("a", 3_000_000)),
        Command::SubmitOrder(OrderRequest { trigger, ..order("b", 4_000_000) }),
        Command::RequestWithdrawal { account: ACCOUNT, asset, amount: Amount(5), reference: 1 },
    ];
    for (seq, command) in (1..).zip(commands) {
        let key = if seq < 5 { KeyId::VENUE } else { KeyId(7) };
        let stamp = Stamp { seq: Seq(seq), time: Timestamp(9), key, session: 0 };
        venue.apply(&stamp, &command, &mut Vec::new()).unwrap();
    }
    venue
}

fn snapshot(venue: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    venue.write_snapshot(|piece| bytes.extend_from_slice(piece));
    bytes
}

#[test]
fn whatever_is_read_of_changed_bytes_is_written_as_it_was_read() {
    let whole = snapshot(&venue());
    assert_eq!(snapshot(&Engine::read_snapshot(&whole, 3).unwrap()), whole);
    let mut read = 0;
    for at in 0..whole.len() {
        for value in [0, 1, 2, 4, 0x7f, 0x80, 0xff, whole[at] ^ 1] {
            let mut changed = whole.clone();
            changed[at] = value;
            let Ok(venue) = Engine::read_snapshot(&changed, 3) else { continue };
            assert_eq!(snapshot(&venue), changed, "byte {at} is {value}");
            read += 1;
        }
    }
    // Some bytes may be others, such as those of a credential.
    assert!(read > whole.len(), "only {read} of {} bytes", whole.len());
}

#[test]
fn a_snapshot_that_ends_early_or_late_is_refused() {
    let whole = snapshot(&venue());
    for length in 0..whole.len() {
        assert!(Engine::read_snapshot(&whole[..length], 3).is_err(), "{length} bytes");
    }
    assert!(Engine::read_snapshot(&[whole, vec![0]].concat(), 3).is_err());
}
