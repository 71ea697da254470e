//! An account's statement of a business day: from the opening balance through every movement to the closing one.

use engine::ids::{AccountId, AssetId, InstrumentId};
use engine::ledger::LedgerAccount;
use engine::units::{Amount as Units, Cash, Day, Position};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::extract::day_text;
use crate::http::numbers::{Amount, Quantity};
use crate::settle::report::price_of;
use crate::settle::table::Section;
use crate::venue::Directory;
use crate::venue::projections::{Books, HeldRow, PostingRow, ProjectionError, TotalRow, ledger_account_name};

/// Movements that a statement lists one by one; its sums contain all of them.
pub const MOVEMENTS_MAX: u32 = 50_000;

/// What an account had, what moved, and what it had then.
///
/// The business day of a movement is that of the settlement it belongs to, and of anything else the UTC day of its moment. The
/// closing balance of a day is the opening balance of the next, and of the last one the balance of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Statement {
    /// Whose.
    pub account: u32,
    /// The business day.
    pub day: String,
    /// The last command that it takes in. While the day is not settled, more may come.
    pub seq: u64,
    /// Each asset that the account has ever had.
    pub balances: Vec<StatementBalance>,
    /// What the movements of each reason add up to.
    pub totals: Vec<StatementTotal>,
    /// Each movement, in the order of the journal.
    pub movements: Vec<Movement>,
    /// Movements that there was no room to list; the sums contain them.
    pub movements_omitted: u64,
    /// Positions at the end of the day: at its settlement, or where that is still to come, at midnight.
    pub positions: Vec<StatementPosition>,
}

/// The balance of an asset.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatementBalance {
    /// The asset.
    pub asset: String,
    /// When the day began.
    pub opening: Quantity,
    /// When it ended.
    pub closing: Quantity,
    /// What the account owed the venue then.
    pub owed: Quantity,
}

/// The sum of one reason.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatementTotal {
    /// The asset.
    pub asset: String,
    /// `deposit`, `withdrawal`, `internal`, `fee`, `rebate`, `purchase`, `variation`, `funding`, `shortfall`, `repayment`.
    pub reason: String,
    /// How much; negative if it left the account.
    pub amount: Quantity,
}

/// A movement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Movement {
    /// The command that led to it.
    pub seq: u64,
    /// When.
    pub ts_us: i64,
    /// Why; see the totals.
    pub reason: String,
    /// What it was for: `trade`, `settlement`, `withdrawal` or `command`, and its number.
    pub reference: String,
    /// The contract, if it was about one.
    pub instrument: Option<String>,
    /// The asset.
    pub asset: String,
    /// How much; negative if it left the account.
    pub amount: Quantity,
}

/// A position.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatementPosition {
    /// The contract.
    pub instrument: String,
    /// Whole contracts; negative if short.
    pub lots: i64,
    /// The latest settlement price up to the day, in USD per GPU-hour; `null` before the first one.
    pub settlement_price: Option<Amount>,
    /// The business day of that.
    pub settled_day: Option<String>,
    /// What the position cost since it was last settled.
    pub cost: Amount,
    /// `lots × value of a lot − cost`: zero if the day is settled, since variation margin has paid it.
    pub unrealised: Option<Amount>,
}

/// Reads an account's statement.
///
/// # Errors
/// If the history fails.
pub async fn read(
    books: &mut Books,
    directory: &Directory,
    account: AccountId,
    day: Day,
) -> Result<Statement, ProjectionError> {
    let customer = ledger_account_name(LedgerAccount::Customer(account));
    let receivable = ledger_account_name(LedgerAccount::Receivable(account));
    let opening = books.opening(&customer, day).await?;
    let totals = books.totals(&customer, day).await?;
    let owed = books.opening(&receivable, Day(day.0 + 1)).await?;
    let movements = books.postings(&customer, day, MOVEMENTS_MAX).await?;
    let listed = u64::try_from(movements.len()).unwrap_or(u64::MAX);
    let movements_omitted = books.postings_count(&customer, day).await?.saturating_sub(listed);
    let names = Names(directory);

    let mut assets: Vec<AssetId> = opening.iter().chain(&totals).map(|row| row.asset).collect();
    assets.sort_unstable();
    assets.dedup();
    let sum =
        |rows: &[TotalRow], asset| -> i64 { rows.iter().filter(|row| row.asset == asset).map(|row| row.amount).sum() };
    let balance = |asset: AssetId| StatementBalance {
        asset: names.asset(asset),
        opening: names.quantity(asset, sum(&opening, asset)),
        closing: names.quantity(asset, sum(&opening, asset) + sum(&totals, asset)),
        owed: names.quantity(asset, -sum(&owed, asset)),
    };
    Ok(Statement {
        account: account.0,
        day: day_text(day),
        seq: books.offset().0,
        balances: assets.into_iter().map(balance).collect(),
        totals: totals.iter().map(|row| names.total(row)).collect(),
        movements: movements.into_iter().map(|row| names.movement(row)).collect(),
        movements_omitted,
        positions: positions(books, directory, account, day).await?,
    })
}

