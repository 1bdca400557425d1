//! The count of one instance, which it reports to a count across instances in portions.
//!
//! Users well below a limit thus cost no writes, and an instance exceeds the limit by less than a portion, since the others do
//! not know of it.

/// A count in one window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportedCount {
    /// The number that all instances have reported, as far as this one knows.
    reported: u64,
    /// The number that this instance has not reported yet.
    unreported: u64,
}

/// The limit leaves less than was to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

impl ReportedCount {
    /// Counts `new`, all or nothing. Returns the number to report once it is at least a portion.
    ///
    /// # Errors
    /// [`Exhausted`] if the count would exceed `limit`.
    pub fn take(&mut self, new: u64, limit: u64, portion: u64) -> Result<Option<u64>, Exhausted> {
        if self.reported.saturating_add(self.unreported).saturating_add(new) > limit {
            return Err(Exhausted);
        }
        self.unreported += new;
        Ok((self.unreported > 0 && self.unreported >= portion).then(|| self.report()))
    }

    /// Takes the number to report. It counts as reported until [`restore`](Self::restore) takes it back.
    pub fn report(&mut self) -> u64 {
        let unreported = std::mem::take(&mut self.unreported);
        self.reported += unreported;
        unreported
    }

    /// Counts a number that is reported at once, beyond any limit.
    pub fn add_reported(&mut self, new: u64) {
        self.reported += new;
    }

    /// Applies a total that the store returned. Responses can arrive out of order; the higher one is the later.
    pub fn learn(&mut self, total: u64) -> u64 {
        self.reported = self.reported.max(total);
        self.reported
    }

    /// Takes back a report that failed.
    pub fn restore(&mut self, unreported: u64) {
        self.reported = self.reported.saturating_sub(unreported);
        self.unreported += unreported;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TL-04
    #[test]
    fn one_instance_takes_the_limit_and_reports_ten_times() {
        let (mut count, mut reports) = (ReportedCount::default(), Vec::new());
        for call in 1..=600 {
            let unreported = count.take(1, 600, 60).expect("one is left");
            assert_eq!(unreported, (call % 60 == 0).then_some(60), "{call}");
            reports.extend(unreported);
        }
        assert_eq!((reports.len(), count.take(1, 600, 60)), (10, Err(Exhausted)));
    }

    /// SR-03, TL-04
    #[test]
    fn each_instance_exceeds_the_limit_by_less_than_a_portion() {
        for (limit, portion, step) in [(100, 10, 1), (10_000, 100, 7)] {
            for instances in [1, 2, 7, 40] {
                let mut counts = vec![ReportedCount::default(); instances];
                let (mut stored, mut taken) = (0, 0);
                for turn in 0..20_000 {
                    let count = &mut counts[turn % instances];
                    match count.take(step, limit, portion) {
                        Err(Exhausted) => {}
                        Ok(None) => taken += step,
                        Ok(Some(unreported)) => {
                            stored += unreported;
                            taken += if count.learn(stored) <= limit { step } else { 0 };
                        }
                    }
                }
                let most = limit + (portion + step - 1) * instances as u64;
                assert!((limit - portion..=most).contains(&taken), "{taken} of {limit} by {instances}");
            }
        }
    }

    /// TL-04
    #[test]
    fn batch_is_counted_as_a_whole_or_not_at_all() {
        let mut count = ReportedCount::default();
        assert_eq!(count.take(50, 100, 10), Ok(Some(50)));
        assert_eq!(count.take(51, 100, 10), Err(Exhausted));
        assert_eq!(count.take(50, 100, 10), Ok(Some(50)));
    }

    /// TL-04
    #[test]
    fn failed_report_still_counts_and_is_repeated() {
        let mut count = ReportedCount::default();
        assert_eq!(count.take(10, 100, 10), Ok(Some(10)));
        count.restore(10);
        assert_eq!(count.take(1, 100, 10), Ok(Some(11)));
        count.restore(11);
        assert_eq!(count.take(90, 100, 10), Err(Exhausted));
    }
}
