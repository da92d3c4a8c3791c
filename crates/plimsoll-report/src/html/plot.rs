//! Charts, drawn by `charts-rs`: the one place that knows the library.
//!
//! It is given numbers and our own words only. What comes from a script or a server stands in the legend,
//! which is ours. The library writes colours into the drawing: those of the light scheme, which the style
//! sheet replaces by its variables.

use charts_rs::{AxisScale, Box, Color, LineChart, LineStep, Series, Symbol};

use super::markup::Markup;

/// Lines and areas, in the order in which they are given out.
pub(super) const PALETTE: [&str; 6] = ["#1f6f8b", "#8a5a00", "#7a3e9d", "#c0262d", "#1a7f37", "#4a5560"];
const QUIET: &str = "#59636e";
const GRID: &str = "#dfe3e6";

const WIDTH: f32 = 860.0;
const HEIGHT: f32 = 250.0;
/// A point of its own can be seen up to so many of them.
const DOTS: usize = 40;

/// A line of a chart.
pub(super) struct Curve {
    /// For the legend.
    pub(super) name: String,
    /// A value for each label; `None` is a gap, and so is what has no place on an axis.
    pub(super) values: Vec<Option<f64>>,
}

/// A chart over time.
pub(super) struct Plot<'a> {
    /// What it shows, for those who do not see it.
    pub(super) title: &'a str,
    /// The moments.
    pub(super) labels: &'a [String],
    pub(super) curves: Vec<Curve>,
    /// The unit of the numbers at the axis.
    pub(super) unit: &'static str,
    pub(super) is_logarithmic: bool,
    /// Curves are filled, each on top of the one before it.
    pub(super) is_stacked: bool,
    /// Values stay until the next one.
    pub(super) is_stepped: bool,
}

impl Plot<'_> {
    /// Draws it with its legend. What the library refuses is left out; the table beside it has the numbers.
    pub(super) fn draw(self, page: &mut Markup) {
        legend(page, &self.curves);
        let title = self.title.to_owned();
        if !self.curves.iter().flat_map(|curve| &curve.values).any(|value| drawn(*value).is_some()) {
            return;
        }
        if let Ok(svg) = self.chart().svg() {
            page.drawing(&title, &svg);
        }
    }

    fn chart(self) -> LineChart {
        let one_by_one = self.labels.len() <= DOTS;
        let series = self.curves.iter().enumerate().map(|(place, curve)| {
            let values: Vec<_> = curve.values.iter().map(|value| drawn(*value)).collect();
            let mut series = Series::from((place.to_string().as_str(), values));
            series.stack = self.is_stacked.then(|| "all".to_owned());
            series.step = self.is_stepped.then_some(LineStep::End);
            series
        });
        let mut chart = LineChart::new(series.collect(), self.labels.to_vec());
        frame(&mut chart.base);
        chart.series.colors = PALETTE.iter().map(|color| Color::from(*color)).collect();
        chart.series.stroke_width = 1.6;
        chart.series.fill = self.is_stacked;
        chart.series.fill_opacity = Some(0.25);
        chart.series.symbol = Some(if one_by_one { Symbol::Circle(2.2, None) } else { Symbol::None });
        let axis = &mut chart.y_axis_configs[0];
        axis.font.size = 12.0;
        axis.font.color = QUIET.into();
        axis.formatter = Some(format!("{{c}} {}", self.unit).trim_end().to_owned());
        if self.is_logarithmic {
            axis.scale = AxisScale::Log(10.0);
        } else {
            axis.min = Some(0.0);
        }
        chart
    }
}

/// Where a value is drawn. Scripts can add infinities and what is larger than the library's numbers.
fn drawn(value: Option<f64>) -> Option<f32> {
    value.map(|value| value as f32).filter(|value| value.is_finite())
}

/// What all charts have in common.
fn frame(base: &mut charts_rs::ChartBase) {
    base.width = WIDTH;
    base.height = HEIGHT;
    base.compact = true;
    base.margin = Box { left: 6.0, top: 10.0, right: 16.0, bottom: 4.0 };
    base.background_color = Color::transparent();
    base.legend.show = Some(false);
    base.x_axis.font.size = 12.0;
    base.x_axis.font.color = QUIET.into();
    base.x_axis.stroke_color = GRID.into();
    base.grid.stroke_color = GRID.into();
}

/// The names of the curves, each with its colour.
fn legend(page: &mut Markup, curves: &[Curve]) {
    if curves.len() < 2 {
        return;
    }
    page.raw("<ul class=\"legend\">");
    for (place, curve) in curves.iter().enumerate() {
        page.raw(
            "<li><svg viewBox=\"0 0 16 4\" aria-hidden=\"true\"><rect width=\"16\" height=\"4\" fill=\"",
        );
        page.text(PALETTE[place % PALETTE.len()]).raw("\"/></svg> ").text(&curve.name).raw("</li>");
    }
    page.raw("</ul>\n");
}