/// The positions at the end of a business day that are not flat, by contract.
///
/// # Errors
/// If the history fails.
pub async fn positions(
    books: &mut Books,
    directory: &Directory,
    account: AccountId,
    day: Day,
) -> Result<Vec<StatementPosition>, ProjectionError> {
    let mut held = Vec::new();
    for row in books.held(account, day).await? {
        let Some(terms) = directory.terms_of(row.instrument).filter(|terms| terms.series().is_some()) else { continue };
        held.push(Held::of(&row, i64::from(terms.hours().0)));
    }
    add_cascades(books, directory, account, day, &mut held).await?;
    let mut positions = Vec::new();
    for held in held.into_iter().filter(|held| held.position != Position::FLAT || held.cost != Cash::ZERO) {
        let Some(terms) = directory.terms_of(held.instrument) else { continue };
        let settled = books.valued(held.instrument, day).await?;
        positions.push(StatementPosition {
            instrument: terms.symbol.to_string(),
            lots: held.position.0,
            settlement_price: settled.as_ref().map(|settled| price_of(settled.value_per_lot, &terms)),
            settled_day: settled.as_ref().map(|settled| day_text(settled.day)),
            cost: held.cost.into(),
            unrealised: settled.map(|settled| Cash(settled.value_per_lot.0 * held.position.0 - held.cost.0).into()),
        });
    }
    Ok(positions)
}

/// A position with what it cost.
struct Held {
    instrument: InstrumentId,
    seq: u64,
    position: Position,
    cost: Cash,
}

impl Held {
    fn of(row: &HeldRow, hours: i64) -> Held {
        let (settled, value) = row.settled.unwrap_or((Position::FLAT, Cash::ZERO));
        Held {
            instrument: row.instrument,
            seq: row.seq,
            position: Position(settled.0 + row.lots),
            cost: Cash(value.0 * settled.0 + row.price_lots * hours) + row.value,
        }
    }
}

/// What cascades opened and nothing has settled since.
async fn add_cascades(
    books: &mut Books,
    directory: &Directory,
    account: AccountId,
    day: Day,
    held: &mut Vec<Held>,
) -> Result<(), ProjectionError> {
    for cascade in books.cascades(account, day).await? {
        let strip = directory.terms_of(cascade.instrument).and_then(|terms| terms.strip());
        for &leg in strip.iter().flat_map(|strip| strip.legs.as_slice()) {
            let place = held.iter().position(|held| held.instrument == leg).unwrap_or_else(|| {
                held.push(Held { instrument: leg, seq: 0, position: Position::FLAT, cost: Cash::ZERO });
                held.len() - 1
            });
            let of_leg = &mut held[place];
            if of_leg.seq < cascade.seq
                && let Some(settled) = books.valued(leg, cascade.day).await?
            {
                of_leg.position = Position(of_leg.position.0 + cascade.position.0);
                of_leg.cost += Cash(settled.value_per_lot.0 * cascade.position.0);
            }
        }
    }
    held.sort_by_key(|held| held.instrument);
    Ok(())
}

impl Statement {
    /// The statement in parts, for a file.
    pub fn sections(&self) -> Vec<Section> {
        let balance = |row: &StatementBalance| {
            vec![row.asset.clone(), row.opening.to_string(), row.closing.to_string(), row.owed.to_string()]
        };
        let movement = |row: &Movement| {
            let instrument = row.instrument.clone().unwrap_or_default();
            let (seq, ts_us) = (row.seq.to_string(), row.ts_us.to_string());
            vec![
                seq,
                ts_us,
                row.reason.clone(),
                row.reference.clone(),
                instrument,
                row.asset.clone(),
                row.amount.to_string(),
            ]
        };
        let total = |row: &StatementTotal| vec![row.reason.clone(), row.asset.clone(), row.amount.to_string()];
        let shown = |amount: Option<Amount>| amount.map(|amount| amount.to_string()).unwrap_or_default();
        let position = |row: &StatementPosition| {
            let (price, day) = (shown(row.settlement_price), row.settled_day.clone().unwrap_or_default());
            vec![row.instrument.clone(), row.lots.to_string(), price, day, row.cost.to_string(), shown(row.unrealised)]
        };
        let movement_columns = ["seq", "ts_us", "reason", "reference", "instrument", "asset", "amount"];
        let position_columns = ["instrument", "lots", "settlement_price", "settled_day", "cost", "unrealised"];
        vec![
            Section::new("balance", &["asset", "opening", "closing", "owed"]).with(self.balances.iter().map(balance)),
            Section::new("movement", &movement_columns).with(self.movements.iter().map(movement)),
            Section::new("total", &["reason", "asset", "amount"]).with(self.totals.iter().map(total)),
            Section::new("position", &position_columns).with(self.positions.iter().map(position)),
        ]
    }

    /// What it is.
    pub fn title(&self) -> String {
        format!("Account {}, {}", self.account, self.day)
    }
}

/// Turns numbers into what people call things.
pub(super) struct Names<'a>(pub(super) &'a Directory);

impl Names<'_> {
    pub(super) fn asset(&self, asset: AssetId) -> String {
        self.0.asset_of(asset).map_or_else(|| asset.to_string(), |listed| listed.symbol.to_string())
    }

    pub(super) fn quantity(&self, asset: AssetId, amount: i64) -> Quantity {
        Quantity::of(Units(amount), self.0.asset_of(asset).map_or(0, |listed| listed.decimals))
    }

    pub(super) fn instrument(&self, instrument: InstrumentId) -> String {
        self.0.symbol(instrument).map_or_else(|| instrument.to_string(), |symbol| symbol.to_string())
    }

    fn total(&self, row: &TotalRow) -> StatementTotal {
        let amount = self.quantity(row.asset, row.amount);
        StatementTotal { asset: self.asset(row.asset), reason: row.reason.clone(), amount }
    }

    fn movement(&self, row: PostingRow) -> Movement {
        Movement {
            seq: row.seq,
            ts_us: row.ts_us,
            reason: row.reason,
            reference: format!("{} {}", row.reference_kind, row.reference),
            instrument: row.instrument.map(|instrument| self.instrument(instrument)),
            asset: self.asset(row.asset),
            amount: self.quantity(row.asset, row.amount),
        }
    }
}
