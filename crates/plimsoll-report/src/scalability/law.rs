//! The law and its best fit.
//!
//! In the form N/X = (1 + α(N−1) + βN(N−1))/λ the law is linear in 1/λ, α/λ and β/λ, none of which may be negative.
//! Least squares of the relative errors come of Gauss and Newton: each step is that linear problem, weighted, and
//! solved for every choice of the terms that are zero; the best feasible one is the constrained optimum.

use super::Plateau;

/// The three parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// Throughput of one request at a time.
    pub lambda: f64,
    /// Contention.
    pub alpha: f64,
    /// Coherency.
    pub beta: f64,
}

impl Law {
    /// The throughput at that concurrency.
    #[must_use]
    pub fn throughput(&self, concurrency: f64) -> f64 {
        let others = concurrency - 1.0;
        let slower = 1.0 + self.alpha * others + self.beta * concurrency * others;
        self.lambda * concurrency / slower
    }

    /// The concurrency at which throughput peaks; `None` if it never falls.
    #[must_use]
    pub fn peak_concurrency(&self) -> Option<f64> {
        (self.beta > 0.0 && self.alpha < 1.0).then(|| ((1.0 - self.alpha) / self.beta).sqrt())
    }

    /// What throughput cannot exceed, however many requests are under way: the peak, or what it nears for ever.
    #[must_use]
    pub fn ceiling(&self) -> f64 {
        match self.peak_concurrency() {
            Some(concurrency) => self.throughput(concurrency),
            None if self.alpha > 0.0 => self.lambda / self.alpha,
            None => f64::INFINITY,
        }
    }

    /// How much of the throughput that it would have without contention and coherency is left.
    #[must_use]
    pub fn efficiency(&self, concurrency: f64) -> f64 {
        self.throughput(concurrency) / (self.lambda * concurrency)
    }

    /// The logarithms of measured over expected throughput: relative errors, nearly.
    #[must_use]
    pub fn residuals(&self, plateaus: &[Plateau]) -> Vec<f64> {
        plateaus.iter().map(|p| (p.throughput / self.throughput(p.concurrency)).ln()).collect()
    }

    /// The law that comes nearest to the plateaus, in relative terms; `None` if none does.
    #[must_use]
    pub fn nearest(plateaus: &[Plateau]) -> Option<Self> {
        let times: Vec<f64> = plateaus.iter().map(|p| p.concurrency / p.throughput).collect();
        // Linearised: relative errors of N/X, weighted by N/X as it was measured.
        let mut terms = non_negative(plateaus, &times, &times)?;
        let mut error = squares(plateaus, &times, &terms);
        for _ in 0..STEPS {
            let fitted: Vec<f64> = plateaus.iter().map(|p| expected(&terms, p)).collect();
            let wanted =
                times.iter().zip(&fitted).map(|(time, fitted)| fitted * (1.0 + (time / fitted).ln()));
            let Some(target) = non_negative(plateaus, &wanted.collect::<Vec<_>>(), &fitted) else { break };
            let Some((next, less)) = shortened(plateaus, &times, (&terms, error), &target) else { break };
            let enough = error - less <= 1e-12 * error;
            (terms, error) = (next, less);
            if enough {
                break;
            }
        }
        let [one, contention, coherency] = terms;
        let law = Self { lambda: 1.0 / one, alpha: contention / one, beta: coherency / one };
        [law.lambda, law.alpha, law.beta].iter().all(|x| x.is_finite()).then_some(law)
    }
}

/// Steps of Gauss and Newton; a handful is enough, since the problem is nearly linear.
const STEPS: usize = 30;

type Terms = [f64; 3];

fn basis(plateau: &Plateau) -> Terms {
    let n = plateau.concurrency;
    [1.0, n - 1.0, n * (n - 1.0)]
}

fn expected(terms: &Terms, plateau: &Plateau) -> f64 {
    basis(plateau).iter().zip(terms).map(|(x, term)| x * term).sum()
}

/// The sum of squared relative errors; infinite where the law makes no sense (below one request at a time, much
/// contention would make times negative).
fn squares(plateaus: &[Plateau], times: &[f64], terms: &Terms) -> f64 {
    let error = |(plateau, time): (&Plateau, &f64)| {
        let expected = expected(terms, plateau);
        if expected > 0.0 { (time / expected).ln().powi(2) } else { f64::INFINITY }
    };
    plateaus.iter().zip(times).map(error).sum()
}

