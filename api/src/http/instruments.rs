//! What is listed: contracts and spot pairs with their terms, state and controls, and the assets of the ledger.

use axum::Json;
use axum::extract::State;
use engine::controls::{Controls as EngineControls, DAILY_LIMIT_STEPS};
use engine::ids::{AssetId, InstrumentId, SeriesId};
use engine::instrument::{FEE_TIERS, FeeRates, Halt, Kind, Spot, State as Life, Terms};
use engine::units::{Day, Lots, Price, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::extract::{Page, day_text};
use crate::http::market_data::{Settlement, per_hour};
use crate::http::numbers::{Amount, Quantity};
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::Core;
use crate::venue::projections::settlement_rung_name;

/// A listed contract or spot pair.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Instrument {
    /// Its name.
    #[schema(example = "H100-SXM.GLOBAL.OD-2026-08")]
    pub id: String,
    /// `cash_month`, `physical_month`, `strip`, `perpetual`, `spread` or `spot`.
    pub kind: &'static str,
    /// `full`: nobody can ever owe; or `margin`: a position is worth a multiple of what stands behind it.
    pub collateral: Collateral,
    /// The price series a contract settles to.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: Option<String>,
    /// First day of delivery.
    #[schema(example = "2026-08-01")]
    pub delivery_start: Option<String>,
    /// Last day of delivery.
    #[schema(example = "2026-08-31")]
    pub delivery_end: Option<String>,
    /// GPU-hours of one lot of a contract: 1 GPU for every hour of the delivery period; of a spread those of its far leg.
    #[schema(minimum = 24, maximum = 8_784)]
    pub contract_hours: Option<u16>,
    /// The leg of a spread that is bought with it.
    pub near: Option<String>,
    /// The leg of a spread that is sold with it.
    pub far: Option<String>,
    /// The asset that a spot pair trades for US dollars.
    pub base_asset: Option<String>,
    /// How much of it one lot is.
    pub lot_size: Option<Quantity>,
    /// Price step; prices are in USD per GPU-hour of a contract, per lot of a spot pair.
    pub tick_size: Amount,
    /// Lowest price, and of a contract the lowest settlement value.
    pub price_floor: Amount,
    /// Highest price, and of a contract the highest settlement value.
    pub price_cap: Amount,
    /// Fee of the resting order in the first tier today, per GPU-hour or lot; negative if it is a rebate.
    pub maker_fee: Amount,
    /// Fee of the arriving order in the first tier today.
    pub taker_fee: Amount,
    /// Today's fees of every tier.
    pub fees: Vec<Fees>,
    /// The most anybody will ever pay, which open orders hold.
    pub worst_fee: Amount,
    /// `trading`, `halted` (by the operator), `paused` (at a daily limit), `settling`, `expired` or `settled`.
    pub state: &'static str,
    /// When a pause ends.
    pub resumes_ts_us: Option<i64>,
    /// When trading ends; a spot pair has no end.
    pub expiry_ts_us: Option<i64>,
    /// The mark price.
    pub mark_price: Option<Amount>,
    /// Lots of a contract that are open: the sum of all long positions.
    pub open_interest: Option<i64>,
    /// Until when the risk array of a contract on margin holds; `null` if there is none.
    pub risk_expires_ts_us: Option<i64>,
    /// The prices between which it trades today, if they are limited.
    pub daily_limits: Option<DailyLimits>,
    /// What keeps its trading orderly.
    pub controls: Controls,
    /// The last settlement.
    pub last_settlement: Option<Settlement>,
}

/// What stands behind a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Collateral {
    /// The most that it could ever lose.
    #[default]
    Full,
    /// The margin of the whole account.
    Margin,
}

/// Fees of one tier.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Of the resting order; negative if it is a rebate.
    pub maker_fee: Amount,
    /// Of the arriving order.
    pub taker_fee: Amount,
}

/// The lowest and the highest price that trade.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct DailyLimits {
    /// The lowest.
    pub lower: Amount,
    /// The highest.
    pub upper: Amount,
}

