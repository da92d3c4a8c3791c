//! Student's t distribution and the normal one.
//!
//! The incomplete beta function is evaluated by its continued fraction (Abramowitz and Stegun 26.5.8, by the
//! method of Lentz 1976); quantiles by bisection, since nothing here asks for many of them.

/// The probability that Student's t with `freedom` degrees of freedom is at most `t`. An infinite `freedom`
/// means the normal distribution.
#[must_use]
pub fn cumulative(t: f64, freedom: f64) -> f64 {
    let tail = 0.5 * two_sided(t, freedom);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The probability that Student's t is at least as far from zero as `t`.
#[must_use]
pub fn two_sided(t: f64, freedom: f64) -> f64 {
    // Above that, t is the normal distribution to more digits than any count of seconds deserves.
    let freedom = freedom.clamp(1e-3, 1e7);
    if t.is_infinite() {
        return 0.0;
    }
    incomplete_beta(freedom / (freedom + t * t), 0.5 * freedom, 0.5)
}

/// The value that Student's t exceeds in absolute terms with probability `1 − confidence`.
#[must_use]
pub fn critical(confidence: f64, freedom: f64) -> f64 {
    let outside = (1.0 - confidence).max(1e-12);
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, freedom) > outside && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if two_sided(middle, freedom) > outside { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The regularised incomplete beta function.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    // The fraction converges quickly on this side of the mean; the other side follows by symmetry.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut product = d;
    for m in 1..=10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        product *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        product *= d * c;
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
    }
    product
}

/// The logarithm of the gamma function of a positive number: Stirling's series, after shifting the argument to
/// where eight terms give full precision.
fn ln_gamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 10.0 {
        shift += x.ln();
        x += 1.0;
    }
    const SERIES: [f64; 5] = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1_260.0, -1.0 / 1_680.0, 1.0 / 1_188.0];
    let inverse = 1.0 / x;
    let series = SERIES.iter().rev().fold(0.0, |sum, term| sum * inverse * inverse + term) * inverse;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_every_textbook() {
        for (confidence, freedom, expected) in [
            (0.95, 1.0, 12.706),
            (0.95, 4.0, 2.776),
            (0.95, 9.0, 2.262),
            (0.95, 30.0, 2.042),
            (0.95, f64::INFINITY, 1.960),
            (0.90, 5.0, 2.015),
            (0.99, 10.0, 3.169),
            (0.999, 20.0, 3.850),
        ] {
            let critical = critical(confidence, freedom);
            assert!((critical - expected).abs() < 1e-3, "{confidence} {freedom}: {critical}");
            assert!((two_sided(critical, freedom) - (1.0 - confidence)).abs() < 1e-9);
        }
        assert!((cumulative(-1.0, 1.0) - 0.25).abs() < 1e-12, "Cauchy");
        assert!((cumulative(1.644_854, f64::INFINITY) - 0.95).abs() < 1e-6);
    }
}
