"""Writes tails/*.csv: prices, greeks and volatilities in 50 digits where doubles lose theirs, from the formulas alone.

Run with Python and mpmath 1.3 in this folder: `python make_tails.py`. The inputs come from a fixed seed; they are rounded
to few digits first, and all that is expected is computed from the rounded ones as doubles.
"""

import csv
import random

from mpmath import erfc, exp, log, mp, mpf, pi, sqrt

mp.dps = 50
ROWS = 120
SOURCE = "50 digits; F. Black (1976)"


def cumulative(x):
    return erfc(-x / sqrt(2)) / 2


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def price(sign, f, k, s):
    """Undiscounted, in terms that do not cancel beyond the 50 digits: the tails here need up to 320 digits less."""
    d1 = log(f / k) / s + s / 2
    return sign * (f * cumulative(sign * d1) - k * cumulative(sign * (d1 - s)))


def doubles(*texts):
    return [mpf(float(text)) for text in texts]


def draw(rng, index):
    """A forward, strike, time, rate and volatility: deviations from 1e-6 to 20, up to 30 of them from the money."""
    f = rng.uniform(0.1, 100)
    t = 10 ** rng.uniform(-4, 1.3)
    s = 10 ** rng.uniform(-6, 1.3) if index % 2 else 10 ** rng.uniform(-2, 0.5)
    z = rng.uniform(-30, 30) if index % 3 else rng.uniform(-2, 2)
    z = max(-300 / s, min(300 / s, z))
    k = f * float(exp(mpf(z) * s))
    if index % 4 == 0:
        # An argument of the formula that is nearly zero: d1 or d2, to five digits.
        k = float(f"{f * float(exp(mpf(rng.choice((-1, 1)) * s * s / 2))):.5g}")
    r = rng.uniform(-0.05, 0.15)
    return [f"{value:.9g}" for value in (f, k, t, r, s / t**0.5)]


def black76(rng):
    head = "id cp F K T r sigma price delta gamma vega theta_per_year rho vanna volga dual_delta".split()
    head = [name if at < 7 else f"expected_{name}" for at, name in enumerate(head)] + ["rel_tolerance", "source"]
    rows = []
    while len(rows) < ROWS:
        texts = draw(rng, len(rows))
        f, k, t, r, sigma = doubles(*texts)
        sign = rng.choice((1, -1))
        s, discount = sigma * sqrt(t), exp(-r * t)
        d1 = log(f / k) / s + s / 2
        d2 = d1 - s
        mp.dps = 400
        value = discount * price(sign, f, k, s)
        mp.dps = 50
        vega = discount * f * density(d1) * sqrt(t)
        decay = discount * f * density(d1) * sigma / (2 * sqrt(t))
        greeks = [
            value,
            discount * sign * cumulative(sign * d1),
            discount * density(d1) / (f * s),
            vega,
            r * value - decay,
            -t * value,
            -discount * density(d1) * d2 / sigma,
            vega * d1 * d2 / sigma,
            -discount * sign * cumulative(sign * d2),
        ]
        # Below 1e-290 doubles themselves run out of digits; theta has none of its own where its two parts cancel.
        if any(abs(greek) < mpf("1e-290") for greek in greeks):
            continue
        if abs(greeks[4]) < 0.01 * decay:
            continue
        name = f"black76_tails-{len(rows):03}"
        rows.append([name, "call" if sign > 0 else "put", *texts, *[repr(float(g)) for g in greeks], "1e-12", SOURCE])
    write("black76_price_greeks", head, rows)


def implied(rng):
    head = "id cp F K T undiscounted_price expected rel_tolerance source".split()
    rows = []
    while len(rows) < ROWS:
        texts = draw(rng, len(rows))
        f, k, t, _, sigma = doubles(*texts)
        sign = rng.choice((1, -1))
        mp.dps = 400
        quote = mpf(float(price(sign, f, k, sigma * sqrt(t))))
        intrinsic = max(sign * (f - k), 0)
        bound = f if sign > 0 else k
        root = None
        if quote - intrinsic > mpf("1e-290") and quote < bound * (1 - mpf("1e-12")):
            d1 = log(f / k) / (sigma * sqrt(t)) + sigma * sqrt(t) / 2
            condition = quote / (f * density(d1) * sqrt(t) * sigma)
            if condition < 1e6:
                root = newton(sign, f, k, sigma * sqrt(t), quote)
        mp.dps = 50
        if root is None:
            continue
        tolerance = max(4e-15, 8 * 2.0**-52 * float(condition))
        volatility = repr(float(root / sqrt(t)))
        row = [f"implied_tails-{len(rows):03}", "call" if sign > 0 else "put", *texts[:3]]
        rows.append([*row, repr(float(quote)), volatility, repr(tolerance), "50 digits; root of F. Black (1976)"])
    write("implied_vol", head, rows)


def newton(sign, f, k, start, quote):
    """From a start that is right to the rounding of the quote: every step doubles the digits."""
    s = start
    for _ in range(8):
        d1 = log(f / k) / s + s / 2
        s -= (price(sign, f, k, s) - quote) / (f * density(d1))
    return s


def write(name, head, rows):
    with open(f"tails/{name}.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


if __name__ == "__main__":
    black76(random.Random(1976))
    implied(random.Random(2015))
