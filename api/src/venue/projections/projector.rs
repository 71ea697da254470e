//! The side of the history that follows the commits.

use std::time::Duration;

use engine::command::FixingStage;
use engine::event::{Event, FixingRung, PositionReason, Trade};
use engine::ids::{Seq, TransferId};
use engine::vaults::{Revenue, VaultEvent};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite, Transaction};
use tokio::sync::{mpsc, watch};

use crate::venue::machines::Happening;
use crate::venue::projections::postings::Postings;
use crate::venue::projections::{ProjectionError, batches, settlement_kind_name, settlement_rung_name, signed};
use crate::venue::sequencer::Committed;

/// How often the history tries to take over a batch before it gives up.
const ATTEMPTS_MAX: u32 = 60;
/// How long it waits in between, on top of SQLite's own patience of five seconds.
const ATTEMPT_PAUSE: Duration = Duration::from_secs(1);

/// The side of the history that follows the commits.
#[derive(Debug)]
pub struct Projector {
    connection: SqliteConnection,
    offset: u64,
    progress: watch::Sender<u64>,
}

impl Projector {
    pub(super) fn new(connection: SqliteConnection, offset: u64, progress: watch::Sender<u64>) -> Projector {
        Projector { connection, offset, progress }
    }

    /// The last command that the history has taken over.
    pub fn offset(&self) -> Seq {
        Seq(self.offset)
    }

    /// Checks that the history has not come further than the journal it belongs to.
    ///
    /// # Errors
    /// If it has.
    pub fn check_end(&self, journal_end: Seq) -> Result<(), ProjectionError> {
        if self.offset > journal_end.0 {
            return Err(ProjectionError::Ahead { offset: self.offset, last: journal_end.0 });
        }
        Ok(())
    }

    /// Follows the commits until there are no more. Whoever locks the file makes it wait, not stop.
    ///
    /// # Errors
    /// If the database fails again and again.
    pub async fn run(mut self, mut commits: mpsc::Receiver<Committed>) -> Result<(), ProjectionError> {
        while let Some(committed) = commits.recv().await {
            let mut attempt = 1;
            while let Err(error) = self.take_over(&committed).await {
                if attempt == ATTEMPTS_MAX {
                    return Err(error);
                }
                tracing::warn!(%error, attempt, "the history waits");
                attempt += 1;
                tokio::time::sleep(ATTEMPT_PAUSE).await;
            }
        }
        Ok(())
    }

    /// Takes over a batch, once: what the history has already is left out.
    ///
    /// # Errors
    /// If the database fails; nothing of the batch was taken over then.
    pub async fn take_over(&mut self, committed: &Committed) -> Result<(), ProjectionError> {
        if committed.last_seq.0 <= self.offset {
            return Ok(());
        }
        let mut transaction = self.connection.begin().await?;
        let (mut names, mut postings) = (Vec::new(), Postings::default());
        for (stamp, happenings) in committed.outcomes.iter().filter(|(stamp, _)| stamp.seq.0 > self.offset) {
            postings.begin();
            for happening in happenings {
                if let Happening::Exchange(event) = happening {
                    project(&mut transaction, stamp.seq, stamp.time.0, event).await?;
                    postings.note(&mut transaction, stamp, event).await?;
                    names.extend(order_name(event));
                }
            }
        }
        insert_order_names(&mut transaction, &names).await?;
        postings.insert(&mut transaction).await?;
        sqlx::query("update projection_offset set seq = max(seq, ?)")
            .bind(signed(committed.last_seq.0))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.offset = self.offset.max(committed.last_seq.0);
        self.progress.send_replace(self.offset);
        Ok(())
    }
}

/// What its owner calls an order that was accepted.
fn order_name(event: &Event) -> Option<(u64, String)> {
    match event {
        Event::OrderAccepted { order, request, .. } => Some((order.0, request.client_order_id.to_string())),
        _ => None,
    }
}

