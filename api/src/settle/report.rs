//! The report of a business day: what was settled, what moved, the books, and the state it led to.

use engine::ids::AssetId;
use engine::instrument::Terms;
use engine::units::{Cash, Day};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::extract::day_text;
use crate::http::market_data::per_hour;
use crate::http::numbers::{Amount, Quantity};
use crate::settle::plan::{Job, JobKind};
use crate::settle::register::{Entry, Register, RegisterError};
use crate::settle::statement::Names;
use crate::settle::table::Section;
use crate::venue::Directory;
use crate::venue::projections::{Books, PostedRow, ProjectionError, TotalRow};

/// A business day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DayReport {
    /// Which.
    pub day: String,
    /// The last command that it takes in.
    pub seq: u64,
    /// Its settlements, in the order in which they started.
    pub settlements: Vec<SettlementLine>,
    /// What the accounts received in them.
    pub received: Amount,
    /// What they paid, as a positive amount: the same, once everything is posted.
    pub paid: Amount,
    /// What trading brought the venue on that day, less rebates.
    pub fees: Amount,
    /// What accounts could not pay.
    pub shortfalls: Amount,
    /// Everything that moved, by class of ledger accounts and reason.
    pub movements: Vec<MovementLine>,
    /// The ledger at the end of the day, by class of accounts; each asset sums to zero.
    pub trial_balance: Vec<BalanceLine>,
    /// The jobs of the day and the state they led to.
    pub jobs: Vec<JobLine>,
}

/// A settlement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SettlementLine {
    /// The contract.
    pub instrument: String,
    /// `daily`, `final`, `cascade` or `funding`.
    pub kind: String,
    /// What a lot was worth per GPU-hour, to the nearest micro-USD; for reading only.
    pub price: Amount,
    /// What a lot was worth in USD; exact. Of funding: what a lot paid.
    pub value_per_lot: Amount,
    /// Where that came from.
    pub rung: String,
    /// Accounts that were settled.
    pub accounts: u64,
    /// What they received.
    pub received: Amount,
    /// What they paid, as a positive amount.
    pub paid: Amount,
    /// Whether its last account was posted.
    pub complete: bool,
}

/// What moved for one reason in one class of ledger accounts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MovementLine {
    /// `customer`, `fees`, `outside`, `variation` or `receivable`.
    pub account: String,
    /// Why.
    pub reason: String,
    /// The asset.
    pub asset: String,
    /// How much; negative if it left.
    pub amount: Quantity,
}

