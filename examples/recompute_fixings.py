#!/usr/bin/env python3
"""An independent recomputation of the published fixings of a price-index series.

Written from docs/index-methodology.md alone: it shares no code with the Rust crate, uses only the standard library and
only whole numbers. Each section of the page is one block below, named like the page.

    python3 examples/recompute_fixings.py [CSV]                 every fixing, then one settlement, on stdout
    python3 examples/recompute_fixings.py [CSV] --explain DAY   also each owner's input and outcome of DAY, on stderr
    python3 examples/recompute_fixings.py --self-test           the worked example of the page and the rules around it

Lines: day,stage,value,level,matched_mean,projection,gap_ppm,low,high,standing,reported (or day,stage,suppressed), then
settlement,month,value,price. To compare, save the same listing from the crate and `diff` the two files: every line must
be identical. Where they differ, the first differing day is the one to --explain.
"""
import argparse
import copy
import csv
import sys
from collections import namedtuple
from datetime import date, datetime, time, timedelta
from pathlib import Path

# This run: the series starts on INCEPTION, every report is received at noon of its day, LAST_DAY is the last one determined.
INCEPTION, LAST_DAY, RECEIVED = date(2026, 7, 7), date(2026, 8, 22), time(12, 0)
SETTLED_MONTH, HOURS_A_DAY = (2026, 8), 24
DEFAULT_CSV = Path(__file__).resolve().parent / "data" / "h100_sxm_on_demand_2026.csv"

RATIO_ONE, LAMBDA = 1_000_000_000, 50_000
ONE_DAY = timedelta(days=1)

Report = namedtuple("Report", "owner day price received sequence")
Quote = namedtuple("Quote", "price day")  # a reference, or the price of a held move
Row = namedtuple("Row", "price reference ratio outcome")  # what one owner's input of a day became
Fixing = namedtuple("Fixing", "value level mean projection gap low high standing reported")


class State:
    """What final determinations change and the next day starts from."""
    def __init__(self, inception):
        self.inception, self.panel, self.references, self.held, self.last_published = inception, [], {}, {}, None


# Units and rounding
def round_div(n, d):
    return (2 * n + d) // (2 * d)  # // is floor towards minus infinity


def median(values):
    s, half = sorted(values), len(values) // 2
    return s[half] if len(s) % 2 else (s[half - 1] + s[half]) // 2


def micro_usd(text):
    whole, _, decimals = text.strip().partition(".")
    if not (whole + decimals).isdecimal() or len(decimals) > 6 or int(whole + decimals) == 0:
        raise ValueError(f"not a price above zero with at most six decimals: {text!r}")
    return int((whole or "0") + decimals.ljust(6, "0"))


# Reports
def read_reports(lines):
    rows = csv.DictReader(line for line in lines if line.strip() and not line.startswith("#"))
    reports = []
    for sequence, row in enumerate(rows):
        day = date.fromisoformat(row["date"])
        reports.append(Report(row["owner"], day, micro_usd(row["usd_per_gpu_hour"]), datetime.combine(day, RECEIVED), sequence))
    return reports


def counted(reports, day, until):
    """Owner -> price: the latest report of each owner for the day, received up to `until`."""
    valid = [r for r in reports if r.day == day and r.day <= r.received.date() and r.received <= until]
    return {r.owner: r.price for r in sorted(valid, key=lambda r: (r.received, r.sequence))}


# Stages
def cut_off(day, stage):
    return datetime.combine(day, time(0, 30)) + {"provisional": 1, "final": 2}[stage] * ONE_DAY


# Panel
def draw_panel(state, reports, day, today):
    """The panel for the determination of `day`: redrawn on the inception day and on the first day of a later month."""
    if day == state.inception:
        return sorted(today)
    if day.day != 1:
        return state.panel
    notice_day = day - 7 * ONE_DAY
    window = [d for d in (notice_day - n * ONE_DAY for n in range(7)) if d >= state.inception]
    seen = [owner for d in window for owner in counted(reports, d, cut_off(d, "final"))]
    return sorted(owner for owner in set(seen) if seen.count(owner) >= 5)


