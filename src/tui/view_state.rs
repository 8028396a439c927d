//! What the user changed about the view; nothing measured.

use std::collections::VecDeque;
use std::time::Duration;

use super::arrangement::Panel;
use super::chart_view::ChartView;
use super::drag::Drag;
use super::flows_view::FlowsView;
use super::frozen::Frozen;
use super::host_view::HostView;
use super::keymap::{Asked, Command, Keymap};
use super::look::Look;
use super::running::Running;
use super::theme::colour::Ground;
use super::theme::{BLOCK, SETS, Symbols, Theme};
use super::trials_view::TrialsView;
use crate::model::{Factors, InterfaceId};
use crate::session::{Listing, Order, Session, Severity, Subject};
use crate::units::RateUnit;

/// Rows are brought into order at most this often: a list that jumps cannot be read.
const REORDER: Duration = Duration::from_secs(1);
/// An answer on the screen stays this long.
const ANSWER: Duration = Duration::from_secs(8);
/// So many can be read again.
const ANSWERS: usize = 100;

/// What the user set before the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How rates are written.
    pub unit: RateUnit,
    /// What is drawn with.
    pub symbols: &'static Symbols,
    /// Whether to use colours.
    pub colour: bool,
    /// Which, on what.
    pub look: Look,
    /// Factors of the coming trials.
    pub factors: Factors,
    /// Interfaces were chosen: none is folded for its kind.
    pub chosen: bool,
    /// Which keys ask for what.
    pub keymap: Keymap,
    /// Panels of the Live view that are left out.
    pub hidden: Vec<Panel>,
    /// Order of the interfaces.
    pub order: Order,
    /// An idle interface is folded after this.
    pub idle_after: Option<Duration>,
    /// What the chart shows.
    pub chart: ChartView,
    /// Whether the mouse is migtop's.
    pub mouse: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unit: RateUnit::Bits,
            symbols: &BLOCK,
            colour: true,
            look: Look::default(),
            factors: Factors::new(),
            chosen: false,
            keymap: Keymap::default(),
            hidden: Vec::new(),
            order: Order::default(),
            idle_after: None,
            chart: ChartView::default(),
            mouse: true,
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
    /// In the command palette, which of the candidates is chosen.
    pub choice: usize,
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
    /// A command's name.
    Palette,
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

/// What lies over a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sheet {
    /// The keys, and how to read the screen.
    Help,
    /// What was said and what happened.
    Messages,
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
    /// Which keys ask for what.
    pub keymap: Keymap,
    /// How rates are written.
    pub unit: RateUnit,
    /// What is drawn with.
    pub symbols: &'static Symbols,
    /// They were chosen by a key.
    pub symbols_chosen: bool,
    /// Which theme is shown, and why.
    pub look: Look,
    /// That theme.
    pub theme: Theme,
    /// What the list shows.
    pub listing: Listing,
    /// Teams first, then the interfaces listed.
    pub rows: Vec<Subject>,
    /// The rows stay in the order that they have.
    pub held: bool,
    /// Interfaces that are there and folded away.
    pub folded: usize,
    /// The selected row; the session's subject until the user selects.
    pub selected: Option<Subject>,
    /// What the chart shows.
    pub chart: ChartView,
    /// A trial's edge in the mouse's hand.
    pub drag: Option<Drag>,
    /// Panels of the Live view that are left out.
    pub hidden: Vec<Panel>,
    /// There is room for connections beside the interfaces.
    pub connections_beside: bool,
    /// The chart has the whole screen.
    pub expanded: bool,
    /// What lies over the view.
    pub sheet: Option<Sheet>,
    /// How many of its rows are above the screen.
    pub scrolled: usize,
    /// The screen as it was when it was frozen.
    pub frozen: Option<Frozen>,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// The answers given, the latest last; bounded.
    pub answers: VecDeque<Answer>,
    /// Warnings up to here were seen in the messages.
    pub read_to: Option<Duration>,
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
        let mut look = settings.look;
        look.colour = settings.colour;
        Self {
            shown: View::default(),
            trials: TrialsView::default(),
            flows: FlowsView::default(),
            host: HostView::default(),
            running: Running::default(),
            keymap: settings.keymap,
            unit: settings.unit,
            symbols: settings.symbols,
            symbols_chosen: false,
            theme: look.theme(),
            look,
            listing: Listing {
                chosen: settings.chosen,
                order: settings.order,
                idle_after: settings.idle_after,
                ..Listing::default()
            },
            hidden: settings.hidden,
            rows: Vec::new(),
            held: false,
            folded: 0,
            selected: None,
            chart: settings.chart,
            drag: None,
            connections_beside: false,
            expanded: false,
            sheet: None,
            scrolled: 0,
            frozen: None,
            prompt: None,
            answers: VecDeque::new(),
            read_to: None,
            factors: settings.factors,
            mouse: settings.mouse,
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

    /// How a command is asked for.
    pub fn asked(&self, command: Command) -> Asked<'_> {
        self.keymap.asked(command)
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
            View::Live if self.connections_beside => self.flows.follow(session),
            View::Live | View::Trials => {}
        }
        let (mut interfaces, folded) = session.listed(&self.listing);
        if self.held {
            // What is new comes last.
            let place =
                |id: &InterfaceId| self.rows.iter().position(|row| *row == Subject::Interface(*id));
            interfaces.sort_by_key(|id| place(id).unwrap_or(usize::MAX));
        }
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

    /// Lays a sheet over the view, or takes it off again.
    pub fn toggle(&mut self, sheet: Sheet) {
        self.sheet = if self.sheet == Some(sheet) { None } else { Some(sheet) };
        self.scrolled = 0;
    }

    /// Moves what lies over the view by `rows`; drawing stops at its end.
    pub fn scroll(&mut self, rows: isize) {
        self.scrolled = self.scrolled.saturating_add_signed(rows);
    }

    /// The terminal's background is known now.
    pub fn on(&mut self, ground: Ground) {
        self.look.ground = Some(ground);
        self.theme = self.look.theme();
    }

    /// The next theme; its name, `None` where there are no colours to choose from.
    pub fn next_theme(&mut self) -> Option<&str> {
        self.look.go_on();
        self.theme = self.look.theme();
        self.look.name()
    }

    /// The next set of symbols; its name.
    pub fn next_symbols(&mut self) -> &'static str {
        let at = SETS.iter().position(|(_, set)| *set == self.symbols).unwrap_or_default();
        (_, self.symbols) = SETS[(at + 1) % SETS.len()];
        self.symbols_chosen = true;
        self.symbols.name()
    }

    /// Says something to the user.
    pub fn say(&mut self, at: Duration, severity: Severity, text: impl Into<String>) {
        if self.answers.len() == ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(Answer { text: text.into(), severity, at });
    }

    /// The answer that is still fresh at `at`.
    pub fn fresh_answer(&self, at: Duration) -> Option<&Answer> {
        let age = |answer: &Answer| at.checked_sub(answer.at);
        self.answers.back().filter(|answer| age(answer).is_some_and(|age| age < ANSWER))
    }
}
