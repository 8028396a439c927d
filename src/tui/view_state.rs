//! What the user changed about the view; nothing measured.

use std::time::Duration;

use super::chart_view::ChartView;
use super::flows_view::FlowsView;
use super::frozen::Frozen;
use super::host_view::HostView;
use super::running::Running;
use super::theme::{BLOCK, Symbols, Theme};
use super::trials_view::TrialsView;
use crate::model::Factors;
use crate::session::{Listing, Session, Severity, Subject};
use crate::units::RateUnit;

/// Rows are brought into order at most this often: a list that jumps cannot be read.
const REORDER: Duration = Duration::from_secs(1);
/// An answer on the screen stays this long.
const ANSWER: Duration = Duration::from_secs(8);

/// What the user set before the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How rates are written.
    pub unit: RateUnit,
    /// What is drawn with.
    pub symbols: &'static Symbols,
    /// Whether to use colours.
    pub colour: bool,
    /// Factors of the coming trials.
    pub factors: Factors,
    /// Interfaces were chosen: none is folded for its kind.
    pub chosen: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unit: RateUnit::Bits,
            symbols: &BLOCK,
            colour: true,
            factors: Factors::new(),
            chosen: false,
        }
    }
}

/// A line being typed, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What it is for.
    pub purpose: Purpose,
    /// What was typed so far.
    pub text: String,
    /// The trial that it was asked for, by number; `None` is the one at hand when it is entered.
    pub trial: Option<u32>,
}

/// What a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A remark.
    Note,
    /// `KEY=VALUE` words.
    Factors,
    /// Why a trial enters no comparison.
    Exclude,
    /// Why it does again.
    Include,
    /// Part of an interface's name.
    Filter,
    /// Whether to quit although a trial runs.
    Quit,
    /// Nothing: the text says why, and what is typed is passed over until it was read.
    Nothing,
}

impl Purpose {
    /// Whether it takes a line of text.
    pub fn takes_text(self) -> bool {
        !matches!(self, Self::Quit | Self::Nothing)
    }
}

/// Where a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// It goes on by itself.
    pub playing: bool,
    /// Corrections that are not in the file.
    pub unsaved: usize,
}

/// What the screen shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// Rates as they are now.
    #[default]
    Live,
    /// Trials compared.
    Trials,
    /// Connections, and what limits them.
    Flows,
    /// Guests that leave, and what the cores do.
    Host,
}

impl View {
    /// In the order of their keys.
    pub const ALL: [Self; 4] = [Self::Live, Self::Trials, Self::Flows, Self::Host];

    /// The one whose key is next.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// What keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A session that runs.
    Live,
    /// A recording.
    Replay,
}

/// An answer to an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// One line.
    pub text: String,
    /// How much it matters.
    pub severity: Severity,
    /// When it was given.
    pub at: Duration,
}

/// The whole of it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key's own on and off")]
pub struct ViewState {
    /// What is shown.
    pub shown: View,
    /// What the Trials view shows.
    pub trials: TrialsView,
    /// What the Flows view shows.
    pub flows: FlowsView,
    /// What the Host view shows.
    pub host: HostView,
    /// Where the running trial stands.
    pub running: Running,
    /// How rates are written.
    pub unit: RateUnit,
    /// What is drawn with.
    pub symbols: &'static Symbols,
    /// How it looks.
    pub theme: Theme,
    /// What the list shows.
    pub listing: Listing,
    /// Teams first, then the interfaces listed.
    pub rows: Vec<Subject>,
    /// Interfaces that are there and folded away.
    pub folded: usize,
    /// The selected row; the session's subject until the user selects.
    pub selected: Option<Subject>,
    /// What the chart shows.
    pub chart: ChartView,
    /// The chart has the whole screen.
    pub expanded: bool,
    /// The help is shown.
    pub help: bool,
    /// The screen as it was when it was frozen.
    pub frozen: Option<Frozen>,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// The latest answer.
    pub answer: Option<Answer>,
    /// Factors of the coming trials.
    pub factors: Factors,
    /// The mouse is migtop's, not the terminal's.
    pub mouse: bool,
    /// The user moved the selection.
    pub steered: bool,
    /// Where a replay is; `None` in a session that runs.
    pub replay: Option<Replay>,
    ordered_at: Option<Duration>,
}

