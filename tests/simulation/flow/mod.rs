//! Trading days at scale: what thousands of accounts, the operator and the venue's clock would send, from a seed.

mod contracts;
mod curve;
mod margin;
mod oddities;
mod opening;
mod operations;
mod orders;
mod settlements;
mod waterfall;

use std::collections::{BTreeMap, VecDeque};

use engine::Engine;
use engine::command::{Command, Stamp};
use engine::ids::{AccountId, InstrumentId, KeyId, Seq, SeriesId};
use engine::instrument::Terms;
use engine::order::OrderRequest;
use engine::rules::Rules;
use engine::units::{Day, Timestamp};

use crate::dice::Dice;

/// The day the venue opens.
const OPENING: Day = Day(20_000);
const DAY_US: i64 = 86_400_000_000;
const SERIES: [SeriesId; 3] = [SeriesId(1), SeriesId(2), SeriesId(3)];
/// How often hours pass at once; half of them, since a part of the commands opens the venue and does what is due.
const LEAPS_A_DAY: u64 = 20;
/// Orders that may be sent a second time.
const RECENT: usize = 64;
const STRANGER: KeyId = KeyId(9);
/// The keys of operators who are not the venue itself.
const OPERATORS: [KeyId; 2] = [KeyId(501), KeyId(502)];

/// How large a venue is, and how long it is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) accounts: u32,
    pub(crate) months: u32,
    pub(crate) days: i64,
    pub(crate) commands: u64,
}

impl Scale {
    /// Whether there is time for long curves.
    fn is_large(self) -> bool {
        self.commands >= 200_000
    }

    /// What this many commands can fill with life.
    pub(crate) fn of(commands: u64) -> Scale {
        // Even the short run of every change has a thousand: a quarter of its commands open their accounts.
        let accounts = u32::try_from((commands / 15).clamp(12, 5_000)).expect("it is small");
        Scale { accounts, months: 5, days: if commands < 200_000 { 8 } else { 20 }, commands }
    }
}

/// Somebody who sends commands.
#[derive(Clone, Copy, Debug)]
struct Trader {
    account: AccountId,
    master: AccountId,
}

/// Commands, one after the other.
pub(crate) struct Flow {
    dice: Dice,
    scale: Scale,
    now: Timestamp,
    seq: Seq,
    /// What the operator does next.
    agenda: VecDeque<Command>,
    traders: Vec<Trader>,
    /// Where each contract trades, in ticks.
    middles: BTreeMap<InstrumentId, i64>,
    /// The rules that are in force, or adopted by what is on the agenda.
    rules: Rules,
    /// Months and quarters that no spread was planned of.
    curve: Vec<Terms>,
    /// Whether a family may lack something.
    has_families: bool,
    next_instrument: u32,
    next_account: u32,
    next_name: u64,
    recent: VecDeque<OrderRequest>,
    /// What a power cut took, to be sent again.
    again: VecDeque<(KeyId, Command)>,
    /// The last day whose routine is on the agenda.
    routine: Day,
    /// The last day with a final value.
    final_through: Day,
}

impl Flow {
    /// From a seed.
    pub(crate) fn new(seed: u64, commands: u64) -> Flow {
        Flow::with(Dice::of_seed(seed), Scale::of(commands))
    }