async fn project(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    event: &Event,
) -> Result<(), sqlx::Error> {
    match *event {
        Event::Traded(trade) => insert_trade(transaction, seq, ts_us, &trade).await,
        Event::LegsTraded { .. } => insert_legs(transaction, event).await,
        Event::FixingRecorded { .. } => insert_fixing(transaction, seq, ts_us, event).await,
        Event::SettlementStarted { .. } | Event::PositionSettled { .. } | Event::SettlementCompleted { .. } => {
            insert_settlement(transaction, seq, ts_us, event).await
        }
        Event::PositionTransferred { .. } => insert_position_transfer(transaction, seq, ts_us, event).await,
        Event::Vault(VaultEvent::RevenueRecorded(revenue)) => insert_revenue(transaction, seq, ts_us, &revenue).await,
        Event::TransferPending { .. } => insert_withdrawal(transaction, ts_us, event).await,
        Event::TransferPosted { transfer } => end_withdrawal(transaction, transfer, "posted", ts_us).await,
        Event::TransferVoided { transfer } => end_withdrawal(transaction, transfer, "voided", ts_us).await,
        Event::BatchCut { .. } | Event::BatchConfirmed { .. } => batches::project(transaction, seq, ts_us, event).await,
        _ => Ok(()),
    }
}

