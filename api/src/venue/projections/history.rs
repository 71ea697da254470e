//! The side of the history that is read.

use engine::ids::{AccountId, InstrumentId, Seq, SeriesId, TradeId, TransferId, VaultId};
use engine::units::Day;
use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool};
use tokio::sync::watch;

use crate::venue::projections::rows::{
    FillRow, FixingRow, FromRow, PositionTransferRow, SettlementRow, TradeRow, VariationRow, VaultRevenueRow,
    WithdrawalRow,
};
use crate::venue::projections::{ProjectionError, signed};

/// The history, for its many readers.
#[derive(Clone, Debug)]
pub struct History {
    pub(super) pool: SqlitePool,
    offset: watch::Receiver<u64>,
}

/// Which withdrawals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All of an account.
    Account(AccountId),
    /// Everybody's that the operator still has to post or void.
    Pending,
}

impl History {
    pub(super) fn new(pool: SqlitePool, offset: watch::Receiver<u64>) -> History {
        History { pool, offset }
    }

    /// Waits until the history holds everything up to a command: who was told that an order traded finds the trade.
    ///
    /// # Errors
    /// If the history has stopped before that: an old answer must not look like a new one.
    pub async fn caught_up(&self, seq: Seq) -> Result<(), ProjectionError> {
        let mut offset = self.offset.clone();
        offset.wait_for(|&offset| offset >= seq.0).await.map(drop).map_err(|_| ProjectionError::Stopped)
    }

    /// The trades of a contract before a trade id, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn trades(
        &self,
        instrument: InstrumentId,
        before: Option<TradeId>,
        limit: u32,
    ) -> Result<Vec<TradeRow>, ProjectionError> {
        let select = "select * from trades where instrument = ? and trade_id < ? order by trade_id desc limit ?";
        let before = before.map_or(i64::MAX, |trade| signed(trade.0));
        self.list(sqlx::query(select).bind(instrument.0).bind(before).bind(limit)).await
    }

    /// The fills of an account, in all contracts or in one, before a number, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn fills(
        &self,
        account: AccountId,
        instrument: Option<InstrumentId>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<FillRow>, ProjectionError> {
        let before = before.map_or(i64::MAX, signed);
        let query = match instrument {
            None => sqlx::query(
                "select * from fills join trades using (trade_id) left join order_names using (order_id)
                 left join spread_trades using (trade_id)
                 where account = ? and account_sequence < ? order by account_sequence desc limit ?",
            )
            .bind(account.0),
            Some(instrument) => sqlx::query(
                "select * from fills join trades using (trade_id) left join order_names using (order_id)
                 left join spread_trades using (trade_id)
                 where account = ? and fills.instrument = ? and account_sequence < ?
                 order by account_sequence desc limit ?",
            )
            .bind(account.0)
            .bind(instrument.0),
        };
        self.list(query.bind(before).bind(limit)).await
    }

    /// The values of a series behind a day and stage, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn fixings(
        &self,
        series: SeriesId,
        after: Option<(Day, String)>,
        limit: u32,
    ) -> Result<Vec<FixingRow>, ProjectionError> {
        // Within a day the provisional value was published first; `provisional` sorts behind `final`, hence descending.
        let select = "select * from fixings where series = ? and (day > ? or (day = ? and stage < ?))
                      order by day, stage desc limit ?";
        let (day, stage) = after.map_or((i32::MIN, String::new()), |(day, stage)| (day.0, stage));
        self.list(sqlx::query(select).bind(series.0).bind(day).bind(day).bind(stage).bind(limit)).await
    }

    /// The settlements of a contract behind a number, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn settlements(
        &self,
        instrument: InstrumentId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<SettlementRow>, ProjectionError> {
        let select = "select * from settlements where instrument = ? and seq > ? order by seq limit ?";
        self.list(sqlx::query(select).bind(instrument.0).bind(after.map_or(0, signed)).bind(limit)).await
    }

    /// What an account received in settlements of a contract behind the number of one, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn variations(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<VariationRow>, ProjectionError> {
        let select = "select * from variations where account = ? and instrument = ? and settlement > ?
                      order by settlement limit ?";
        let query = sqlx::query(select).bind(account.0).bind(instrument.0).bind(after.map_or(0, signed)).bind(limit);
        self.list(query).await
    }

    /// What changed an account's positions without a trade, before a number, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn position_transfers(
        &self,
        account: AccountId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<PositionTransferRow>, ProjectionError> {
        let select = "select * from position_transfers where account = ? and account_sequence < ?
                      order by account_sequence desc limit ?";
        let before = before.map_or(i64::MAX, signed);
        self.list(sqlx::query(select).bind(account.0).bind(before).bind(limit)).await
    }

    /// The entries of revenue of a vault before a number, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn vault_revenues(
        &self,
        vault: VaultId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<VaultRevenueRow>, ProjectionError> {
        let select = "select * from vault_revenues where vault = ? and number < ? order by number desc limit ?";
        let before = before.map_or(i64::MAX, signed);
        self.list(sqlx::query(select).bind(vault.0).bind(before).bind(limit)).await
    }

    /// The withdrawals of an account, or of all that are pending, before a number, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn withdrawals(
        &self,
        whose: Whose,
        before: Option<TransferId>,
        limit: u32,
    ) -> Result<Vec<WithdrawalRow>, ProjectionError> {
        let before = before.map_or(i64::MAX, |transfer| signed(transfer.0));
        let query = match whose {
            Whose::Account(account) => sqlx::query(
                "select * from withdrawals where account = ? and transfer < ? order by transfer desc limit ?",
            )
            .bind(account.0),
            Whose::Pending => sqlx::query(
                "select * from withdrawals where state = 'pending' and transfer < ? order by transfer desc limit ?",
            ),
        };
        self.list(query.bind(before).bind(limit)).await
    }

    async fn list<T: FromRow>(&self, query: Query<'_, Sqlite, SqliteArguments>) -> Result<Vec<T>, ProjectionError> {
        let rows = query.fetch_all(&self.pool).await?;
        Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
    }
}
