//! The report for programs: field names are a contract. What is not known is `null`, never 0.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use serde::Serialize;

use super::document::Report;
use super::iperf3::Capacity;
use crate::compare::{
    Cell, Comparison, Finding, Outcome, Spread, Study, SweetSpot, TimeModel, Weight,
};
use crate::model::Factors;
use crate::stats::Estimate;

/// The document's name for itself.
const FORMAT: &str = "migtop-report";
const VERSION: u32 = 1;

type Interval = Option<(f64, f64)>;

/// Writes the report as one JSON object.
///
/// # Errors
/// When `out` takes no more.
pub fn write(report: &Report, out: &mut impl Write) -> std::io::Result<()> {
    let mut out = BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &Document::of(report))?;
    writeln!(out)?;
    out.flush()
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    written_by: &'a str,
    lead: &'a [String],
    configuration: Option<&'a str>,
    load: Option<&'a str>,
    capacities: Vec<CapacityRow<'a>>,
    trials: Vec<TrialRow<'a>>,
    cells: Vec<CellRow<'a>>,
    comparisons: Vec<ComparisonRow<'a>>,
    comparisons_left_out: usize,
    models: Vec<ModelRow<'a>>,
    sweet_spots: Vec<SweetSpotRow<'a>>,
    findings: Vec<FindingRow<'a>>,
}

#[derive(Serialize)]
struct CapacityRow<'a> {
    file: &'a str,
    bits_per_s: f64,
    direction: String,
    streams: u32,
    protocol: &'a str,
    seconds: f64,
    started: Option<&'a str>,
    host: Option<&'a str>,
    retransmits: Option<u64>,
}

#[derive(Serialize)]
struct TrialRow<'a> {
    id: &'a str,
    file: &'a str,
    host: Option<&'a str>,
    state: String,
    exit_status: Option<i32>,
    excluded: bool,
    because: Option<&'a str>,
    subject: Option<&'a str>,
    factors: &'a Factors,
    repetition: u32,
    started: Option<&'a str>,
    duration_s: f64,
    active_s: Option<f64>,
    direction: Option<String>,
    bytes: Octets,
    members: Vec<MemberRow<'a>>,
    mean_bits_per_s: Option<f64>,
    peak_bits_per_s: Option<f64>,
    peak_window_s: Option<f64>,
    peak_5s_bits_per_s: Option<f64>,
    p50_bits_per_s: Option<f64>,
    p95_bits_per_s: Option<f64>,
    attainable_bits_per_s: Option<f64>,
    member_attainable_bits_per_s: Option<f64>,
    utilisation: Option<f64>,
    saturated_share: Option<f64>,
    balance: Option<f64>,
    background_bits_per_s: Option<f64>,
    errors: Option<u64>,
    drops: Option<u64>,
    retransmissions: Option<u64>,
    limited_by: Option<&'static str>,
    limit_shares: Option<BTreeMap<&'static str, f64>>,
    link_changes: u64,
    gaps: u64,
    memory_bytes: Option<f64>,
    notes: &'a [String],
    flags: Vec<&'static str>,
}

#[derive(Serialize)]
struct Octets {
    rx: Option<u64>,
    tx: Option<u64>,
    /// In the trial's direction, where a table tells no direction.
    moved: Option<f64>,
}

#[derive(Serialize)]
struct MemberRow<'a> {
    interface: &'a str,
    rx: u64,
    tx: u64,
    share: Option<f64>,
}

#[derive(Serialize)]
struct CellRow<'a> {
    factors: &'a Factors,
    n: usize,
    resolution_s: f64,
    duration_s: SpreadRow<'a>,
    mean_bits_per_s: Option<SpreadRow<'a>>,
    peak_bits_per_s: Option<SpreadRow<'a>>,
}

#[derive(Serialize)]
struct SpreadRow<'a> {
    n: usize,
    mean: f64,
    sd: Option<f64>,
    ci95: Interval,
    median: f64,
    median_ci95: Interval,
    min: f64,
    max: f64,
    cv: Option<f64>,
    outliers: Vec<&'a str>,
}

#[derive(Serialize)]
struct ComparisonRow<'a> {
    at: &'a Factors,
    baseline: Option<&'a str>,
    candidate: Option<&'a str>,
    ratio: Option<f64>,
    ratio_ci95: Interval,
    p_value: Option<f64>,
    p_adjusted: Option<f64>,
    distinguishable: Option<bool>,
    runs_needed: Option<u32>,
}