/// What keeps trading orderly. A zero, and what is left out, switches a control off.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Controls {
    /// What band and limits are measured from until there is a trade or a settlement.
    pub reference_price: Amount,
    /// How far behind the reference price a buy may not bid and a sell not offer.
    #[serde(default = "nothing")]
    pub price_band: Amount,
    /// How far from the best opposite price a market order may trade; without it there are no market orders.
    #[serde(default = "nothing")]
    pub market_protection: Amount,
    /// Up to three distances of the daily limits from the settlement price, widening.
    #[serde(default)]
    #[schema(max_items = 3)]
    pub daily_limits: Vec<Amount>,
    /// How long trading pauses before the daily limits widen.
    #[serde(default)]
    #[schema(maximum = 86_400_000)]
    pub pause_ms: u64,
    /// Largest order, in lots.
    #[serde(default = "largest_order")]
    #[schema(minimum = 1, maximum = 100_000)]
    pub order_lots_max: u32,
}

/// An asset of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Asset {
    /// Its name.
    #[schema(example = "USD")]
    pub asset: String,
    /// Its number, by which batches and the chain know it; 1 is US dollars.
    pub number: u32,
    /// Decimal places of its amounts.
    pub decimals: u8,
}

/// All listed contracts and spot pairs.
#[utoipa::path(get, path = "/v1/instruments", tag = "market data", responses(
    (status = 200, body = Page<Instrument>), (status = 503, body = ProblemDocument)))]
pub async fn instruments(State(app): State<App>) -> Result<Json<Page<Instrument>>, Problem> {
    let items = app.handle.read(|core| core.engine().markets().map(|market| instrument_of(core, market)).collect());
    Ok(Json(Page::whole(items.await?)))
}

/// All assets of the ledger.
#[utoipa::path(get, path = "/v1/assets", tag = "market data", responses((status = 200, body = Page<Asset>)))]
pub async fn assets(State(app): State<App>) -> Json<Page<Asset>> {
    let items = app.directory.assets().into_iter();
    Json(Page::whole(
        items
            .map(|asset| Asset { asset: asset.symbol.to_string(), number: asset.id.0, decimals: asset.decimals })
            .collect(),
    ))
}

fn instrument_of(core: &Core, market: &engine::Market) -> Instrument {
    let (terms, now) = (&market.terms, core.engine().time());
    let spot = match terms.kind {
        Kind::Spot(spot) => Some(spot),
        _ => None,
    };
    let (delivery, spread) = (terms.delivery(), terms.spread());
    let tiers = 0..u8::try_from(FEE_TIERS).expect("few tiers");
    let fees: Vec<Fees> = tiers.map(|tier| Fees::from(market.fees_at(tier, now))).collect();
    let (state, resumes_ts_us) = state_of(core, market);
    let Fees { maker_fee, taker_fee } = fees[0];
    Instrument {
        id: terms.symbol.to_string(),
        kind: kind_name(terms),
        collateral: if terms.is_margined() || spread.is_some() { Collateral::Margin } else { Collateral::Full },
        series: terms.series().map(|series| series_name(core, series)),
        delivery_start: delivery.map(|(first_day, _)| day_text(first_day)),
        delivery_end: delivery.map(|(first_day, days)| day_text(last_day(first_day, days))),
        contract_hours: spot.is_none().then(|| terms.hours().0),
        near: spread.map(|spread| symbol_of(core, spread.near)),
        far: spread.map(|spread| symbol_of(core, spread.far)),
        base_asset: spot.map(|spot| asset_of(core, spot.base).0),
        lot_size: spot.map(|Spot { base, lot_size }| Quantity::of(lot_size, asset_of(core, base).1)),
        tick_size: terms.tick.into(),
        price_floor: terms.floor.into(),
        price_cap: terms.cap.into(),
        maker_fee,
        taker_fee,
        fees,
        worst_fee: terms.fees.worst().into(),
        state,
        resumes_ts_us,
        expiry_ts_us: Some(terms.end()).filter(|&end| end != Timestamp::NEVER).map(|end| end.0),
        mark_price: market.mark().map(Amount::from),
        open_interest: terms.series().map(|_| market.open_interest),
        risk_expires_ts_us: market.risk.map(|risk| risk.expires.0),
        daily_limits: market
            .daily_limits()
            .map(|(lower, upper)| DailyLimits { lower: lower.into(), upper: upper.into() }),
        controls: market.controls.into(),
        last_settlement: settlement_of(market),
    }
}

/// What is traded, in a word.
fn kind_name(terms: &Terms) -> &'static str {
    match terms.kind {
        Kind::Month(_) | Kind::MarginedMonth(_) => "cash_month",
        Kind::PhysicalMonth(_) => "physical_month",
        Kind::Strip(_) => "strip",
        Kind::Perpetual(_) => "perpetual",
        Kind::Spread(_) => "spread",
        Kind::Spot(_) => "spot",
    }
}

