//! What margin can be refused for: parameters, credits, arrays, marks, and orders in contracts on margin.

use engine::Engine;
use engine::command::Command;
use engine::ids::{InstrumentId, SeriesId, Symbol};
use engine::instrument::{Kind, Month, SettlementKind, Terms};
use engine::margin::{Risk, SeriesMargin};
use engine::rules::Rules;
use engine::units::{Cash, Lots, Price, Side};

use super::{RowOf, check};
use crate::margin::{DOLLAR, LENIENT, array, list, month, moves, process, publish, trade, venue};
use crate::twin::Twin;
use crate::venue::{CONTRACT, SERIES, Stage, TODAY, VenueOf, order, usual_terms};

const NOWHERE: InstrumentId = InstrumentId(99);
pub(super) const DAY_MICROS: i64 = 86_400_000_000;

/// The month of the usual number on margin, 24 hours that lose 24 dollars a lot at most, known and marked at 3 dollars. Account 1 with
/// so many dollars, account 2 with many.
pub(super) fn stage<E: Stage>(dollars: i64) -> VenueOf<E> {
    let mut venue = venue(0, 0);
    venue.open(1, dollars);
    venue.open(2, 1_000_000);
    let risk = moves(&venue, 7, 3 * DOLLAR, 8 * DOLLAR);
    list(&mut venue, &[(month(CONTRACT.0, SERIES.0, 40, 1), risk)], LENIENT);
    venue
}

#[test]
fn parameters_marks_and_arrays() {
    check(rows_of_operators::<Twin>());
    check(rows_of_operators::<Engine>());
}

fn rows_of_operators<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue = stage(1_000);
    let full = Terms { instrument: InstrumentId(2), symbol: Symbol::new("FULL").unwrap(), ..usual_terms() };
    venue.operate(Command::ListInstrument { terms: full }).unwrap();
    let unset = month(3, 33, 40, 1);
    venue.operate(Command::ListInstrument { terms: unset }).unwrap();
    let mut settled = settled(&venue);
    let row = |broken: &[u16], command| RowOf::of_venue(broken, &venue, command);
    let risk = moves(&venue, 8, 3 * DOLLAR, 8 * DOLLAR);
    let invalid = Risk { expires: venue.now, ..risk };
    let publish = |instrument: u32, risk| Command::PublishRisk { instrument: InstrumentId(instrument), risk };
    let set = |margin| Command::SetMargin { series: SERIES, margin };
    let grant = |second, dollars| {
        let per_lot = Cash(dollars);
        Command::SetCredit { first: SERIES, second: SeriesId(second), per_lot }
    };
    let first_of_all = venue.now;
    let mut rows = vec![
        row(&[22], set(SeriesMargin { scan_floor: Price(-1), ..LENIENT })),
        row(&[22], set(SeriesMargin { position_max: Lots(0), ..LENIENT })),
        row(&[22], grant(SERIES.0, 0)),
        row(&[22], grant(2, -1)),
        row(&[22], grant(2, 1_000_000 * DOLLAR + 1)),
        row(&[34, 29], publish(NOWHERE.0, invalid)),
        row(&[23, 24, 29], publish(2, Risk { version: 0, ..invalid })),
        row(&[59, 29], publish(3, invalid)),
        row(&[24, 29], publish(CONTRACT.0, Risk { version: 7, ..invalid })),
        row(&[24], publish(CONTRACT.0, Risk { version: 6, ..risk })),
        row(&[29], publish(CONTRACT.0, invalid)),
        row(&[28], Command::UpdateMark { instrument: InstrumentId(3) }),
        row(&[6], Command::ProcessDue),
    ];
    let mut of_settled = |broken: &[u16], command| {
        settled.now = settled.now.max(first_of_all);
        rows.push(RowOf::of_venue(broken, &settled, command));
    };
    of_settled(&[42, 24, 29], publish(CONTRACT.0, Risk { version: 7, ..invalid }));
    of_settled(&[42], Command::UpdateMark { instrument: CONTRACT });
    of_settled(&[42, 28, 59], publish(3, invalid));
    of_settled(&[42, 28], Command::UpdateMark { instrument: InstrumentId(3) });
    // What is due comes first, whatever else is wrong.
    let mut due = venue.clone();
    due.operate(set(LENIENT)).unwrap();
    rows.push(RowOf::of_venue(&[4, 22], &due, set(SeriesMargin { position_max: Lots(0), ..LENIENT })));
    rows.push(RowOf::of_venue(&[4, 34, 29], &due, publish(NOWHERE.0, invalid)));
    rows
}