/// The step towards `target`, halved until it is an improvement.
fn shortened(
    plateaus: &[Plateau],
    times: &[f64],
    (from, error): (&Terms, f64),
    target: &Terms,
) -> Option<(Terms, f64)> {
    let mut share = 1.0;
    for _ in 0..20 {
        let next: Terms = std::array::from_fn(|i| from[i] + share * (target[i] - from[i]));
        let less = squares(plateaus, times, &next);
        if less < error {
            return Some((next, less));
        }
        share *= 0.5;
    }
    None
}

/// Weighted least squares with no negative term. There are four choices of what is zero; one request at a time
/// always takes time.
fn non_negative(plateaus: &[Plateau], wanted: &[f64], scale: &[f64]) -> Option<Terms> {
    let choices: [&[usize]; 4] = [&[0, 1, 2], &[0, 1], &[0, 2], &[0]];
    let fits = choices.iter().filter_map(|used| least_squares(plateaus, wanted, scale, used));
    let feasible = fits.filter(|terms| terms[0] > 0.0 && terms.iter().all(|term| *term >= 0.0));
    let error = |terms: &Terms| -> f64 {
        let errors = plateaus.iter().zip(wanted).zip(scale);
        errors.map(|((p, wanted), scale)| ((wanted - expected(terms, p)) / scale).powi(2)).sum()
    };
    feasible.map(|terms| (error(&terms), terms)).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, terms)| terms)
}

/// The normal equations of the terms that are used, by elimination with pivots.
fn least_squares(plateaus: &[Plateau], wanted: &[f64], scale: &[f64], used: &[usize]) -> Option<Terms> {
    let size = used.len();
    let mut rows = vec![vec![0.0; size + 1]; size];
    for ((plateau, wanted), scale) in plateaus.iter().zip(wanted).zip(scale) {
        let basis = basis(plateau);
        for (row, i) in rows.iter_mut().zip(used) {
            for (cell, j) in row.iter_mut().zip(used) {
                *cell += basis[*i] * basis[*j] / (scale * scale);
            }
            row[size] += basis[*i] * wanted / (scale * scale);
        }
    }
    let solution = solve(rows)?;
    let mut terms = [0.0; 3];
    used.iter().zip(solution).for_each(|(place, value)| terms[*place] = value);
    Some(terms)
}

fn solve(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = rows.len();
    for column in 0..size {
        let pivot =
            (column..size).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        let top = rows[column].clone();
        if top[column].abs() < 1e-300 {
            return None;
        }
        for (place, row) in rows.iter_mut().enumerate().filter(|(place, _)| *place != column) {
            debug_assert_ne!(place, column);
            let factor = row[column] / top[column];
            row.iter_mut().zip(&top).for_each(|(cell, above)| *cell -= factor * above);
        }
    }
    Some(rows.iter().enumerate().map(|(place, row)| row[size] / row[place]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_data_give_the_exact_law() {
        for law in [
            Law { lambda: 100.0, alpha: 0.05, beta: 0.0005 },
            Law { lambda: 3.0, alpha: 0.0, beta: 0.01 },
            Law { lambda: 900.0, alpha: 0.5, beta: 0.0 },
        ] {
            let at = |n: f64| Plateau {
                concurrency: n,
                throughput: law.throughput(n),
                latency: n / law.throughput(n),
            };
            let plateaus: Vec<_> = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 80.0].map(at).to_vec();
            let fitted = Law::nearest(&plateaus).unwrap();
            assert!((fitted.lambda / law.lambda - 1.0).abs() < 1e-6, "{fitted:?}");
            assert!((fitted.alpha - law.alpha).abs() < 1e-6, "{fitted:?}");
            assert!((fitted.beta - law.beta).abs() < 1e-8, "{fitted:?}");
        }
    }

    #[test]
    fn the_peak_is_where_throughput_is_highest() {
        let law = Law { lambda: 10.0, alpha: 0.1, beta: 0.001 };
        let peak = law.peak_concurrency().unwrap();
        assert!((peak - 30.0).abs() < 1e-9);
        for n in [1.0, 20.0, 29.0, 31.0, 100.0] {
            assert!(law.throughput(n) < law.ceiling());
        }
    }
}
