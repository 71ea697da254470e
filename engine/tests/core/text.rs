//! Events as lines of text, so that a whole trading day can be read, written by hand and compared as strings.

pub mod chain;

use std::collections::BTreeMap;

use engine::command::FixingStage;
use engine::event::{
    CancelReason, Event, FixingRung, PositionReason, SettlementRung, Trade, TradeSide, TransferReason,
};
use engine::ids::{AccountId, AssetId, InstrumentId, OrderId, SeriesId, TransferId};
use engine::instrument::{FeeRates, Halt, SettlementKind};
use engine::ledger::{LedgerAccount, Purse};
use engine::order::{OrderRequest, Pricing, SelfTrade, TimeInForce, TriggerReference};
use engine::units::{Amount, Cash, Price, Side};
use engine::vaults::{Revenue, VaultEvent};

use crate::calendar::{write_day, write_time};

/// What people call accounts, assets, contracts, orders and payments.
#[derive(Default)]
pub struct Names {
    pub accounts: BTreeMap<AccountId, String>,
    pub series: BTreeMap<SeriesId, String>,
    pub assets: BTreeMap<AssetId, String>,
    pub instruments: BTreeMap<InstrumentId, String>,
    pub orders: BTreeMap<OrderId, String>,
    pub transfers: BTreeMap<TransferId, String>,
}

impl Names {
    pub fn account(&self, account: AccountId) -> &str {
        &self.accounts[&account]
    }

    pub fn ledger_account(&self, account: LedgerAccount) -> String {
        let name = match account {
            LedgerAccount::Outside => "outside",
            LedgerAccount::Chain => "chain",
            LedgerAccount::Unclaimed => "unclaimed",
            LedgerAccount::Fees => "fees",
            LedgerAccount::Variation(_) => "variation",
            LedgerAccount::Customer(account) => self.account(account),
            LedgerAccount::Receivable(_) => "receivable",
            LedgerAccount::Insurance => "insurance",
            LedgerAccount::Vault(vault, purse) => return format!("V{vault}.{}", purse_name(purse)),
        };
        name.to_owned()
    }

    /// US dollars with their six places, everything else in smallest units with its name.
    pub fn amount(&self, asset: AssetId, amount: Amount) -> String {
        if asset == AssetId::USD { Cash(amount.0).to_string() } else { format!("{amount} {}", self.assets[&asset]) }
    }

    /// One event, one line.
    pub fn line(&self, event: &Event) -> String {
        let line =
            self.line_of_order(event).or_else(|| self.line_of_money(event)).or_else(|| self.line_of_margin(event));
        let line = line.or_else(|| self.line_of_waterfall(event)).or_else(|| self.line_of_chain(event));
        line.or_else(|| self.line_of_vault(event)).unwrap_or_else(|| self.line_of_venue(event))
    }

    fn line_of_order(&self, event: &Event) -> Option<String> {
        let line = match *event {
            Event::OrderAccepted { order, request, limit } => self.accepted(order, &request, limit),
            Event::StopTriggered { order, reference, limit } => {
                format!("triggered {} {} @ {limit}", self.orders[&order], trigger_reference(reference))
            }
            Event::OrderAmended { order, lots, limit, trigger } => {
                let trigger = trigger.map(|price| format!(" stop {price}")).unwrap_or_default();
                format!("amended {} {lots} {}{trigger}", self.orders[&order], at(limit))
            }
            Event::OrderReplayed { order, filled, .. } => format!("replayed {} {filled}", self.orders[&order]),
            Event::Traded(trade) => self.trade(&trade),
            Event::LegsTraded { near, near_price, far, far_price } => {
                let [near, far] = [near, far].map(|leg| &self.instruments[&leg]);
                format!("legs {near} @ {near_price} {far} @ {far_price}")
            }
            Event::OrderRested { order, lots } => format!("rests {} {lots}", self.orders[&order]),
            Event::OrderCancelled { order, account, instrument, lots, reason } => {
                let (order, account) = (&self.orders[&order], self.account(account));
                let instrument = &self.instruments[&instrument];
                format!("cancelled {order} {account} {instrument} {lots} {}", cancel_reason(reason))
            }
            Event::MassCancelStarted { account, instrument, side } => {
                let instrument = instrument.map(|instrument| format!(" in {}", self.instruments[&instrument]));
                let side = side.map(|side| if side == Side::Buy { " buys" } else { " sells" });
                let (instrument, side) = (instrument.unwrap_or_default(), side.unwrap_or_default());
                format!("cancelling all of {}{instrument}{side}", self.account(account))
            }
            Event::MassCancelCompleted { account, cancelled } => {
                format!("cancelled all of {} {cancelled}", self.account(account))
            }
            Event::CancelAfterSet { account, deadline } => {
                let deadline = deadline.map_or("off".to_owned(), write_time);
                format!("switch of {} {deadline}", self.account(account))
            }
            _ => return None,
        };
        Some(line)
    }