#[derive(Serialize)]
struct ModelRow<'a> {
    at: &'a Factors,
    load: Option<&'a str>,
    n: usize,
    fixed_s: f64,
    fixed_ci95: Interval,
    per_unit_s: f64,
    per_unit_ci95: Interval,
    r2: Option<f64>,
    residual_sd_s: Option<f64>,
    residuals: Vec<Residual<'a>>,
    predictions: Vec<PredictionRow<'a>>,
}

#[derive(Serialize)]
struct Residual<'a> {
    trial: &'a str,
    seconds: f64,
}

#[derive(Serialize)]
struct PredictionRow<'a> {
    asked: &'a str,
    load: f64,
    seconds: f64,
    interval95: Interval,
    extrapolates: bool,
}

#[derive(Serialize)]
struct SweetSpotRow<'a> {
    at: &'a Factors,
    choice: Option<&'a str>,
    best: Option<&'a str>,
    within: f64,
    resolution_s: f64,
    slower_s: f64,
    slower_ratio: f64,
    reason: &'static str,
    proven: Option<bool>,
}

#[derive(Serialize)]
struct FindingRow<'a> {
    code: &'static str,
    severity: Weight,
    trials: Vec<&'a str>,
    cells: Vec<&'a Factors>,
    message: String,
    evidence: &'a crate::compare::What,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        let study = &report.study;
        Self {
            format: FORMAT,
            version: VERSION,
            written_by: &report.written_by,
            lead: &report.lead,
            configuration: study.axes.configuration.as_deref(),
            load: study.axes.load.as_deref(),
            capacities: report.capacities.iter().map(CapacityRow::of).collect(),
            trials: study.trials.iter().map(TrialRow::of).collect(),
            cells: study.cells.iter().map(|cell| CellRow::of(study, cell)).collect(),
            comparisons: study.comparisons.iter().map(|c| ComparisonRow::of(study, c)).collect(),
            comparisons_left_out: study.pairs_left_out,
            models: study.models.iter().map(|model| ModelRow::of(study, model)).collect(),
            sweet_spots: study.sweet_spots.iter().map(|s| SweetSpotRow::of(study, s)).collect(),
            findings: study.findings.iter().map(|f| FindingRow::of(study, f)).collect(),
        }
    }
}

impl<'a> CapacityRow<'a> {
    fn of(capacity: &'a Capacity) -> Self {
        Self {
            file: &capacity.file,
            bits_per_s: capacity.bits_per_s,
            direction: capacity.direction.label().to_lowercase(),
            streams: capacity.streams,
            protocol: &capacity.protocol,
            seconds: capacity.seconds,
            started: capacity.started.as_deref(),
            host: capacity.host.as_deref(),
            retransmits: capacity.retransmits,
        }
    }
}

impl<'a> TrialRow<'a> {
    fn of(trial: &'a Outcome) -> Self {
        let member = |member: &'a crate::compare::Member| MemberRow {
            interface: &member.interface,
            rx: member.bytes.rx,
            tx: member.bytes.tx,
            share: member.share,
        };
        let bytes = Octets {
            rx: trial.bytes.map(|bytes| bytes.rx),
            tx: trial.bytes.map(|bytes| bytes.tx),
            moved: trial.moved,
        };
        Self {
            id: &trial.id,
            file: &trial.file,
            host: trial.host.as_deref(),
            state: format!("{:?}", trial.state).to_lowercase(),
            exit_status: trial.exit_status,
            excluded: trial.excluded,
            because: trial.because.as_deref(),
            subject: trial.subject.as_deref(),
            factors: &trial.factors,
            repetition: trial.repetition,
            started: trial.started.as_deref(),
            duration_s: trial.duration,
            active_s: trial.active,
            direction: trial.direction.map(|direction| direction.label().to_lowercase()),
            bytes,
            members: trial.members.iter().map(member).collect(),
            mean_bits_per_s: trial.mean,
            peak_bits_per_s: trial.peak,
            peak_window_s: trial.peak_window.map(|window| window.as_secs_f64()),
            peak_5s_bits_per_s: trial.peak5,
            p50_bits_per_s: trial.p50,
            p95_bits_per_s: trial.p95,
            attainable_bits_per_s: trial.attainable,
            member_attainable_bits_per_s: trial.member_attainable,
            utilisation: trial.utilisation(),
            saturated_share: trial.saturated,
            balance: trial.balance,
            background_bits_per_s: trial.background,
            errors: trial.errors,
            drops: trial.drops,
            retransmissions: trial.retransmissions,
            limited_by: trial.limited_by(),
            limit_shares: trial.limits.map(|limits| limits.shares().collect()),
            link_changes: trial.link_changes,
            gaps: trial.gaps,
            memory_bytes: trial.memory,
            notes: &trial.notes,
            flags: trial.flags(),
        }
    }
}

