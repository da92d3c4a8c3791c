//! Drawings: inline SVG without text that a reader would need, because every number stands in a table beside
//! it.

use plimsoll_metrics::Trend;

use super::markup::Markup;

/// A range of values on a logarithmic scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogScale {
    low: f64,
    high: f64,
}

impl LogScale {
    /// The scale on which all of these trends fit; `None` when none of them has a positive value.
    pub(super) fn of<'a>(trends: impl Iterator<Item = &'a Trend>) -> Option<Self> {
        let bounds =
            trends.filter(|trend| trend.max() > 0.0).map(|trend| (trend.quantile(0.01), trend.max()));
        let (low, high) = bounds.reduce(|(low, high), (a, b)| (low.min(a), high.max(b)))?;
        // Six decades are more than a reader can tell apart, and zero has no logarithm.
        let low = low.max(high / 1e6);
        Some(Self { low: low / 1.1, high: high * 1.1 })
    }

    /// Where a value stands, from 0 to 1.
    fn place(self, value: f64) -> f64 {
        let place = (value / self.low).ln() / (self.high / self.low).ln();
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }
}

/// A bar that fills `share` of its cell.
pub(super) fn share_bar(page: &mut Markup, share: f64) {
    page.raw("<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    page.raw(
        "<rect class=\"track\" width=\"100\" height=\"10\"/><rect class=\"fill\" height=\"10\" width=\"",
    );
    page.number(share.clamp(0.0, 1.0) * 100.0).raw("\"/></svg>");
}

/// From the median (round) over the 95th (tick) to the 99th percentile (tick), thin up to the maximum.
pub(super) fn range_bar(page: &mut Markup, trend: &Trend, scale: LogScale) {
    const WIDTH: f64 = 200.0;
    let at = |value: f64| scale.place(value) * WIDTH;
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|q| at(trend.quantile(q)));
    page.raw("<svg class=\"range\" viewBox=\"-4 0 208 16\" aria-hidden=\"true\">");
    line(page, "tail", (at(trend.min()), 8.0), (at(trend.max()), 8.0));
    line(page, "body", (p50, 8.0), (p99, 8.0));
    line(page, "tick", (p95, 4.0), (p95, 12.0));
    line(page, "tick", (p99, 2.0), (p99, 14.0));
    page.raw("<circle class=\"dot\" r=\"3.5\" cy=\"8\" cx=\"").number(p50).raw("\"/></svg>");
}

fn line(page: &mut Markup, class: &str, from: (f64, f64), to: (f64, f64)) {
    page.raw("<line class=\"").text(class).raw("\" x1=\"").number(from.0).raw("\" y1=\"").number(from.1);
    page.raw("\" x2=\"").number(to.0).raw("\" y2=\"").number(to.1).raw("\"/>");
}

/// The whole distribution: latency over percentile. The percentile axis stretches the tail, each step of it a
/// tenth of what was left: 0, 90, 99, 99.9 … percent.
pub(super) fn percentile_curve(page: &mut Markup, trend: &Trend, label: impl Fn(f64) -> String) {
    const WIDTH: f64 = 640.0;
    const HEIGHT: f64 = 220.0;
    /// Room for the numbers around.
    const LEFT: f64 = 76.0;
    const RIGHT: f64 = 32.0;
    const BELOW: f64 = 28.0;
    let nines = nines(trend.count());
    let top = trend.quantile(1.0 - 10f64.powf(-nines)).max(f64::MIN_POSITIVE);
    if top.is_infinite() {
        // An axis without an end can carry no curve; the table has the numbers.
        return;
    }
    let x = |q: f64| LEFT + (WIDTH - LEFT - RIGHT) * (-(1.0 - q).log10() / nines).min(1.0);
    let y = |value: f64| 12.0 + (HEIGHT - BELOW - 12.0) * (1.0 - (value / top).clamp(0.0, 1.0));

    page.raw(
        "<figure tabindex=\"0\">\n<svg class=\"curve\" viewBox=\"0 0 640 220\" role=\"img\" \
              aria-label=\"Request duration over percentile\">\n",
    );
    for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let value = top * part;
        line(page, "grid", (LEFT, y(value)), (WIDTH - RIGHT, y(value)));
        page.tick_label("end", (LEFT - 8.0, y(value) + 4.0), &label(value));
    }
    for (q, name) in PERCENTILES.iter().filter(|(q, _)| -(1.0 - q).log10() <= nines + 1e-9) {
        line(page, "grid", (x(*q), 12.0), (x(*q), HEIGHT - BELOW));
        page.tick_label("middle", (x(*q), HEIGHT - 8.0), name);
    }
    page.raw("<polyline class=\"stroke\" points=\"");
    /// Fine enough to look smooth at this size.
    const STEPS: u32 = 160;
    for step in 0..=STEPS {
        let q = 1.0 - 10f64.powf(-nines * f64::from(step) / f64::from(STEPS));
        page.number(x(q)).raw(",").number(y(trend.quantile(q))).raw(" ");
    }
    page.raw("\"/>\n</svg>\n<figcaption>Duration of all requests over percentile; ");
    page.raw("each step of the axis takes a tenth of the rest.</figcaption>\n</figure>\n");
}

const PERCENTILES: [(f64, &str); 7] = [
    (0.0, "min"),
    (0.5, "50 %"),
    (0.9, "90 %"),
    (0.99, "99 %"),
    (0.999, "99.9 %"),
    (0.9999, "99.99 %"),
    (0.99999, "99.999 %"),
];

/// How many steps of the axis so many samples can fill: a percentile needs at least one sample beyond it.
fn nines(samples: u64) -> f64 {
    (samples.max(1) as f64).log10().floor().clamp(1.0, 5.0)
}
