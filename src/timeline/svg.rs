//! The timeline as an SVG document: a row for each partition, a bar for each span of ownership, a dot for each event.
//!
//! The colours are Okabe and Ito's, which people with any kind of colour vision tell apart; bars and legend carry the
//! worker's name as well, so no colour has to be told at all.

use std::time::Duration;

use svg::Document;
use svg::node::element::{Circle, Description, Group, Title};

use super::ownership::{Span, spans};
use super::shapes::{INK, colours, rectangle, rounded, text, vertical};
use super::{Activity, Entry, summary};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 110.0;
const RIGHT: f64 = 930.0;
const TOP: f64 = 72.0;
const ROW: f64 = 52.0;
const BAR: f64 = 40.0;
const LEGEND_LINE: f64 = 24.0;

const GRID: &str = "#d0d0d0";

/// Draws the entries as a complete SVG document with this title. The same entries make the same document.
pub fn draw(entries: &[Entry], title: &str) -> String {
    let chart = Chart {
        end: summary::end(entries).as_secs_f64(),
        partitions: summary::partitions(entries).into_iter().collect(),
    };
    let height = chart.legend_top() + LEGEND_LINE * (summary::workers(entries).len() + 1) as f64;
    let mut document = Document::new()
        .set("width", WIDTH)
        .set("height", height)
        .set("viewBox", (0, 0, WIDTH, height))
        .set("role", "img")
        .set("font-family", "system-ui, 'DejaVu Sans', sans-serif")
        .set("font-size", 14)
        .add(Title::new(title))
        .add(Description::new().add(svg::node::Text::new(
            "Which worker of the consumer group owned which partition, over time.",
        )))
        .add(rectangle(0.0, 0.0, WIDTH, height).set("fill", "#ffffff"))
        .add(
            text(24.0, 36.0, title)
                .set("font-size", 20)
                .set("font-weight", "bold"),
        )
        .add(chart.axis())
        .add(chart.rows());
    for span in spans(entries) {
        document = document.add(chart.bar(&span));
    }
    document
        .add(chart.dots(entries))
        .add(chart.assignments(entries))
        .add(chart.legend(entries))
        .to_string()
}

struct Chart {
    end: f64,
    partitions: Vec<i32>,
}

impl Chart {
    fn x(&self, at: Duration) -> f64 {
        LEFT + (RIGHT - LEFT) * at.as_secs_f64() / self.end
    }

    fn y(&self, partition: i32) -> f64 {
        let row = self.partitions.iter().position(|known| *known == partition);
        TOP + ROW * row.unwrap_or_default() as f64
    }

    fn bottom(&self) -> f64 {
        TOP + ROW * self.partitions.len() as f64
    }

    fn legend_top(&self) -> f64 {
        self.bottom() + 72.0
    }

    fn axis(&self) -> Group {
        let mut axis = Group::new();
        for second in summary::axis_seconds(Duration::from_secs_f64(self.end), 16) {
            let x = self.x(Duration::from_secs(second));
            axis = axis
                .add(vertical(x, TOP - 8.0, self.bottom()).set("stroke", GRID))
                .add(
                    text(x, self.bottom() + 34.0, &format!("{second} s"))
                        .set("text-anchor", "middle"),
                );
        }
        axis
    }

    fn rows(&self) -> Group {
        self.partitions
            .iter()
            .fold(Group::new(), |rows, &partition| {
                let y = self.y(partition) + BAR / 2.0 + 5.0;
                rows.add(text(24.0, y, &format!("partition {partition}")))
            })
    }

    fn bar(&self, span: &Span) -> Group {
        let until = span.until.map_or(RIGHT, |until| self.x(until));
        let (x, y) = (self.x(span.from), self.y(span.partition));
        let width = (until - x).max(1.0);
        let (fill, ink) = colours(span.worker);
        let bar = rectangle(x, y, width, BAR).set("fill", fill).set("rx", 3);
        let hover = Title::new(format!(
            "{} owned partition {}",
            span.worker, span.partition
        ));
        let group = Group::new().add(bar.add(hover));
        // What does not fit is left to the legend and to the tool tip.
        let (at, label) = match width {
            width if width >= 72.0 => (x + 5.0, span.worker.to_string()),
            width if width >= 10.0 => (x + (width - 9.0) / 2.0, span.worker.0.to_string()),
            _ => return group,
        };
        group.add(text(at, y + 17.0, &label).set("fill", ink))
    }