impl<'a> CellRow<'a> {
    fn of(study: &'a Study, cell: &'a Cell) -> Self {
        let row = |spread: &'a Spread| SpreadRow::of(study, spread);
        Self {
            factors: &cell.factors,
            n: cell.n(),
            resolution_s: cell.resolution,
            duration_s: row(&cell.duration),
            mean_bits_per_s: cell.mean.as_ref().map(row),
            peak_bits_per_s: cell.peak.as_ref().map(row),
        }
    }
}

impl<'a> SpreadRow<'a> {
    fn of(study: &'a Study, spread: &Spread) -> Self {
        let summary = &spread.summary;
        Self {
            n: summary.n,
            mean: summary.mean,
            sd: summary.sd,
            ci95: summary.interval95,
            median: summary.median,
            median_ci95: summary.median_interval95,
            min: summary.min,
            max: summary.max,
            cv: summary.cv,
            outliers: ids(study, &spread.outliers),
        }
    }
}

impl<'a> ComparisonRow<'a> {
    fn of(study: &'a Study, comparison: &'a Comparison) -> Self {
        Self {
            at: &comparison.at,
            baseline: name(study, comparison.baseline),
            candidate: name(study, comparison.candidate),
            ratio: comparison.ratio.map(|ratio| ratio.value),
            ratio_ci95: comparison.ratio.and_then(|ratio| ratio.interval95),
            p_value: comparison.p,
            p_adjusted: comparison.p_adjusted,
            distinguishable: comparison.distinguishable(),
            runs_needed: comparison.runs_needed,
        }
    }
}

impl<'a> ModelRow<'a> {
    fn of(study: &'a Study, model: &'a TimeModel) -> Self {
        let points: Vec<(f64, f64)> = model.points.iter().map(|(_, x, y)| (*x, *y)).collect();
        let residual = |((trial, ..), seconds): (&(usize, f64, f64), f64)| Residual {
            trial: &study.trials[*trial].id,
            seconds,
        };
        let prediction = |p: &'a crate::compare::Prediction| PredictionRow {
            asked: &p.asked,
            load: p.load,
            seconds: p.seconds,
            interval95: p.interval95,
            extrapolates: p.extrapolates,
        };
        let Estimate { value: fixed_s, interval95: fixed_ci95, .. } = model.line.intercept;
        let Estimate { value: per_unit_s, interval95: per_unit_ci95, .. } = model.line.slope;
        Self {
            at: &model.at,
            load: study.axes.load.as_deref(),
            n: model.line.n,
            fixed_s,
            fixed_ci95,
            per_unit_s,
            per_unit_ci95,
            r2: model.line.r2,
            residual_sd_s: model.line.sd,
            residuals: model
                .points
                .iter()
                .zip(model.line.residuals(&points))
                .map(residual)
                .collect(),
            predictions: model.predictions.iter().map(prediction).collect(),
        }
    }
}

impl<'a> SweetSpotRow<'a> {
    fn of(study: &'a Study, spot: &'a SweetSpot) -> Self {
        Self {
            at: &spot.at,
            choice: name(study, spot.choice),
            best: name(study, spot.best),
            within: crate::compare::WITHIN,
            resolution_s: spot.resolution,
            slower_s: spot.slower,
            slower_ratio: spot.ratio,
            reason: spot.reason.word(),
            proven: spot.proven,
        }
    }
}

impl<'a> FindingRow<'a> {
    fn of(study: &'a Study, finding: &'a Finding) -> Self {
        Self {
            code: finding.what.code(),
            severity: finding.weight,
            trials: ids(study, &finding.trials),
            cells: finding.cells.iter().map(|cell| &study.cells[*cell].factors).collect(),
            message: finding.message(),
            evidence: &finding.what,
        }
    }
}

/// A cell's configuration; unknown where its trials have none.
fn name(study: &Study, cell: usize) -> Option<&str> {
    Some(study.cells[cell].configuration.as_str()).filter(|name| !name.is_empty())
}

fn ids<'a>(study: &'a Study, trials: &[usize]) -> Vec<&'a str> {
    trials.iter().map(|trial| study.trials[*trial].id.as_str()).collect()
}
