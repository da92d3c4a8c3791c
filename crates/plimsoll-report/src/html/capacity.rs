//! The answer of a search for capacity as a page: the verdict, the curve, the plateaus.
//!
//! The curve is drawn here, because its points have intervals and its axes are loads, which the charting
//! library of the other pages does not know.

use super::markup::Markup;
use super::{capitalised, footer, head};
use crate::capacity::{Entry, Model, Plateau, Purpose, Record, Verdict, text};

/// A complete HTML document.
#[must_use]
pub fn render(record: &Record) -> String {
    let mut page = Markup::new();
    head(&mut page, &text::headline(record));
    page.raw("</head>\n<body>\n");
    header(&mut page, record);
    page.raw("<main>\n");
    facts(&mut page, record);
    latency(&mut page, record);
    throughput(&mut page, record);
    table(&mut page, record);
    asked(&mut page, record);
    page.raw("</main>\n");
    footer(&mut page);
    page.finish()
}

fn header(page: &mut Markup, record: &Record) {
    let (class, mark) = match &record.answer.capacity {
        Some(capacity) if !capacity.provisional => ("good", "✓"),
        _ => ("unknown", "?"),
    };
    page.raw("<header>\n<p class=\"brand\">Capacity</p>\n<h1><span class=\"mark ").text(class);
    page.raw("\" aria-hidden=\"true\">").text(mark).raw("</span> ");
    page.text(&capitalised(&text::headline(record))).raw("</h1>\n<p class=\"subtitle\">");
    let header = &record.header;
    let took = format!("{:.0} s", record.seconds);
    page.text(&[header.script.clone(), header.scenario.clone(), header.started.clone(), took].join(" · "));
    page.raw("</p>\n</header>\n");
}

fn facts(page: &mut Markup, record: &Record) {
    page.raw("<section aria-label=\"The answer\">\n<dl class=\"facts\">\n");
    for line in text::lines(record).iter().skip(1) {
        let (name, value) = line.split_once(':').unwrap_or(("", line));
        page.raw("<dt>").text(&capitalised(name)).raw("</dt><dd>").text(value.trim()).raw("</dd>\n");
    }
    page.raw("</dl>\n</section>\n");
}

/// A drawing with a logarithmic axis of loads.
struct Canvas {
    loads: (f64, f64),
    values: (f64, f64),
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 12.0;
const BELOW: f64 = 34.0;

impl Canvas {
    fn of(points: &[Point], more: impl Iterator<Item = f64>) -> Option<Self> {
        let range = |values: &mut dyn Iterator<Item = f64>| {
            let values = values.filter(|value| value.is_finite() && *value > 0.0);
            values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)))
        };
        let loads = range(&mut points.iter().map(|point| point.load));
        let values = range(&mut points.iter().flat_map(|point| [point.low, point.high]).chain(more));
        let sound = |(low, high): (f64, f64)| low.is_finite() && high > 0.0;
        let wider = |(low, high): (f64, f64)| (low / 1.15, high * 1.15);
        (sound(loads) && sound(values)).then(|| Self { loads: wider(loads), values: wider(values) })
    }

    fn x(&self, load: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * place(self.loads, load)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (HEIGHT - TOP - BELOW) * (1.0 - place(self.values, value))
    }
}

/// Where a value stands on a logarithmic axis, from 0 to 1.
fn place((low, high): (f64, f64), value: f64) -> f64 {
    ((value / low).ln() / (high / low).ln()).clamp(0.0, 1.0)
}

/// A plateau as a point with an interval.
struct Point {
    load: f64,
    value: f64,
    low: f64,
    high: f64,
    verdict: &'static str,
}

/// The point of a plateau, with its interval where there is one.
fn point(entry: &Entry, value: f64, interval: Option<(f64, f64)>) -> Point {
    let (low, high) = interval.unwrap_or((value, value));
    let low = if low > 0.0 { low } else { value };
    Point { load: entry.plateau.load, value, low, high, verdict: class(&entry.plateau) }
}

fn latency(page: &mut Markup, record: &Record) {
    let points: Vec<Point> = searched(record)
        .filter_map(|entry| Some(point(entry, entry.figures.p95?, entry.figures.p95_interval)))
        .collect();
    let bound = record.header.objectives.iter().find_map(|asked| {
        let (metric, bound) = asked.text.split_once(":p(95)<")?;
        (metric == "http_req_duration").then(|| bound.trim_start_matches('=').parse::<f64>().ok())?
    });
    let title = "Latency over load: the 95th percentile of each plateau";
    draw(page, record, title, &points, bound, |value| {
        crate::format::duration(value, plimsoll_plan::options::keyword::TimeUnit::Auto)
    });
}

fn throughput(page: &mut Markup, record: &Record) {
    let points: Vec<Point> = searched(record)
        .filter(|entry| entry.figures.throughput > 0.0)
        .map(|entry| point(entry, entry.figures.throughput, entry.figures.throughput_interval))
        .collect();
    draw(page, record, "Throughput over load: iterations that ended per second", &points, None, |value| {
        format!("{value:.0}/s")
    });
}

fn searched(record: &Record) -> impl Iterator<Item = &Entry> {
    let sweep = |entry: &&Entry| matches!(entry.plateau.purpose, Purpose::Overload | Purpose::Return);
    record.plateaus.iter().filter(move |entry| !sweep(entry))
}

