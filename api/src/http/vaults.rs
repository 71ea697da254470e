//! Tokenised GPUs for everybody: which vaults there are, what they earn, and how to buy, follow and claim a part of it.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::Engine;
use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, VaultId};
use engine::ledger::Purse;
use engine::vaults::{self as core_vaults, VaultCommand, VaultEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{AccountQuery, Body, Page, PageQuery, Parameters, day_text, number_cursor, page_limit};
use crate::http::instruments::series_name;
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};
use crate::signing::hex;
use crate::venue::machines::{Core, Happening};
use crate::venue::projections::VaultRevenueRow;

/// What running a machine of a series costs from a UTC day on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatingRate {
    /// The series.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// The first UTC day.
    #[schema(example = "2026-08-01")]
    pub effective_day: String,
    /// USD per GPU-hour.
    pub rate: Amount,
}

/// A machine of a vault.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Deed {
    /// The hash of its serial number, 32 bytes in hexadecimal.
    pub serial_hash: String,
    /// The hash of its latest attestation, once it was seen to be in place.
    pub attestation_hash: Option<String>,
}

/// A vault: machines that belong to whoever holds its shares.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Vault {
    /// Its number.
    pub vault: u32,
    /// `open`, `funded`, `refunding`, `refunded`, `deployed`, `yielding`, `winding_up` or `wound_up`.
    pub state: String,
    /// What its machines are.
    pub series: String,
    /// The asset of its shares.
    pub share_asset: String,
    /// How many machines it has.
    pub gpus: u16,
    /// All its shares, 100 a machine.
    pub shares: u32,
    /// What a share costs while it is open, in USD.
    pub share_price: Amount,
    /// The account that buys and runs the machines.
    pub sponsor: u32,
    /// The holders' part of net revenue, in basis points.
    pub holders_basis_points: u16,
    /// Until when all shares must be subscribed.
    pub funding_until_us: i64,
    /// Until when all machines must be in place.
    pub deployment_until_us: i64,
    /// Shares that are subscribed and not handed out yet.
    pub subscribed: u32,
    /// Shares in accounts of the venue; they alone earn.
    pub shares_on_ledger: u32,
    /// Its machines.
    pub deeds: Vec<Deed>,
    /// How many entries of revenue it has.
    pub revenue_entries: u64,
    /// The first day that can be recorded next.
    pub next_revenue_day: Option<String>,
    /// What a share has earned since the machines are in place, in USD.
    pub earned_per_share: Amount,
    /// What holders have earned and not claimed, with what could not be divided yet, in USD.
    pub unclaimed: Amount,
    /// What exported shares would have earned, in USD; all shares have it when the vault is wound up.
    pub reserve: Amount,
    /// What running the machines cost beyond what they brought, and is kept from later revenue, in USD.
    pub shortfall: Amount,
    /// What a share is redeemed for, once the machines are sold, in USD.
    pub redemption_per_share: Option<Amount>,
}

/// An entry of revenue: a day of a vault, and how it was shared. All amounts in USD.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VaultRevenue {
    /// Its number: 1, 2, 3 and so on for each vault.
    pub number: u64,
    /// The UTC day.
    pub day: String,
    /// GPU-seconds that were sold.
    pub gpu_seconds: u64,
    /// What they brought.
    pub gross: Amount,
    /// The operating rate in force, per GPU-hour.
    pub operating_rate: Amount,
    /// What running the machines cost that day, rounded up.
    pub cost: Amount,
    /// What the sponsor kept for it, this day's and what was left of earlier ones.
    pub kept: Amount,
    /// What it could not keep yet.
    pub shortfall: Amount,
    /// The holders' part of the rest, rounded down.
    pub holders: Amount,
    /// The sponsor's part of it.
    pub sponsor: Amount,
    /// What each share earned.
    pub per_share: Amount,
    /// What could not be divided by all shares, and is shared with the next entry.
    pub carried: Amount,
    /// What fell on exported shares, and went to the reserve.
    pub exported: Amount,
    /// Place in the journal.
    pub seq: u64,
    /// When it was recorded.
    pub ts_us: i64,
}

/// Shares to buy of a vault that is open.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    /// A sub-account; left out for your own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<u32>,
    /// How many shares.
    #[schema(minimum = 1)]
    pub shares: u32,
    /// The number of this payment out of the account, as of a withdrawal: 1, 2, 3 and so on, so that none is paid twice.
    #[schema(minimum = 1)]
    pub reference: u64,
}

/// A subscription that is paid for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Subscription {
    /// Of which vault.
    pub vault: u32,
    /// By whom.
    pub account: u32,
    /// How many shares.
    pub shares: u32,
    /// What they cost, in USD.
    pub paid: Amount,
    /// The vault's state behind it: `funded` with the last share.
    pub state: String,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// What an account has of a vault.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Yield {
    /// Of which vault.
    pub vault: u32,
    /// Whose.
    pub account: u32,
    /// Shares that it has subscribed and not received yet.
    pub subscribed: u32,
    /// Its shares, held and pending ones included.
    pub shares: u32,
    /// What it may claim, in USD.
    pub claimable: Amount,
    /// The venue's time.
    pub ts_us: i64,
}

