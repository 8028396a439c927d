//! Round times of day along an axis.

use std::fmt;
use std::time::Duration;

/// Steps that people count in, in seconds.
const STEPS: [i64; 14] =
    [5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 21_600, 43_200];
const DAY: i64 = 86_400;
/// Between two labels stand at least so many blanks.
const APART: i64 = 4;

/// A time of day on a wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay {
    /// Seconds since midnight.
    pub seconds: i64,
    /// They are written, too: `14:02:10`, else `14:02`.
    pub exact: bool,
}

impl TimeOfDay {
    /// Of seconds since 1970 on a local clock.
    pub fn of(local: i64, exact: bool) -> Self {
        Self { seconds: local.rem_euclid(DAY), exact }
    }

    /// Cells that it takes.
    pub fn width(self) -> u16 {
        if self.exact { 8 } else { 5 }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.seconds / 3_600, self.seconds / 60 % 60);
        write!(f, "{hours:02}:{minutes:02}")?;
        if self.exact { write!(f, ":{:02}", self.seconds % 60) } else { Ok(()) }
    }
}

/// Round times in `cells` cells of `width` each, as many as fit, with the cell that each falls in.
/// The first cell begins `begin` nanoseconds after 1970 on a local clock.
pub fn ticks(
    begin: i128,
    width: Duration,
    cells: u16,
) -> impl Iterator<Item = (u16, TimeOfDay)> + Clone {
    let width = width.as_nanos().max(1) as i128;
    let step = step(width);
    let exact = step % 60 != 0;
    let first = begin.div_euclid(SECOND).div_euclid(i128::from(step)) * i128::from(step);
    (0..)
        .map(move |n| first + i128::from(step) * n)
        .map(move |second| ((second * SECOND - begin).div_euclid(width), second))
        .skip_while(|(cell, _)| *cell < 0)
        .take_while(move |(cell, _)| *cell < i128::from(cells))
        .map(move |(cell, second)| (cell as u16, TimeOfDay::of(second as i64, exact)))
}

const SECOND: i128 = 1_000_000_000;

/// The least step, in seconds, whose labels stand apart in cells of so many nanoseconds.
fn step(width: i128) -> i64 {
    let fits = |step: &i64| {
        let label = TimeOfDay { seconds: 0, exact: step % 60 != 0 }.width();
        i128::from(*step) * SECOND / width >= i128::from(label) + 1 + i128::from(APART)
    };
    STEPS.into_iter().find(fits).unwrap_or(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(begin: i128, width: u64, cells: u16) -> Vec<String> {
        let ticks = ticks(begin, Duration::from_secs(width), cells);
        ticks.map(|(cell, time)| format!("{cell} {time}")).collect()
    }

    /// 2026-11-22 14:00:00
    const AFTERNOON: i128 = 1_795_356_000 * SECOND;

    #[test]
    fn times_are_round_and_in_their_cells() {
        assert_eq!(
            written(AFTERNOON, 1, 68),
            ["0 14:00:00", "20 14:00:20", "40 14:00:40", "60 14:01:00"]
        );
        // The session began 1.5 s before a full minute.
        assert_eq!(
            written(AFTERNOON - SECOND * 3 / 2, 1, 45),
            ["1 14:00:00", "21 14:00:20", "41 14:00:40"]
        );
        assert_eq!(written(AFTERNOON + SECOND / 2, 10, 30), ["11 14:02", "23 14:04"]);
        assert_eq!(
            written(AFTERNOON, 300, 60),
            ["0 14:00", "12 15:00", "24 16:00", "36 17:00", "48 18:00"]
        );
    }

    #[test]
    fn midnight_is_passed() {
        let begin = AFTERNOON + 10 * 3_600 * SECOND - 20 * SECOND;
        assert_eq!(written(begin, 1, 30), ["0 23:59:40", "20 00:00:00"]);
    }

    proptest::proptest! {
        #[test]
        fn labels_never_touch(
            begin in -1_000_000_000_000i64..i64::MAX / 2,
            width in 500_000_000..5_000_000_000_000u64,
            cells: u16,
        ) {
            let ticks = ticks(i128::from(begin), Duration::from_nanos(width), cells);
            let mut free = 0;
            for (cell, time) in ticks.take(1_000) {
                proptest::prop_assert!(cell >= free && cell < cells);
                free = cell.saturating_add(1 + time.width());
            }
        }
    }
}
