//! Liquidation in the twin: who is in it, rounds of orders in the book, and what the venue charges for them.

use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, OrderId};
use engine::instrument::Terms;
use engine::ledger::LedgerAccount;
use engine::order::{Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Lots, Price, Side, Timestamp};

use super::matching::hours;
use super::requirement::Counted;
use super::{Order, Twin, cash, margin};

const COOLDOWN: i64 = 30_000_000;

/// An account in liquidation.
#[derive(Clone)]
pub(super) struct Liquidation {
    pub(super) account: AccountId,
    /// When its next round is due, or its present one was.
    pub(super) due: Timestamp,
    pub(super) round: Option<Round>,
}

/// A round that has begun.
#[derive(Clone)]
pub(super) struct Round {
    /// What is missing of the maintenance margin, and that margin, if only a part is closed.
    part: Option<(i128, i128)>,
    /// Contracts up to this one were dealt with.
    dealt_to: Option<InstrumentId>,
}

impl Round {
    /// A round that closes everything.
    pub(super) fn of_everything() -> Round {
        Round { part: None, dealt_to: None }
    }

    fn of_liquidation(equity: i128, maintenance: i128) -> Round {
        let is_full = closes_everything(equity, maintenance);
        Round { part: (!is_full).then_some((maintenance - equity, maintenance)), dealt_to: None }
    }

    fn is_full(&self) -> bool {
        self.part.is_none()
    }

    /// How many lots of a position are to be closed.
    fn lots(&self, position: i128) -> i128 {
        let Some((missing, maintenance)) = self.part else { return position.abs() };
        // Rounded up.
        (position.abs() * missing + maintenance - 1).div_euclid(maintenance)
    }
}

/// Why the venue sends an order for an account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    InLiquidation,
    /// The account pays nothing, neither fee nor charge.
    InExit,
}

fn closes_everything(equity: i128, maintenance: i128) -> bool {
    3 * equity < 2 * maintenance
}

fn suffices(equity: i128, maintenance: i128) -> bool {
    equity >= maintenance && equity >= 0
}

impl Twin {
    /// Whether an account is in liquidation.
    pub fn is_in_liquidation(&self, account: AccountId) -> bool {
        self.liquidations.iter().any(|liquidation| liquidation.account == account)
    }

    /// When the next round of an account in liquidation is due, or its present one was.
    pub fn next_round(&self, account: AccountId) -> Option<Timestamp> {
        let mut found = self.liquidations.iter().filter(|liquidation| liquidation.account == account);
        found.next().map(|liquidation| liquidation.due)
    }

    /// Whether some account is between two orders of a round.
    pub fn is_in_a_round(&self) -> bool {
        self.liquidations.iter().any(|liquidation| liquidation.round.is_some())
    }

    pub(super) fn refuse_in_liquidation(&self, account: AccountId) -> Result<(), Reject> {
        if self.is_in_liquidation(account) { Err(Reject::InLiquidation { account }) } else { Ok(()) }
    }

    fn liquidation_mut(&mut self, account: AccountId) -> &mut Liquidation {
        self.liquidations.iter_mut().find(|liquidation| liquidation.account == account).unwrap()
    }

    /// Equity, and the maintenance margin of the positions.
    fn equity_and_maintenance(&self, account: AccountId) -> (i128, i128) {
        (self.equity(account), margin::maintenance(self.initial_margin(account, Counted::Nothing)))
    }

    /// What a margin call means for the liquidation of the account: whether all its orders go.
    pub(super) fn is_to_be_liquidated(&mut self, account: AccountId) -> bool {
        let (equity, maintenance) = self.equity_and_maintenance(account);
        if self.rules < Rules::FOURTH {
            return false;
        }
        let now = self.now;
        if self.is_in_liquidation(account) {
            if closes_everything(equity, maintenance) {
                let due = &mut self.liquidation_mut(account).due;
                *due = (*due).min(now);
            }
            return true;
        }
        if suffices(equity, maintenance) {
            return false;
        }
        self.liquidations.push(Liquidation { account, due: now, round: None });
        let [equity, maintenance] = [equity, maintenance].map(cash);
        self.events.push(Event::LiquidationStarted { account, equity, maintenance });
        true
    }

