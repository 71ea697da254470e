//! Perpetuals against cash flows added up one by one, the published funding table, and inputs without a price.

use super::{Funding, Market, Perpetual, PerpetualError, Quotation, fair_value, funding_rate};

fn perpetual(quotation: Quotation, funding: Funding, anchoring: f64, interest: f64) -> Perpetual {
    Perpetual { quotation, funding, anchoring, interest }
}

const LINEAR: Perpetual =
    Perpetual { quotation: Quotation::Linear, funding: Funding::Continuous, anchoring: 2.0, interest: 0.0 };

const MARKET: Market = Market { spot: 2.0, rate: 0.05, asset_rate: 0.15 };

/// The defining condition, not its solution: what an interval is expected to pay is zero at the price.
#[test]
fn one_interval_is_expected_to_pay_nothing() {
    let interval_years: f64 = 1.0 / 12.0;
    let mut count = 0;
    for (anchoring, interest) in [(0.2, 0.0), (0.2, 0.01), (1.0, -0.05)] {
        for (rate, asset_rate) in [(0.0, 0.0), (0.1, 0.02), (-0.02, 0.3)] {
            let market = Market { spot: 3.0, rate, asset_rate };
            let growth = ((rate - asset_rate) * interval_years).exp();
            let terms = |quotation, funding| perpetual(quotation, funding, anchoring, interest);

            let previous = Funding::OnPreviousIndex { interval_years };
            let price = fair_value(&terms(Quotation::Linear, previous), &market).unwrap();
            let pays = price * growth - price - anchoring * (price - 3.0) - interest * 3.0;
            assert!(pays.abs() < 1e-13, "{pays}");

            let current = Funding::OnCurrentIndex { interval_years };
            let price = fair_value(&terms(Quotation::Linear, current), &market).unwrap();
            let index = 3.0 * growth;
            let pays = price * growth - price - anchoring * index * (price - 3.0) / 3.0 - interest * index;
            assert!(pays.abs() < 1e-13, "{pays}");

            // Inverse: the same in one over the price, whose index grows by one over the growth.
            let price = fair_value(&terms(Quotation::Inverse, previous), &market).unwrap();
            let (price, index) = (1.0 / price, 1.0 / 3.0);
            let pays = price / growth - price - anchoring * (price - index) - interest * index;
            assert!(pays.abs() < 1e-13, "{pays}");
            count += 1;
        }
    }
    assert_eq!(count, 9);
}

#[test]
fn worked_by_hand() {
    // linear continuous: 2 (2 − 0) / (2 − (0.05 − 0.15)) = 4 / 2.1; inverse: 2 (2 + 0.05 − 0.15) / 2 = 1.9
    assert!((fair_value(&LINEAR, &MARKET).unwrap() - 4.0 / 2.1).abs() < 1e-15);
    let inverse = Perpetual { quotation: Quotation::Inverse, ..LINEAR };
    assert!((fair_value(&inverse, &MARKET).unwrap() - 1.9).abs() < 1e-15);
    // An interest term equal to the drift brings the price to the index: ι = r − q.
    let at_index = Perpetual { interest: MARKET.rate - MARKET.asset_rate, ..LINEAR };
    assert!((fair_value(&at_index, &MARKET).unwrap() - MARKET.spot).abs() < 1e-15);
}

#[test]
fn shorter_intervals_approach_continuous_funding() {
    let continuous = fair_value(&LINEAR, &MARKET).unwrap();
    let mut last_distance = f64::INFINITY;
    for intervals in [12.0, 365.0, 8760.0, 1e6] {
        let funding = Funding::OnPreviousIndex { interval_years: 1.0 / intervals };
        let each = perpetual(Quotation::Linear, funding, LINEAR.anchoring / intervals, 0.0);
        let distance = (fair_value(&each, &MARKET).unwrap() - continuous).abs();
        assert!(distance < last_distance, "{intervals}");
        last_distance = distance;
    }
    assert!(last_distance < 1e-8, "{last_distance}");
}

#[test]
fn what_has_no_price_says_why() {
    let rows: [(Perpetual, Market, &str); 9] = [
        (LINEAR, Market { spot: 0.0, ..MARKET }, "spot 0 is not greater than zero"),
        (LINEAR, Market { spot: f64::NAN, ..MARKET }, "spot NaN is not a finite number"),
        (LINEAR, Market { rate: f64::INFINITY, ..MARKET }, "rate inf is not a finite number"),
        (Perpetual { anchoring: 0.0, ..LINEAR }, MARKET, "anchoring 0 is not greater than zero"),
        (
            Perpetual { interest: 2.0, ..LINEAR },
            MARKET,
            "interest 2 is not less than anchoring 2: the price would not be greater than zero",
        ),
        (
            LINEAR,
            Market { rate: 2.25, asset_rate: 0.25, ..MARKET },
            "anchoring 2 is not greater than 2, the growth it must outrun: no finite price exists",
        ),
        (
            Perpetual { quotation: Quotation::Inverse, ..LINEAR },
            Market { rate: 0.5, asset_rate: 3.5, ..MARKET },
            "anchoring 2 is not greater than 3, the growth it must outrun: no finite price exists",
        ),
        (
            Perpetual { funding: Funding::OnCurrentIndex { interval_years: 0.0 }, ..LINEAR },
            MARKET,
            "interval 0 is not greater than zero",
        ),
        (
            Perpetual { funding: Funding::OnPreviousIndex { interval_years: 1e6 }, ..LINEAR },
            Market { rate: 1.0, ..MARKET },
            "growth inf is not a finite number",
        ),
    ];
    for (perpetual, market, message) in rows {
        let error: PerpetualError = fair_value(&perpetual, &market).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn published_funding_rates() {
    // premium, rate; interest 0.01 %, clamp 0.05 %
    let rows = [(0.0012, 0.0007), (0.0003, 0.0001), (-0.0002, 0.0001), (-0.0012, -0.0007)];
    let edges = [(0.0006, 0.0001), (-0.0004, 0.0001), (0.0001, 0.0001)];
    for (premium, rate) in rows.into_iter().chain(edges) {
        assert!((funding_rate(premium, 0.0001, 0.0005).unwrap() - rate).abs() < 1e-15, "{premium}");
    }
    assert_eq!(
        funding_rate(0.0, 0.0, -0.1).unwrap_err().to_string(),
        "clamp -0.1 is not zero or more; rates are decimals per interval, 0.0005 is 0.05 %"
    );
    assert!(funding_rate(f64::NAN, 0.0, 0.1).is_err());
}
