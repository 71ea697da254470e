//! Refusals of the exchange as the API shows them: which HTTP status, which part of the request, which values help to repair it.

use axum::http::StatusCode;
use engine::reject::{Reject, VaultReject};
use serde_json::{Value, json};

use crate::http::problem::Problem;

/// How long somebody whose budget is used up should wait, in seconds: the slowest rate is one a second.
const REFILL_SECONDS: u32 = 1;

impl From<Reject> for Problem {
    fn from(reject: Reject) -> Problem {
        let mut context = json!({ "number": reject.number() });
        add_values(&reject, &mut context);
        let problem = Problem::new(status_of(&reject), reject.code(), reject.to_string())
            .with_context(context)
            .with_field(field_of(&reject));
        match reject {
            Reject::RateExceeded { .. } | Reject::WorkDue => problem.with_retry_after(REFILL_SECONDS),
            Reject::Settling { .. }
            | Reject::Halted { .. }
            | Reject::InLiquidation { .. }
            | Reject::InExit { .. }
            | Reject::Unsettled { .. }
            | Reject::RiskUnknown { .. }
            | Reject::RiskExpired { .. }
            | Reject::OpenInterestLimit { .. } => problem.retryable(),
            _ => problem,
        }
    }
}

fn status_of(reject: &Reject) -> StatusCode {
    match reject {
        Reject::UnknownKey { .. } | Reject::KeyRevoked { .. } => StatusCode::UNAUTHORIZED,
        Reject::NotAuthorised { .. } | Reject::SecondKeyNeeded { .. } => StatusCode::FORBIDDEN,
        Reject::UnknownAccount { .. }
        | Reject::UnknownAsset { .. }
        | Reject::UnknownInstrument { .. }
        | Reject::OrderNotLive { .. }
        | Reject::Vault(VaultReject::UnknownVault { .. })
        | Reject::Vault(VaultReject::UnknownDeed { .. })
        | Reject::TransferNotPending { .. } => StatusCode::NOT_FOUND,
        Reject::RulesOutOfOrder { .. }
        | Reject::RulesTooOld { .. }
        | Reject::NothingDue
        | Reject::AccountExists { .. }
        | Reject::AssetExists { .. }
        | Reject::AssetSymbolExists { .. }
        | Reject::KeyExists { .. }
        | Reject::InstrumentExists { .. }
        | Reject::SymbolExists { .. }
        | Reject::NothingToHaltOrResume { .. }
        | Reject::NoMark { .. }
        | Reject::RiskOutOfOrder { .. }
        | Reject::RiskUnknown { .. }
        | Reject::RiskExpired { .. }
        | Reject::ClientOrderIdReused { .. }
        | Reject::InLiquidation { .. }
        | Reject::Settling { .. }
        | Reject::Halted { .. }
        | Reject::DepositOutOfSequence { .. }
        | Reject::PaymentOutOfSequence { .. }
        | Reject::FixingFinal { .. }
        | Reject::DaySettled { .. }
        | Reject::NotApproved { .. }
        | Reject::ProposalDiffers { .. }
        | Reject::NoChain
        | Reject::ChainFrozen
        | Reject::ChainAttached { .. }
        | Reject::NotBeforeMoney { .. }
        | Reject::ChainOutOfSequence { .. }
        | Reject::BatchCut { .. }
        | Reject::Unsettled { .. }
        | Reject::NotCovered { .. }
        | Reject::NotLinked { .. }
        | Reject::PseudonymTaken { .. }
        | Reject::AccountLinked { .. }
        | Reject::InExit { .. }
        | Reject::Vault(VaultReject::VaultExists { .. })
        | Reject::Vault(VaultReject::WrongVaultState { .. })
        | Reject::Vault(VaultReject::NoOperatingRate { .. })
        | Reject::Vault(VaultReject::DeedTaken { .. })
        | Reject::Vault(VaultReject::DeedsMissing { .. })
        | Reject::Vault(VaultReject::SharesNotLeft { .. })
        | Reject::Vault(VaultReject::RevenueOutOfSequence { .. })
        | Reject::Vault(VaultReject::RevenueDay { .. })
        | Reject::Vault(VaultReject::NothingToClaim { .. }) => StatusCode::CONFLICT,
        Reject::RateExceeded { .. } => StatusCode::TOO_MANY_REQUESTS,
        Reject::WorkDue => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn field_of(reject: &Reject) -> Option<&'static str> {
    match reject {
        Reject::PriceOffTick { .. }
        | Reject::PriceOutOfRange { .. }
        | Reject::OutsideDailyLimits { .. }
        | Reject::OutsideBand { .. }
        | Reject::WouldTrade { .. } => Some("limit_price"),
        Reject::StopInReach { .. } => Some("stop"),
        Reject::LotsOutOfRange { .. } | Reject::SeriesPositionLimit { .. } | Reject::OpenInterestLimit { .. } => {
            Some("lots")
        }
        Reject::RiskOutOfOrder { .. } => Some("version"),
        Reject::ClientOrderIdReused { .. } => Some("client_order_id"),
        Reject::DepositOutOfSequence { .. } | Reject::PaymentOutOfSequence { .. } => Some("reference"),
        Reject::AmountOutOfRange { .. } | Reject::InsufficientBalance { .. } => Some("amount"),
        Reject::Vault(VaultReject::RevenueOutOfSequence { .. }) => Some("number"),
        Reject::Vault(VaultReject::RevenueDay { .. }) => Some("day"),
        Reject::Vault(VaultReject::TooManyGpuSeconds { .. }) => Some("gpu_seconds"),
        Reject::Vault(VaultReject::SharesNotLeft { .. }) => Some("shares"),
        Reject::Vault(VaultReject::DeedTaken { .. }) | Reject::Vault(VaultReject::UnknownDeed { .. }) => {
            Some("serial_hash")
        }
        Reject::Vault(VaultReject::NotExported { .. }) => Some("amount"),
        Reject::DeadlineOutOfRange => Some("timeout_ms"),
        Reject::MoreThanExported { .. } => Some("amount"),
        Reject::PseudonymTaken { .. } => Some("pseudonym"),
        _ => None,
    }
}

fn add_values(reject: &Reject, context: &mut Value) {
    let mut add = |name: &str, value: Value| context[name] = value;
    match *reject {
        Reject::PriceOffTick { tick, below, above, .. } => {
            add("tick_size", json!(tick.to_string()));
            add("nearest_below", json!(below.to_string()));
            add("nearest_above", json!(above.to_string()));
        }
        Reject::PriceOutOfRange { floor, cap, .. } => {
            add("price_floor", json!(floor.to_string()));
            add("price_cap", json!(cap.to_string()));
        }
        Reject::OutsideDailyLimits { lower, upper, .. } => {
            add("lower", json!(lower.to_string()));
            add("upper", json!(upper.to_string()));
        }
        Reject::OutsideBand { reference, bound, .. } => {
            add("reference", json!(reference.to_string()));
            add("furthest", json!(bound.to_string()));
        }
        Reject::WouldTrade { best } => add("best_opposite", json!(best.to_string())),
        Reject::InsufficientFunds { required, free } => {
            add("required", json!(required.to_string()));
            add("free", json!(free.to_string()));
        }
        Reject::InsufficientMargin { required, equity } => {
            add("required", json!(required.to_string()));
            add("equity", json!(equity.to_string()));
        }
        Reject::SeriesPositionLimit { most } | Reject::OpenInterestLimit { most } => add("most", json!(most.0)),
        Reject::RiskOutOfOrder { latest, .. } => add("latest", json!(latest)),
        Reject::DepositOutOfSequence { next, .. }
        | Reject::PaymentOutOfSequence { next, .. }
        | Reject::ChainOutOfSequence { next, .. }
        | Reject::Vault(VaultReject::RevenueOutOfSequence { next, .. }) => add("next", json!(next)),
        Reject::MoreThanExported { out, .. } => add("out", json!(out.to_string())),
        Reject::Vault(VaultReject::SharesNotLeft { left, .. }) => add("left", json!(left)),
        Reject::Vault(VaultReject::DeedsMissing { missing, .. }) => add("missing", json!(missing)),
        Reject::Vault(VaultReject::WrongVaultState { state, .. }) => add("state", json!(state.name())),
        Reject::Vault(VaultReject::DeedTaken { vault }) => add("vault", json!(vault.0)),
        Reject::Vault(VaultReject::TooManyGpuSeconds { most, .. }) => add("most", json!(most)),
        Reject::Vault(VaultReject::NotExported { exported, .. }) => add("exported", json!(exported.to_string())),
        Reject::RateExceeded { per_second } => add("per_second", json!(per_second)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use engine::ids::InstrumentId;
    use engine::units::Cash;

    use super::*;

    #[test]
    fn the_statuses_say_who_can_help() {
        let instrument = InstrumentId(1);
        let rows = [
            (Reject::NotAuthorised { key: engine::ids::KeyId(1) }, 403),
            (Reject::UnknownInstrument { instrument }, 404),
            (Reject::Halted { instrument }, 409),
            (Reject::RiskExpired { instrument }, 409),
            (Reject::ChainFrozen, 409),
            (Reject::InExit { account: engine::ids::AccountId(1) }, 409),
            (Reject::ThroughTheChain, 422),
            (Reject::NothingToReduce, 422),
            (Reject::NotMargined { instrument }, 422),
            (Reject::InsufficientMargin { required: Cash(2), equity: Cash(1) }, 422),
            (Reject::RateExceeded { per_second: 5 }, 429),
            (Reject::WorkDue, 503),
        ];
        for (reject, status) in rows {
            assert_eq!(status_of(&reject).as_u16(), status, "{reject}");
        }
    }
}