    fn dots(&self, entries: &[Entry]) -> Group {
        let mut dots = Group::new();
        for entry in entries {
            if let Activity::Processed { partition, .. } = entry.activity {
                let dot = Circle::new()
                    .set("cx", rounded(self.x(entry.at)))
                    .set("cy", rounded(self.y(partition) + BAR - 10.0))
                    .set("r", 3)
                    .set("fill", colours(entry.worker).1);
                dots = dots.add(dot);
            }
        }
        dots
    }

    fn assignments(&self, entries: &[Entry]) -> Group {
        let mut marks = Group::new();
        for at in summary::assignments(entries) {
            let x = self.x(at);
            let line = vertical(x, TOP - 8.0, self.bottom() + 8.0)
                .set("stroke", INK)
                .set("stroke-dasharray", "3 3");
            marks = marks.add(line);
        }
        marks
    }

    fn legend(&self, entries: &[Entry]) -> Group {
        let mut legend = Group::new();
        let mut y = self.legend_top();
        for (worker, summary) in summary::workers(entries) {
            let (fill, _ink) = colours(worker);
            legend = legend
                .add(rectangle(24.0, y - 12.0, 26.0, 15.0).set("fill", fill))
                .add(text(60.0, y, &summary.describe(worker)));
            y += LEGEND_LINE;
        }
        let notes = "dot: an event processed · dashed line: a worker was assigned its partitions";
        legend.add(text(24.0, y, notes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::sample::entry;
    use svg::parser::Event as Parsed;

    fn story() -> Vec<Entry> {
        vec![
            entry(0, 1, Activity::Started),
            entry(100, 1, Activity::Assigned(vec![0, 1])),
            entry(
                900,
                1,
                Activity::Processed {
                    partition: 0,
                    offset: 7,
                },
            ),
            entry(1500, 1, Activity::Revoked(vec![1])),
            entry(1600, 2, Activity::Assigned(vec![1])),
            entry(3000, 2, Activity::Left),
        ]
    }

    /// Every element that is opened is closed, in order; the parser reports what is not markup at all.
    #[test]
    fn the_document_is_well_formed() {
        let document = draw(&story(), "A <rebalance> & more");
        let mut open = Vec::new();
        for event in svg::read(&document).expect("an SVG document") {
            match event {
                Parsed::Error(error) => panic!("{error}\n{document}"),
                Parsed::Tag(name, svg::node::element::tag::Type::Start, _) => {
                    open.push(name.to_owned());
                }
                Parsed::Tag(name, svg::node::element::tag::Type::End, _) => {
                    assert_eq!(open.pop().as_deref(), Some(name));
                }
                _ => {}
            }
        }
        assert!(open.is_empty(), "left open: {open:?}");
        assert!(
            document.contains("A &lt;rebalance&gt; &amp; more"),
            "{document}"
        );
    }

    #[test]
    fn the_same_entries_make_the_same_document() {
        assert_eq!(draw(&story(), "title"), draw(&story(), "title"));
    }

    #[test]
    fn there_is_a_bar_with_a_name_for_each_span_and_a_dot_for_each_event() {
        let document = draw(&story(), "title");
        assert_eq!(document.matches("owned partition").count(), 3, "{document}");
        assert_eq!(document.matches("<circle").count(), 1, "{document}");
        for name in ["worker-1", "worker-2", "partition 0", "partition 1"] {
            assert!(document.contains(name), "no {name} in\n{document}");
        }
    }

    #[test]
    fn nothing_makes_an_empty_picture() {
        assert!(draw(&[], "title").contains("</svg>"));
    }
}