    fn line_of_money(&self, event: &Event) -> Option<String> {
        let line = match *event {
            Event::Transferred { from, to, asset, amount, reason } => {
                let (from, to) = (self.ledger_account(from), self.ledger_account(to));
                format!("{from} -> {to} {} {}", self.amount(asset, amount), transfer_reason(reason))
            }
            Event::TransferPending { transfer, account, asset, amount } => {
                let (transfer, account) = (&self.transfers[&transfer], self.account(account));
                format!("pending {transfer} {account} {}", self.amount(asset, amount))
            }
            Event::TransferPosted { transfer } => format!("posted {}", self.transfers[&transfer]),
            Event::TransferVoided { transfer } => format!("voided {}", self.transfers[&transfer]),
            Event::FeesScheduled { instrument, effective, tiers } => {
                let tiers = tiers.map(|FeeRates { maker, taker }| format!("{maker}/{taker}")).join(" ");
                format!("fees {} from {} {tiers}", self.instruments[&instrument], write_time(effective))
            }
            Event::FeeTierAssigned { account, effective, tier } => {
                format!("tier {} {tier} from {}", self.account(account), write_time(effective))
            }
            Event::SettlementStarted { instrument, day, kind, value_per_lot, rung } => {
                let (instrument, day, kind) = (&self.instruments[&instrument], write_day(day), settlement_kind(kind));
                format!("settling {instrument} {day} {kind} {value_per_lot} {}", settlement_rung(rung))
            }
            Event::PositionSettled { instrument, account, position, variation } => {
                let (instrument, account) = (&self.instruments[&instrument], self.account(account));
                format!("settled {instrument} {account} {position} {variation}")
            }
            Event::PositionCascaded { instrument, account, position } => {
                format!("cascaded {} {} {position}", self.instruments[&instrument], self.account(account))
            }
            Event::SettlementCompleted { instrument, day, kind } => {
                format!("complete {} {} {}", self.instruments[&instrument], write_day(day), settlement_kind(kind))
            }
            _ => return None,
        };
        Some(line)
    }

    fn line_of_margin(&self, event: &Event) -> Option<String> {
        let line = match *event {
            Event::MarginSet { series, .. } => format!("margin of {}", self.series[&series]),
            Event::CreditSet { first, second, per_lot } => {
                format!("credit of {} and {} {per_lot}", self.series[&first], self.series[&second])
            }
            Event::RiskPublished { instrument, version, reference } => {
                format!("array {version} of {} {reference}", self.instruments[&instrument])
            }
            Event::Revalued { instrument, accounts, complete } => {
                let rest = if complete { "" } else { ", more to come" };
                format!("revalued {} {accounts}{rest}", self.instruments[&instrument])
            }
            Event::ApprovalsRequired { required } => format!("approvals required {required}"),
            Event::FinalProposed { instrument, day, value_per_lot, .. } => {
                format!("proposed {} {} {value_per_lot}", self.instruments[&instrument], write_day(day))
            }
            Event::FinalApproved { instrument, day, value_per_lot } => {
                format!("approved {} {} {value_per_lot}", self.instruments[&instrument], write_day(day))
            }
            Event::MarginsChecked { accounts } => format!("margins checked {accounts}"),
            Event::MarginCalled { account, equity, initial, maintenance } => {
                let account = self.account(account);
                format!("called {account} equity {equity} initial {initial} maintenance {maintenance}")
            }
            _ => return None,
        };
        Some(line)
    }

