//! Fails to compile when a kind of event is added, or a variant of what events carry: give it a sample and a line.
//! Reasons to refuse are listed in [`crate::rejects::messages`].

#![allow(dead_code, reason = "compiled, never called")]

use engine::command::{FixingStage, Role};
use engine::event::{CancelReason, Event, FixingRung, PositionReason, SettlementRung, TransferReason};
use engine::instrument::{Halt, SettlementKind};
use engine::ledger::{LedgerAccount, Purse};
use engine::order::TriggerReference;
use engine::vaults::VaultEvent;

fn events(event: &Event) {
    match event {
        Event::Rejected(_)
        | Event::AccountOpened { .. }
        | Event::KeyRegistered { role: Role::Operator | Role::Trader(_), .. }
        | Event::KeyRevoked { .. }
        | Event::InstrumentListed { .. }
        | Event::FamilySet { .. }
        | Event::SubAccountOpened { .. }
        | Event::AccountLimitsSet { .. }
        | Event::AssetDefined { .. }
        | Event::ControlsSet { .. }
        | Event::InstrumentHalted { halt: Halt::Operator | Halt::StaleIndex | Halt::DailyLimit { .. }, .. }
        | Event::InstrumentResumed { .. }
        | Event::DailyLimitsMoved { .. }
        | Event::FeesScheduled { .. }
        | Event::FeeTierAssigned { .. }
        | Event::MarkUpdated { .. }
        | Event::MarginSet { .. }
        | Event::CreditSet { .. }
        | Event::RiskPublished { .. }
        | Event::Revalued { .. }
        | Event::MarginsChecked { .. }
        | Event::MarginCalled { .. }
        | Event::BackstopSet { .. }
        | Event::LiquidationStarted { .. }
        | Event::LiquidationRound { .. }
        | Event::LiquidationOrdered { .. }
        | Event::LiquidationRoundCompleted { .. }
        | Event::LiquidationPostponed { .. }
        | Event::LiquidationEnded { .. }
        | Event::DefaultDeclared { .. }
        | Event::DeleveragingStarted { .. }
        | Event::DeleveragingRanked { .. }
        | Event::PositionTransferred { reason: PositionReason::Backstop | PositionReason::Deleveraging, .. }
        | Event::Deleveraged { .. }
        | Event::OrderAccepted { .. }
        | Event::StopTriggered {
            reference: TriggerReference::Last | TriggerReference::Mark | TriggerReference::Index,
            ..
        }
        | Event::OrderAmended { .. }
        | Event::OrderReplayed { .. }
        | Event::Traded(_)
        | Event::LegsTraded { .. }
        | Event::OrderRested { .. }
        | Event::OrderCancelled { .. }
        | Event::MassCancelStarted { .. }
        | Event::MassCancelCompleted { .. }
        | Event::CancelAfterSet { .. }
        | Event::RulesAdopted { .. }
        | Event::TransferPending { .. }
        | Event::TransferPosted { .. }
        | Event::TransferVoided { .. }
        | Event::Transferred { .. }
        | Event::FixingRecorded {
            stage: FixingStage::Provisional | FixingStage::Final,
            rung: FixingRung::Fixing | FixingRung::LastFinal,
            ..
        }
        | Event::ApprovalsRequired { required: true | false }
        | Event::FinalProposed { .. }
        | Event::FinalApproved { .. }
        | Event::SettlementStarted { .. }
        | Event::Vault(
            VaultEvent::OperatingRateSet { .. }
            | VaultEvent::VaultOpened { .. }
            | VaultEvent::DeedRegistered { .. }
            | VaultEvent::DeedAttested { .. }
            | VaultEvent::VaultStateChanged { .. }
            | VaultEvent::Subscribed { .. }
            | VaultEvent::RevenueRecorded(_)
            | VaultEvent::YieldClaimed { .. }
            | VaultEvent::WindUpStarted { .. }
            | VaultEvent::SharesRedeemed { .. }
            | VaultEvent::Redeemed { .. },
        )
        | Event::PositionSettled { .. }
        | Event::PositionCascaded { .. }
        | Event::SettlementCompleted {
            kind: SettlementKind::Daily | SettlementKind::Final | SettlementKind::Cascade | SettlementKind::Funding,
            ..
        }
        | Event::ChainAttached { .. }
        | Event::AccountLinked { .. }
        | Event::DepositCredited { .. }
        | Event::ImportCredited { .. }
        | Event::WithdrawnToChain { .. }
        | Event::BatchCut { .. }
        | Event::BatchConfirmed { .. }
        | Event::ExitReceived { account: Some(_) | None, .. }
        | Event::ExitEnded { covered: true | false, .. }
        | Event::ExitRound { .. }
        | Event::ExitPostponed { .. }
        | Event::CloseOutStarted { .. }
        | Event::CloseOutEnded { .. }
        | Event::ChainFrozen { .. } => {}
    }
}

fn what_they_carry(account: LedgerAccount, reason: CancelReason, moved: TransferReason, rung: SettlementRung) {
    match account {
        LedgerAccount::Outside | LedgerAccount::Fees | LedgerAccount::Variation(_) => {}
        LedgerAccount::Chain | LedgerAccount::Unclaimed => {}
        LedgerAccount::Customer(_) | LedgerAccount::Receivable(_) | LedgerAccount::Insurance => {}
        LedgerAccount::Vault(_, Purse::Shares | Purse::Escrow | Purse::Yield) => {}
        LedgerAccount::Vault(_, Purse::Reserve | Purse::Redemption) => {}
    }
    match reason {
        CancelReason::Requested | CancelReason::Expired | CancelReason::FillLimit => {}
        CancelReason::ImmediateOrCancel | CancelReason::FillOrKill | CancelReason::TimeInForce => {}
        CancelReason::SelfTrade | CancelReason::ReduceOnly | CancelReason::MassCancel => {}
        CancelReason::CancelAfter | CancelReason::DailyLimit | CancelReason::Refused(_) => {}
        CancelReason::MarginCall | CancelReason::Liquidation | CancelReason::Exit => {}
    }
    match moved {
        TransferReason::Deposit | TransferReason::Fee | TransferReason::Variation | TransferReason::Rebate => {}
        TransferReason::Purchase | TransferReason::Withdrawal | TransferReason::Internal => {}
        TransferReason::Shortfall | TransferReason::Repayment | TransferReason::Funding => {}
        TransferReason::Liquidation | TransferReason::Insurance | TransferReason::Import => {}
        TransferReason::Subscription | TransferReason::Refund | TransferReason::Deployment => {}
        TransferReason::Issue | TransferReason::Revenue | TransferReason::OperatingCost => {}
        TransferReason::SponsorShare | TransferReason::ExportedYield | TransferReason::Yield => {}
        TransferReason::Proceeds | TransferReason::Carried | TransferReason::Residual => {}
        TransferReason::Redemption => {}
    }
    match rung {
        SettlementRung::Fixings | SettlementRung::LastTrade | SettlementRung::Midpoint => {}
        SettlementRung::PreviousSettlement | SettlementRung::LatestFixing | SettlementRung::VolumeWeighted => {}
        SettlementRung::Reference | SettlementRung::Legs | SettlementRung::Premium => {}
        SettlementRung::Undelivered => {}
    }
}
