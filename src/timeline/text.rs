//! The timeline as text: a row for each partition, time from left to right, in each cell the partition's owner.
//!
//! Every cell holds a character, so the picture reads the same without colours. Colours are ANSI escapes: print it
//! through `anstream`, which leaves them away where they do not belong.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::grid::{Grid, Owner};
use super::ownership::spans;
use super::{Entry, summary};

/// A width that suits a terminal and a page alike.
pub const WIDTH: usize = 72;

/// What stands in a cell in which nobody owned the partition.
const NOBODY: char = '·';

/// What stands in a cell in which two workers believed that they owned the partition.
const TWO_AT_ONCE: char = '!';

/// What stands below a cell in which an assignment came.
const ASSIGNMENT: char = '▲';

/// Columns in front of the cells.
const MARGIN: usize = "partition 10 ".len();

/// Columns between one time on the axis and the next, at the least.
const LABEL: usize = 8;

/// Draws the entries, `width` columns wide.
pub fn draw(entries: &[Entry], width: usize) -> String {
    let partitions = summary::partitions(entries);
    if partitions.is_empty() {
        return "No worker was assigned a partition.\n".to_owned();
    }
    let grid = Grid {
        cells: width.saturating_sub(MARGIN).max(LABEL),
        end: summary::end(entries),
        spans: spans(entries),
    };
    let mut picture = String::new();
    let mut twice = false;
    for partition in partitions {
        let owners = grid.owners(partition);
        twice |= owners.contains(&Owner::TwoAtOnce);
        let name = format!("partition {partition}");
        line(&mut picture, &format!("{name:<MARGIN$}{}", row(&owners)));
    }
    let (ticks, seconds) = axis(&grid);
    line(
        &mut picture,
        &format!("{:MARGIN$}{}", "", marks(&grid, entries)),
    );
    line(&mut picture, &format!("{:MARGIN$}{ticks}", ""));
    line(&mut picture, &format!("{:MARGIN$}{seconds}", ""));
    picture.push('\n');
    picture.push_str(&legend(entries, twice));
    picture
}

/// Marks the cells in which an assignment came.
fn marks(grid: &Grid, entries: &[Entry]) -> String {
    let mut marks = vec![' '; grid.cells];
    for at in summary::assignments(entries) {
        marks[grid.cell_at(at.as_secs_f64())] = ASSIGNMENT;
    }
    marks.into_iter().collect()
}

/// Ticks, and the seconds below them.
fn axis(grid: &Grid) -> (String, String) {
    let mut ticks = vec!['─'; grid.cells];
    let mut labels = String::new();
    for second in summary::axis_seconds(grid.end, (grid.cells / LABEL) as u64) {
        let cell = grid.cell_at(second as f64);
        ticks[cell] = if cell == 0 { '└' } else { '┴' };
        let label = format!("{second} s");
        // The label at the far end moves left, not to stand out; its tick says where it belongs.
        let column = cell.min(grid.cells - label.len());
        let padding = column.saturating_sub(labels.chars().count());
        let _ = write!(labels, "{:padding$}{label}", "");
    }
    (ticks.into_iter().collect(), labels)
}

/// A row's cells; neighbours with the same owner share one pair of colour escapes.
fn row(owners: &[Owner]) -> String {
    let mut row = String::new();
    for same in owners.chunk_by(|left, right| left == right) {
        let style = style(same[0]);
        let symbols: String = same.iter().map(|owner| symbol(*owner)).collect();
        let _ = write!(row, "{style}{symbols}{style:#}");
    }
    row
}

fn legend(entries: &[Entry], twice: bool) -> String {
    let mut legend = String::new();
    for (worker, summary) in summary::workers(entries) {
        let owner = Owner::Worker(worker);
        let style = style(owner);
        let symbol = symbol(owner);
        let described = summary.describe(worker);
        line(
            &mut legend,
            &format!("  {style}{symbol}{style:#}  {described}"),
        );
    }
    line(
        &mut legend,
        &format!("  {NOBODY}  nobody: the partition is changing hands"),
    );
    line(
        &mut legend,
        &format!("  {ASSIGNMENT}  a worker was assigned its partitions: a rebalance is done"),
    );
    if twice {
        line(
            &mut legend,
            &format!(
                "  {TWO_AT_ONCE}  two workers at once: one had lost the partition and not heard of it"
            ),
        );
    }
    legend
}