/// Whose yield to claim.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    /// A sub-account; left out for your own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<u32>,
}

/// A claim that is paid.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Claim {
    /// Of which vault.
    pub vault: u32,
    /// Whose.
    pub account: u32,
    /// What it had earned, in USD.
    pub yield_paid: Amount,
    /// How many shares were redeemed: all free ones, if the vault is wound up.
    pub shares_redeemed: u32,
    /// What was paid for them, in USD.
    pub redemption_paid: Amount,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// The published operating rates, by series and first day.
#[utoipa::path(get, path = "/v1/operating-rates", tag = "vaults", responses(
    (status = 200, body = Page<OperatingRate>), (status = 503, body = ProblemDocument)))]
pub async fn operating_rates(State(app): State<App>) -> Result<Json<Page<OperatingRate>>, Problem> {
    let items = app.handle.read(|core| {
        let rates = core.engine().operating_rates();
        let shown = |(series, day, rate): (_, _, engine::units::Price)| OperatingRate {
            series: series_name(core, series),
            effective_day: day_text(day),
            rate: rate.into(),
        };
        rates.map(shown).collect()
    });
    Ok(Json(Page::whole(items.await?)))
}

/// All vaults, by number.
#[utoipa::path(get, path = "/v1/vaults", tag = "vaults", responses(
    (status = 200, body = Page<Vault>), (status = 503, body = ProblemDocument)))]
pub async fn vaults(State(app): State<App>) -> Result<Json<Page<Vault>>, Problem> {
    let items = app.handle.read(|core| core.engine().vaults().map(|vault| shown(core, vault)).collect());
    Ok(Json(Page::whole(items.await?)))
}

/// One vault.
#[utoipa::path(get, path = "/v1/vaults/{id}", tag = "vaults", params(("id" = String, Path)), responses(
    (status = 200, body = Vault), (status = 404, body = ProblemDocument), (status = 503, body = ProblemDocument)))]
pub async fn vault(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Vault>, Problem> {
    let number = vault_id(&id)?;
    let found = app.handle.read(move |core| core.engine().vault(number).map(|vault| shown(core, vault)));
    found.await?.map(Json).ok_or_else(|| Problem::not_found("vault", &id))
}

/// A vault's entries of revenue, newest first.
#[utoipa::path(get, path = "/v1/vaults/{id}/revenue", tag = "vaults", params(("id" = String, Path), PageQuery), responses(
    (status = 200, body = Page<VaultRevenue>), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 503, body = ProblemDocument)))]
