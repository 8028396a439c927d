//! What the user changed about the chart: how much time it shows, up to when, and how.

use std::time::Duration;

/// Widths of a cell, in steps of the zoom.
const ZOOM: [Duration; 7] = seconds([1, 2, 5, 10, 30, 60, 300]);
/// The same where the whole session is shown.
const WHOLE: [Duration; 12] = seconds([1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800]);
/// Of fewer columns than these the whole session is shown instead.
const FEWEST: u64 = 8;
/// As wide as a chart on a screen of 80 columns.
const USUAL: u16 = 68;

const fn seconds<const N: usize>(seconds: [u64; N]) -> [Duration; N] {
    let mut widths = [Duration::ZERO; N];
    let mut n = 0;
    while n < N {
        widths[n] = Duration::from_secs(seconds[n]);
        n += 1;
    }
    widths
}

/// Which cells have a line down through them, where rates are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cross {
    /// So many cells before the last one.
    pub back: u16,
    /// It goes where the mouse goes, and with it.
    pub by_mouse: bool,
}

/// The chart's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChartView {
    /// Step of the zoom; beyond the last one the whole session is shown.
    zoom: usize,
    /// The moment at the right edge; `None` is now.
    until: Option<Duration>,
    /// Where rates are read.
    pub cross: Option<Cross>,
    /// Equal factors are equally far apart, not equal differences.
    pub log: bool,
    /// Earlier trials are laid over the latest one.
    pub overlay: bool,
    /// Cells of time in the chart as it was last drawn: keys go by it.
    pub cells: u16,
}

impl Default for ChartView {
    fn default() -> Self {
        Self { zoom: 0, until: None, cross: None, log: false, overlay: false, cells: USUAL }
    }
}

impl ChartView {
    /// With columns of this width, if a chart can have them.
    pub fn with_column(column: Duration, log: bool) -> Option<Self> {
        let zoom = ZOOM.iter().position(|width| *width == column)?;
        Some(Self { zoom, log, ..Self::default() })
    }

    /// The width that was chosen; none where the whole session is shown.
    pub fn chosen_column(&self) -> Option<Duration> {
        ZOOM.get(self.zoom).copied()
    }

    /// The whole session is shown.
    pub fn is_whole(&self) -> bool {
        self.zoom >= ZOOM.len()
    }

    /// Time that a cell stands for, in a chart of so many cells and a session of this length.
    pub fn column(&self, length: Duration, cells: u16) -> Duration {
        let holds = |width: &&Duration| columns(length, **width) <= u64::from(cells);
        let whole = WHOLE.iter().find(holds).unwrap_or(&WHOLE[WHOLE.len() - 1]);
        // A few columns are no chart yet.
        let chosen = ZOOM.get(self.zoom).filter(|width| columns(length, **width) >= FEWEST);
        *chosen.or(ZOOM.get(self.zoom).map(|width| width.min(whole))).unwrap_or(whole)
    }

    /// The moment at the right edge; `None` is now, in a session that has come to `now`.
    pub fn until(&self, now: Duration) -> Option<Duration> {
        self.until.filter(|until| *until < now)
    }

    /// Longer cells; beyond those that hold the whole session nothing more.
    pub fn zoom_out(&mut self, length: Duration) {
        if self.is_whole() {
            return;
        }
        self.zoom += 1;
        let width = ZOOM.get(self.zoom);
        if width.is_none_or(|width| columns(length, *width) <= u64::from(self.cells)) {
            (self.zoom, self.until) = (ZOOM.len(), None);
        }
    }

    /// Shorter cells.
    pub fn zoom_in(&mut self, length: Duration) {
        let width = self.column(length, self.cells);
        self.zoom = ZOOM.iter().rposition(|shorter| *shorter < width).unwrap_or(0);
    }

    /// Moves a quarter of the chart's time; `false` when there is nothing there.
    pub fn pan(&mut self, length: Duration, later: bool) -> bool {
        let width = self.column(length, self.cells);
        let last = columns(length, width);
        let at = self.until(length).map_or(last, |until| columns(until, width));
        let step = u64::from(self.cells / 4).max(1);
        let to = if later { at + step } else { at.saturating_sub(step) };
        let to = to.max(u64::from(self.cells)).min(last);
        let moved = self.until(length).is_some() || to < last;
        self.until = (to < last).then(|| width.saturating_mul(to as u32));
        moved
    }

