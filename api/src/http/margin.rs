//! Margin at the edge: the risk arrays and parameters in force, what an account must have, and what any portfolio would need.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::{Extension, Json};
use engine::margin::{Credits, MAINTENANCE_PER_MILLE, Part, Risk, SeriesMargin};
use engine::reject::Reject;
use engine::units::{Cash, Lots};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{AccountQuery, Parameters};
use crate::http::instruments::series_name;
use crate::http::market_data::terms_of;
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::Core;

/// The margin parameters of a series, as the operator sets them. Prices are in USD per GPU-hour, charges in USD a lot.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarginParameters {
    /// The least that an array must cover, for each hour left.
    pub scan_floor: Amount,
    /// The most that a loss may move from one array to the next, for each hour of the contract.
    pub step_max: Amount,
    /// How far a mark may be from the reference value.
    pub mark_band: Amount,
    /// For a lot of one month against a lot of another.
    pub calendar_charge: Amount,
    /// For a lot in delivery.
    pub delivery_charge: Amount,
    /// Lots above this many cost more.
    pub concentration_lots: u32,
    /// For each lot above.
    pub concentration_charge: Amount,
    /// The least for a lot, whatever it offsets.
    pub minimum_charge: Amount,
    /// The most lots that an account may reach in the series.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub position_lots_max: u32,
    /// The most lots that may be open in a contract.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub open_interest_lots_max: u32,
    /// The least lots that the last hour of a day must have traded to settle the day.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    #[serde(default = "one")]
    pub settlement_lots: u32,
    /// How long after the last day with a fixing the index is stale, in microseconds; 0: never.
    #[serde(default)]
    pub stale_after_us: i64,
    /// For how long marks are frozen then, in microseconds.
    #[serde(default)]
    pub frozen_us: i64,
}

fn one() -> u32 {
    1
}

/// A series with its margin parameters.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MarginedSeries {
    /// The series.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// Its parameters.
    pub parameters: MarginParameters,
}

/// What a lot of one series against a lot of another is credited.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpreadCredit {
    /// One series.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub first: String,
    /// The other.
    #[schema(example = "H200-SXM.GLOBAL.OD")]
    pub second: String,
    /// The credit for a lot each; 0 takes it away.
    pub credit: Amount,
}

/// All parameters of margin that are in force.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AllMarginParameters {
    /// Maintenance margin in thousandths of the initial margin of the positions.
    #[schema(example = 800)]
    pub maintenance_per_mille: i64,
    /// The series, by number.
    pub series: Vec<MarginedSeries>,
    /// The credits between series, in the order in which they are served.
    pub credits: Vec<SpreadCredit>,
}

/// The risk array of a margined contract.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RiskArray {
    /// The contract.
    #[schema(example = "H100-SXM.GLOBAL.OD-2026-08")]
    pub instrument: String,
    /// Rises with each array of the contract.
    pub version: u64,
    /// Until when it holds. Behind that only orders that lower risk are taken.
    pub expires_ts_us: i64,
    /// The theoretical price in USD per GPU-hour; in delivery, that of the hours that have no fixing yet.
    pub reference_price: Amount,
    /// What one long lot loses in USD in each of the 16 scenarios; a gain is negative.
    #[schema(min_items = 16, max_items = 16)]
    pub losses: Vec<Amount>,
    /// The mark price.
    pub mark_price: Option<Amount>,
    /// What the mark is kept near: the reference price, in delivery blended with the fixings so far.
    pub reference_value: Amount,
    /// The venue's time.
    pub ts_us: i64,
}

/// What one series adds to a margin, in USD.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MarginPart {
    /// The series.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// The worst scenario.
    pub scan: Amount,
    /// Calendar, delivery and concentration charges.
    pub charges: Amount,
    /// What all orders together could cost at unchanged marks.
    pub order_cost: Amount,
    /// The least for the lots that could be held.
    pub minimum: Amount,
}

/// What an account has and what it must have, in USD.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Margin {
    /// Cash that is free, less what is owed, and what positions on margin have gained since they were last settled.
    pub equity: Amount,
    /// The gains alone.
    pub unrealised: Amount,
    /// What the account owes the venue.
    pub owed: Amount,
    /// What positions and open orders need.
    pub initial_margin: Amount,
    /// What the positions need to be kept.
    pub maintenance_margin: Amount,
    /// What can be taken out, or used for contracts that are not on margin.
    pub withdrawable: Amount,
    /// Whether the account is in liquidation: it can place no orders until its margin is restored.
    pub in_liquidation: bool,
    /// When the next round of that is due.
    pub next_round_ts_us: Option<i64>,
    /// What the initial margin is made of, one part a series.
    pub parts: Vec<MarginPart>,
    /// What spreads between series take off scans and charges.
    pub credits: Amount,
    /// The venue's time.
    pub ts_us: i64,
}

/// What an account has and what it must have behind its contracts on margin.
#[utoipa::path(get, path = "/v1/margin", tag = "account", params(AccountQuery), responses(
    (status = 200, body = Margin), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn margin(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<Margin>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let found = app.handle.read(move |core| {
        let report = core.engine().margin_report(account)?;
        Some(Margin {
            equity: report.equity.into(),
            unrealised: report.unrealised.into(),
            owed: report.owed.into(),
            initial_margin: report.initial.into(),
            maintenance_margin: report.maintenance.into(),
            withdrawable: report.withdrawable.into(),
            in_liquidation: report.next_round.is_some(),
            next_round_ts_us: report.next_round.map(|next| next.0),
            credits: credited(&report.parts, core.engine().credits()).into(),
            parts: report.parts.iter().map(|part| MarginPart::new(core, part)).collect(),
            ts_us: core.engine().time().0,
        })
    });
    found.await?.map(Json).ok_or_else(|| Problem::not_found("account", &account.to_string()))
}