fn class(plateau: &Plateau) -> &'static str {
    match plateau.verdict {
        Verdict::Held => "held",
        Verdict::Failed { .. } | Verdict::Collapsed { .. } => "missed",
        _ => "open",
    }
}

const LEGEND: &str = "Blue: carried; red: too much; empty: could not be told; with 95 % intervals. \
     Shaded: the capacity with its 95 % interval or its bracket. Dashed: the objective. \
     Dotted: the throughput knee.";

fn draw(
    page: &mut Markup,
    record: &Record,
    title: &str,
    points: &[Point],
    bound: Option<f64>,
    label: impl Fn(f64) -> String,
) {
    let Some(canvas) = Canvas::of(points, bound.into_iter()) else { return };
    page.raw("<section>\n<h2>")
        .text(title)
        .raw("</h2>\n<figure tabindex=\"0\">\n<svg class=\"curve capacity\" ");
    page.raw("viewBox=\"0 0 860 320\" role=\"img\" aria-label=\"").text(title).raw("\">\n");
    axes(page, record.header.model, &canvas, label);
    if let Some(capacity) = &record.answer.capacity {
        let (low, high) = (canvas.x(capacity.low), canvas.x(capacity.high));
        page.raw("<rect class=\"interval\" y=\"12\" height=\"274\" x=\"").number(low);
        page.raw("\" width=\"").number((high - low).max(1.0)).raw("\"/>\n");
        line(page, "limit", (canvas.x(capacity.load), TOP), (canvas.x(capacity.load), HEIGHT - BELOW));
    }
    if let Some(knee) = &record.answer.throughput_knee {
        let at = canvas.x((knee.low * knee.high).sqrt());
        line(page, "knee", (at, TOP), (at, HEIGHT - BELOW));
    }
    if let Some(bound) = bound {
        line(page, "bound", (LEFT, canvas.y(bound)), (WIDTH - RIGHT, canvas.y(bound)));
    }
    for point in points {
        let x = canvas.x(point.load);
        line(page, "whisker", (x, canvas.y(point.low)), (x, canvas.y(point.high)));
        page.raw("<circle r=\"3.6\" class=\"").text(point.verdict).raw("\" cx=\"").number(x);
        page.raw("\" cy=\"").number(canvas.y(point.value)).raw("\"/>\n");
    }
    page.raw("</svg>\n<figcaption>").text(LEGEND).raw("</figcaption>\n");
    page.raw("</figure>\n</section>\n");
}

fn axes(page: &mut Markup, model: Model, canvas: &Canvas, label: impl Fn(f64) -> String) {
    for load in ticks(canvas.loads) {
        let x = canvas.x(load);
        line(page, "grid", (x, TOP), (x, HEIGHT - BELOW));
        page.tick_label("middle", (x, HEIGHT - 12.0), &text::load(model, load));
    }
    for value in ticks(canvas.values) {
        let y = canvas.y(value);
        line(page, "grid", (LEFT, y), (WIDTH - RIGHT, y));
        page.tick_label("end", (LEFT - 8.0, y + 4.0), &label(value));
    }
}

/// Round numbers within a range: 1, 2 and 5 of each decade, fewer where there are many decades.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let decades = (high / low).log10();
    let steps: &[f64] = if decades > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let first = low.log10().floor() as i32;
    let last = high.log10().ceil() as i32;
    let all = (first..=last).flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)));
    all.filter(|tick| *tick >= low && *tick <= high).collect()
}

fn line(page: &mut Markup, class: &str, from: (f64, f64), to: (f64, f64)) {
    page.raw("<line class=\"").text(class).raw("\" x1=\"").number(from.0).raw("\" y1=\"").number(from.1);
    page.raw("\" x2=\"").number(to.0).raw("\" y2=\"").number(to.1).raw("\"/>\n");
}

fn table(page: &mut Markup, record: &Record) {
    let heads =
        ["#Load", "For", "#Reached", "#Time", "#P50", "#P95", "#P99", "#Failed", "#Under way", "Verdict"];
    page.open_table("Plateaus", "In the order in which they were held, transients left out", &heads);
    for Entry { plateau, figures } in &record.plateaus {
        row(page, &text::row(record.header.model, plateau, figures));
    }
    page.close_table();
}

fn row(page: &mut Markup, cells: &[String; 10]) {
    page.raw("<tr>");
    for (column, cell) in cells.iter().enumerate() {
        match column {
            1 | 9 => page.cell(cell),
            _ => page.figure(cell),
        };
    }
    page.raw("</tr>\n");
}

fn asked(page: &mut Markup, record: &Record) {
    let header = &record.header;
    let objectives: Vec<&str> = header.objectives.iter().map(|asked| asked.text.as_str()).collect();
    let how = match (header.model, &header.arrivals) {
        (Model::Open, Some(arrivals)) => format!("open: iterations start at a rate, {arrivals} arrivals"),
        _ => "closed: looping VUs".to_owned(),
    };
    page.raw("<section>\n<h2>What was asked</h2>\n<dl class=\"facts\">\n");
    for (name, value) in [("Objectives", objectives.join("\n")), ("Model", how)] {
        page.raw("<dt>").text(name).raw("</dt><dd>").text(&value).raw("</dd>\n");
    }
    page.raw("</dl>\n</section>\n");
}
