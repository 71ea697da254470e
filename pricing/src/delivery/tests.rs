//! Periods against a table of month lengths and a weekday rule that share no code with the calendar.

use super::{DeliveryPeriod, HOUR_US, PeriodKind, YEAR_MAX, YEAR_MIN};

/// Zeller's congruence (1886) for the Gregorian calendar: 0 is Saturday.
fn weekday(year: i32, month: u32, day: u32) -> i32 {
    let (year, month) = if month < 3 { (year - 1, month + 12) } else { (year, month) };
    let month = i32::try_from(month).unwrap();
    let day = i32::try_from(day).unwrap();
    (day + 13 * (month + 1) / 5 + year % 100 + year % 100 / 4 + year / 100 / 4 + 5 * (year / 100)).rem_euclid(7)
}

fn days_by_table(year: i32, month: u32) -> u32 {
    let is_leap = if year % 100 == 0 { year % 400 == 0 } else { year % 4 == 0 };
    [31, 28 + u32::from(is_leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1]
}

#[test]
fn every_month_has_the_hours_of_the_table_and_begins_on_the_weekday_of_the_rule() {
    let mut hours_before = 0;
    for year in YEAR_MIN..=YEAR_MAX {
        for month in 1..=12 {
            let period = DeliveryPeriod::month(year, month).unwrap();
            assert_eq!(period.hours(), days_by_table(year, month) * 24, "{period}");
            assert_eq!(period.start_hour(), hours_before, "{period}");
            // 1970-01-01 was a Thursday, number 5.
            let days = i32::try_from(period.start_hour() / 24).unwrap();
            assert_eq!((5 + days) % 7, weekday(year, month, 1), "{period}");
            hours_before += period.hours();
            assert_eq!(period.end_hour(), hours_before, "{period}");
        }
    }
}

#[test]
fn quarters_and_years_are_the_sum_of_their_months() {
    for year in YEAR_MIN..=YEAR_MAX {
        let whole = DeliveryPeriod::year(year).unwrap();
        let quarters: Vec<_> = (1..=4).map(|quarter| DeliveryPeriod::quarter(year, quarter).unwrap()).collect();
        assert_eq!(whole.hours(), quarters.iter().map(|quarter| quarter.hours()).sum::<u32>());
        for period in quarters.iter().chain([&whole]) {
            assert_eq!(period.hours(), period.months().map(DeliveryPeriod::hours).sum::<u32>(), "{period}");
            assert_eq!(period.months().next().map(DeliveryPeriod::start_us), Some(period.start_us()), "{period}");
            assert_eq!(period.months().last().map(DeliveryPeriod::end_us), Some(period.end_us()), "{period}");
            assert!(period.months().all(|month| period.contains(month) && !month.contains(*period)));
        }
    }
}

#[test]
fn known_periods() {
    // text, kind, start in days since 1970, hours
    let rows = [
        ("1970-01", PeriodKind::Month, 0, 744),
        ("2000-02", PeriodKind::Month, 10_988, 696),
        ("2026-07", PeriodKind::Month, 20_635, 744),
        ("2027-02", PeriodKind::Month, 20_850, 672),
        ("2027-Q1", PeriodKind::Quarter, 20_819, 2_160),
        ("2028-Q1", PeriodKind::Quarter, 21_184, 2_184),
        ("2027-Q2", PeriodKind::Quarter, 20_909, 2_184),
        ("2027-Q3", PeriodKind::Quarter, 21_000, 2_208),
        ("2027-Q4", PeriodKind::Quarter, 21_092, 2_208),
        ("2027", PeriodKind::Year, 20_819, 8_760),
        ("2028", PeriodKind::Year, 21_184, 8_784),
        ("2100", PeriodKind::Year, 47_482, 8_760),
        ("2200-12", PeriodKind::Month, 84_340, 744),
    ];
    for (text, kind, days, hours) in rows {
        let period: DeliveryPeriod = text.parse().unwrap();
        assert_eq!(period.to_string(), text);
        assert_eq!((period.kind(), period.start_hour(), period.hours()), (kind, days * 24, hours), "{text}");
    }
}

#[test]
fn every_period_is_read_back_from_its_text() {
    let years = (YEAR_MIN..=YEAR_MAX).map(|year| DeliveryPeriod::year(year).unwrap());
    let quarters = years.clone().flat_map(|year| {
        (1..=4).map(move |quarter| DeliveryPeriod::quarter(year.first_year_and_month().0, quarter).unwrap())
    });
    let months = years.clone().flat_map(DeliveryPeriod::months);
    let mut count = 0;
    for period in years.chain(quarters).chain(months) {
        assert_eq!(period.to_string().parse(), Ok(period));
        count += 1;
    }
    assert_eq!(count, 231 * 17);
}

#[test]
fn what_is_no_period_is_refused() {
    let texts = ["", "2027-1", "2027-13", "2027-00", "2027-Q0", "2027-Q5", "2027-q1", "2027-Q1 ", "1969", "2201"];
    let more = ["2027-", "27", "+027", "2027-+1", "2027-01-01", "２０２７", "2027-Q", "02027", "2027-Q01"];
    for text in texts.into_iter().chain(more) {
        assert!(text.parse::<DeliveryPeriod>().is_err(), "{text:?}");
    }
    assert_eq!(
        "2027-1".parse::<DeliveryPeriod>().unwrap_err().to_string(),
        "delivery period \"2027-1\" is not a month, quarter or year from 1970 to 2200; \
         write it as 2027-01, 2027-Q1 or 2027"
    );
    assert_eq!(DeliveryPeriod::month(2027, u32::MAX), None);
    assert_eq!(DeliveryPeriod::year(i32::MIN), None);
}

#[test]
fn an_instant_falls_into_one_month() {
    let month = DeliveryPeriod::month(2028, 2).unwrap();
    let rows = [
        (month.start_us(), Some("2028-02")),
        (month.start_us() - 1, Some("2028-01")),
        (month.end_us() - 1, Some("2028-02")),
        (month.end_us(), Some("2028-03")),
        (-1, None),
        (0, Some("1970-01")),
        (i64::MAX, None),
    ];
    for (us, text) in rows {
        assert_eq!(DeliveryPeriod::month_at(us).map(|month| month.to_string()).as_deref(), text, "{us}");
    }
    assert_eq!(month.end_us() - month.start_us(), 696 * HOUR_US);
}

#[test]
fn periods_follow_each_other_to_the_end_of_the_calendar() {
    for (text, next) in [("2027-12", Some("2028-01")), ("2027-Q4", Some("2028-Q1")), ("2200", None), ("2200-12", None)]
    {
        let period: DeliveryPeriod = text.parse().unwrap();
        assert_eq!(period.next().map(|next| next.to_string()).as_deref(), next, "{text}");
    }
    let parse = |text: &str| text.parse::<DeliveryPeriod>().unwrap();
    assert!(parse("2027").overlaps(parse("2027-Q3")) && parse("2027-Q3").overlaps(parse("2027")));
    assert!(!parse("2027-Q1").overlaps(parse("2027-04")) && !parse("2027-04").overlaps(parse("2027-Q1")));
}
