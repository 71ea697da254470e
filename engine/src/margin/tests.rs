//! Scores against a published ranking, tiers at their edges, and cuts that close exactly what is to be closed.

use super::score::{Standing, TIERS, Tiers, share};
use crate::units::Cash;

fn standing(profit: i64, cost: i64, value: i64, equity: i64) -> Standing {
    let [profit, cost, value, equity] = [profit, cost, value, equity].map(Cash);
    Standing { profit, cost, value, equity }
}

/// ZUBR, *Auto-deleveraging*: ten positions by return in percent and leverage in tenths, and the order in which they are closed.
#[test]
fn a_published_ranking() {
    const POSITIONS: [(i64, i64); 10] =
        [(10, 40), (5, 5), (20, 12), (5, 100), (15, 20), (3, 40), (12, 50), (6, 8), (11, 110), (7, 60)];
    const RANKS: [usize; 10] = [5, 10, 7, 3, 6, 8, 2, 9, 1, 4];
    let score = |(percent, tenths)| standing(percent * 10_000, 1_000_000, tenths * 100_000, 1_000_000).score();
    let scores = POSITIONS.map(score);
    for (score, rank) in scores.iter().zip(RANKS) {
        assert_eq!(1 + scores.iter().filter(|other| *other > score).count(), rank, "{score}");
    }
}

#[test]
fn scores_and_tiers() {
    const HUGE: i64 = i64::MAX / 2;
    let rows = [
        // The page's example: 500 gained on 500, 1 000 carried by 700.
        (standing(500_000_000, 500_000_000, 1_000_000_000, 700_000_000), 1_428_571, 64 + 21),
        // Half lost at a leverage of two: 500 000 × 10^6 / 2 000 000.
        (standing(-500, 1_000, 2_000, 1_000), -250_000, 63 - 18),
        // Lost with nothing to carry: divided by one, and not by zero.
        (standing(-3, 3_000_000, 0, 1_000), -1_000_000, 63 - 20),
        (standing(0, 1_000, 1_000, 1_000), 0, 63),
        // A gain too small to be seen stands above all that gain nothing.
        (standing(1, 2_000_000, 2_000_000, 1_000), 0, 64),
        // What cost nothing is divided by one.
        (standing(7, 0, 1_000_000, 1_000_000), 7_000_000, 64 + 23),
        (standing(HUGE, 0, HUGE, 1), 1_000_000_000_000_000, 64 + 50),
        (standing(-HUGE, 0, 0, 1), -1_000_000_000_000_000, 63 - 50),
        // Who has nothing is last, whatever it gains.
        (standing(500, 500, 1_000, 0), 1_000_000_000, 0),
        (standing(500, 500, 1_000, -1), 1_000_000_000, 0),
    ];
    for (standing, score, tier) in rows {
        assert_eq!((standing.score(), standing.tier()), (score, tier), "{standing:?}");
    }
}

/// The lots of accounts by tier, what is to be closed, and what each gives.
#[test]
fn a_cut_closes_exactly() {
    type Row = (&'static [(usize, i64)], i64, &'static [i64]);
    const ROWS: &[Row] = &[
        (&[(85, 500)], 500, &[500]),
        (&[(85, 500)], 1, &[1]),
        // The highest tier wholly, the next one pro rata: 4 of 10, 3 of 6 left, 2 of 3 left.
        (&[(64, 4), (127, 5), (64, 3), (64, 3), (63, 9)], 10, &[2, 5, 1, 2, 0]),
        // Rounded down at first, and the last one in the tier gives what is left.
        (&[(70, 1), (70, 1), (70, 1)], 2, &[0, 1, 1]),
        (&[(0, 7), (0, 1)], 8, &[7, 1]),
        (&[(3, 1_000_000), (3, 1), (2, 5)], 1_000_001, &[1_000_000, 1, 0]),
    ];
    for &(accounts, lots, given) in ROWS {
        let mut tiers = Tiers::default();
        accounts.iter().for_each(|&(tier, lots)| tiers.add(tier, lots));
        let mut cut = tiers.cut(lots);
        let taken: Vec<i64> = accounts.iter().map(|&(tier, lots)| cut.take(tier, lots)).collect();
        assert_eq!(taken, given, "{lots} of {accounts:?}");
        assert_eq!(taken.iter().sum::<i64>(), lots);
    }
    assert_eq!(Tiers::default().0.len(), TIERS);
}

#[test]
fn shares_are_rounded_down() {
    let rows = [(400, 500, 500, 400), (100, 1, 3, 33), (1, 1, 2, 0), (100, 5, 0, 100), (i64::MAX, 7, 7, i64::MAX)];
    for (amount, part, whole, expected) in rows {
        assert_eq!(share(Cash(amount), part, whole), Cash(expected), "{amount} × {part} / {whole}");
    }
}
