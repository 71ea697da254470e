//! Reads a state back from its bytes, strictly: what no engine would have written is refused.

mod market;
mod orders;

use std::collections::BTreeMap;

use self::market::take_market;
use super::MAGIC;
use crate::accounts::{Account, AccountSlot, Budget, LiveList};
use crate::approvals::Proposal;
use crate::due::Sweep;
use crate::engine::{Engine, Key};
use crate::event::CancelReason;
use crate::fees::Schedule;
use crate::fixings::DayValue;
use crate::ids::{AccountId, AssetId, InstrumentId, KeyId, OrderId, Seq, SeriesId, TradeId, TransferId};
use crate::instrument::{Halt, SettlementKind, State, Terms};
use crate::journal::bytes::{DecodeError, Reader};
use crate::journal::wire;
use crate::ledger::{Asset, Balance, LedgerAccount, PendingTransfer};
use crate::limits;
use crate::margin::Totals;
use crate::rules::Rules;
use crate::units::{Amount, Cash, Day, Position, Price, Timestamp};

impl Engine {
    /// The state that a snapshot holds, its tables laid out by a seed; see [`Engine::with_hash_seed`].
    ///
    /// # Errors
    /// If the bytes are not exactly one snapshot of a known version, or contradict themselves.
    pub fn read_snapshot(bytes: &[u8], seed: u64) -> Result<Engine, DecodeError> {
        let mut from = Reader(bytes);
        if from.array()? != *MAGIC {
            return Err(invalid("snapshot version", 0));
        }
        let mut engine = Engine::with_hash_seed(seed);
        engine.seq = Seq(from.u64()?);
        engine.time = Timestamp(from.i64()?);
        engine.rules = match from.u16()? {
            rules if (Rules::FIRST..=Rules::LATEST).contains(&Rules(rules)) => Rules(rules),
            rules => return Err(invalid("version of the rules", u64::from(rules))),
        };
        engine.last_trade = TradeId(from.u64()?);
        engine.take_assets(&mut from)?;
        engine.take_accounts(&mut from)?;
        engine.take_keys(&mut from)?;
        engine.take_fixings(&mut from)?;
        engine.take_markets(&mut from)?;
        engine.take_live_orders(&mut from)?;
        engine.take_books(&mut from)?;
        engine.take_finished_orders(&mut from)?;
        engine.take_positions(&mut from)?;
        engine.take_balances(&mut from)?;
        engine.take_sweep(&mut from)?;
        // What is read is compared with what would be written, so that no state has the section and another one not.
        if engine.rules.has_margin() || !from.0.is_empty() {
            engine.take_margin(&mut from)?;
        }
        if engine.rules.has_default_waterfall() {
            engine.take_waterfall(&mut from)?;
        }
        if engine.rules.has_spreads() {
            engine.take_families(&mut from)?;
        }
        if engine.rules.has_approvals() {
            engine.take_approvals(&mut from)?;
        }
        if engine.rules.has_batches() {
            engine.take_chain(&mut from)?;
        }
        if engine.rules.has_gpu_vaults() {
            engine.take_vaults(&mut from)?;
        }
        from.end()?;
        engine.derive_margin();
        engine.derive_due();
        engine.check_sums()?;
        engine.check_canonical(bytes)?;
        Ok(engine)
    }

    /// Money and positions are conserved; a snapshot in which they are not was not written by this engine.
    fn check_sums(&self) -> Result<(), DecodeError> {
        let mut sums: BTreeMap<AssetId, i128> = self.ledger.assets().map(|(asset, _)| (asset, 0)).collect();
        for (account, asset, balance) in self.ledger.trial_balance() {
            let sum = sums.get_mut(&asset).ok_or(invalid("asset", u64::from(asset.0)))?;
            *sum += i128::from(balance.posted.0);
            let free = i128::from(balance.posted.0) - i128::from(balance.held.0) - i128::from(balance.pending.0);
            if matches!(account, LedgerAccount::Customer(_)) && free < 0 {
                return Err(invalid("balance below zero in asset", u64::from(asset.0)));
            }
        }
        if let Some((asset, _)) = sums.iter().find(|(_, sum)| **sum != 0) {
            return Err(invalid("sum of the ledger in asset", u64::from(asset.0)));
        }
        let mut positions = vec![0_i64; self.markets.len()];
        for entry in self.exposures.iter() {
            positions[entry.market as usize] += entry.exposure.position.0;
        }
        for (market, position) in self.markets.iter().zip(positions) {
            // A final settlement closes one account after the other, and a cascade opens them elsewhere.
            let place = self.markets.find(market.terms.instrument).expect("it is listed");
            let closes = matches!(market.state, State::Settling(SettlementKind::Final | SettlementKind::Cascade));
            if position != 0 && !closes && self.cascading_into(place).is_none() {
                return Err(invalid("sum of positions in instrument", u64::from(market.terms.instrument.0)));
            }
        }
        Ok(())
    }

