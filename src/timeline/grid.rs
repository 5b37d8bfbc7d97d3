//! Time cut into cells, for pictures made of characters: who owned a partition in each.

use std::time::Duration;

use super::ownership::Span;
use crate::group::WorkerId;

/// Who has a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nobody.
    Nobody,
    /// This worker.
    Worker(WorkerId),
    /// Two workers believed that they had it.
    TwoAtOnce,
}

pub(super) struct Grid {
    /// How many cells a row has: at least one.
    pub cells: usize,
    /// When the last cell ends.
    pub end: Duration,
    /// Who owned what.
    pub spans: Vec<Span>,
}

impl Grid {
    /// The owners of `partition`, cell by cell.
    pub fn owners(&self, partition: i32) -> Vec<Owner> {
        (0..self.cells)
            .map(|cell| self.owner(partition, cell))
            .collect()
    }

    /// Whoever had the partition for the largest part of the cell, be it nobody.
    fn owner(&self, partition: i32, cell: usize) -> Owner {
        let width = self.end.as_secs_f64() / self.cells as f64;
        let (from, until) = (width * cell as f64, width * (cell + 1) as f64);
        let mut nobody = until - from;
        let mut most = (Owner::Nobody, 0.0);
        for span in self.spans.iter().filter(|span| span.partition == partition) {
            let share = until.min(self.until(span)) - from.max(span.from.as_secs_f64());
            if share <= 0.0 {
                continue;
            }
            nobody -= share;
            if share > most.1 {
                most = (Owner::Worker(span.worker), share);
            }
        }
        match most {
            // More owners than time: their spans overlap.
            _ if nobody < -width / 1e6 => Owner::TwoAtOnce,
            (owner, share) if share >= nobody => owner,
            _ => Owner::Nobody,
        }
    }

    fn until(&self, span: &Span) -> f64 {
        span.until.unwrap_or(self.end).as_secs_f64()
    }

    /// The cell in which this moment lies.
    pub fn cell_at(&self, seconds: f64) -> usize {
        let cell = seconds / self.end.as_secs_f64() * self.cells as f64;
        (cell as usize).min(self.cells - 1)
    }
}
