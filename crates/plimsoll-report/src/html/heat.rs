//! The heat map: how many requests took how long, moment by moment.
//!
//! Drawn here, cell by cell into one path for each shade. The charting library writes a number, and three
//! attributes, into every cell, which makes a megabyte of what is 20 KB.

use std::fmt::Write as _;

use super::markup::Markup;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 290.0;
/// Room for the numbers around.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const ABOVE: f64 = 8.0;
const BELOW: f64 = 28.0;
/// From few to many; the style sheet has their colours.
const SHADES: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];
/// Labels at the time axis, at most.
const LABELS: usize = 10;

/// A band of durations.
pub(super) struct Band {
    /// Where it begins; empty where the axis has no label.
    pub(super) label: String,
    /// How many requests there were in each column.
    pub(super) counts: Vec<u64>,
}

/// Draws bands from bottom to top, over the moments at which the columns begin.
pub(super) fn draw(page: &mut Markup, name: &str, moments: &[String], bands: &[Band]) {
    let most = bands.iter().flat_map(|band| &band.counts).copied().max().unwrap_or(0).max(1) as f64;
    let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - ABOVE - BELOW);
    let (cell, line) = (width / moments.len().max(1) as f64, height / bands.len().max(1) as f64);
    let y = |row: usize| ABOVE + height - line * row as f64;
    page.raw("<div class=\"plot\" tabindex=\"0\" role=\"region\" aria-label=\"").text(name);
    page.raw("\">\n<svg role=\"img\" aria-label=\"").text(name).raw("\" viewBox=\"0 0 860 290\">\n");
    page.raw("<rect class=\"ground\" x=\"").number(LEFT).raw("\" y=\"").number(ABOVE).raw("\" width=\"");
    page.number(width).raw("\" height=\"").number(height).raw("\"/>\n");
    for (shade, class) in SHADES.iter().enumerate() {
        let mut path = String::new();
        for (row, band) in bands.iter().enumerate() {
            for column in
                (0..band.counts.len()).filter(|column| shade_of(band.counts[*column], most) == Some(shade))
            {
                let x = LEFT + cell * column as f64;
                // Cells overlap a little, so that no seams shine through.
                let _ = write!(path, "M{x:.1} {:.1}h{:.1}v{line:.1}H{x:.1}z", y(row + 1), cell + 0.2);
            }
        }
        if !path.is_empty() {
            page.raw("<path class=\"").text(class).raw("\" d=\"").text(&path).raw("\"/>\n");
        }
    }
    for (row, band) in bands.iter().enumerate().filter(|(_, band)| !band.label.is_empty()) {
        page.tick_label("end", (LEFT - 6.0, y(row) + 4.0), &band.label);
    }
    let each = moments.len().div_ceil(LABELS).max(1);
    for (column, moment) in moments.iter().enumerate().step_by(each) {
        page.tick_label("start", (LEFT + cell * column as f64, HEIGHT - 9.0), moment);
    }
    page.raw("</svg>\n</div>\n");
    key(page, most);
}

/// Which shade so many requests have, on a logarithmic scale; none has none.
fn shade_of(count: u64, most: f64) -> Option<usize> {
    let share = if most > 1.0 { (count as f64).ln() / most.ln() } else { 1.0 };
    (count > 0).then(|| ((share * SHADES.len() as f64) as usize).min(SHADES.len() - 1))
}

/// What the shades mean.
fn key(page: &mut Markup, most: f64) {
    page.raw("<ul class=\"legend\"><li>1 request ");
    for class in SHADES {
        page.raw("<svg viewBox=\"0 0 16 10\" aria-hidden=\"true\"><rect width=\"16\" height=\"10\" class=\"");
        page.text(class).raw("\"/></svg>");
    }
    page.raw(" ").text(&crate::format::count(most as u64)).raw("</li></ul>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_from_one_to_most() {
        assert_eq!(shade_of(0, 900.0), None);
        assert_eq!(shade_of(1, 900.0), Some(0));
        assert_eq!(shade_of(900, 900.0), Some(SHADES.len() - 1));
        assert_eq!(shade_of(1, 1.0), Some(SHADES.len() - 1), "where there is but one, it can be seen");
    }
}