/// The balance of a class of ledger accounts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BalanceLine {
    /// `customer`, `fees`, `outside`, `variation` or `receivable`.
    pub account: String,
    /// The asset.
    pub asset: String,
    /// Its balance.
    pub posted: Quantity,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct JobLine {
    /// `daily` or `final`.
    pub kind: String,
    /// The business day.
    pub day: String,
    /// `running` or `done`.
    pub state: String,
    /// The key that asked first; zeros are the venue's own schedule.
    pub key: String,
    /// Settlements that were due.
    pub settlements: usize,
    /// The last command of the state it led to; `null` until it is done.
    pub seq: Option<u64>,
    /// The hash of that state.
    pub state_hash: Option<String>,
    /// The last command of the journal's last durable batch then.
    pub head_seq: Option<u64>,
    /// The hash of that batch.
    pub journal_head: Option<String>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The history failed.
    #[error(transparent)]
    History(#[from] ProjectionError),
    /// The register of jobs failed.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// The value of a lot per GPU-hour, for reading.
pub(super) fn price_of(value_per_lot: Cash, terms: &Terms) -> Amount {
    per_hour(value_per_lot.into(), terms)
}

/// Reads the report of a day.
///
/// # Errors
/// If the history or the register fails.
pub async fn read(
    books: &mut Books,
    directory: &Directory,
    register: &Register,
    day: Day,
) -> Result<DayReport, ReportError> {
    let names = Names(directory);
    let posted = books.posted(day).await?;
    let moved = books.reasons(day).await?;
    let settled = |row: &PostedRow| line_of(directory, row);
    let sum = |of: fn(&PostedRow) -> Cash| posted.iter().fold(Cash::ZERO, |sum, row| sum + of(row));
    let dollars = |account: &str, reasons: &[&str]| -> i64 {
        let counts = |row: &&TotalRow| {
            row.asset == AssetId::USD && row.ledger == account && reasons.contains(&row.reason.as_str())
        };
        moved.iter().filter(counts).map(|row| row.amount).sum()
    };
    let mut jobs = Vec::new();
    for kind in [JobKind::Daily, JobKind::Final] {
        jobs.extend(register.find(Job { kind, day }).await?.map(|entry| JobLine::of(&entry)));
    }
    Ok(DayReport {
        day: day_text(day),
        seq: books.offset().0,
        settlements: posted.iter().map(settled).collect(),
        received: sum(|row| row.received).into(),
        paid: sum(|row| row.paid).into(),
        fees: Amount(dollars("fees", &["fee", "rebate"])),
        shortfalls: Amount(-dollars("receivable", &["shortfall"])),
        movements: moved
            .iter()
            .map(|row| MovementLine {
                account: row.ledger.clone(),
                reason: row.reason.clone(),
                asset: names.asset(row.asset),
                amount: names.quantity(row.asset, row.amount),
            })
            .collect(),
        trial_balance: books
            .trial_balance(day)
            .await?
            .into_iter()
            .map(|row| BalanceLine {
                asset: names.asset(row.asset),
                posted: names.quantity(row.asset, row.amount),
                account: row.ledger,
            })
            .collect(),
        jobs,
    })
}

fn line_of(directory: &Directory, row: &PostedRow) -> SettlementLine {
    let settlement = &row.settlement;
    let terms = directory.terms_of(settlement.instrument);
    SettlementLine {
        instrument: Names(directory).instrument(settlement.instrument),
        kind: settlement.kind.clone(),
        price: terms.map_or(Amount(0), |terms| price_of(settlement.value_per_lot, &terms)),
        value_per_lot: settlement.value_per_lot.into(),
        rung: settlement.rung.clone(),
        accounts: row.accounts,
        received: row.received.into(),
        paid: row.paid.into(),
        complete: row.is_complete,
    }
}

impl JobLine {
    /// An entry of the register as it is shown.
    pub fn of(entry: &Entry) -> JobLine {
        let end = entry.end.as_ref();
        JobLine {
            kind: entry.job.kind.to_string(),
            day: day_text(entry.job.day),
            state: if end.is_some() { "done" } else { "running" }.to_owned(),
            key: entry.key.to_string(),
            settlements: entry.tasks.len(),
            seq: end.map(|end| end.seq.0),
            state_hash: end.map(|end| end.state_hash.clone()),
            head_seq: end.map(|end| end.head_seq.0),
            journal_head: end.map(|end| end.head.clone()),
        }
    }
}

impl DayReport {
    /// The report in parts, for a file.
    pub fn sections(&self) -> Vec<Section> {
        let settlement = |row: &SettlementLine| {
            let amounts = [row.price, row.value_per_lot, row.received, row.paid].map(|amount| amount.to_string());
            let [price, value_per_lot, received, paid] = amounts;
            let (accounts, complete) = (row.accounts.to_string(), row.complete.to_string());
            let (instrument, kind, rung) = (row.instrument.clone(), row.kind.clone(), row.rung.clone());
            vec![instrument, kind, price, value_per_lot, rung, accounts, received, paid, complete]
        };
        let movement = |row: &MovementLine| {
            vec![row.account.clone(), row.reason.clone(), row.asset.clone(), row.amount.to_string()]
        };
        let balance = |row: &BalanceLine| vec![row.account.clone(), row.asset.clone(), row.posted.to_string()];
        let job = |row: &JobLine| {
            let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
            let hash = |value: &Option<String>| value.clone().unwrap_or_default();
            let (head_seq, head) = (number(row.head_seq), hash(&row.journal_head));
            vec![
                row.kind.clone(),
                row.state.clone(),
                row.key.clone(),
                number(row.seq),
                hash(&row.state_hash),
                head_seq,
                head,
            ]
        };
        let sums =
            [("received", self.received), ("paid", self.paid), ("fees", self.fees), ("shortfalls", self.shortfalls)];
        let columns =
            ["instrument", "kind", "price", "value_per_lot", "rung", "accounts", "received", "paid", "complete"];
        let job_columns = ["kind", "state", "key", "seq", "state_hash", "head_seq", "journal_head"];
        vec![
            Section::new("settlement", &columns).with(self.settlements.iter().map(settlement)),
            Section::new("sum", &["name", "amount"])
                .with(sums.map(|(name, sum)| vec![name.to_owned(), sum.to_string()])),
            Section::new("movement", &["account", "reason", "asset", "amount"])
                .with(self.movements.iter().map(movement)),
            Section::new("balance", &["account", "asset", "posted"]).with(self.trial_balance.iter().map(balance)),
            Section::new("job", &job_columns).with(self.jobs.iter().map(job)),
        ]
    }

    /// What it is.
    pub fn title(&self) -> String {
        format!("Business day {}", self.day)
    }
}