/// The state in a word, and when a pause ends. A spread trades while both of its legs do.
fn state_of(core: &Core, market: &engine::Market) -> (&'static str, Option<i64>) {
    match (market.state, market.halt) {
        (Life::Settled, _) => ("settled", None),
        (Life::Settling(_), _) => ("settling", None),
        (Life::Trading, _) if core.engine().time() >= market.terms.end() => ("expired", None),
        (Life::Trading, Some(Halt::Operator | Halt::StaleIndex)) => ("halted", None),
        (Life::Trading, Some(Halt::DailyLimit { until })) => ("paused", Some(until.0)),
        (Life::Trading, None) => {
            let legs = market.terms.spread().map(|spread| [spread.near, spread.far]).into_iter().flatten();
            let states = legs.filter_map(|leg| core.engine().market(leg)).map(|leg| state_of(core, leg));
            states.into_iter().find(|state| state.0 != "trading").unwrap_or(("trading", None))
        }
    }
}

fn settlement_of(market: &engine::Market) -> Option<Settlement> {
    let terms: &Terms = &market.terms;
    let kind = match market.state {
        Life::Settled if terms.strip().is_some() => "cascade",
        Life::Settled => "final",
        _ => "daily",
    };
    market.settled.map(|settled| Settlement {
        day: day_text(settled.day),
        kind: kind.to_owned(),
        value_per_lot: settled.value_per_lot.into(),
        price: per_hour(settled.value_per_lot.into(), terms),
        rung: settlement_rung_name(settled.rung).to_owned(),
    })
}

fn last_day(first_day: Day, days: u16) -> Day {
    Day(first_day.plus(days).0 - 1)
}

pub(crate) fn series_name(core: &Core, series: SeriesId) -> String {
    let name = core.index().symbol(pricing::index::SeriesId(series.0));
    name.map_or_else(|| series.to_string(), str::to_owned)
}

/// The symbol of a listed contract.
fn symbol_of(core: &Core, instrument: InstrumentId) -> String {
    let market = core.engine().market(instrument);
    market.map_or_else(|| instrument.to_string(), |market| market.terms.symbol.to_string())
}

/// Symbol and decimal places of an asset.
pub(crate) fn asset_of(core: &Core, asset: AssetId) -> (String, u8) {
    core.engine()
        .ledger()
        .asset(asset)
        .map_or((asset.to_string(), 0), |known| (known.symbol.to_string(), known.decimals))
}

fn nothing() -> Amount {
    Amount(0)
}

fn largest_order() -> u32 {
    EngineControls::NONE.order_lots_max.0
}

impl From<FeeRates> for Fees {
    fn from(rates: FeeRates) -> Fees {
        Fees { maker_fee: rates.maker.into(), taker_fee: rates.taker.into() }
    }
}

impl From<Fees> for FeeRates {
    fn from(fees: Fees) -> FeeRates {
        FeeRates { maker: fees.maker_fee.price(), taker: fees.taker_fee.price() }
    }
}

impl From<EngineControls> for Controls {
    fn from(controls: EngineControls) -> Controls {
        let limits = controls.daily_limits.iter().take_while(|limit| limit.0 != 0);
        Controls {
            reference_price: controls.reference.into(),
            price_band: controls.band.into(),
            market_protection: controls.protection.into(),
            daily_limits: limits.map(|&limit| limit.into()).collect(),
            pause_ms: controls.pause_us / 1_000,
            order_lots_max: controls.order_lots_max.0,
        }
    }
}

impl TryFrom<&Controls> for EngineControls {
    type Error = Problem;

    fn try_from(controls: &Controls) -> Result<EngineControls, Problem> {
        if controls.daily_limits.len() > DAILY_LIMIT_STEPS {
            let detail = format!("there are at most {DAILY_LIMIT_STEPS} daily limits, one after the other");
            return Err(Problem::invalid("daily_limits", detail));
        }
        let mut daily_limits = [Price(0); DAILY_LIMIT_STEPS];
        daily_limits.iter_mut().zip(&controls.daily_limits).for_each(|(to, from)| *to = from.price());
        Ok(EngineControls {
            reference: controls.reference_price.price(),
            band: controls.price_band.price(),
            protection: controls.market_protection.price(),
            daily_limits,
            // A pause too long to count is as invalid as it can be.
            pause_us: controls.pause_ms.saturating_mul(1_000),
            order_lots_max: Lots(controls.order_lots_max),
        })
    }
}
