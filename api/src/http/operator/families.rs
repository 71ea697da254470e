//! Families over HTTP: what the venue lists by itself of a series, as the operator sets it and as everybody may read it.

use axum::extract::State;
use axum::{Extension, Json};
use engine::command::Command;
use engine::families::Family as EngineFamily;
use engine::ids::{FamilyId, Prefix, SeriesId};
use engine::instrument::FeeRates;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, Page, series};
use crate::http::instruments::series_name;
use crate::http::numbers::Amount;
use crate::http::operator::{Done, submit_to_exchange};
use crate::http::problem::{Problem, ProblemDocument};

/// What the venue lists by itself of a series: margined months, quarters and years with symbols that begin with the series.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its number.
    pub family: u32,
    /// The series.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// How many months, the present one counted.
    #[schema(minimum = 1, maximum = 24)]
    pub months: u8,
    /// How many quarters that have not begun.
    #[serde(default)]
    #[schema(maximum = 12)]
    pub quarters: u8,
    /// How many years that have not begun.
    #[serde(default)]
    #[schema(maximum = 5)]
    pub years: u8,
    /// Whether months that follow each other have a calendar spread.
    #[serde(default)]
    pub calendar_spreads: bool,
    /// Price step.
    pub tick_size: Amount,
    /// Lowest price of months, quarters and years.
    pub price_floor: Amount,
    /// Highest price of months, quarters and years.
    pub price_cap: Amount,
    /// Fee of the resting order per GPU-hour.
    pub maker_fee: Amount,
    /// Fee of the arriving order per GPU-hour.
    pub taker_fee: Amount,
}

/// Says what the venue lists by itself of a series, in the place of what it said before. What is missing is listed at once, and at the
/// first moment of each UTC day.
#[utoipa::path(post, path = "/v1/operator/families", tag = "operator", request_body = Family,
    responses((status = 200, body = Done), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn set_family(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Family>,
) -> Result<Json<Done>, Problem> {
    caller.operator()?;
    let series = SeriesId(series(&app, &body.series)?.0);
    let too_long = || Problem::invalid("series", format!("{} is too long; a family takes 24 characters", body.series));
    let family = EngineFamily {
        family: FamilyId(body.family),
        prefix: Prefix::new(&body.series).ok_or_else(too_long)?,
        series,
        tick: body.tick_size.price(),
        floor: body.price_floor.price(),
        cap: body.price_cap.price(),
        fees: FeeRates { maker: body.maker_fee.price(), taker: body.taker_fee.price() },
        months: body.months,
        quarters: body.quarters,
        years: body.years,
        spreads: body.calendar_spreads,
    };
    let outcome = submit_to_exchange(&app, caller, Command::SetFamily { family }).await?;
    Ok(Json(Done::from(&outcome)))
}

/// All families: what the venue lists by itself.
#[utoipa::path(get, path = "/v1/families", tag = "market data", responses(
    (status = 200, body = Page<Family>), (status = 503, body = ProblemDocument)))]
pub async fn families(State(app): State<App>) -> Result<Json<Page<Family>>, Problem> {
    let items = app.handle.read(|core| {
        let family = |family: &EngineFamily| Family {
            family: family.family.0,
            series: series_name(core, family.series),
            months: family.months,
            quarters: family.quarters,
            years: family.years,
            calendar_spreads: family.spreads,
            tick_size: family.tick.into(),
            price_floor: family.floor.into(),
            price_cap: family.cap.into(),
            maker_fee: family.fees.maker.into(),
            taker_fee: family.fees.taker.into(),
        };
        core.engine().families().map(family).collect()
    });
    Ok(Json(Page::whole(items.await?)))
}
