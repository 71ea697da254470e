//! The ledger's postings as the history keeps them: two rows per transfer, with the day they count for and what they were for.

use std::collections::BTreeMap;

use engine::command::Stamp;
use engine::event::{Event, TransferReason};
use engine::ids::{AssetId, InstrumentId};
use engine::ledger::{LedgerAccount, Purse};
use engine::units::Day;
use sqlx::{Row, Sqlite, Transaction};

use crate::venue::projections::signed;

/// The postings of a batch, gathered so that one statement writes them all: there are more of them than of anything else.
#[derive(Default)]
pub(super) struct Postings {
    rows: Vec<Posting>,
    /// The latest settlement of each contract that this batch posts.
    settlements: BTreeMap<InstrumentId, Cause>,
    cause: Option<Cause>,
    part: u32,
}

/// What the transfers of a command are for.
#[derive(Clone, Copy)]
struct Cause {
    kind: &'static str,
    number: i64,
    instrument: Option<InstrumentId>,
    /// The business day, if it is not that of the moment.
    day: Option<Day>,
}

/// One side of a transfer.
struct Posting {
    stamp: Stamp,
    part: u32,
    ledger: LedgerAccount,
    asset: AssetId,
    amount: i64,
    reason: &'static str,
    cause: Cause,
}

impl Postings {
    /// The next command begins.
    pub(super) fn begin(&mut self) {
        (self.cause, self.part) = (None, 0);
    }

    /// Takes in an event: what a transfer is for stands before it in the events of its command.
    pub(super) async fn note(
        &mut self,
        transaction: &mut Transaction<'_, Sqlite>,
        stamp: &Stamp,
        event: &Event,
    ) -> Result<(), sqlx::Error> {
        let caused = |kind, number, instrument| Some(Cause { kind, number, instrument, day: None });
        match *event {
            Event::Traded(trade) => self.cause = caused("trade", signed(trade.trade.0), Some(trade.instrument)),
            Event::TransferPosted { transfer } => self.cause = caused("withdrawal", signed(transfer.0), None),
            Event::SettlementStarted { instrument, .. } => drop(self.settlements.remove(&instrument)),
            Event::Transferred { from, to, asset, amount, reason } => {
                if let (LedgerAccount::Variation(instrument), _) | (_, LedgerAccount::Variation(instrument)) =
                    (from, to)
                {
                    self.cause = Some(self.settlement_of(transaction, instrument).await?);
                }
                let of_command = Cause { kind: "command", number: signed(stamp.seq.0), instrument: None, day: None };
                let (cause, reason) = (self.cause.unwrap_or(of_command), transfer_reason_name(reason));
                for (ledger, amount) in [(from, -amount.0), (to, amount.0)] {
                    self.rows.push(Posting { stamp: *stamp, part: self.part, ledger, asset, amount, reason, cause });
                    self.part += 1;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The settlement that a contract's variation belongs to: the latest that started in it.
    async fn settlement_of(
        &mut self,
        transaction: &mut Transaction<'_, Sqlite>,
        instrument: InstrumentId,
    ) -> Result<Cause, sqlx::Error> {
        if let Some(known) = self.settlements.get(&instrument) {
            return Ok(*known);
        }
        let select = "select seq, day from settlements where instrument = ? order by seq desc limit 1";
        let row = sqlx::query(select).bind(instrument.0).fetch_one(&mut **transaction).await?;
        let (number, day) = (row.try_get("seq")?, Day(row.try_get("day")?));
        let cause = Cause { kind: "settlement", number, instrument: Some(instrument), day: Some(day) };
        self.settlements.insert(instrument, cause);
        Ok(cause)
    }

    /// Writes what was gathered, and adds it to the totals of its days.
    pub(super) async fn insert(self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows: Vec<serde_json::Value> = self.rows.iter().map(Posting::as_json).collect();
        let rows = serde_json::Value::from(rows).to_string();
        sqlx::query(
            "insert into postings select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
                value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10 from json_each(?)",
        )
        .bind(&rows)
        .execute(&mut **transaction)
        .await?;
        sqlx::query(
            "insert into day_totals
             select value ->> 2, value ->> 3, value ->> 4, value ->> 7, sum(value ->> 6) from json_each(?)
             where true group by 1, 2, 3, 4
             on conflict do update set amount = amount + excluded.amount",
        )
        .bind(&rows)
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }
}

impl Posting {
    /// The columns in the order of the table.
    fn as_json(&self) -> serde_json::Value {
        let Posting { stamp, part, ledger, asset, amount, reason, cause } = self;
        let day = cause.day.unwrap_or_else(|| stamp.time.day());
        let instrument = cause.instrument.map(|instrument| instrument.0);
        serde_json::json!([
            stamp.seq.0,
            part,
            ledger_account_name(*ledger),
            asset.0,
            day.0,
            stamp.time.0,
            amount,
            reason,
            cause.kind,
            cause.number,
            instrument
        ])
    }
}

/// The name of a ledger account at the API.
pub fn ledger_account_name(account: LedgerAccount) -> String {
    match account {
        LedgerAccount::Outside => "outside".to_owned(),
        LedgerAccount::Fees => "fees".to_owned(),
        LedgerAccount::Insurance => "insurance".to_owned(),
        LedgerAccount::Chain => "chain".to_owned(),
        LedgerAccount::Unclaimed => "unclaimed".to_owned(),
        LedgerAccount::Variation(instrument) => format!("variation:{instrument}"),
        LedgerAccount::Customer(account) => format!("customer:{account}"),
        LedgerAccount::Receivable(account) => format!("receivable:{account}"),
        LedgerAccount::Vault(vault, purse) => format!("vault-{}:{vault}", purse_name(purse)),
    }
}

fn purse_name(purse: Purse) -> &'static str {
    match purse {
        Purse::Shares => "shares",
        Purse::Escrow => "escrow",
        Purse::Yield => "yield",
        Purse::Reserve => "reserve",
        Purse::Redemption => "redemption",
    }
}

/// The name of a transfer's reason at the API.
pub fn transfer_reason_name(reason: TransferReason) -> &'static str {
    match reason {
        TransferReason::Deposit => "deposit",
        TransferReason::Fee => "fee",
        TransferReason::Rebate => "rebate",
        TransferReason::Purchase => "purchase",
        TransferReason::Withdrawal => "withdrawal",
        TransferReason::Internal => "internal",
        TransferReason::Variation => "variation",
        TransferReason::Funding => "funding",
        TransferReason::Shortfall => "shortfall",
        TransferReason::Repayment => "repayment",
        TransferReason::Liquidation => "liquidation",
        TransferReason::Insurance => "insurance",
        TransferReason::Import => "import",
        TransferReason::Subscription => "subscription",
        TransferReason::Refund => "refund",
        TransferReason::Deployment => "deployment",
        TransferReason::Issue => "issue",
        TransferReason::Revenue => "revenue",
        TransferReason::OperatingCost => "operating_cost",
        TransferReason::SponsorShare => "sponsor_share",
        TransferReason::ExportedYield => "exported_yield",
        TransferReason::Yield => "yield",
        TransferReason::Proceeds => "proceeds",
        TransferReason::Carried => "carried",
        TransferReason::Residual => "residual",
        TransferReason::Redemption => "redemption",
    }
}