    /// A small venue from a fuzzer's bytes.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Flow {
        Flow::with(Dice::of_bytes(bytes), Scale { accounts: 5, months: 2, days: 40, commands: 400 })
    }

    fn with(dice: Dice, scale: Scale) -> Flow {
        let mut flow = Flow {
            dice,
            scale,
            now: OPENING.start(),
            seq: Seq(0),
            agenda: VecDeque::new(),
            traders: Vec::new(),
            middles: BTreeMap::new(),
            rules: Rules::FIRST,
            curve: Vec::new(),
            has_families: false,
            next_instrument: 1,
            next_account: 1,
            next_name: 0,
            recent: VecDeque::new(),
            again: VecDeque::new(),
            routine: OPENING,
            final_through: Day(OPENING.0 - 2),
        };
        flow.plan_opening();
        flow
    }

    /// Whether the bytes it is made from are used up.
    pub(crate) fn is_over(&self) -> bool {
        self.agenda.is_empty() && self.dice.is_exhausted()
    }

    /// The next command, given what everybody can see.
    pub(crate) fn next(&mut self, venue: &Engine) -> (Stamp, Command) {
        self.seq = Seq(self.seq.0 + 1);
        self.pass_time(venue.next_due().is_some_and(|due| due <= self.now));
        let is_due = venue.next_due().is_some_and(|due| due <= self.now);
        let (key, command) = if is_due && !self.dice.one_in(50) {
            (KeyId::VENUE, Command::ProcessDue)
        } else {
            self.again.pop_front().unwrap_or_else(|| self.choose(venue))
        };
        let key = if self.dice.one_in(400) { self.other_key() } else { key };
        (Stamp { seq: self.seq, time: self.now, key, session: u32::from(self.dice.one_in(3)) }, command)
    }

    /// The venue came back without its last commands. Whoever sent one heard nothing and sends it again, later than before; what
    /// the venue did by itself it works out anew.
    pub(crate) fn resume(&mut self, venue: &Engine, lost: Vec<(Stamp, Command)>) {
        self.seq = venue.seq();
        let lost = lost.into_iter().filter(|(_, command)| !matches!(command, Command::ProcessDue));
        let lost: Vec<(KeyId, Command)> = lost.map(|(stamp, command)| (stamp.key, command)).collect();
        lost.into_iter().rev().for_each(|again| self.again.push_front(again));
    }

    /// Work that is due is done at once. Otherwise moments pass, and a few times a day hours: what comes due every half a minute
    /// for many accounts must leave time for everybody else.
    fn pass_time(&mut self, is_due: bool) {
        if self.traders.is_empty() {
            return;
        }
        let commands = i64::try_from(self.scale.commands).expect("runs are limited");
        let step = (self.scale.days * DAY_US / commands).max(1);
        let micros = if is_due {
            self.dice.between(0, 10)
        } else if self.dice.one_in((self.scale.commands / (LEAPS_A_DAY * self.scale.days.unsigned_abs())).max(1)) {
            self.dice.between(0, DAY_US / 4)
        } else if self.dice.one_in(50) {
            self.dice.between(0, 3 * step)
        } else {
            self.dice.between(0, 1_000)
        };
        self.now = self.now.plus_micros(micros);
    }

    fn choose(&mut self, venue: &Engine) -> (KeyId, Command) {
        self.plan_routine(venue);
        if self.traders.is_empty() || (!self.agenda.is_empty() && self.dice.one_in(4)) {
            let next = self.agenda.pop_front().unwrap_or(Command::ProcessDue);
            self.join(&next);
            let is_proposal = matches!(next, Command::ProposeFinal { .. });
            let key =
                if is_proposal { self.dice.pick(&[KeyId::VENUE, OPERATORS[0], OPERATORS[1]]) } else { KeyId::VENUE };
            return (key, next);
        }
        if self.has_families
            && self.agenda.is_empty()
            && let Some(listing) = self.list_family(venue)
        {
            return (KeyId::VENUE, listing);
        }
        if self.dice.one_in(10)
            && let Some(approval) = self.approve(venue)
        {
            return approval;
        }
        if self.dice.one_in(20)
            && let Some(settlement) = self.settle_more(venue)
        {
            return (KeyId::VENUE, settlement);
        }
        if self.dice.one_in(5)
            && let Some(market) = venue.markets().find(|market| market.settling().is_some())
        {
            return (KeyId::VENUE, Command::AdvanceSettlement { instrument: market.terms.instrument });
        }
        match self.dice.below(1_000) {
            0..940 => self.trade(venue),
            940..975 => self.operate(venue),
            975..990 => self.pay(venue),
            _ => self.oddity(venue),
        }
    }

    /// Whoever has an account and money begins to trade.
    fn join(&mut self, command: &Command) {
        if self.agenda.is_empty() && self.traders.is_empty() {
            self.traders = self.plan_traders();
        }
        if let Command::OpenAccount { account } = *command {
            self.next_account = self.next_account.max(account.0 + 1);
        }
    }

    fn trader(&mut self) -> Trader {
        // A tenth of the accounts send half of the orders.
        let among = if self.dice.one_in(2) { self.traders.len() } else { self.traders.len().div_ceil(10) };
        self.traders[self.dice.index(among)]
    }

    /// A trader's own key, or that of its owner's first account.
    fn key_of(&mut self, trader: Trader) -> KeyId {
        let owner = if self.dice.one_in(3) { trader.master } else { trader.account };
        KeyId(1_000 + u64::from(owner.0))
    }

    fn other_key(&mut self) -> KeyId {
        if self.traders.is_empty() {
            return STRANGER;
        }
        let trader = self.trader();
        let trader = self.key_of(trader);
        self.dice.pick(&[KeyId::VENUE, STRANGER, trader])
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn a_venue_has_as_many_accounts_as_its_commands_can_fill_with_life() {
        // The first is the run of every change, the last the soak's.
        for (commands, accounts) in [(15_000, 1_000), (100, 12), (30_000, 2_000), (1_000_000, 5_000)] {
            assert_eq!(Scale::of(commands).accounts, accounts, "{commands} commands");
        }
    }
}