    fn line_of_waterfall(&self, event: &Event) -> Option<String> {
        let rest = |complete| if complete { "" } else { ", more to come" };
        let line = match *event {
            Event::BackstopSet { account } => {
                format!("backstop {}", account.map_or("none", |account| self.account(account)))
            }
            Event::LiquidationStarted { account, equity, maintenance } => {
                format!("liquidation of {} equity {equity} maintenance {maintenance}", self.account(account))
            }
            Event::LiquidationRound { account, equity, maintenance } => {
                format!("round of {} equity {equity} maintenance {maintenance}", self.account(account))
            }
            Event::LiquidationOrdered { order, account, instrument, side, lots, limit } => {
                let (order, account) = (&self.orders[&order], self.account(account));
                format!("liquidating {order} {account} {side} {lots} {} @ {limit}", self.instruments[&instrument])
            }
            Event::LiquidationRoundCompleted { account, next } => {
                format!("round of {} done, next {}", self.account(account), write_time(next))
            }
            Event::LiquidationPostponed { account, next } => {
                format!("liquidation of {} postponed to {}", self.account(account), write_time(next))
            }
            Event::LiquidationEnded { account, equity } => {
                format!("liquidation of {} over equity {equity}", self.account(account))
            }
            Event::DefaultDeclared { account, equity, insured, shortfall } => {
                format!("default of {} equity {equity} insured {insured} shortfall {shortfall}", self.account(account))
            }
            Event::DeleveragingStarted { instrument, account, lots, haircut } => {
                let (instrument, account) = (&self.instruments[&instrument], self.account(account));
                format!("deleveraging {instrument} of {account} {lots} haircut {haircut}")
            }
            Event::DeleveragingRanked { instrument, accounts, complete } => {
                format!("ranked {} {accounts}{}", self.instruments[&instrument], rest(complete))
            }
            Event::PositionTransferred { instrument, from, to, lots, value, reason } => {
                let (from, to) = (self.account(from), self.account(to));
                let instrument = &self.instruments[&instrument];
                format!("moved {instrument} {from} -> {to} {lots} for {value} {}", position_reason(reason))
            }
            Event::Deleveraged { instrument, accounts, complete } => {
                format!("deleveraged {} {accounts}{}", self.instruments[&instrument], rest(complete))
            }
            _ => return None,
        };
        Some(line)
    }

    fn line_of_vault(&self, event: &Event) -> Option<String> {
        let Event::Vault(event) = event else { return None };
        Some(match *event {
            VaultEvent::OperatingRateSet { series, effective, rate } => {
                format!("rate of {} {rate} from {}", self.series[&series], write_day(effective))
            }
            VaultEvent::VaultOpened { terms } => format!("founded V{}", terms.vault),
            VaultEvent::DeedRegistered { vault, serial } => format!("deed s{} of V{vault}", serial.0[0]),
            VaultEvent::DeedAttested { vault, serial, .. } => format!("attested s{} of V{vault}", serial.0[0]),
            VaultEvent::VaultStateChanged { vault, state } => format!("V{vault} {}", state.name()),
            VaultEvent::Subscribed { vault, account, shares, paid } => {
                format!("subscribed {shares} V{vault} {} {paid}", self.account(account))
            }
            VaultEvent::RevenueRecorded(revenue) => {
                let Revenue { vault, sold, cost, kept, shortfall, holders, sponsor, .. } = revenue;
                let Revenue { per_share, carried, exported, .. } = revenue;
                let day = write_day(sold.day);
                format!(
                    "revenue {} of V{vault} {day} cost {cost} kept {kept} shortfall {shortfall} holders {holders} sponsor {sponsor} \
                     share {per_share} carried {carried} exported {exported}",
                    sold.number
                )
            }
            VaultEvent::YieldClaimed { vault, account, amount } => {
                format!("claimed V{vault} {} {amount}", self.account(account))
            }
            VaultEvent::WindUpStarted { vault, proceeds, value_per_share, residual } => {
                format!("winding up V{vault} proceeds {proceeds} share {value_per_share} residual {residual}")
            }
            VaultEvent::SharesRedeemed { vault, account, shares, amount } => {
                format!("redeemed {shares} V{vault} {} {amount}", self.account(account))
            }
            VaultEvent::Redeemed { vault, accounts, complete } => {
                format!("redeemed of V{vault} {accounts}{}", if complete { "" } else { ", more to come" })
            }
        })
    }

    fn line_of_venue(&self, event: &Event) -> String {
        match *event {
            Event::Rejected(reject) => format!("refused {} {}", reject.number(), reject.code()),
            Event::AccountOpened { account } => format!("opened {}", self.account(account)),
            Event::SubAccountOpened { account, master } => {
                format!("opened {} for {}", self.account(account), self.account(master))
            }
            Event::AccountLimitsSet { account, .. } => format!("limited {}", self.account(account)),
            Event::KeyRegistered { key, .. } => format!("registered key {key}"),
            Event::KeyRevoked { key } => format!("revoked key {key}"),
            Event::AssetDefined { symbol, decimals, .. } => format!("defined {symbol} {decimals}"),
            Event::InstrumentListed { instrument, .. } => format!("listed {}", self.instruments[&instrument]),
            Event::ControlsSet { instrument, .. } => format!("controls of {}", self.instruments[&instrument]),
            Event::InstrumentHalted { instrument, halt } => {
                let why = match halt {
                    Halt::Operator => "by the venue".to_owned(),
                    Halt::DailyLimit { until } => format!("until {}", write_time(until)),
                    Halt::StaleIndex => "while its index is stale".to_owned(),
                };
                format!("halted {} {why}", self.instruments[&instrument])
            }
            Event::InstrumentResumed { instrument } => format!("resumed {}", self.instruments[&instrument]),
            Event::DailyLimitsMoved { instrument, lower, upper } => {
                format!("limits of {} {lower} to {upper}", self.instruments[&instrument])
            }
            Event::MarkUpdated { instrument, price } => format!("mark of {} {price}", self.instruments[&instrument]),
            Event::RulesAdopted { rules } => format!("rules {}", rules.0),
            Event::FixingRecorded { day, stage, price, rung, .. } => {
                let day = write_day(day);
                format!("fixing {day}..{day} {} {price} {}", fixing_stage(stage), fixing_rung(rung))
            }
            other => panic!("an event without a line: {other:?}"),
        }
    }