impl Default for ViewState {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl ViewState {
    /// The view at the start.
    pub fn new(settings: Settings) -> Self {
        Self {
            shown: View::default(),
            trials: TrialsView::default(),
            flows: FlowsView::default(),
            host: HostView::default(),
            running: Running::default(),
            unit: settings.unit,
            symbols: settings.symbols,
            theme: Theme::new(settings.colour),
            listing: Listing { chosen: settings.chosen, ..Listing::default() },
            rows: Vec::new(),
            folded: 0,
            selected: None,
            chart: ChartView::default(),
            expanded: false,
            help: false,
            frozen: None,
            prompt: None,
            answer: None,
            factors: settings.factors,
            mouse: true,
            steered: false,
            replay: None,
            ordered_at: None,
        }
    }

    /// What keys mean.
    pub fn mode(&self) -> Mode {
        if self.replay.is_some() { Mode::Replay } else { Mode::Live }
    }

    /// Whether leaving now would lose something: a running trial, corrections that are not saved.
    pub fn holds(&self, session: &Session) -> bool {
        match self.replay {
            Some(replay) => replay.unsaved > 0,
            None => session.open_trial().is_some(),
        }
    }

    /// The moment that is shown: now, or when it was frozen.
    pub fn moment(&self, session: &Session) -> Duration {
        self.frozen.as_ref().map_or(session.at(), |frozen| frozen.at)
    }

    /// Brings what is derived up to date: where the running trial stands, in the Trials view the
    /// comparison, and the rows.
    pub fn follow(&mut self, session: &Session) {
        self.running.follow(session);
        if self.shown == View::Trials {
            self.trials.follow(session);
        }
        self.follow_rows(session);
    }

    /// At most once a second, or at once after [`Self::reorder`].
    fn follow_rows(&mut self, session: &Session) {
        let due = self.ordered_at.is_none_or(|at| session.at().saturating_sub(at) >= REORDER);
        if !due {
            return;
        }
        self.ordered_at = Some(session.at());
        match self.shown {
            View::Flows => self.flows.follow(session),
            View::Host => self.host.follow(session),
            View::Live | View::Trials => {}
        }
        let (interfaces, folded) = session.listed(&self.listing);
        self.folded = folded;
        self.rows.clear();
        self.rows.extend(session.teams().iter().map(|t| Subject::Team(t.facts.name.clone())));
        self.rows.extend(interfaces.into_iter().map(Subject::Interface));
        let gone = self.selected.as_ref().is_none_or(|s| !self.rows.contains(s));
        if !self.steered || gone {
            let subject = session.subject().filter(|s| self.rows.contains(s));
            self.selected = subject.or_else(|| self.rows.first().cloned());
            self.steered &= !gone;
        }
    }

    /// Shows another view, its rows in order.
    pub fn show(&mut self, view: View) {
        self.shown = view;
        self.reorder();
    }

    /// What the names in the list that is shown have to contain.
    pub fn filter(&mut self) -> &mut String {
        match self.shown {
            View::Flows => &mut self.flows.listing.filter,
            View::Host => &mut self.host.filter,
            View::Live | View::Trials => &mut self.listing.filter,
        }
    }

    /// The rows are brought into order at the next frame.
    pub fn reorder(&mut self) {
        self.ordered_at = None;
    }

    /// Moves the selection by `steps` rows and stops at the ends.
    pub fn select(&mut self, steps: isize) {
        let at = self.selected.as_ref().and_then(|s| self.rows.iter().position(|row| row == s));
        let last = self.rows.len().saturating_sub(1);
        let to = at.map_or(0, |at| at.saturating_add_signed(steps).min(last));
        self.select_row(to);
    }

    /// Selects row `to`, if there is one.
    pub fn select_row(&mut self, to: usize) {
        if let Some(row) = self.rows.get(to) {
            self.selected = Some(row.clone());
            self.steered = true;
        }
    }

    /// Says something to the user.
    pub fn say(&mut self, at: Duration, severity: Severity, text: impl Into<String>) {
        self.answer = Some(Answer { text: text.into(), severity, at });
    }

    /// The answer that is still fresh at `at`.
    pub fn fresh_answer(&self, at: Duration) -> Option<&Answer> {
        self.answer.as_ref().filter(|answer| at.saturating_sub(answer.at) < ANSWER)
    }
}