# Reference prices and Moves
def sort_reports(state, day, today):
    """Accepts what needs no screening (Owner -> outcome) and measures the moves of the others (Owner -> ratio)."""
    outcomes, ratios = {}, {}
    for owner, price in today.items():
        reference = state.references.get(owner)
        if owner not in state.panel:
            outcomes[owner] = "outside_panel"
        elif reference is None:
            outcomes[owner] = "first"
        elif (day - reference.day).days > 30:
            outcomes[owner] = "reentered"
        else:
            ratios[owner] = round_div(price * RATIO_ONE, reference.price)
            continue
        state.references[owner] = Quote(price, day)
    return outcomes, ratios


# Screening
def screen(state, day, today, ratios):
    """Owner -> accepted, confirmed or held."""
    if not ratios:
        return {}
    m = median(ratios.values())
    mad = median([abs(r - m) for r in ratios.values()])
    scale = max(round_div(mad * 14826, 10000), 50_000_000)
    outcomes = {}
    for owner, ratio in ratios.items():
        price, held = today[owner], state.held.get(owner)
        near = held is not None and held.day < day and abs(price - held.price) * 20 <= held.price
        if abs(ratio - m) > 3 * scale and not near:
            outcomes[owner] = "held"
            state.held[owner] = Quote(price, day)
        else:
            outcomes[owner] = "confirmed" if abs(ratio - m) > 3 * scale else "accepted"
            state.references[owner] = Quote(price, day)
            state.held.pop(owner, None)
    return outcomes


# Level
def standing_prices(state, day):
    references = {owner: state.references.get(owner) for owner in state.panel}
    return {owner: q.price for owner, q in references.items() if q is not None and (day - q.day).days <= 3}


# Sufficiency
def sufficient(outcomes):
    return sum(outcome in ("accepted", "confirmed", "first", "reentered") for outcome in outcomes.values()) >= 3


# Fixing
def fix(last_published, ratios, standing, reported):
    """`ratios` are those of the accepted and confirmed moves; `last_published` is None for the first fixing of the chain."""
    level, mean = median(standing), RATIO_ONE
    if last_published is None:
        value = projection = level
    else:
        if ratios:
            mean = round_div(sum(ratios), len(ratios))
        projection = round_div(last_published * mean, RATIO_ONE)
        value = projection + round_div(LAMBDA * (level - projection), 1_000_000)
    gap = round_div((level - projection) * 1_000_000, projection)
    quarter = len(standing) // 4
    inner = sorted(standing)[quarter:len(standing) - quarter]
    return Fixing(value, level, mean, projection, gap, inner[0], inner[-1], len(standing), reported)


def determine(before, reports, day, stage):
    """The fixing (None if suppressed), a Row per owner, and the state after it (kept only if the stage is final)."""
    state = copy.deepcopy(before)
    today = counted(reports, day, cut_off(day, stage))
    state.panel = draw_panel(state, reports, day, today)
    outcomes, ratios = sort_reports(state, day, today)
    outcomes.update(screen(state, day, today, ratios))
    standing = standing_prices(state, day)
    rows = {owner: Row(today.get(owner), before.references.get(owner), ratios.get(owner),
                       outcomes.get(owner) or ("standing" if owner in standing else "absent"))
            for owner in sorted({*state.panel, *today})}
    if not sufficient(outcomes):
        return None, rows, state
    moved = [ratio for owner, ratio in ratios.items() if outcomes[owner] != "held"]
    fixing = fix(state.last_published, moved, list(standing.values()), sum(owner in today for owner in state.panel))
    state.last_published = fixing.value
    return fixing, rows, state


