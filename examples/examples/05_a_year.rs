//! A year
use examples::year::paths::{Stress, path};
use examples::year::simulate;
fn main() {
    let accounts: u32 = std::env::args().nth(1).map_or(100, |a| a.parse().unwrap());
    let days: usize = std::env::args().nth(2).map_or(92, |a| a.parse().unwrap());
    for stress in Stress::ALL {
        let year = simulate(path(7, days, stress, days / 2).unwrap(), accounts, 7).unwrap();
        println!("{} took {:?} bytes {} replay {:?} {}", stress.name(), year.took, year.journal_bytes, year.replay.commands, year.replay.state == year.state);
        let mut t = year.tally; println!("  {:?}", t.largest_variation()); t.variation.clear(); println!("  {t:?}");
        println!("  {} {} {}", year.coverage.observations, year.coverage.exceptions, year.coverage.worst);
        for d in year.days.iter().step_by(days / 12) { println!("   {} {:.4} {:?} oi {} owed {} cov {:?}", d.day.0, d.index, d.front, d.open_interest, d.receivables, d.coverage); }
    }
}
