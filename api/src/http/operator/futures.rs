//! The operator's listings of contracts on margin that are no cash months: strips, perpetuals, physical months, spreads.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::command::Command;
use engine::ids::{InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Legs, Month, Perpetual, Spread, Strip, Terms};
use engine::units::{Day, HOURS_PER_DAY, Timestamp};
use pricing::delivery::{DeliveryPeriod, PeriodKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, series};
use crate::http::market_data::terms_of;
use crate::http::numbers::Amount;
use crate::http::operator::listing::ListedInstrument;
use crate::http::operator::submit_to_exchange;
use crate::http::problem::{Problem, ProblemDocument};

/// What every contract has, whatever it delivers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFuture {
    /// Its number.
    pub instrument: u32,
    /// The series it settles to; of a spread that of its near leg.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// What it is besides.
    pub contract: NewContract,
    /// Price step.
    pub tick_size: Amount,
    /// Lowest price; of a spread it may be negative.
    pub price_floor: Amount,
    /// Highest price.
    pub price_cap: Amount,
    /// Fee of the resting order per GPU-hour.
    pub maker_fee: Amount,
    /// Fee of the arriving order per GPU-hour.
    pub taker_fee: Amount,
}

/// A contract on margin that is no cash month.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum NewContract {
    /// A quarter or a year that cascades into its legs.
    Strip {
        /// When it delivers.
        #[schema(example = "2027-Q1")]
        period: String,
        /// The symbols of its legs, in the order of delivery.
        legs: Vec<String>,
    },
    /// A month that is meant to be delivered.
    PhysicalMonth {
        /// When it delivers.
        #[schema(example = "2027-01")]
        period: String,
    },
    /// A contract that never ends.
    Perpetual {
        /// GPU-hours of a lot.
        #[schema(minimum = 1, maximum = 744)]
        lot_hours: u16,
        /// What longs pay shorts while the premium is zero, in parts per million for eight hours.
        interest_ppm: i32,
        /// The most that is paid either way, in parts per million for eight hours.
        cap_ppm: i32,
    },
    /// The difference of two contracts: a lot is one of the near leg bought and one of the far leg sold.
    Spread {
        /// The symbol of the leg that is bought.
        #[schema(example = "H100-SXM.GLOBAL.OD-2027-01")]
        near: String,
        /// The symbol of the leg that is sold: a later period of the series, or the same period of another.
        #[schema(example = "H100-SXM.GLOBAL.OD-2027-02")]
        far: String,
    },
}

/// Lists a strip, a physical month, a perpetual or a spread. Its symbol follows from the series and the contract.
#[utoipa::path(post, path = "/v1/operator/futures", tag = "operator", request_body = NewFuture,
    responses((status = 201, body = ListedInstrument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn list_future(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewFuture>,
) -> Result<(StatusCode, Json<ListedInstrument>), Problem> {
    caller.operator()?;
    let series = SeriesId(series(&app, &body.series)?.0);
    let (kind, suffix) = kind_of(&app, series, &body)?;
    let id = format!("{}{suffix}", body.series);
    let terms = Terms {
        instrument: InstrumentId(body.instrument),
        symbol: Symbol::new(&id).ok_or_else(|| Problem::invalid("series", format!("{id} is too long for a symbol")))?,
        kind,
        tick: body.tick_size.price(),
        floor: body.price_floor.price(),
        cap: body.price_cap.price(),
        fees: FeeRates { maker: body.maker_fee.price(), taker: body.taker_fee.price() },
    };
    submit_to_exchange(&app, caller, Command::ListInstrument { terms }).await?;
    Ok((StatusCode::CREATED, Json(ListedInstrument { id, contract_hours: terms.hours().0 })))
}

/// The engine's kind, and what the symbol has behind the series.
fn kind_of(app: &App, series: SeriesId, future: &NewFuture) -> Result<(Kind, String), Problem> {
    match &future.contract {
        NewContract::Strip { period, legs } => {
            let (period, first_day, days) = period_of(period, |kind| kind != PeriodKind::Month)?;
            let legs = legs.iter().map(|leg| Ok(terms_of(app, leg)?.instrument));
            let legs = legs.collect::<Result<Vec<InstrumentId>, Problem>>()?;
            let legs = Legs::new(&legs).ok_or_else(|| Problem::invalid("legs", "a strip has two to six legs"))?;
            Ok((Kind::Strip(Strip { series, first_day, days, legs }), format!("-{period}")))
        }
        NewContract::PhysicalMonth { period } => {
            let (period, first_day, days) = period_of(period, |kind| kind == PeriodKind::Month)?;
            Ok((Kind::PhysicalMonth(Month { series, first_day, days }), format!("-{period}-PHYS")))
        }
        &NewContract::Perpetual { lot_hours, interest_ppm, cap_ppm } => {
            let perpetual = Perpetual { series, hours: lot_hours, interest_ppm, cap_ppm };
            Ok((Kind::Perpetual(perpetual), "-PERP".to_owned()))
        }
        NewContract::Spread { near, far } => {
            let legs = (terms_of(app, near)?, terms_of(app, far)?);
            let suffix = spread_suffix(&future.series, near, far).filter(|_| legs.0.series() == Some(series));
            let suffix = suffix.ok_or_else(|| Problem::invalid("series", format!("{near} is of another series")))?;
            Ok((Kind::Spread(Spread::between(&legs.0, &legs.1)), suffix))
        }
    }
}

/// What a spread's symbol has behind the series of its near leg: both periods of one series, or the other series and the period of
/// both. `None` if the near leg's symbol does not begin with the series.
fn spread_suffix(series: &str, near: &str, far: &str) -> Option<String> {
    let period = near.strip_prefix(series).filter(|period| period.starts_with('-'))?;
    let later = far.strip_prefix(series).and_then(|later| later.strip_prefix('-'));
    Some(later.map_or_else(|| format!("~{far}"), |later| format!("{period}~{later}")))
}

/// A period with its first day and its days.
fn period_of(text: &str, fits: fn(PeriodKind) -> bool) -> Result<(DeliveryPeriod, Day, u16), Problem> {
    let invalid = || Problem::invalid("period", format!("{text:?} is not one; write 2027-01, 2027-Q1 or 2027"));
    let period: DeliveryPeriod = text.parse().map_err(|_| invalid())?;
    if !fits(period.kind()) {
        return Err(invalid());
    }
    let days = u16::try_from(period.hours() / u32::from(HOURS_PER_DAY)).map_err(|_| invalid())?;
    Ok((period, Timestamp(period.start_us()).day(), days))
}