pub async fn revenues(
    State(app): State<App>,
    Path(id): Path<String>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Json<Page<VaultRevenue>>, Problem> {
    let number = known_vault(&app, &id).await?;
    let limit = page_limit(query.limit)?;
    let before = query.cursor.as_deref().map(number_cursor).transpose()?;
    app.history_is_current().await?;
    let rows = app.history.vault_revenues(number, before, limit).await?;
    let items = rows.into_iter().map(VaultRevenue::from).collect();
    Ok(Json(Page::cut(items, limit, |entry: &VaultRevenue| entry.number.to_string())))
}

/// Buys shares of a vault that is open. Binding; paid back if the vault is not funded, or its machines not in place, in time.
#[utoipa::path(post, path = "/v1/vaults/{id}/subscriptions", tag = "vaults", params(("id" = String, Path)),
    request_body = NewSubscription, responses((status = 201, body = Subscription), (status = 400, body = ProblemDocument),
    (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn subscribe(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Body(body): Body<NewSubscription>,
) -> Result<(StatusCode, Json<Subscription>), Problem> {
    caller.fresh()?;
    let account = caller.account_or(&app, body.account).await?;
    let vault = vault_id(&id)?;
    let (shares, reference) = (body.shares, body.reference);
    let command = VaultCommand::Subscribe { account, vault, shares, reference };
    let outcome = app.submit(&caller, Command::Vault(command)).await?;
    let mut subscription = Subscription {
        vault: vault.0,
        account: account.0,
        shares,
        paid: Amount(0),
        state: core_vaults::VaultState::Open.name().to_owned(),
        seq: outcome.stamp.seq.0,
        ts_us: outcome.stamp.time.0,
    };
    for happening in &outcome.happenings {
        match happening {
            Happening::Exchange(Event::Vault(VaultEvent::Subscribed { paid, .. })) => {
                subscription.paid = (*paid).into()
            }
            Happening::Exchange(Event::Vault(VaultEvent::VaultStateChanged { state, .. })) => {
                subscription.state = state.name().to_owned();
            }
            _ => {}
        }
    }
    Ok((StatusCode::CREATED, Json(subscription)))
}

/// What the account has of a vault, and may claim.
#[utoipa::path(get, path = "/v1/vaults/{id}/yield", tag = "vaults", params(("id" = String, Path), AccountQuery), responses(
    (status = 200, body = Yield), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn accrued(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<Yield>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let number = vault_id(&id)?;
    let found = app.handle.read(move |core| yield_of(core.engine(), number, account));
    found.await?.map(Json).ok_or_else(|| Problem::not_found("vault", &id))
}

/// Pays what the account has earned of a vault and, once that is wound up, redeems its free shares.
#[utoipa::path(post, path = "/v1/vaults/{id}/claims", tag = "vaults", params(("id" = String, Path)), request_body = NewClaim,
    responses((status = 201, body = Claim), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn claim(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Body(body): Body<NewClaim>,
) -> Result<(StatusCode, Json<Claim>), Problem> {
    caller.fresh()?;
    let account = caller.account_or(&app, body.account).await?;
    let vault = vault_id(&id)?;
    let outcome = app.submit(&caller, Command::Vault(VaultCommand::ClaimYield { account, vault })).await?;
    let mut claim = Claim {
        vault: vault.0,
        account: account.0,
        yield_paid: Amount(0),
        shares_redeemed: 0,
        redemption_paid: Amount(0),
        seq: outcome.stamp.seq.0,
        ts_us: outcome.stamp.time.0,
    };
    for happening in &outcome.happenings {
        match happening {
            Happening::Exchange(Event::Vault(VaultEvent::YieldClaimed { amount, .. })) => {
                claim.yield_paid = (*amount).into();
            }
            Happening::Exchange(Event::Vault(VaultEvent::SharesRedeemed { shares, amount, .. })) => {
                (claim.shares_redeemed, claim.redemption_paid) = (*shares, (*amount).into());
            }
            _ => {}
        }
    }
    Ok((StatusCode::CREATED, Json(claim)))
}

/// A vault by its number in a path.
pub fn vault_id(text: &str) -> Result<VaultId, Problem> {
    text.parse().map(VaultId).map_err(|_| Problem::not_found("vault", text))
}

async fn known_vault(app: &App, id: &str) -> Result<VaultId, Problem> {
    let number = vault_id(id)?;
    let is_known = app.handle.read(move |core| core.engine().vault(number).is_some()).await?;
    if is_known { Ok(number) } else { Err(Problem::not_found("vault", id)) }
}

fn yield_of(engine: &Engine, number: VaultId, account: AccountId) -> Option<Yield> {
    let vault = engine.vault(number)?;
    Some(Yield {
        vault: number.0,
        account: account.0,
        subscribed: vault.subscriptions.get(&account).copied().unwrap_or_default(),
        shares: vault.holdings.get(&account).map_or(0, |holding| holding.shares),
        claimable: engine.claimable(number, account).into(),
        ts_us: engine.time().0,
    })
}

fn shown(core: &Core, vault: &core_vaults::Vault) -> Vault {
    let (engine, terms) = (core.engine(), &vault.terms);
    let earns = matches!(vault.state, core_vaults::VaultState::Deployed | core_vaults::VaultState::Yielding);
    let deed = |deed: &core_vaults::Deed| Deed {
        serial_hash: hex(&deed.serial.0),
        attestation_hash: deed.attestation.map(|attestation| hex(&attestation.0)),
    };
    Vault {
        vault: terms.vault.0,
        state: vault.state.name().to_owned(),
        series: series_name(core, terms.series),
        share_asset: terms.symbol.to_string(),
        gpus: terms.gpus,
        shares: terms.shares(),
        share_price: terms.price.into(),
        sponsor: terms.sponsor.0,
        holders_basis_points: terms.holders_bp,
        funding_until_us: terms.funding_until.0,
        deployment_until_us: terms.deployment_until.0,
        subscribed: vault.subscribed(),
        shares_on_ledger: vault.on_ledger(),
        deeds: vault.deeds.iter().map(deed).collect(),
        revenue_entries: vault.entries,
        next_revenue_day: earns.then(|| day_text(vault.next_day)),
        earned_per_share: vault.index.into(),
        unclaimed: engine.purse(terms.vault, Purse::Yield).into(),
        reserve: engine.purse(terms.vault, Purse::Reserve).into(),
        shortfall: vault.shortfall.into(),
        redemption_per_share: vault.value_per_share.map(Amount::from),
    }
}

impl From<VaultRevenueRow> for VaultRevenue {
    fn from(row: VaultRevenueRow) -> VaultRevenue {
        let core_vaults::Revenue { sold, rate, cost, kept, shortfall, holders, sponsor, .. } = row.revenue;
        let core_vaults::Revenue { per_share, carried, exported, .. } = row.revenue;
        VaultRevenue {
            number: sold.number,
            day: day_text(sold.day),
            gpu_seconds: sold.gpu_seconds,
            gross: sold.gross.into(),
            operating_rate: rate.into(),
            cost: cost.into(),
            kept: kept.into(),
            shortfall: shortfall.into(),
            holders: holders.into(),
            sponsor: sponsor.into(),
            per_share: per_share.into(),
            carried: carried.into(),
            exported: exported.into(),
            seq: row.seq.0,
            ts_us: row.ts_us,
        }
    }
}