/// A copy in which all months are settled for good.
fn settled<E: Stage>(venue: &VenueOf<E>) -> VenueOf<E> {
    let mut venue = venue.clone();
    let day = TODAY.plus(40);
    venue.now = day.end();
    process(&mut venue);
    for (instrument, series) in [(CONTRACT, SERIES), (InstrumentId(3), SeriesId(33))] {
        let (stage, price) = (engine::command::FixingStage::Final, Some(Price(3 * DOLLAR)));
        venue.operate(Command::RecordFixing { series, day, stage, price }).unwrap();
        venue.operate(Command::StartSettlement { instrument, day, kind: SettlementKind::Final }).unwrap();
        venue.operate(Command::AdvanceSettlement { instrument }).unwrap();
    }
    venue
}

#[test]
fn months_on_margin_need_the_third_rules() {
    check(rows_of_listings::<Twin>());
    check(rows_of_listings::<Engine>());
}

fn rows_of_listings<E: Stage>() -> Vec<RowOf<E>> {
    let terms = month(1, 1, 40, 1);
    let mut venue = VenueOf::empty();
    let mut rows = vec![RowOf::of_venue(&[32], &venue, Command::ListInstrument { terms })];
    venue.operate(Command::AdoptRules { rules: Rules::SECOND }).unwrap();
    rows.push(RowOf::of_venue(&[32], &venue, Command::ListInstrument { terms }));
    venue.operate(Command::AdoptRules { rules: Rules::THIRD }).unwrap();
    let endless = Month { days: 32, ..terms.month().unwrap() };
    let broken = Terms { kind: Kind::MarginedMonth(endless), ..terms };
    rows.push(RowOf::of_venue(&[32], &venue, Command::ListInstrument { terms: broken }));
    rows
}

#[test]
fn orders_in_months_on_margin() {
    check(rows_of_orders::<Twin>());
    check(rows_of_orders::<Engine>());
}

/// A bid for 10 lots that needs 240 dollars and a fee of 0.12, in venues that have every set of reasons against it.
fn rows_of_orders<E: Stage>() -> Vec<RowOf<E>> {
    let bid = Command::SubmitOrder(order(1, Side::Buy, 10, 3 * DOLLAR, "bid"));
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    for (dollars, of_money) in [(1_000, &[][..]), (240, &[68]), (0, &[48, 68])] {
        for flags in 0..16_u32 {
            let is = |flag: u32| flags & flag != 0;
            let mut venue = stage::<E>(dollars);
            broken.clear();
            broken.extend(of_money);
            let mut margin = LENIENT;
            if is(1) {
                margin.position_max = Lots(9);
                broken.push(69);
            }
            if is(2) {
                margin.open_interest_max = Lots(9);
                broken.push(74);
            }
            venue.operate(Command::SetMargin { series: SERIES, margin }).unwrap();
            process(&mut venue);
            if is(4) {
                venue.now = venue.now.plus_micros(2 * DAY_MICROS);
                broken.push(53);
            }
            if is(8) {
                // Another month in its place, which has no mark.
                venue.operate(Command::ListInstrument { terms: month(2, SERIES.0, 40, 1) }).unwrap();
                broken.push(59);
            }
            if !broken.is_empty() {
                let mut request = order(1, Side::Buy, 10, 3 * DOLLAR, "bid");
                request.instrument = InstrumentId(if is(8) { 2 } else { CONTRACT.0 });
                rows.push(RowOf::of_account(&broken, &venue, 1, Command::SubmitOrder(request)));
            }
        }
    }
    // One micro-dollar less than margin and fee.
    let mut venue = stage::<E>(241);
    let (account, asset) = (engine::ids::AccountId(1), engine::ids::AssetId::USD);
    let amount = engine::units::Amount(880_001);
    let withdrawal = Command::RequestWithdrawal { account, asset, amount, reference: 1 };
    venue.send(engine::ids::KeyId(1), withdrawal).unwrap();
    rows.push(RowOf::of_account(&[68], &venue, 1, bid));
    rows.extend(rows_of_what_is_taken_out());
    rows
}