fn line(picture: &mut String, text: &str) {
    picture.push_str(text.trim_end());
    picture.push('\n');
}

fn symbol(owner: Owner) -> char {
    match owner {
        Owner::Nobody => NOBODY,
        // 1 to 9, then a to z.
        Owner::Worker(worker) => char::from_digit(worker.0, 36).unwrap_or('#'),
        Owner::TwoAtOnce => TWO_AT_ONCE,
    }
}

fn style(owner: Owner) -> Style {
    const COLOURS: [AnsiColor; 6] = [
        AnsiColor::Yellow,
        AnsiColor::BrightCyan,
        AnsiColor::BrightMagenta,
        AnsiColor::BrightGreen,
        AnsiColor::BrightBlue,
        AnsiColor::BrightYellow,
    ];
    let colour = match owner {
        Owner::Nobody => return Style::new().dimmed(),
        Owner::Worker(worker) => COLOURS[worker.0.saturating_sub(1) as usize % COLOURS.len()],
        Owner::TwoAtOnce => AnsiColor::BrightRed,
    };
    Style::new()
        .fg_color(Some(AnsiColor::Black.into()))
        .bg_color(Some(colour.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Activity;
    use crate::timeline::sample::entry;

    fn handover() -> Vec<Entry> {
        vec![
            entry(0, 1, Activity::Started),
            entry(0, 1, Activity::Assigned(vec![0, 1])),
            entry(
                1000,
                1,
                Activity::Processed {
                    partition: 0,
                    offset: 0,
                },
            ),
            entry(4000, 1, Activity::Revoked(vec![1])),
            entry(5000, 2, Activity::Assigned(vec![1])),
            entry(10_000, 1, Activity::Left),
        ]
    }

    fn plain(entries: &[Entry], width: usize) -> String {
        anstream::adapter::strip_str(&draw(entries, width)).to_string()
    }

    #[test]
    fn each_cell_names_the_owner() {
        let picture = plain(&handover(), MARGIN + 20);
        let rows: Vec<&str> = picture.lines().collect();
        assert_eq!(rows[0], "partition 0  11111111111111111111");
        assert_eq!(rows[1], "partition 1  11111111··2222222222");
        assert_eq!(rows[2], "             ▲         ▲");
    }

    #[test]
    fn the_axis_counts_seconds() {
        let picture = plain(&handover(), MARGIN + 40);
        assert!(picture.contains("0 s"), "{picture}");
        assert!(picture.contains("10 s"), "{picture}");
    }

    #[test]
    fn the_legend_tells_what_each_worker_did() {
        let picture = plain(&handover(), WIDTH);
        assert!(
            picture.contains("1  worker-1:   1 event processed, started 0.0 s, left 10.0 s"),
            "{picture}"
        );
        assert!(
            picture.contains("2  worker-2:   0 events processed"),
            "{picture}"
        );
    }

    #[test]
    fn two_owners_at_once_are_marked() {
        let entries = [
            entry(0, 1, Activity::Assigned(vec![0])),
            entry(1000, 2, Activity::Assigned(vec![0])),
            entry(2000, 1, Activity::Lost(vec![0])),
        ];
        let picture = plain(&entries, MARGIN + 10);
        assert!(picture.starts_with("partition 0  11111!!!!!"), "{picture}");
        assert!(picture.contains("two workers at once"), "{picture}");
    }

    #[test]
    fn colours_are_there_to_be_stripped() {
        assert_ne!(draw(&handover(), WIDTH), plain(&handover(), WIDTH));
    }

    #[test]
    fn no_line_is_wider_than_asked_for() {
        for line in plain(&handover(), WIDTH).lines() {
            assert!(line.chars().count() <= WIDTH, "{line:?}");
        }
    }

    #[test]
    fn nothing_makes_a_sentence() {
        assert_eq!(draw(&[], WIDTH), "No worker was assigned a partition.\n");
    }
}
