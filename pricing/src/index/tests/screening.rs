//! The band around the median move, and what is near a held price.

use super::support::price;
use crate::index::screening::{Band, screen};
use crate::index::{Outcome, Ratio};

fn ratios(ppb: &[i64]) -> Vec<Ratio> {
    ppb.iter().map(|ppb| Ratio::from_ppb(*ppb).unwrap()).collect()
}

/// The lowest and the highest ratio in band are in it, and one part per billion further is not.
fn check_band(moves: &[i64], lowest: i64, highest: i64) {
    let band = Band::around(&ratios(moves)).unwrap();
    let probes = ratios(&[lowest - 1, lowest, highest, highest + 1]);
    let found: Vec<bool> = probes.into_iter().map(|ratio| band.contains(ratio)).collect();
    assert_eq!(found, [false, true, true, false], "moves {moves:?}");
}

#[test]
fn the_band_is_three_scales_around_the_median() {
    // MAD zero: the floor of 5 %.
    check_band(&[1_000_000_000], 850_000_000, 1_150_000_000);
    check_band(&[1_000_000_000, 1_000_000_000, 9_000_000_000], 850_000_000, 1_150_000_000);
    // Two moves: the median lies between them, floor((1.0 + 1.000000001) / 2) = 1.0.
    check_band(&[1_000_000_000, 1_000_000_001], 850_000_000, 1_150_000_000);
    // Median 1.1, distances 0.1, 0, 0.1: MAD 0.1, scale 0.14826, three times 0.44478.
    check_band(&[1_000_000_000, 1_100_000_000, 1_200_000_000], 655_220_000, 1_544_780_000);
    // MAD 33 725 887 gives a scale of round(50 002 000.06…) = 50 002 000.
    check_band(&[966_274_113, 1_000_000_000, 1_033_725_887], 849_994_000, 1_150_006_000);
    // MAD 33 725 886 × 1.4826 = 50 001 998.58…, and that rounds to 50 001 999.
    check_band(&[966_274_114, 1_000_000_000, 1_033_725_886], 849_994_003, 1_150_005_997);
}

#[test]
fn without_moves_there_is_no_band() {
    assert_eq!(Band::around(&[]), None);
}

#[test]
fn only_an_out_of_band_price_near_the_held_one_is_confirmed() {
    let rows = [
        (true, "3", None, Outcome::Accepted),
        (true, "3", Some("3"), Outcome::Accepted),
        (true, "3", Some("9"), Outcome::Accepted),
        (false, "3", None, Outcome::Held),
        (false, "3", Some("3"), Outcome::Confirmed),
        (false, "3.15", Some("3"), Outcome::Confirmed),
        (false, "3.150001", Some("3"), Outcome::Held),
        (false, "2.85", Some("3"), Outcome::Confirmed),
        (false, "2.849999", Some("3"), Outcome::Held),
    ];
    for (is_in_band, reported, held, expected) in rows {
        assert_eq!(screen(is_in_band, price(reported), held.map(price)), expected, "{reported} after {held:?}");
    }
}