    /// The account whose round is due the longest.
    pub(super) fn first_to_liquidate(&self) -> Option<AccountId> {
        let due = self.liquidations.iter().filter(|liquidation| liquidation.due <= self.now);
        due.min_by_key(|liquidation| (liquidation.due, liquidation.account)).map(|liquidation| liquidation.account)
    }

    pub(super) fn liquidate(&mut self, account: AccountId) {
        match self.liquidation_mut(account).round.clone() {
            None => self.begin_round(account),
            Some(round) => self.go_on_with_round(account, round),
        }
    }

    fn begin_round(&mut self, account: AccountId) {
        let (equity, maintenance) = self.equity_and_maintenance(account);
        let positions = self.margined_positions(account);
        if suffices(equity, maintenance) {
            self.end_liquidation(account);
        } else if positions.is_empty() {
            self.declare_default(account);
        } else if !positions.iter().any(|instrument| self.is_liquid(*instrument)) {
            self.postpone(account);
        } else {
            self.liquidation_mut(account).round = Some(Round::of_liquidation(equity, maintenance));
            let [equity, maintenance] = [equity, maintenance].map(cash);
            self.events.push(Event::LiquidationRound { account, equity, maintenance });
        }
    }

    pub(super) fn end_liquidation(&mut self, account: AccountId) {
        self.liquidations.retain(|liquidation| liquidation.account != account);
        let equity = cash(self.equity(account));
        self.events.push(Event::LiquidationEnded { account, equity });
    }

    pub(super) fn postpone(&mut self, account: AccountId) {
        let next = self.now.plus_micros(COOLDOWN);
        let liquidation = self.liquidation_mut(account);
        (liquidation.due, liquidation.round) = (next, None);
        self.events.push(Event::LiquidationPostponed { account, next });
    }

    /// The margined contracts in which an account has a position, in rising number.
    pub fn margined_positions(&self, account: AccountId) -> Vec<InstrumentId> {
        let held = self.instruments().into_iter().filter(|instrument| {
            self.listed(*instrument).terms.is_margined() && self.holding(account, *instrument).0 != 0
        });
        let mut held: Vec<InstrumentId> = held.collect();
        held.sort();
        held
    }

    /// Whether a contract trades at a mark that can be trusted, with as many lots on one side as on the other.
    pub fn is_liquid(&self, instrument: InstrumentId) -> bool {
        let contract = self.listed(instrument);
        let is_fresh = self.stale_since(contract.terms.series().unwrap()).is_none();
        let is_known = contract.mark.is_some() && self.risk_of(instrument).is_some();
        self.is_open(instrument) && is_fresh && is_known && !self.is_cascaded_into(instrument)
    }

    fn go_on_with_round(&mut self, account: AccountId, mut round: Round) {
        let Some(request) = self.next_order_of_round(account, &mut round) else {
            return self.complete_round(account, &round);
        };
        self.liquidation_mut(account).round = Some(round);
        self.send_for(&request, Sent::InLiquidation);
    }

    /// The next order of a round, contracts in which none can be sent being passed over.
    pub(super) fn next_order_of_round(&self, account: AccountId, round: &mut Round) -> Option<OrderRequest> {
        loop {
            let mut left = self.margined_positions(account);
            left.retain(|instrument| round.dealt_to.is_none_or(|last| *instrument > last));
            left.retain(|instrument| self.is_liquid(*instrument));
            let order = self.order_of_round(account, round, *left.first()?, &left);
            round.dealt_to = Some(left[0]);
            if order.is_some() {
                return order;
            }
        }
    }