    /// What is read is what would be written: no state has two forms, and nothing was read that is not in the state.
    fn check_canonical(&self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut rest = Some(bytes);
        self.write_snapshot(|piece| rest = rest.and_then(|rest| rest.strip_prefix(piece)));
        if rest == Some(&[]) { Ok(()) } else { Err(invalid("order of the fields of snapshot", self.seq.0)) }
    }

    fn take_approvals(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        self.approvals.required = take_bool(from)?;
        repeat(from, |from| {
            let instrument = InstrumentId(from.u32()?);
            let (day, value_per_lot, proposer) = (Day(from.i32()?), Cash(from.i64()?), KeyId(from.u64()?));
            let approver = match (take_bool(from)?, KeyId(from.u64()?)) {
                (is_approved, key) if is_approved || key == KeyId(0) => is_approved.then_some(key),
                (_, key) => return Err(invalid("approver", key.0)),
            };
            let proposal = Proposal { day, value_per_lot, proposer, approver };
            let is_new = self.markets.find(instrument).is_some() && self.approvals.restore(instrument, proposal);
            if is_new { Ok(()) } else { Err(invalid("proposal for instrument", u64::from(instrument.0))) }
        })
    }

    fn take_assets(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let id = AssetId(from.u32()?);
            let asset = Asset { symbol: wire::take_label(from)?, decimals: from.u8()? };
            self.ledger.define(id, asset);
            Ok(())
        })
    }

    fn take_accounts(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let id = AccountId(from.u32()?);
            if self.accounts.find(id).is_some() {
                return Err(invalid("account twice", u64::from(id.0)));
            }
            let dollars = self.ledger.slot(LedgerAccount::Customer(id), AssetId::USD);
            let account = Account {
                id,
                master: AccountId(from.u32()?),
                dollars,
                receivable: None,
                groups: Vec::new(),
                totals: Totals::default(),
                unrealised: 0,
                value_range: 0,
                next_round: None,
                limits: wire::take_account_limits(from)?,
                orders_budget: Budget { due: Timestamp(from.i64()?) },
                cancels_budget: Budget { due: Timestamp(from.i64()?) },
                fee_tier: Schedule { first: from.u8()?, changes: take_changes(from, |from| from.u8())? },
                cancel_after: wire::take_time_option(from)?,
                live: LiveList::EMPTY,
                remembered_count: 0,
                deposits: from.u64()?,
                payments: from.u64()?,
                pending_count: 0,
            };
            let tiers = account.fee_tier.changes.iter().map(|&(_, tier)| tier).chain([account.fee_tier.first]);
            let is_master = account.master == id || self.accounts.master_of(account.master) == Some(account.master);
            if !is_master || account.limits.check().is_err() || tiers.max() >= Some(4) {
                return Err(invalid("account", u64::from(id.0)));
            }
            if let Some(deadline) = account.cancel_after {
                self.due.deadlines.insert((deadline, id));
            }
            self.accounts.restore(account);
            Ok(())
        })
    }

    fn take_keys(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let id = KeyId(from.u64()?);
            if self.keys.get(id).is_some() {
                return Err(invalid("key twice", id.0));
            }
            let (credential, role) = (wire::take_credential(from)?, wire::take_role(from)?);
            self.keys.insert(id, Key { credential, role, revoked: take_bool(from)? });
            Ok(())
        })
    }

    fn take_fixings(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let (series, day) = (SeriesId(from.u32()?), Day(from.i32()?));
            let (price, stage) = (Price(from.i64()?), wire::take_stage(from)?);
            self.fixings.restore(series, day, DayValue { price, stage, rung: wire::take_fixing_rung(from)? });
            Ok(())
        })
    }

    fn take_markets(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let mut market = take_market(from, &mut self.margins)?;
            let Terms { instrument, symbol, .. } = market.terms;
            if self.markets.find(instrument).is_some() || self.markets.find_symbol(symbol).is_some() {
                return Err(invalid("instrument twice", u64::from(instrument.0)));
            }
            if let Some(Halt::DailyLimit { until }) = market.halt {
                self.due.pauses.insert((until, instrument));
            }
            if market.terms.is_margined() && !self.rules.has_margin() {
                return Err(invalid("margined instrument under old rules", u64::from(instrument.0)));
            }
            let legs = market.terms.strip().map(|strip| strip.legs);
            let legs = legs.as_ref().map_or(&[][..], |legs| legs.as_slice());
            let is_leg = |leg: &InstrumentId| {
                self.markets.find(*leg).is_some_and(|place| self.markets.get(place).terms.is_margined())
            };
            if !legs.iter().all(is_leg) {
                return Err(invalid("legs of instrument", u64::from(instrument.0)));
            }
            if market.terms.spread().is_some_and(|spread| !self.rules.has_spreads() || !self.are_legs(&spread)) {
                return Err(invalid("legs of instrument", u64::from(instrument.0)));
            }
            market.months = self.months_of(&market.terms);
            market.legs = self.legs_of_spread(&market.terms);
            self.markets.insert(market);
            self.exposures.add_market();
            Ok(())
        })
    }

    fn take_positions(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let market = self.market_place(InstrumentId(from.u32()?))?;
            let id = AccountId(from.u32()?);
            let account = self.account_slot(id)?;
            let place = self.exposure_place(market, account);
            let mut exposure = self.exposures.get(place).exposure;
            let (position, cost) = (from.i64()?, from.i64()?);
            let (lots_max, cost_max) = (limits::POSITION_LOTS_MAX.unsigned_abs(), i64::MAX.unsigned_abs() / 4);
            if position.unsigned_abs() > lots_max || cost.unsigned_abs() > cost_max {
                return Err(invalid("position of account", u64::from(id.0)));
            }
            if self.markets.get(market).legs.is_some() && (position, cost) != (0, 0) {
                return Err(invalid("position in a spread of account", u64::from(id.0)));
            }
            (exposure.position, exposure.cost) = (Position(position), Cash(cost));
            self.set_exposure(place, &exposure);
            let held = self.exposures.get(place).held;
            if (held.dollars, held.base) != (Cash(from.i64()?), Amount(from.i64()?)) {
                return Err(invalid("hold of account", u64::from(id.0)));
            }
            Ok(())
        })
    }

    fn take_balances(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let (account, asset) = (wire::take_ledger_account(from)?, AssetId(from.u32()?));
            let (posted, held, pending) = (Amount(from.i64()?), Amount(from.i64()?), Amount(from.i64()?));
            if self.ledger.balance(account, asset).held != held {
                return Err(invalid("held balance in asset", u64::from(asset.0)));
            }
            if let LedgerAccount::Receivable(debtor) = account {
                if posted > Amount::ZERO || asset != AssetId::USD {
                    return Err(invalid("receivable of account", u64::from(debtor.0)));
                }
                let slot = self.account_slot(debtor)?;
                self.receivable(slot);
            }
            self.ledger.restore(account, asset, Balance { posted, held, pending });
            Ok(())
        })?;
        repeat(from, |from| {
            let transfer = TransferId(from.u64()?);
            let (account, asset) = (AccountId(from.u32()?), AssetId(from.u32()?));
            let slot = self.account_slot(account)?;
            self.accounts.get_mut(slot).pending_count += 1;
            let amount = Amount(from.i64()?);
            self.ledger.restore_pending(transfer, PendingTransfer { account, asset, amount });
            Ok(())
        })
    }

    fn take_sweep(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        if !take_bool(from)? {
            return Ok(());
        }
        let account = self.account_slot(AccountId(from.u32()?))?;
        let market = wire::take_instrument_option(from)?.map(|instrument| self.market_place(instrument)).transpose()?;
        let side = wire::take_side_option(from)?;
        let reason = match from.u8()? {
            0 => CancelReason::MassCancel,
            1 => CancelReason::CancelAfter,
            2 => CancelReason::Exit,
            tag => return Err(invalid("reason of a mass cancel", u64::from(tag))),
        };
        let order = OrderId(from.u64()?);
        let next = self.orders.find_live(order).ok_or(invalid("order of a mass cancel", order.0))?;
        self.due.sweep = Some(Sweep { account, market, side, reason, next, cancelled: from.u32()? });
        Ok(())
    }

    fn take_families(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let family = wire::take_family(from)?;
            family.check().map_err(|_| invalid("family", u64::from(family.family.0)))?;
            self.families.insert(family.family, family);
            Ok(())
        })
    }

    /// What is due follows from the rest.
    fn derive_due(&mut self) {
        for place in 0..u32::try_from(self.markets.len()).expect("instruments are limited") {
            let market = self.markets.get(place);
            if market.outside_side().is_some() {
                let instrument = market.terms.instrument;
                self.due.outside.insert(instrument);
            }
            self.refresh(place);
        }
    }

    pub(super) fn market_place(&self, instrument: InstrumentId) -> Result<u32, DecodeError> {
        self.markets.find(instrument).ok_or(invalid("instrument", u64::from(instrument.0)))
    }

    pub(super) fn account_slot(&self, account: AccountId) -> Result<AccountSlot, DecodeError> {
        self.accounts.find(account).ok_or(invalid("account", u64::from(account.0)))
    }
}

fn take_changes<T>(
    from: &mut Reader,
    take: impl Fn(&mut Reader) -> Result<T, DecodeError>,
) -> Result<Vec<(Timestamp, T)>, DecodeError> {
    let mut changes = Vec::new();
    repeat(from, |from| {
        changes.push((Timestamp(from.i64()?), take(from)?));
        Ok(())
    })?;
    Ok(changes)
}

pub(super) fn take_bool(from: &mut Reader) -> Result<bool, DecodeError> {
    match from.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        tag => Err(invalid("yes or no", u64::from(tag))),
    }
}

/// As often as the count in front says; a count that is a lie runs into the end of the bytes.
pub(super) fn repeat(
    from: &mut Reader,
    mut take: impl FnMut(&mut Reader) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    for _ in 0..from.u64()? {
        take(from)?;
    }
    Ok(())
}

pub(super) fn invalid(what: &'static str, value: u64) -> DecodeError {
    DecodeError::Invalid { what, value }
}
