//! The operator's listings: cash months and spot pairs.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::command::Command;
use engine::ids::{InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Spot, Terms};
use engine::units::Day;
use pricing::index;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, asset, series};
use crate::http::instruments::Collateral;
use crate::http::numbers::{Amount, Quantity};
use crate::http::operator::submit_to_exchange;
use crate::http::problem::{Problem, ProblemDocument};

/// A cash month to list. Its symbol, days and hours follow from the series and the month.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInstrument {
    /// Its number.
    pub instrument: u32,
    /// The series it settles to.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// The month of delivery.
    #[schema(example = "2026-08", pattern = r"^[0-9]{4}-[0-9]{2}$")]
    pub delivery_month: String,
    /// What stands behind its positions; fully collateralised if left out.
    #[serde(default)]
    pub collateral: Collateral,
    /// Price step.
    pub tick_size: Amount,
    /// Lowest price and settlement value.
    pub price_floor: Amount,
    /// Highest price and settlement value.
    pub price_cap: Amount,
    /// Fee of the resting order per GPU-hour.
    pub maker_fee: Amount,
    /// Fee of the arriving order per GPU-hour.
    pub taker_fee: Amount,
}

/// A contract that was listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ListedInstrument {
    /// Its symbol.
    #[schema(example = "H100-SXM.GLOBAL.OD-2026-08")]
    pub id: String,
    /// GPU-hours of one lot.
    pub contract_hours: u16,
}

/// A spot pair to list: an asset against US dollars. Its symbol follows from the asset.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSpotPair {
    /// Its number.
    pub instrument: u32,
    /// The asset that is traded.
    #[schema(example = "GPUH")]
    pub asset: String,
    /// How much of it one lot is.
    pub lot_size: Quantity,
    /// Price step; prices are in USD per lot.
    pub tick_size: Amount,
    /// Lowest price.
    pub price_floor: Amount,
    /// Highest price.
    pub price_cap: Amount,
    /// Fee of the resting order per lot.
    pub maker_fee: Amount,
    /// Fee of the arriving order per lot.
    pub taker_fee: Amount,
}

/// A spot pair that was listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ListedPair {
    /// Its symbol.
    #[schema(example = "GPUH-USD")]
    pub id: String,
}

/// Lists a cash month.
#[utoipa::path(post, path = "/v1/operator/instruments", tag = "operator", request_body = NewInstrument,
    responses((status = 201, body = ListedInstrument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn list_instrument(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewInstrument>,
) -> Result<(StatusCode, Json<ListedInstrument>), Problem> {
    caller.operator()?;
    let series = series(&app, &body.series)?;
    let (first_day, days) = month(&body.delivery_month)?;
    let id = format!("{}-{}", body.series, body.delivery_month);
    let month = Month { series: SeriesId(series.0), first_day, days };
    let terms = Terms {
        instrument: InstrumentId(body.instrument),
        symbol: Symbol::new(&id).ok_or_else(|| Problem::invalid("series", format!("{id} is too long for a symbol")))?,
        kind: match body.collateral {
            Collateral::Full => Kind::Month(month),
            Collateral::Margin => Kind::MarginedMonth(month),
        },
        tick: body.tick_size.price(),
        floor: body.price_floor.price(),
        cap: body.price_cap.price(),
        fees: FeeRates { maker: body.maker_fee.price(), taker: body.taker_fee.price() },
    };
    submit_to_exchange(&app, caller, Command::ListInstrument { terms }).await?;
    Ok((StatusCode::CREATED, Json(ListedInstrument { id, contract_hours: terms.hours().0 })))
}

/// Lists a spot pair.
#[utoipa::path(post, path = "/v1/operator/spot-pairs", tag = "operator", request_body = NewSpotPair,
    responses((status = 201, body = ListedPair), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn list_spot_pair(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewSpotPair>,
) -> Result<(StatusCode, Json<ListedPair>), Problem> {
    caller.operator()?;
    let asset = asset(&app, Some(&body.asset))?;
    let lot_size = body.lot_size.units(asset.decimals);
    let lot_size = lot_size.map_err(|error| Problem::invalid("lot_size", error.to_string()))?;
    let id = format!("{}-USD", asset.symbol);
    let terms = Terms {
        instrument: InstrumentId(body.instrument),
        symbol: Symbol::new(&id).expect("an asset's symbol leaves room for four more"),
        kind: Kind::Spot(Spot { base: asset.id, lot_size }),
        tick: body.tick_size.price(),
        floor: body.price_floor.price(),
        cap: body.price_cap.price(),
        fees: FeeRates { maker: body.maker_fee.price(), taker: body.taker_fee.price() },
    };
    submit_to_exchange(&app, caller, Command::ListInstrument { terms }).await?;
    Ok((StatusCode::CREATED, Json(ListedPair { id })))
}

/// The first day of a month written `2026-08`, and how many days it has.
fn month(text: &str) -> Result<(Day, u16), Problem> {
    let invalid = || Problem::invalid("delivery_month", format!("{text:?} is no month; write it like 2026-08"));
    let first: index::Day = format!("{text}-01").parse().map_err(|_| invalid())?;
    let (year, month, _) = first.ymd();
    let next = index::Day::from_ymd(year + i32::from(month == 12), month % 12 + 1, 1).ok_or_else(invalid)?;
    let days = u16::try_from(next.days_since(first)).map_err(|_| invalid())?;
    Ok((Day(first.days_since_epoch()), days))
}
