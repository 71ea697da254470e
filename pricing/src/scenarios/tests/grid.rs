//! The layout of the sixteen scenarios, and what is no grid.

use crate::scenarios::{GridError, Scenario, ScenarioGrid};

#[test]
fn the_layout_in_its_fixed_order() {
    let thirds = [0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3];
    for (multiple, cover, grid) in
        [(3.0, 1.0 / 3.0, ScenarioGrid::default()), (2.0, 0.35, ScenarioGrid::span(2.0, 0.35).unwrap())]
    {
        for (at, (scenario, third)) in grid.scenarios().iter().zip(thirds).enumerate() {
            assert!((scenario.price_move - f64::from(third) / 3.0).abs() < 1e-15, "{at}");
            assert_eq!(scenario.volatility_move, if at % 2 == 0 { 1.0 } else { -1.0 }, "{at}");
            assert_eq!(scenario.cover, 1.0, "{at}");
        }
        let extreme = |price_move| Scenario { price_move, volatility_move: 0.0, cover };
        assert_eq!(grid.scenarios()[14..], [extreme(multiple), extreme(-multiple)]);
    }
}

#[test]
fn what_is_no_grid_is_refused() {
    let rows = [
        (f64::NAN, 0.35, "price move NaN of scenario 15 is not from -100 to 100 scan ranges"),
        (101.0, 0.35, "price move 101 of scenario 15 is not from -100 to 100 scan ranges"),
        (2.0, 0.0, "cover 0 of scenario 15 is not greater than 0 and at most 1"),
        (2.0, 1.1, "cover 1.1 of scenario 15 is not greater than 0 and at most 1"),
        (2.0, f64::NAN, "cover NaN of scenario 15 is not greater than 0 and at most 1"),
    ];
    for (multiple, cover, message) in rows {
        assert_eq!(ScenarioGrid::span(multiple, cover).unwrap_err().to_string(), message);
    }
    let mut scenarios = *ScenarioGrid::default().scenarios();
    scenarios[1].volatility_move = f64::INFINITY;
    let error = GridError::Move { name: "volatility", value: f64::INFINITY, number: 2 };
    assert_eq!(ScenarioGrid::new(scenarios), Err(error));
}