    /// What was asked for in the words in which it was, at the limit that the order works with.
    fn accepted(&self, order: OrderId, request: &OrderRequest, limit: Option<Price>) -> String {
        let OrderRequest { account, instrument, side, lots, .. } = *request;
        let (order, account) = (&self.orders[&order], self.account(account));
        let mut line =
            format!("accepted {order} {account} {side} {lots} {} {}", self.instruments[&instrument], at(limit));
        if request.pricing == Pricing::Market && limit.is_some() {
            line += " market";
        }
        line += &match request.time_in_force {
            TimeInForce::GoodTillCancelled => String::new(),
            TimeInForce::ImmediateOrCancel => " ioc".to_owned(),
            TimeInForce::FillOrKill => " fok".to_owned(),
            TimeInForce::Day => " day".to_owned(),
            TimeInForce::GoodTillDate(date) => format!(" until {}", write_time(date)),
        };
        if let Some(trigger) = request.trigger {
            line += &format!(" stop {} on {}", trigger.price, trigger_reference(trigger.reference));
        }
        for (is_so, words) in [
            (request.conditions.post_only, " post-only"),
            (request.conditions.reduce_only, " reduce-only"),
            (request.self_trade == SelfTrade::CancelOldest, " cancelling-oldest"),
            (request.self_trade == SelfTrade::CancelBoth, " cancelling-both"),
        ] {
            line += if is_so { words } else { "" };
        }
        line
    }

    fn trade(&self, trade: &Trade) -> String {
        let Trade { trade, instrument, price, lots, taker_side, taker, maker } = trade;
        let paid = |side: &TradeSide| format!("{} fee {}", self.orders[&side.order], side.fee);
        let instrument = &self.instruments[instrument];
        format!("trade {trade} {instrument} {lots} @ {price} {taker_side} {} / {}", paid(taker), paid(maker))
    }
}

fn at(limit: Option<Price>) -> String {
    limit.map_or("at market".to_owned(), |limit| format!("@ {limit}"))
}

pub fn trigger_reference(reference: TriggerReference) -> &'static str {
    match reference {
        TriggerReference::Last => "last",
        TriggerReference::Mark => "mark",
        TriggerReference::Index => "index",
    }
}

pub fn cancel_reason(reason: CancelReason) -> String {
    let text = match reason {
        CancelReason::Requested => "requested",
        CancelReason::Expired => "expired",
        CancelReason::FillLimit => "fill_limit",
        CancelReason::ImmediateOrCancel => "immediate_or_cancel",
        CancelReason::FillOrKill => "fill_or_kill",
        CancelReason::TimeInForce => "time_in_force",
        CancelReason::SelfTrade => "self_trade",
        CancelReason::ReduceOnly => "reduce_only",
        CancelReason::MassCancel => "mass_cancel",
        CancelReason::CancelAfter => "cancel_after",
        CancelReason::DailyLimit => "daily_limit",
        CancelReason::MarginCall => "margin_call",
        CancelReason::Liquidation => "liquidation",
        CancelReason::Exit => "exit",
        CancelReason::Refused(reject) => return format!("refused {} {}", reject.number(), reject.code()),
    };
    text.to_owned()
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

pub fn transfer_reason(reason: TransferReason) -> &'static str {
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

pub fn position_reason(reason: PositionReason) -> &'static str {
    match reason {
        PositionReason::Backstop => "backstop",
        PositionReason::Deleveraging => "deleveraging",
    }
}

pub fn fixing_stage(stage: FixingStage) -> &'static str {
    match stage {
        FixingStage::Provisional => "provisional",
        FixingStage::Final => "final",
    }
}

pub fn fixing_rung(rung: FixingRung) -> &'static str {
    match rung {
        FixingRung::Fixing => "fixing",
        FixingRung::LastFinal => "last_final",
    }
}

pub fn settlement_kind(kind: SettlementKind) -> &'static str {
    match kind {
        SettlementKind::Daily => "daily",
        SettlementKind::Final => "final",
        SettlementKind::Cascade => "cascade",
        SettlementKind::Funding => "funding",
    }
}

pub fn settlement_rung(rung: SettlementRung) -> &'static str {
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
