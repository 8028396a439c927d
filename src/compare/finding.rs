//! What can be found, as data; [`super::telling`] has the words for it.

use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// A figure is wrong.
    Error,
    /// A conclusion stands on weak ground, or something can be mended.
    Warning,
    /// Good to know.
    Info,
}

/// One finding, with the trials and cells that it is about, by number.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// The trials that show it.
    pub trials: Vec<usize>,
    /// The cells that show it.
    pub cells: Vec<usize>,
    /// What it is.
    pub what: What,
}

/// A peak that cannot be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AbovePeak {
    /// The trial's load and other factors.
    pub at: String,
    /// The peak.
    pub peak_bits_per_s: f64,
    /// By the links' nominal speed.
    pub of_line_rate: Option<f64>,
    /// By what counters can show.
    pub of_attainable: f64,
}

/// A pair of configurations at one load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gain {
    /// The load.
    pub at: String,
    /// How much shorter the larger capacity took, in seconds; below 0 it took longer.
    pub shorter_s: f64,
    /// Its mean duration by the smaller one's.
    pub ratio: f64,
}

/// A choice for one load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The load.
    pub at: String,
    /// How much longer than the best, in seconds.
    pub slower_s: f64,
    /// Why that is as good.
    pub reason: &'static str,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum What {
    /// Peaks above what the wire can carry.
    AboveAttainable {
        /// Whose.
        configuration: String,
        /// Which.
        peaks: Vec<AbovePeak>,
        /// Trials of the configuration.
        of: usize,
    },
    /// The smallest capacity that is as fast as the best.
    SweetSpot {
        /// Which.
        configuration: String,
        /// For which loads, and why.
        loads: Vec<Choice>,
        /// At every load that was measured.
        every_load: bool,
        /// No larger capacity was measured.
        largest: bool,
        /// The step in which durations were written, in seconds.
        resolution_s: f64,
        /// Whether it is proven at each of them; unknown for single runs.
        proven: Option<bool>,
    },
    /// More load brings no more rate from here on.
    Knee {
        /// Whose.
        configuration: String,
        /// The load.
        at: String,
        /// The mean rate there.
        rate_bits_per_s: f64,
        /// By what counters can show.
        of_attainable: Option<f64>,
        /// A greater load with a rate that is lower by more than 5 %.
        decline_at: Option<String>,
        /// Its rate.
        decline_bits_per_s: Option<f64>,
    },
    /// A difference that is told apart, where capacities are not known.
    Faster {
        /// The slower one.
        baseline: String,
        /// The faster one.
        candidate: String,
        /// At which loads.
        loads: Vec<Gain>,
    },
    /// A larger capacity that is no faster.
    NoGain {
        /// The smaller capacity.
        baseline: String,
        /// The larger one.
        candidate: String,
        /// At which loads.
        loads: Vec<Gain>,
        /// At every load at which both were measured.
        every_load: bool,
        /// A side has a single run.
        single_runs: bool,
    },
    /// The link is the limit.
    Saturated {
        /// Whose.
        configuration: String,
        /// At which loads.
        loads: Vec<String>,
        /// At every load that was measured.
        every_load: bool,
        /// The lowest of the peaks by what counters can show.
        lowest: f64,
        /// The highest.
        highest: f64,
        /// Mean share of the active time at 95 % or more.
        saturated_share: Option<f64>,
    },
    /// A team that never needed, or used, more than one member.
    SingleMember {
        /// Which.
        configurations: Vec<String>,
        /// The highest peak by what one member can carry.
        highest: f64,
        /// Where that was.
        at: String,
        /// The least share that the busiest member had of a trial's bytes, where one carried all of
        /// them alone.
        one_carried: Option<f64>,
    },
    /// Members that carry unlike shares.
    Imbalance {
        /// Whose.
        configuration: String,
        /// At which load.
        at: String,
        /// Jain's index, mean over the trials.
        balance: f64,
        /// Share of the busiest member, mean over the trials.
        busiest: f64,
        /// What hashing so many flows is expected to leave.
        expected: Option<f64>,
        /// Flows.
        flows: Option<u32>,
        /// Links.
        links: usize,
    },
    /// A flat rate equal to a known software cap.
    CapPlateau {
        /// Whose.
        configuration: String,
        /// At which loads.
        loads: Vec<String>,
        /// The plateau.
        plateau_bits_per_s: f64,
        /// The cap's name.
        cap: String,
        /// Its rate.
        cap_bits_per_s: f64,
        /// So many of them at once.
        times: u32,
        /// What can be done.
        remedy: String,
        /// Where the cap is described.
        source: String,
    },
    /// The wire was never full.
    NotLinkBound {
        /// Whose.
        configuration: String,
        /// At which loads.
        loads: Vec<String>,
        /// At every load that was measured.
        every_load: bool,
        /// The highest peak by what counters can show.
        highest: f64,
    },
    /// Something else than the link limited trials for most of their time, by what the kernel says
    /// of connections and cores.
    Limited {
        /// What: `sender-bound`, `receiver-bound`, `path-bound` or `core-bound`.
        limit: &'static str,
        /// Whose.
        configuration: String,
        /// At which loads.
        loads: Vec<String>,
        /// At every load that was measured.
        every_load: bool,
        /// Mean share of the active time that was limited so.
        share: f64,
        /// Mean share of the time in which connections had something to send.
        busy: Option<f64>,
        /// Mean share of the time in which the receiver's window was closed.
        window_limited: Option<f64>,
        /// Mean of the busiest core.
        core: Option<f64>,
        /// Segments sent again, all together.
        retransmissions: Option<u64>,
    },
    /// A part of the time does not depend on the load.
    FixedCost {
        /// Whose.
        configuration: String,
        /// Seconds.
        fixed_s: f64,
        /// Their 95 % interval.
        fixed_ci95: (f64, f64),
        /// Their share of the time at the smallest load.
        share_at_least_load: f64,
    },
    /// Too few runs to tell small differences.
    TooFewRuns {
        /// Cells with so few.
        few: usize,
        /// Cells that are compared.
        of: usize,
        /// The fewest runs in one.
        least: usize,
        /// The most runs among those with too few.
        most: usize,
    },
    /// The first run of a cell took longer than the others.
    FirstRunSlow {
        /// Which cell.
        at: String,
        /// It took so long.
        seconds: f64,
        /// The median of all.
        median_s: f64,
    },
    /// Trials that carried nothing.
    NoTraffic {
        /// What they were about.
        subjects: Vec<String>,
    },
    /// There was traffic before a trial began.
    BackgroundTraffic {
        /// The most by what the trial then carried.
        highest: f64,
        /// That background.
        background_bits_per_s: f64,
    },
    /// Traffic rose on an interface that trials are not about.
    WrongInterface {
        /// Where it rose.
        interfaces: Vec<String>,
        /// What the trials are about.
        subjects: Vec<String>,
        /// The most that one carried, mean of a trial.
        highest_bits_per_s: f64,
        /// What that one carried before.
        background_bits_per_s: f64,
        /// The most by what the subject carried.
        of_subject: f64,
    },
    /// A link changed its state while a trial ran.
    LinkChange {
        /// How often.
        changes: u64,
    },
    /// Packets were lost while a trial ran.
    ErrorsOrDrops {
        /// To errors.
        errors: u64,
        /// To want of room.
        drops: u64,
    },
    /// A driver refreshes its counters late.
    SlowCounters {
        /// The longest distance of refreshes, in seconds.
        cadence_s: f64,
    },
    /// Peaks that are means over different windows.
    WindowsDiffer {
        /// The windows, in seconds; unknown of a table.
        windows_s: Vec<Option<f64>>,
    },
    /// Time without samples inside a trial.
    Gap {
        /// How often.
        gaps: u64,
    },
}

