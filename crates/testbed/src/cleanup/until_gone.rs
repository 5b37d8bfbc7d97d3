//! Removing again and again until a look finds nothing.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::poll::poll_until;

/// Calls `pass` until it leaves nothing, no longer than `limit`. A pass removes what it finds, and returns what it found and
/// why it may still be there, or why it could not look. So nothing is gone until a pass has found nothing.
///
/// Returns what the last pass left. `changed` gets what is left each time that this changes.
pub async fn until_gone<P: Future<Output = Vec<String>>>(
    limit: Duration,
    mut pass: impl FnMut() -> P,
    changed: impl Fn(&[String]),
) -> Vec<String> {
    let left = Mutex::new(Vec::new());
    let look = || {
        let passing = pass();
        let (left, changed) = (&left, &changed);
        async move {
            let now = passing.await;
            let mut before = left.lock().unwrap_or_else(PoisonError::into_inner);
            if *before != now {
                changed(&now);
            }
            *before = now;
            Ok::<_, Infallible>(before.is_empty().then_some(()))
        }
    };
    match poll_until(limit, look).await {
        Ok(Some(())) => Vec::new(),
        Ok(None) => left.into_inner().unwrap_or_else(PoisonError::into_inner),
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::future::ready;

    use super::*;
    use pretty_assertions::assert_eq;

    #[tokio::test]
    async fn an_error_on_the_way_is_not_the_end() {
        let passes = Cell::new(0);
        let changes = RefCell::new(Vec::new());
        let pass = || {
            passes.set(passes.get() + 1);
            ready(match passes.get() {
                1 => vec!["a topic".to_owned()],
                2 | 3 => vec!["no answer".to_owned()],
                _ => Vec::new(),
            })
        };
        let changed = |left: &[String]| changes.borrow_mut().push(left.concat());
        let left = until_gone(Duration::from_secs(10), pass, changed).await;
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(passes.get(), 4);
        assert_eq!(changes.into_inner(), ["a topic", "no answer", ""]);
    }

    #[tokio::test]
    async fn what_is_left_at_the_end_is_returned() {
        let pass = || ready(vec!["a topic".to_owned()]);
        let left = until_gone(Duration::from_millis(30), pass, |_| ()).await;
        assert_eq!(left, ["a topic"]);
    }
}