/// The parameters of margin that are in force, and the credits between series.
#[utoipa::path(get, path = "/v1/margin/parameters", tag = "market data", responses(
    (status = 200, body = AllMarginParameters), (status = 503, body = ProblemDocument)))]
pub async fn parameters(State(app): State<App>) -> Result<Json<AllMarginParameters>, Problem> {
    let all = app.handle.read(|core| {
        let engine = core.engine();
        let series = engine
            .margins()
            .map(|(series, margin)| MarginedSeries { series: series_name(core, series), parameters: margin.into() });
        let credits = engine.credits().iter().map(|credit| SpreadCredit {
            first: series_name(core, credit.first),
            second: series_name(core, credit.second),
            credit: credit.per_lot.into(),
        });
        let (series, credits) = (series.collect(), credits.collect());
        AllMarginParameters { maintenance_per_mille: MAINTENANCE_PER_MILLE, series, credits }
    });
    Ok(Json(all.await?))
}

/// The risk array of a margined contract.
#[utoipa::path(get, path = "/v1/instruments/{instrument}/risk", tag = "market data", params(("instrument" = String, Path)),
    responses((status = 200, body = RiskArray), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 422, body = ProblemDocument)))]
pub async fn risk_array(State(app): State<App>, Path(symbol): Path<String>) -> Result<Json<RiskArray>, Problem> {
    let terms = terms_of(&app, &symbol)?;
    let instrument = terms.instrument;
    if !terms.is_margined() {
        return Err(Reject::NotMargined { instrument }.into());
    }
    let found = app.handle.read(move |core| {
        let market = core.engine().market(instrument)?;
        let risk: &Risk = market.risk.as_ref()?;
        Some(RiskArray {
            instrument: terms.symbol.to_string(),
            version: risk.version,
            expires_ts_us: risk.expires.0,
            reference_price: risk.reference.into(),
            losses: risk.losses.iter().map(|&loss| loss.into()).collect(),
            mark_price: market.mark().map(Amount::from),
            // A strip has none before its months have marks; then its array's reference is the best that is known.
            reference_value: core.engine().reference_of(instrument).unwrap_or(risk.reference).into(),
            ts_us: core.engine().time().0,
        })
    });
    found.await?.map(Json).ok_or_else(|| Reject::RiskUnknown { instrument }.into())
}

/// What spreads between series take off scans and charges, as far as there is something to take off.
pub(super) fn credited(parts: &[Part], credits: &Credits) -> Cash {
    let before: Cash = parts.iter().map(|part| part.scan + part.charges).sum();
    // Without the least for orders and lots, what is left of the requirement is the scans and charges less the credits.
    let bare: Vec<Part> =
        parts.iter().map(|part| Part { order_cost: Cash::ZERO, minimum: Cash::ZERO, ..*part }).collect();
    before - engine::margin::requirement(bare.iter(), credits)
}

impl MarginPart {
    pub(super) fn new(core: &Core, part: &Part) -> MarginPart {
        MarginPart {
            series: series_name(core, part.series),
            scan: part.scan.into(),
            charges: part.charges.into(),
            order_cost: part.order_cost.into(),
            minimum: part.minimum.into(),
        }
    }
}

impl From<&SeriesMargin> for MarginParameters {
    fn from(margin: &SeriesMargin) -> MarginParameters {
        MarginParameters {
            scan_floor: margin.scan_floor.into(),
            step_max: margin.step_max.into(),
            mark_band: margin.mark_band.into(),
            calendar_charge: margin.calendar_charge.into(),
            delivery_charge: margin.delivery_charge.into(),
            concentration_lots: margin.concentration_lots,
            concentration_charge: margin.concentration_charge.into(),
            minimum_charge: margin.minimum_charge.into(),
            position_lots_max: margin.position_max.0,
            open_interest_lots_max: margin.open_interest_max.0,
            settlement_lots: margin.settlement_lots.0,
            stale_after_us: margin.stale_after_us,
            frozen_us: margin.frozen_us,
        }
    }
}

impl From<&MarginParameters> for SeriesMargin {
    fn from(parameters: &MarginParameters) -> SeriesMargin {
        SeriesMargin {
            scan_floor: parameters.scan_floor.price(),
            step_max: parameters.step_max.price(),
            mark_band: parameters.mark_band.price(),
            calendar_charge: parameters.calendar_charge.cash(),
            delivery_charge: parameters.delivery_charge.cash(),
            concentration_lots: parameters.concentration_lots,
            concentration_charge: parameters.concentration_charge.cash(),
            minimum_charge: parameters.minimum_charge.cash(),
            position_max: Lots(parameters.position_lots_max),
            open_interest_max: Lots(parameters.open_interest_lots_max),
            settlement_lots: Lots(parameters.settlement_lots),
            stale_after_us: parameters.stale_after_us,
            frozen_us: parameters.frozen_us,
        }
    }
}
