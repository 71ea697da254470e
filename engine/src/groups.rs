//! What an account's positions and orders add up to, kept for each contract and for each series, so that an order is checked in
//! sixteen additions and not by looking at all others.

use crate::accounts::AccountSlot;
use crate::margin::{Change, Ladder, Part, SeriesSlot, Sums};
use crate::market::Market;
use crate::orders::NONE;

/// An account's contracts of one series.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) account: AccountSlot,
    pub(crate) series: SeriesSlot,
    /// The places of the exposures.
    pub(crate) exposures: Vec<u32>,
    pub(crate) sums: Sums,
    pub(crate) ladder: Ladder,
    /// What its contracts could gain or lose between floor and cap: `Σ reach × (cap − floor) × hours`.
    pub(crate) value_range: i64,
    /// What the group contributes to the account's requirement; `None` until something is in it.
    pub(crate) part: Option<Part>,
    /// Unrealised profit and value range as they are counted in the account's totals.
    pub(crate) counted: (i64, i64),
}

/// An exposure's share of its group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) group: u32,
    /// What a spread adds by its far leg; [`NONE`] of anything else.
    pub(crate) other: u32,
    pub(crate) sums: Sums,
    /// What it reaches in each of its contract's months.
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// All groups and shares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    groups: Vec<Group>,
    shares: Vec<Share>,
    free: Vec<u32>,
}

impl Groups {
    pub(crate) fn get(&self, group: u32) -> &Group {
        &self.groups[group as usize]
    }

    pub(crate) fn get_mut(&mut self, group: u32) -> &mut Group {
        &mut self.groups[group as usize]
    }

    pub(crate) fn share(&self, share: u32) -> &Share {
        &self.shares[share as usize]
    }

    /// A group without exposures.
    pub(crate) fn open(&mut self, account: AccountSlot, series: SeriesSlot) -> u32 {
        self.groups.push(Group {
            account,
            series,
            exposures: Vec::new(),
            sums: Sums::default(),
            ladder: Ladder::default(),
            value_range: 0,
            part: None,
            counted: (0, 0),
        });
        u32::try_from(self.groups.len() - 1).expect("groups are limited by accounts and series")
    }

    /// The share of an exposure that is new in a group.
    pub(crate) fn join(&mut self, group: u32, exposure: u32) -> u32 {
        self.get_mut(group).exposures.push(exposure);
        self.open_share(group)
    }

    /// The shares of a spread's exposure that is new in the groups of its legs; the first stands for both.
    pub(crate) fn join_both(&mut self, [near, far]: [u32; 2], exposure: u32) -> u32 {
        let share = self.join(near, exposure);
        let other = if near == far { self.open_share(far) } else { self.join(far, exposure) };
        self.shares[share as usize].other = other;
        share
    }

    fn open_share(&mut self, group: u32) -> u32 {
        let share = Share { group, other: NONE, sums: Sums::default(), low: 0, high: 0 };
        match self.free.pop() {
            Some(place) => {
                self.shares[place as usize] = share;
                place
            }
            None => {
                self.shares.push(share);
                u32::try_from(self.shares.len() - 1).expect("shares are limited by exposures")
            }
        }
    }

    /// Takes an exposure out of which nothing is left.
    pub(crate) fn leave(&mut self, share: u32, exposure: u32) {
        let Share { group, other, sums, low, high } = self.shares[share as usize];
        assert!(sums == Sums::default() && (low, high) == (0, 0), "an empty exposure still counts");
        let group = self.get_mut(group);
        group.exposures.retain(|&place| place != exposure);
        group.ladder.prune();
        self.free.push(share);
        if other != NONE {
            self.leave(other, exposure);
        }
    }

    /// Adds a change to a share and its group.
    pub(crate) fn add(&mut self, share: u32, change: &Change) {
        let Share { group, sums, .. } = &mut self.shares[share as usize];
        sums.add(change);
        self.groups[*group as usize].sums.add(change);
    }

    /// Puts a share's sums in the place of those it had.
    pub(crate) fn replace(&mut self, share: u32, sums: &Sums) {
        let Share { group, sums: before, .. } = &mut self.shares[share as usize];
        let group = &mut self.groups[*group as usize].sums;
        group.subtract(before);
        group.add(sums);
        *before = *sums;
    }

    /// Puts a share's reach in the place of what it had.
    pub(crate) fn reach(&mut self, share: u32, market: &Market, low: i64, high: i64) {
        let share = &mut self.shares[share as usize];
        let (more_low, more_high) = (low - share.low, high - share.high);
        if (more_low, more_high) != (0, 0) {
            let group = &mut self.groups[share.group as usize];
            let width = market.contract.width().0;
            group.value_range += (lots(low, high) - lots(share.low, share.high)) * width;
            group.ladder.add(&market.months, more_low, more_high);
            (share.low, share.high) = (low, high);
        }
    }
}

/// The most lots on either side.
pub(crate) fn lots(low: i64, high: i64) -> i64 {
    low.abs().max(high.abs())
}
