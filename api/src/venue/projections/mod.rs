//! What happened, kept searchable in SQLite beside the journal. Derived: it follows the commits and can be rebuilt from them.

use std::path::Path;

use engine::event::SettlementRung;
use engine::instrument::SettlementKind;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::watch;

pub use batches::{BatchRow, BatchRows, CutRow};
pub use books::{Books, CascadeRow, HeldRow, PostedRow, PostingRow, TotalRow};
pub use history::{History, Whose};
pub use postings::{ledger_account_name, transfer_reason_name};
pub use projector::Projector;
pub use rows::{
    FillRow, FixingRow, PositionTransferRow, SettlementRow, TradeRow, VariationRow, VaultRevenueRow, WithdrawalRow,
};

mod batches;
mod books;
mod history;
mod postings;
mod projector;
mod rows;

/// What went wrong with a projection.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The database failed.
    #[error("the history's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the history's schema could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Nothing follows the commits any more.
    #[error("the history has stopped; the venue goes on, and a restart brings it up to date")]
    Stopped,
    /// It follows, but not fast enough.
    #[error("the history is behind the journal; ask again in a moment")]
    Behind,
    /// The file belongs to another journal.
    #[error("the history is at command {offset} but the journal ends at {last}")]
    Ahead {
        /// How far the history has come.
        offset: u64,
        /// How far the journal goes.
        last: u64,
    },
}

/// Opens the history at `path`, creating it if need be.
///
/// # Errors
/// If the database fails.
pub async fn open(path: &Path) -> Result<(History, Projector), ProjectionError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // The journal is the durable one; a history that lost its end takes it over again.
        .synchronous(SqliteSynchronous::Normal)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    sqlx::migrate!("../migrations/projections").run(&mut connection).await?;
    let offset: i64 = sqlx::query_scalar("select seq from projection_offset").fetch_one(&mut connection).await?;
    // The one that follows the commits has a connection of its own, so that no flood of readers keeps it waiting.
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
    let offset = u64::try_from(offset).expect("the schema keeps it above zero");
    let (progress, watched) = watch::channel(offset);
    Ok((History::new(pool, watched), Projector::new(connection, offset, progress)))
}

/// The name of a settlement's rung at the API.
pub fn settlement_rung_name(rung: SettlementRung) -> &'static str {
    match rung {
        SettlementRung::Fixings => "fixings",
        SettlementRung::LastTrade => "last_trade",
        SettlementRung::Midpoint => "midpoint",
        SettlementRung::PreviousSettlement => "previous_settlement",
        SettlementRung::LatestFixing => "latest_fixing",
        SettlementRung::VolumeWeighted => "volume_weighted",
        SettlementRung::Reference => "reference",
        SettlementRung::Legs => "legs",
        SettlementRung::Premium => "premium",
        SettlementRung::Undelivered => "undelivered",
    }
}

/// The name of a settlement's kind at the API.
pub fn settlement_kind_name(kind: SettlementKind) -> &'static str {
    match kind {
        SettlementKind::Daily => "daily",
        SettlementKind::Final => "final",
        SettlementKind::Cascade => "cascade",
        SettlementKind::Funding => "funding",
    }
}

/// SQLite keeps integers in 63 bits; sequence numbers stay below.
fn signed(value: u64) -> i64 {
    i64::try_from(value).expect("sequence numbers stay below 2^63")
}