    /// Moves the line by one cell; the first time it is set where the newest rates are.
    pub fn move_cross(&mut self, later: bool) {
        let back = match self.cross {
            None => 0,
            Some(Cross { back, .. }) if later => back.saturating_sub(1),
            Some(Cross { back, .. }) => (back + 1).min(self.cells.saturating_sub(1)),
        };
        self.cross = Some(Cross { back, by_mouse: false });
    }

    /// Points at the cell under the mouse, `None` when that is elsewhere; whether anything changed.
    pub fn point(&mut self, back: Option<u16>) -> bool {
        let by_mouse = back.map(|back| Cross { back, by_mouse: true });
        // What keys point at stays when the mouse passes by elsewhere.
        let cross = by_mouse.or(self.cross.filter(|cross| !cross.by_mouse));
        std::mem::replace(&mut self.cross, cross) != cross
    }

    /// Takes the line away that keys have set, else returns to now; `false` when neither is needed.
    pub fn close(&mut self) -> bool {
        self.cross.take_if(|cross| !cross.by_mouse).is_some() || self.until.take().is_some()
    }
}

/// Whole columns of `width` in `length`.
fn columns(length: Duration, width: Duration) -> u64 {
    (length.as_nanos() / width.as_nanos()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_last_step_out_holds_the_whole_session_and_grows_with_it() {
        let mut chart = ChartView { cells: 100, ..ChartView::default() };
        let widths = std::iter::repeat_with(|| {
            chart.zoom_out(secs(900));
            (chart.column(secs(900), 100).as_secs(), chart.is_whole())
        });
        let widths: Vec<_> = widths.take(4).collect();
        assert_eq!(widths, [(2, false), (5, false), (10, true), (10, true)]);
        assert_eq!(chart.column(secs(1_500), 100), secs(20));
        assert_eq!(chart.column(secs(900_000), 100), secs(1_800));
        chart.zoom_in(secs(1_500));
        assert_eq!((chart.column(secs(1_500), 100), chart.is_whole()), (secs(10), false));
        for _ in 0..9 {
            chart.zoom_in(secs(1_500));
        }
        assert_eq!(chart.column(secs(1_500), 100), secs(1));
    }

    #[test]
    fn it_goes_back_to_the_begin_and_forth_to_now() {
        let mut chart = ChartView { cells: 40, ..ChartView::default() };
        let length = secs(100);
        let mut went = Vec::new();
        for later in [true, false, false, false, false, false, false, false, true] {
            let moved = chart.pan(length, later);
            went.push((moved, chart.until(length).map(|until| until.as_secs())));
        }
        let at = |until| (true, Some(until));
        let back = [(false, None), at(90), at(80), at(70), at(60), at(50), at(40), at(40), at(50)];
        assert_eq!(went, back);
        assert_eq!(chart.until(secs(110)), Some(secs(50)));
        // What was seen of a recording up to a later moment is no longer behind.
        assert_eq!(chart.until(secs(45)), None);
        assert!(chart.close() && !chart.close());
        assert_eq!(chart.until(length), None);
    }

    #[test]
    fn a_session_that_is_all_shown_has_nowhere_to_go() {
        let mut chart = ChartView { cells: 40, ..ChartView::default() };
        assert!(!chart.pan(secs(30), false) && !chart.pan(secs(40), false));
        assert_eq!(chart.until(secs(30)), None);
    }

    #[test]
    fn the_cross_stays_in_the_chart() {
        let mut chart = ChartView { cells: 3, ..ChartView::default() };
        let mut back = Vec::new();
        for later in [false, false, false, false, true, true, true] {
            chart.move_cross(later);
            back.extend(chart.cross.map(|cross| cross.back));
        }
        assert_eq!(back, [0, 1, 2, 2, 1, 0, 0]);
        // The mouse takes it along, and away; what keys have set stays when it passes by.
        assert!(!chart.point(None) && chart.point(Some(2)) && !chart.point(Some(2)));
        assert!(!chart.close() && chart.point(None) && chart.cross.is_none());
    }
}
