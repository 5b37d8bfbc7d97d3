//! From entries to ownership: who had a partition, from when until when.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Activity, Entry};
use crate::group::WorkerId;

/// A stretch of time in which a worker owned a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub partition: i32,
    /// Its owner.
    pub worker: WorkerId,
    /// When it was assigned.
    pub from: Duration,
    /// When it was revoked or lost; `None` if it still was the worker's at the last entry.
    pub until: Option<Duration>,
}

/// All spans of ownership, in the order in which they began.
pub fn spans(entries: &[Entry]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for entry in entries {
        match &entry.activity {
            Activity::Assigned(partitions) => {
                for &partition in partitions {
                    open(&mut spans, entry, partition);
                }
            }
            Activity::Revoked(partitions) | Activity::Lost(partitions) => {
                close(&mut spans, entry, |span| {
                    partitions.contains(&span.partition)
                });
            }
            Activity::Left => close(&mut spans, entry, |_| true),
            Activity::Started | Activity::Processed { .. } | Activity::Committed(_) => {}
        }
    }
    spans
}

/// Who owns each partition after the last entry.
pub fn owners(entries: &[Entry]) -> BTreeMap<i32, WorkerId> {
    spans(entries)
        .into_iter()
        .filter(|span| span.until.is_none())
        .map(|span| (span.partition, span.worker))
        .collect()
}

/// Pairs of spans of different workers that owned one partition at the same time.
pub fn overlaps(spans: &[Span]) -> Vec<(Span, Span)> {
    let mut overlaps = Vec::new();
    for (index, first) in spans.iter().enumerate() {
        for second in &spans[index + 1..] {
            let shared = first.partition == second.partition && first.worker != second.worker;
            if shared && first.until.is_none_or(|until| until > second.from) {
                overlaps.push((*first, *second));
            }
        }
    }
    overlaps
}

fn open(spans: &mut Vec<Span>, entry: &Entry, partition: i32) {
    let has_it = |span: &Span| {
        span.until.is_none() && span.worker == entry.worker && span.partition == partition
    };
    if !spans.iter().any(has_it) {
        spans.push(Span {
            partition,
            worker: entry.worker,
            from: entry.at,
            until: None,
        });
    }
}

fn close(spans: &mut [Span], entry: &Entry, which: impl Fn(&Span) -> bool) {
    for span in spans {
        if span.until.is_none() && span.worker == entry.worker && which(span) {
            span.until = Some(entry.at);
        }
    }
}