async fn insert_revenue(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    revenue: &Revenue,
) -> Result<(), sqlx::Error> {
    let Revenue { vault, sold, rate, cost, kept, shortfall, holders, sponsor, per_share, carried, exported } = *revenue;
    let mut insert = sqlx::query("insert into vault_revenues values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(vault.0)
        .bind(signed(sold.number))
        .bind(signed(seq.0))
        .bind(ts_us)
        .bind(sold.day.0)
        .bind(signed(sold.gpu_seconds))
        .bind(rate.0);
    for cash in [sold.gross, cost, kept, shortfall, holders, sponsor, per_share, carried, exported] {
        insert = insert.bind(cash.0);
    }
    insert.execute(&mut **transaction).await?;
    Ok(())
}

async fn insert_fixing(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let Event::FixingRecorded { series, day, stage, price, rung } = *event else { return Ok(()) };
    sqlx::query("insert into fixings (series, day, stage, seq, ts_us, price, rung) values (?, ?, ?, ?, ?, ?, ?)
                 on conflict do update set seq = excluded.seq, ts_us = excluded.ts_us, price = excluded.price, rung = excluded.rung")
        .bind(series.0)
        .bind(day.0)
        .bind(stage_name(stage))
        .bind(signed(seq.0))
        .bind(ts_us)
        .bind(price.0)
        .bind(fixing_rung_name(rung))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn insert_settlement(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let query = match *event {
        Event::SettlementStarted { instrument, day, kind, value_per_lot, rung } => sqlx::query(
            "insert into settlements (seq, ts_us, instrument, day, kind, value_per_lot, rung) values (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(signed(seq.0))
        .bind(ts_us)
        .bind(instrument.0)
        .bind(day.0)
        .bind(settlement_kind_name(kind))
        .bind(value_per_lot.0)
        .bind(settlement_rung_name(rung)),
        // The settlement it belongs to is the latest one that started in this contract.
        Event::PositionSettled { instrument, account, position, variation } => sqlx::query(
            "insert into variations (account, instrument, settlement, seq, day, kind, position, variation)
             select ?, instrument, seq, ?, day, kind, ?, ? from settlements where instrument = ? order by seq desc limit 1",
        )
        .bind(account.0)
        .bind(signed(seq.0))
        .bind(position.0)
        .bind(variation.0)
        .bind(instrument.0),
        Event::SettlementCompleted { instrument, .. } => sqlx::query(
            "update settlements set completed_seq = ?1 where seq =
                (select seq from settlements where instrument = ?2 order by seq desc limit 1)",
        )
        .bind(signed(seq.0))
        .bind(instrument.0),
        _ => return Ok(()),
    };
    query.execute(&mut **transaction).await?;
    Ok(())
}

async fn insert_position_transfer(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let Event::PositionTransferred { instrument, from, to, lots, value, reason } = *event else { return Ok(()) };
    for (account, sign) in [(from, -1), (to, 1)] {
        sqlx::query(
            "insert into position_transfers values (?1, 1 + coalesce(
                (select max(account_sequence) from position_transfers where account = ?1), 0), ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(account.0)
        .bind(signed(seq.0))
        .bind(ts_us)
        .bind(instrument.0)
        .bind(sign * lots.0)
        .bind(sign * value.0)
        .bind(position_reason_name(reason))
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn insert_withdrawal(
    transaction: &mut Transaction<'_, Sqlite>,
    ts_us: i64,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let Event::TransferPending { transfer, account, asset, amount } = *event else { return Ok(()) };
    sqlx::query(
        "insert into withdrawals (transfer, account, asset, amount, state, ts_us) values (?, ?, ?, ?, 'pending', ?)",
    )
    .bind(signed(transfer.0))
    .bind(account.0)
    .bind(asset.0)
    .bind(amount.0)
    .bind(ts_us)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn end_withdrawal(
    transaction: &mut Transaction<'_, Sqlite>,
    transfer: TransferId,
    state: &str,
    ts_us: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("update withdrawals set state = ?, ended_ts_us = ? where transfer = ?")
        .bind(state)
        .bind(ts_us)
        .bind(signed(transfer.0))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn insert_trade(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    trade: &Trade,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into trades values (?1, ?2, ?3, ?4, 1 + coalesce(
            (select instrument_sequence from trades where instrument = ?4 order by trade_id desc limit 1), 0), ?5, ?6, ?7)",
    )
    .bind(signed(trade.trade.0))
    .bind(signed(seq.0))
    .bind(ts_us)
    .bind(trade.instrument.0)
    .bind(trade.price.0)
    .bind(trade.lots.0)
    .bind(trade.taker_side.to_string())
    .execute(&mut **transaction)
    .await?;
    for (liquidity, side) in [("taker", &trade.taker), ("maker", &trade.maker)] {
        sqlx::query(
            "insert into fills values (?1, 1 + coalesce(
                (select max(account_sequence) from fills where account = ?1), 0), ?2, ?3, ?4, ?5, ?6)",
        )
        .bind(side.account.0)
        .bind(signed(trade.trade.0))
        .bind(trade.instrument.0)
        .bind(signed(side.order.0))
        .bind(liquidity)
        .bind(side.fee.0)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Of a spread's trade, which is the latest one.
async fn insert_legs(transaction: &mut Transaction<'_, Sqlite>, event: &Event) -> Result<(), sqlx::Error> {
    let Event::LegsTraded { near, near_price, far, far_price } = *event else { return Ok(()) };
    sqlx::query("insert into spread_trades select max(trade_id), ?, ?, ?, ? from trades")
        .bind(near.0)
        .bind(near_price.0)
        .bind(far.0)
        .bind(far_price.0)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Keeps the names of a batch's orders. One statement for all: there are many more orders than trades, and each statement has to
/// travel to the database's thread and back.
async fn insert_order_names(
    transaction: &mut Transaction<'_, Sqlite>,
    names: &[(u64, String)],
) -> Result<(), sqlx::Error> {
    if names.is_empty() {
        return Ok(());
    }
    let names = serde_json::to_string(names).expect("numbers and texts are JSON");
    sqlx::query("insert into order_names select value ->> 0, value ->> 1 from json_each(?)")
        .bind(names)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn position_reason_name(reason: PositionReason) -> &'static str {
    match reason {
        PositionReason::Backstop => "backstop",
        PositionReason::Deleveraging => "deleveraging",
    }
}

fn stage_name(stage: FixingStage) -> &'static str {
    match stage {
        FixingStage::Provisional => "provisional",
        FixingStage::Final => "final",
    }
}

fn fixing_rung_name(rung: FixingRung) -> &'static str {
    match rung {
        FixingRung::Fixing => "fixing",
        FixingRung::LastFinal => "last_final",
    }
}
