//! The shapes and colours that the SVG picture is made of.

use svg::node::element::{Line, Rectangle, Text};

use crate::group::WorkerId;

/// Text and lines.
pub(super) const INK: &str = "#1a1a1a";

/// A bar's colour and its text's, worker by worker.
const COLOURS: [(&str, &str); 7] = [
    ("#e69f00", INK),
    ("#56b4e9", INK),
    ("#009e73", INK),
    ("#f0e442", INK),
    ("#cc79a7", INK),
    ("#d55e00", INK),
    ("#0072b2", "#ffffff"),
];

/// The colours of a worker's bars, and of what is written on them.
pub(super) fn colours(worker: WorkerId) -> (&'static str, &'static str) {
    COLOURS[worker.0.saturating_sub(1) as usize % COLOURS.len()]
}

/// A rectangle.
pub(super) fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Rectangle {
    Rectangle::new()
        .set("x", rounded(x))
        .set("y", rounded(y))
        .set("width", rounded(width))
        .set("height", rounded(height))
}

/// A vertical line.
pub(super) fn vertical(x: f64, top: f64, bottom: f64) -> Line {
    Line::new()
        .set("x1", rounded(x))
        .set("x2", rounded(x))
        .set("y1", top)
        .set("y2", bottom)
}

/// Text that begins at this place, on this base line.
pub(super) fn text(x: f64, y: f64, content: &str) -> Text {
    Text::new(content)
        .set("x", rounded(x))
        .set("y", rounded(y))
        .set("fill", INK)
}

/// A tenth of a pixel is finer than anyone sees.
pub(super) fn rounded(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}