impl What {
    /// Its code, as other programs know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AboveAttainable { .. } => "above-attainable",
            Self::SweetSpot { .. } => "sweet-spot",
            Self::Knee { .. } => "knee",
            Self::Faster { .. } => "faster",
            Self::NoGain { .. } => "no-gain",
            Self::Saturated { .. } => "saturated",
            Self::SingleMember { .. } => "single-member",
            Self::Imbalance { .. } => "imbalance",
            Self::CapPlateau { .. } => "cap-plateau",
            Self::NotLinkBound { .. } => "not-link-bound",
            Self::Limited { limit, .. } => limit,
            Self::FixedCost { .. } => "fixed-cost",
            Self::TooFewRuns { .. } => "too-few-runs",
            Self::FirstRunSlow { .. } => "first-run-slow",
            Self::NoTraffic { .. } => "no-traffic",
            Self::BackgroundTraffic { .. } => "background-traffic",
            Self::WrongInterface { .. } => "wrong-interface",
            Self::LinkChange { .. } => "link-change",
            Self::ErrorsOrDrops { .. } => "errors-or-drops",
            Self::SlowCounters { .. } => "slow-counters",
            Self::WindowsDiffer { .. } => "windows-differ",
            Self::Gap { .. } => "gap",
        }
    }
}