# Missing days in settlement
def settle(final_fixings, year, month):
    """(value, price) of the month. `final_fixings` is Day -> value, only of the days that have one."""
    day, value, days = date(year, month, 1), 0, 0
    while day.month == month:
        value += final_fixings[max(d for d in final_fixings if d <= day)] * HOURS_A_DAY
        day, days = day + ONE_DAY, days + 1
    return value, round_div(value, days * HOURS_A_DAY)


# The run
def run(reports, inception, last_day):
    """Yields (day, stage, fixing or None, rows) in the order of the days, the provisional before the final."""
    reports = [r for r in reports if r.day >= inception]
    state, day = State(inception), inception
    while day <= last_day:
        for stage in ("provisional", "final"):
            fixing, rows, after = determine(state, reports, day, stage)
            yield day, stage, fixing, rows
        state, day = after, day + ONE_DAY


def self_test():
    checks = 0

    def check(got, want):
        nonlocal checks
        if got != want:
            raise AssertionError(f"got {got}, want {want}")
        checks += 1

    def table(text, start=date(2026, 7, 7)):
        """One line a day from `start` on, of `owner=price`; gives the final fixings and, per day, Owner -> outcome."""
        lines = [line.replace("=", ",").split() for line in text.strip().splitlines()]
        cells = [f"{start + n * ONE_DAY},{cell}" for n, line in enumerate(lines) for cell in line if cell != "-"]
        reports = read_reports(["date,owner,usd_per_gpu_hour", *cells])
        finals = [x for x in run(reports, start, start + (len(lines) - 1) * ONE_DAY) if x[1] == "final"]
        return [fixing for _, _, fixing, _ in finals], [{o: r.outcome for o, r in rows.items()} for *_, rows in finals]

    # Units and rounding
    check([round_div(5, 2), round_div(-5, 2), round_div(-533_350_000, 1_000_000)], [3, -2, -533])
    check([median([4, 1, 2]), median([1, 4]), micro_usd("3.25"), micro_usd("3")], [2, 2, 3_250_000, 3_000_000])
    # Example: the first fixing is the median, 3.200000; a third, unchanged day is chained from the published 3.210134
    fixings, outcomes = table("a=3.00 b=3.20 c=4.00" + 2 * "\na=3.03 b=3.20 c=4.00")
    check(fixings[0], Fixing(3_200_000, 3_200_000, RATIO_ONE, 3_200_000, 0, 3_000_000, 4_000_000, 3, 3))
    check(fixings[1], Fixing(3_210_134, 3_200_000, 1_003_333_333, 3_210_667, -3322, 3_030_000, 4_000_000, 3, 3))
    check(outcomes, [dict.fromkeys("abc", o) for o in ("first", "accepted", "accepted")])
    check([fixings[2].projection, fixings[2].value], [3_210_134, 3_209_627])
    # Screening: d jumps, is held, confirmed if it stays near (3.15 is, 3.150001 is not); a move back in band drops what is held
    fixings, outcomes = table("\n".join(f"a=2 b=2 c=2 d={d}" for d in ("2", "3", "3.15", "3.15")))
    check([o["d"] for o in outcomes], ["first", "held", "confirmed", "accepted"])
    check([f.mean for f in fixings], [RATIO_ONE, RATIO_ONE, 1_143_750_000, RATIO_ONE])
    _, outcomes = table("\n".join(f"a=2 b=2 c=2 d={d}" for d in ("2", "3", "3.150001", "3.15", "5", "3.15", "5")))
    check([o["d"] for o in outcomes], ["first", "held", "held", "confirmed", "held", "accepted", "held"])
    # Screening: the band is 15 % at its floor, and 3 x 1.4826 x MAD above it (here 44.478 %); its edge is in band
    for report, outcome in (("2.30", "accepted"), ("2.300001", "held")):
        check(table(f"a=2 b=2 c=2 d=2\na=2 b=2 c=2 d={report}")[1][1]["d"], outcome)
    for report, outcome in (("2.88956", "accepted"), ("2.889561", "held")):
        check(table(f"a=2 b=2 c=2 d=2 e=2\na=1.6 b=1.8 c=2 d=2.2 e={report}")[1][1]["e"], outcome)
    # Level: a reference stands for three days
    _, outcomes = table("a=2 b=2 c=2 d=2\n" + "a=2 b=2 c=2\n" * 4)
    check([o["d"] for o in outcomes], ["first", "standing", "standing", "standing", "absent"])
    # Moves: a reference 30 days old links, one 31 days old re-enters
    for gap, outcome in ((30, "accepted"), (31, "reentered")):
        state, day, today = State(None), date(2026, 7, 7) + gap * ONE_DAY, {"a": 2_100_000}
        state.panel, state.references = ["a"], {"a": Quote(2_000_000, date(2026, 7, 7))}
        outcomes, ratios = sort_reports(state, day, today)
        check({**outcomes, **screen(state, day, today, ratios)}, {"a": outcome})
    # Sufficiency: two reports are too few; the references move on, the chain does not
    fixings, _ = table("a=2 b=2 c=2\na=2.1 b=2.1\na=2.1 b=2.1 c=2.1")
    check([fixings[0].value, fixings[1], fixings[2].mean], [2_000_000, None, 1_016_666_667])
    fixings, outcomes = table("a=2 b=2\na=2 b=2 c=2\na=2 b=2 c=2")
    check([fixings, outcomes[1]["c"]], [[None] * 3, "outside_panel"])
    # Panel: 25 July is the notice day of August, the window 19 to 25 July; d reports on five days of it, e on four
    days = [f"a=2 b=2 c=2 {'d=2' if 21 <= n <= 25 or n == 32 else '-'} {'e=2' if n >= 22 else '-'}" for n in range(7, 33)]
    _, outcomes = table("\n".join(days))
    check([outcomes[18]["d"], outcomes[24].get("d"), outcomes[25]["d"]], ["outside_panel", None, "accepted"])
    check([o["e"] for o in outcomes[15:]], ["outside_panel"] * 11)
    # Reports: the later one counts, of two at once the higher sequence number; not after the cut-off
    day, noon = date(2026, 7, 7), datetime(2026, 7, 7, 12)
    reports = [Report("a", day, 3, noon, 1), Report("a", day, 2, noon, 0), Report("a", day, 4, noon + ONE_DAY, 2)]
    check([counted(reports, day, cut_off(day, s)) for s in ("provisional", "final")], [{"a": 3}, {"a": 4}])
    # Settlement: missing days take the last final fixing before them
    check(settle({date(2026, 7, 30): 10, date(2026, 8, 31): 41}, 2026, 8), ((30 * 10 + 41) * 24, 11))
    print(f"{checks} checks passed")


def explain(day, stage, rows):
    print(f"{day} {stage}: owner, report, reference, of, ratio, outcome", file=sys.stderr)
    for owner, row in rows.items():
        price, of = row.reference or (None, None)
        cells = [owner, row.price, price, of, row.ratio, row.outcome]
        print("  " + ", ".join("-" if cell is None else str(cell) for cell in cells), file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", nargs="?", default=DEFAULT_CSV, metavar="CSV")
    parser.add_argument("--explain", type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    if args.self_test:
        return self_test()
    with open(args.csv, encoding="utf-8", newline="") as lines:
        reports = read_reports(lines)
    if args.explain and not INCEPTION <= args.explain <= LAST_DAY:
        parser.error(f"DAY is from {INCEPTION} to {LAST_DAY}")
    finals = {}
    for day, stage, fixing, rows in run(reports, INCEPTION, LAST_DAY):
        print(day, stage, *(fixing or ["suppressed"]), sep=",")
        if fixing and stage == "final":
            finals[day] = fixing.value
        if day == args.explain:
            explain(day, stage, rows)
    year, month = SETTLED_MONTH
    print("settlement", f"{year}-{month:02}", *settle(finals, year, month), sep=",")


if __name__ == "__main__":
    main()
