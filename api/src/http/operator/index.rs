//! The operator's index: series, reports, determinations.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::ids::Label;
use pricing::index;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, index_day, series};
use crate::http::numbers::Amount;
use crate::http::operator::submit;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::{Action, Happening};

/// Longest symbol of a series: a month such as `-2026-08` has to fit behind it.
const SERIES_SYMBOL_MAX: usize = 24;

/// A series to begin.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSeries {
    /// Its number.
    pub series: u32,
    /// Its symbol: 1 to 24 characters that need no escaping in a URL, so that a month fits behind it.
    #[schema(example = "H100-SXM.GLOBAL.OD", min_length = 1, max_length = 24, pattern = r"^[A-Za-z0-9._~:-]+$")]
    pub symbol: String,
    /// The first day it is determined for.
    pub inception: String,
}

/// A price report: on that day, that owner asked that price.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// The series.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// The day it speaks of.
    pub day: String,
    /// The beneficial seller.
    pub owner: String,
    /// USD per GPU-hour.
    pub price: Amount,
}

/// A determination to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDetermination {
    /// The series.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// The day.
    pub day: String,
    /// `provisional` or `final`.
    pub stage: Stage,
}

/// How firm a fixing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// May still change.
    Provisional,
    /// Never changes.
    Final,
}

/// What a determination led to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Determination {
    /// The day.
    pub day: String,
    /// The fixing in USD per GPU-hour; `null` if the day was suppressed.
    pub fixing: Option<Amount>,
    /// Where the panel stands.
    pub level: Option<Amount>,
    /// The distance between level and projection in parts per million.
    pub gap_ppm: Option<i64>,
    /// Whether that is 5 per cent or more.
    pub gap_alarm: bool,
    /// What each owner brought and what became of it.
    pub inputs: Vec<DeterminationInput>,
}

/// What one owner brought.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeterminationInput {
    /// The owner.
    pub owner: String,
    /// Its price of that day.
    pub report: Option<Amount>,
    /// Today's price over its last one, in parts per billion.
    pub ratio_ppb: Option<i64>,
    /// `accepted`, `confirmed`, `held` and so on, as the methodology says.
    pub outcome: String,
}

/// Begins a price series.
#[utoipa::path(post, path = "/v1/operator/series", tag = "operator", request_body = NewSeries,
    responses((status = 201, body = NewSeries), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn define_series(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewSeries>,
) -> Result<(StatusCode, Json<NewSeries>), Problem> {
    caller.operator()?;
    if Label::<SERIES_SYMBOL_MAX>::new(&body.symbol).is_none() {
        let detail = format!("a series symbol has 1 to {SERIES_SYMBOL_MAX} of A-Z a-z 0-9 . _ ~ : -");
        return Err(Problem::invalid("symbol", detail));
    }
    let command = index::Command::DefineSeries {
        series: index::SeriesId(body.series),
        symbol: body.symbol.clone(),
        inception: index_day(&body.inception)?,
    };
    submit(&app, caller, Action::Index(command)).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Takes a list-price report.
#[utoipa::path(post, path = "/v1/operator/reports", tag = "operator", request_body = NewReport,
    responses((status = 201, body = NewReport), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn submit_report(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewReport>,
) -> Result<(StatusCode, Json<NewReport>), Problem> {
    caller.operator()?;
    let owner = index::Owner::new(&body.owner).map_err(|error| Problem::invalid("owner", error.to_string()))?;
    let price = index::Price::new(body.price.0).map_err(|error| Problem::invalid("price", error.to_string()))?;
    let command = index::Command::SubmitReport {
        series: series(&app, &body.series)?,
        day: index_day(&body.day)?,
        owner,
        evidence: index::Evidence::List,
        price,
    };
    submit(&app, caller, Action::Index(command)).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Determines a day of a series; the exchange records the fixing in the same step.
#[utoipa::path(post, path = "/v1/operator/determinations", tag = "operator", request_body = NewDetermination,
    responses((status = 201, body = Determination), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn determine(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewDetermination>,
) -> Result<(StatusCode, Json<Determination>), Problem> {
    caller.operator()?;
    let stage = match body.stage {
        Stage::Provisional => index::Stage::Provisional,
        Stage::Final => index::Stage::Final,
    };
    let series = series(&app, &body.series)?;
    let command = index::Command::Determine { series, day: index_day(&body.day)?, stage };
    let outcome = submit(&app, caller, Action::Index(command)).await?;
    let determination = outcome.happenings.iter().find_map(determination_of);
    let determination = determination.ok_or_else(|| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "request_failed", "the determination left no event")
    })?;
    Ok((StatusCode::CREATED, Json(determination)))
}

fn determination_of(happening: &Happening) -> Option<Determination> {
    match happening {
        Happening::Index(index::Event::FixingPublished(fixing)) => Some(Determination {
            day: fixing.day.to_string(),
            fixing: Some(Amount(fixing.value.micro_usd())),
            level: Some(Amount(fixing.level.micro_usd())),
            gap_ppm: Some(fixing.gap_ppm),
            gap_alarm: fixing.gap_alarm,
            inputs: fixing.inputs.iter().map(DeterminationInput::from).collect(),
        }),
        Happening::Index(index::Event::FixingSuppressed { day, inputs, .. }) => Some(Determination {
            day: day.to_string(),
            fixing: None,
            level: None,
            gap_ppm: None,
            gap_alarm: false,
            inputs: inputs.iter().map(DeterminationInput::from).collect(),
        }),
        _ => None,
    }
}

impl From<&index::Input> for DeterminationInput {
    fn from(input: &index::Input) -> DeterminationInput {
        DeterminationInput {
            owner: input.owner.label().to_owned(),
            report: input.report.map(|price| Amount(price.micro_usd())),
            ratio_ppb: input.ratio.map(index::Ratio::ppb),
            outcome: input.outcome.to_string(),
        }
    }
}