/// Unrealised profit is neither taken out nor moved; margin is not, either.
fn rows_of_what_is_taken_out<E: Stage>() -> Vec<RowOf<E>> {
    use engine::ids::{AccountId, AssetId};
    use engine::units::Amount;
    // Bought 10 at 2 dollars, worth 3: 240 dollars of profit. Posted 1000 - 0.12, margin 240.
    let mut venue = stage::<E>(1_000);
    trade(&mut venue, (1, 2), CONTRACT.0, Side::Buy, 10, 2 * DOLLAR);
    venue.operate(Command::OpenSubAccount { account: AccountId(11), master: AccountId(1) }).unwrap();
    let (asset, most) = (AssetId::USD, 1_000 * DOLLAR - 120_000 - 240 * DOLLAR);
    let withdraw = |amount| {
        let (account, amount) = (AccountId(1), Amount(amount));
        Command::RequestWithdrawal { account, asset, amount, reference: 1 }
    };
    let transfer = |amount| {
        let (from, to, amount) = (AccountId(1), AccountId(11), Amount(amount));
        Command::TransferFunds { from, to, asset, amount, reference: 1 }
    };
    for command in [withdraw(most), transfer(most)] {
        venue.clone().send(engine::ids::KeyId(1), command).unwrap();
    }
    vec![
        RowOf::of_account(&[64], &venue, 1, withdraw(most + 1)),
        RowOf::of_account(&[64], &venue, 1, transfer(most + 1)),
    ]
}

/// Limits that are lowered, an array that has expired and a margin that is missing stop nothing that lowers what could be owed.
#[test]
fn what_reduces_is_taken() {
    fn check<E: Stage>() {
        let mut venue = stage::<E>(1_000);
        trade(&mut venue, (1, 2), CONTRACT.0, Side::Buy, 10, 3 * DOLLAR);
        let margin = SeriesMargin { position_max: Lots(1), open_interest_max: Lots(1), ..LENIENT };
        venue.operate(Command::SetMargin { series: SERIES, margin }).unwrap();
        process(&mut venue);
        // 10 x 96 is more than there is.
        let dear = array(&venue, 8, 3 * DOLLAR, moves(&venue, 8, 0, 34 * DOLLAR).losses.map(|loss| loss.0));
        publish(&mut venue, CONTRACT, dear).unwrap();
        process(&mut venue);
        venue.now = venue.now.plus_micros(2 * DAY_MICROS);
        let numbers = |venue: &mut VenueOf<E>, side, lots| {
            let answer = venue.clone().submit(order(1, side, lots, 3 * DOLLAR, "order"));
            answer.map_err(|refused| refused.number()).map(|_| ())
        };
        for lots in [1, 9, 10] {
            assert_eq!(numbers(&mut venue, Side::Sell, lots), Ok(()), "{lots}");
        }
        // Twenty would turn the position without making it larger; what opens is above the limit of open interest.
        assert_eq!(numbers(&mut venue, Side::Sell, 11), Err(74));
        assert_eq!(numbers(&mut venue, Side::Sell, 20), Err(74));
        assert_eq!(numbers(&mut venue, Side::Sell, 21), Err(69));
        assert_eq!(numbers(&mut venue, Side::Buy, 1), Err(69));
        let margin = SeriesMargin { position_max: Lots(1), ..LENIENT };
        venue.operate(Command::SetMargin { series: SERIES, margin }).unwrap();
        process(&mut venue);
        assert_eq!(numbers(&mut venue, Side::Sell, 20), Ok(()));
        assert_eq!(numbers(&mut venue, Side::Sell, 21), Err(69));
        venue.operate(Command::SetMargin { series: SERIES, margin: LENIENT }).unwrap();
        process(&mut venue);
        assert_eq!(numbers(&mut venue, Side::Sell, 21), Err(68));
        venue.credit(1, 10_000);
        assert_eq!(numbers(&mut venue, Side::Sell, 21), Err(53));
        assert_eq!(numbers(&mut venue, Side::Sell, 20), Ok(()));
    }
    check::<Twin>();
    check::<Engine>();
}