    /// The order into the first of the contracts that are left, unless none can be sent.
    fn order_of_round(
        &self,
        account: AccountId,
        round: &Round,
        instrument: InstrumentId,
        left: &[InstrumentId],
    ) -> Option<OrderRequest> {
        let contract = self.listed(instrument);
        let (terms, mark) = (contract.terms, i128::from(contract.mark.unwrap().0));
        let band = i128::from(self.margin_of(terms.series().unwrap()).unwrap().mark_band.0);
        let (position, _) = self.holding(account, instrument);
        let side = if position > 0 { Side::Sell } else { Side::Buy };
        let in_hours = |of: &InstrumentId| round.lots(self.holding(account, *of).0) * hours(&self.listed(*of).terms);
        let all: i128 = left.iter().map(in_hours).sum();
        let distance = band.min(self.equity(account).max(0).div_euclid(all));
        let worst = if side == Side::Sell { mark - distance } else { mark + distance };
        let limit = self.kept_within(&terms, side, worst);
        let is_worse = if side == Side::Sell { limit < worst } else { limit > worst };
        let limit = to_the_tick(limit, &terms, side);
        if is_worse || limit < i128::from(terms.floor.0) || limit > i128::from(terms.cap.0) {
            return None;
        }
        let name = ClientOrderId::new("liquidation").unwrap();
        let lots = Lots(u32::try_from(round.lots(position)).unwrap());
        let limit = Price(i64::try_from(limit).unwrap());
        Some(OrderRequest {
            time_in_force: TimeInForce::ImmediateOrCancel,
            conditions: Conditions { post_only: false, reduce_only: true },
            self_trade: SelfTrade::CancelOldest,
            ..OrderRequest::limit(account, name, instrument, side, lots, limit)
        })
    }

    /// A limit within band, daily limits, floor and cap.
    fn kept_within(&self, terms: &Terms, side: Side, limit: i128) -> i128 {
        let mut limit = limit;
        if let Some((_, bound)) = self.band(terms.instrument, side) {
            let bound = i128::from(bound.0);
            limit = if side == Side::Buy { limit.min(bound) } else { limit.max(bound) };
        }
        if let Some((lower, upper)) = self.daily_limits(terms.instrument) {
            limit = limit.max(i128::from(lower.0)).min(i128::from(upper.0));
        }
        limit.max(i128::from(terms.floor.0)).min(i128::from(terms.cap.0))
    }

    pub(super) fn send_for(&mut self, request: &OrderRequest, sent: Sent) {
        let order = OrderId(self.seq);
        let OrderRequest { account, instrument, side, lots, .. } = *request;
        let Pricing::Limit(limit) = request.pricing else { unreachable!("it has a limit") };
        self.orders.push(Order {
            order,
            request: *request,
            accepted: self.now,
            lots: lots.0,
            filled: 0,
            limit: Some(limit),
            waits_for: None,
            live: true,
            first_answer: (0, 0),
            sent: Some(sent),
        });
        self.events.push(Event::LiquidationOrdered { order, account, instrument, side, lots, limit });
        self.arrive(order);
        // Nobody sent it, so nobody can send it again.
        self.orders.retain(|known| known.order != order);
        self.finished.retain(|(known, _)| *known != order);
    }

    /// What the account pays for a trade of the venue's, in the place of a fee.
    pub(super) fn charge_liquidation(&mut self, account: AccountId, traded: i128) {
        let free = self.free(account, AssetId::USD);
        let charge = (traded.abs() * 5).div_euclid(1_000).min(self.equity(account).max(0)).min(free.max(0));
        let (from, to) = (LedgerAccount::Customer(account), LedgerAccount::Insurance);
        self.transfer(from, to, AssetId::USD, charge, TransferReason::Liquidation);
    }

    fn complete_round(&mut self, account: AccountId, round: &Round) {
        let (equity, maintenance) = self.equity_and_maintenance(account);
        self.liquidation_mut(account).round = None;
        if suffices(equity, maintenance) {
            return self.end_liquidation(account);
        }
        if round.is_full() {
            return self.declare_default(account);
        }
        let waits = if closes_everything(equity, maintenance) { 0 } else { COOLDOWN };
        let next = self.now.plus_micros(waits);
        self.liquidation_mut(account).due = next;
        self.events.push(Event::LiquidationRoundCompleted { account, next });
    }
}

/// Selling up, buying down: never further from the mark.
fn to_the_tick(limit: i128, terms: &Terms, side: Side) -> i128 {
    let tick = i128::from(terms.tick.0);
    match side {
        Side::Buy => limit.div_euclid(tick) * tick,
        Side::Sell => (limit + tick - 1).div_euclid(tick) * tick,
    }
}
