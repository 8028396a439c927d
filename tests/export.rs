//! `migtop export` and `migtop sessions`, driven as a user drives them, on sessions recorded from
//! scenarios in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use migtop::journal::{self, Reader, Recorder, Sink};
use migtop::model::{End, Event, Factors, Mark, MarkBy, MarkKind, Pair};
use migtop::place::User;
use migtop::session::Session;
use migtop::source::inventory::{Inventory, Settings};
use migtop::source::sampler::{Sampler, Stamp};
use migtop::source::{Source, simulator};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

const TICK: Duration = Duration::from_millis(100);
const NAME: &str = "20261122-140211-hv07";

/// Between two ticks, as keys are pressed: one trial that goes on and whose end is corrected
/// afterwards, one that is given up, one that never ends.
fn marks() -> Vec<(u64, MarkKind)> {
    vec![
        (2_950, MarkKind::Start),
        (9_030, MarkKind::Stop),
        (9_540, MarkKind::Undo),
        (14_050, MarkKind::Stop),
        (15_060, MarkKind::Start),
        (17_080, MarkKind::Cancel),
        (18_020, MarkKind::Edit),
        (19_010, MarkKind::Start),
    ]
}

/// The whole session of a scenario.
fn session(scenario: &str) -> Vec<Event> {
    let mut simulator = simulator::open(scenario).unwrap();
    let end = simulator.length().unwrap().min(Duration::from_secs(30));
    let mut inventory = Inventory::new(Settings::default());
    let mut sampler = Sampler::new(TICK);
    let header = journal::header(simulator.host().to_owned(), SystemTime::UNIX_EPOCH, TICK);
    let mut events = vec![Event::Session(header)];
    let mut marks = marks().into_iter().peekable();
    let (mut reading, mut samples) = (Vec::new(), 0);
    for at in (0..).map(|tick| TICK * tick).take_while(|at| *at <= end) {
        let marked = marks.next_if(|(ms, _)| Duration::from_millis(*ms) <= at);
        let marked = marked.map(|(ms, kind)| {
            let set =
                (kind == MarkKind::Start).then(|| Factors::from([("vms".into(), "20".into())]));
            let edits = kind == MarkKind::Edit;
            let stop = edits.then(|| Duration::from_millis(12_340));
            let mark =
                Mark { set, stop, trial: edits.then_some(1), ..Mark::new(kind, MarkBy::Key) };
            (Duration::from_millis(ms), Some(mark))
        });
        for (at, mark) in marked.into_iter().chain([(at, None)]) {
            if let Some(links) = simulator.links(at) {
                let (interfaces, teams) = inventory.update(links);
                sampler.watch(&interfaces);
                events.push(Event::Interfaces { at, interfaces, teams });
            }
            simulator.counters(at, &mut reading).unwrap();
            let stamp = Stamp { at, read: Duration::from_micros(50), slept: Duration::ZERO };
            sampler.take(stamp, &reading, mark, &mut events);
            samples += 1;
        }
    }
    let (own_cpu, own_peak_rss_bytes) = (Duration::from_millis(3), Some(5_000_000));
    let trials = Some(3);
    events.push(Event::End(End {
        at: end,
        own_cpu,
        own_peak_rss_bytes,
        samples,
        missed: 0,
        trials,
    }));
    events
}

/// Records events as a session does; the last one is its end.
fn record(path: &Path, events: &[Event]) {
    let (header, rest) = events.split_first().unwrap();
    let (end, rest) = rest.split_last().unwrap();
    let sink = Sink::create(path, false, &User::current()).unwrap();
    let mut recorder = Recorder::start(sink, header, || {}).unwrap();
    // Several frames, as over time.
    for second in rest.chunks(20) {
        recorder.push(second).unwrap();
        let number = recorder.commit();
        while recorder.safe() < number {
            std::thread::yield_now();
        }
    }
    recorder.finish(end).unwrap();
}

/// A home with one recording in it.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new(scenario: &str) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(home.state()).unwrap();
        record(&home.recording(), &session(scenario));
        home
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("migtop")
    }

    fn recording(&self) -> PathBuf {
        self.state().join(format!("{NAME}.jsonl.zst"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migtop"));
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("XDG_STATE_HOME", self.folder.path()).env_remove("SUDO_UID");
        command
    }

    fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Standard output of what succeeds and has nothing to remark.
    fn told(&self, words: &[&str]) -> String {
        let output = self.output(words);
        let remarks = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), remarks.as_str()), (Some(0), ""), "{words:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit status and standard error of what is refused.
    fn refused(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.output(words);
        assert!(output.stdout.is_empty(), "{words:?} printed something");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    fn names(&self) -> BTreeSet<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// Rows by the names of their columns; an empty field is not there.
fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        let fields = names.iter().zip(row.iter()).filter(|(_, field)| !field.is_empty());
        fields.map(|(name, field)| (name.to_owned(), field.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn json_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let field = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            Value::Number(n) if n.is_f64() => n.as_f64().unwrap().to_string(),
            other => other.to_string(),
        };
        Some((name.clone(), text))
    };
    let row = |line: &str| {
        let object: Value = serde_json::from_str(line).unwrap();
        object.as_object().unwrap().iter().filter_map(field).collect()
    };
    text.lines().map(row).collect()
}

fn parquet_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let file = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let field = |(name, value): (&String, &Field)| {
        let text = match value {
            Field::Null => return None,
            Field::Str(text) => text.clone(),
            Field::Long(number) => number.to_string(),
            Field::Double(number) => number.to_string(),
            Field::TimestampMicros(time) => {
                format!("{:.6}", jiff::Timestamp::from_microsecond(*time).unwrap())
            }
            other => panic!("an unexpected column {name}: {other:?}"),
        };
        Some((name.clone(), text))
    };
    let rows = file.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().get_column_iter().filter_map(field).collect()).collect()
}

fn folded(path: &Path) -> Session {
    let mut reader = Reader::open(path, false).unwrap();
    let mut session = Session::default();
    while let Some(event) = reader.read().unwrap() {
        session.apply(event);
    }
    session
}

/// Rows have the name of their time: in a scenario `eth0` becomes `uplink0`.
fn is_named(then: &str, now: &str) -> bool {
    then == now || (then, now) == ("eth0", "uplink0")
}

#[test]
fn the_rows_of_a_trial_add_up_to_what_the_trial_measured() {
    for scenario in ["evacuation", "failover", "hotplug"] {
        let home = Home::new(scenario);
        let rows = csv_rows(&home.told(&["export", NAME]));
        let session = folded(&home.recording());
        let mut compared = 0;
        for trial in session.trials() {
            let running = session.running_figures();
            let figures = trial.figures.as_ref().or(running.as_ref()).unwrap();
            let number = trial.number.to_string();
            for member in &figures.members {
                let theirs = || {
                    let of_trial = rows.iter().filter(|row| row.get("trial") == Some(&number));
                    of_trial.filter(|row| is_named(&row["interface"], &member.name))
                };
                let sum = |column: &str| -> u64 {
                    theirs().map(|row| row[column].parse::<u64>().unwrap()).sum()
                };
                let bytes = Pair { rx: sum("rx_bytes"), tx: sum("tx_bytes") };
                assert_eq!(bytes, member.bytes, "{scenario}, trial {number}, {}", member.name);
                compared += u64::from(bytes.tx > 0);
            }
        }
        assert!(compared > 0, "{scenario}: nothing moved");
        assert_eq!(session.trials().len(), 3, "{scenario}");
        assert!(session.trials()[0].is_moved(), "{scenario}");
    }
}

#[test]
fn every_form_has_the_same_rows() {
    for (scenario, column, always) in
        [("hotplug", "tx_bits_per_s", "interface"), ("failover", "team", "time")]
    {
        let home = Home::new(scenario);
        let csv = csv_rows(&home.told(&["export", NAME, "--format", "csv"]));
        assert!(csv.len() > 600, "{}", csv.len());
        let known = csv.iter().filter(|row| row.contains_key(column)).count();
        assert!(known > 0 && known < csv.len(), "{column} is there and is not there");
        assert!(csv.iter().all(|row| row.contains_key(always)));
        assert_eq!(csv, json_rows(&home.told(&["export", NAME, "--format", "jsonl"])));
        home.told(&["export", NAME, "-o", "rows.parquet"]);
        assert_eq!(csv, parquet_rows(&home.path("rows.parquet")));
    }
}

#[test]
fn there_is_one_row_for_each_interface_and_sample() {
    let home = Home::new("failover");
    let rows = csv_rows(&home.told(&["export", NAME]));
    let samples = folded(&home.recording()).samples();
    let mut of: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        *of.entry(row["interface"].as_str()).or_default() += 1;
    }
    assert!(of.len() > 2 && of.values().all(|rows| *rows == samples), "{of:?}, {samples}");
    let some = csv_rows(&home.told(&["export", NAME, "-i", "bond0", "-x", "bond0"]));
    assert!(some.iter().all(|row| row["team"] == "bond0") && !some.is_empty());
    let (status, error) = home.refused(&["export", NAME, "-i", "nope"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("no interface matches `nope`; there are: "), "{error}");
}

#[test]
fn a_torn_file_gives_what_stands_before_the_tear() {
    let home = Home::new("saturated");
    let whole = home.told(&["export", NAME]);
    let file = std::fs::read(home.recording()).unwrap();
    std::fs::write(home.path("torn.jsonl.zst"), &file[..file.len() / 2]).unwrap();
    let output = home.output(&["export", "torn.jsonl.zst"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("torn") && said.lines().count() == 1,
        "{said}"
    );
    let part = String::from_utf8(output.stdout).unwrap();
    // The second trial is given up behind the tear: until then it runs.
    let without_trial = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
    };
    let (part, whole) = (without_trial(&part), without_trial(&whole));
    assert!(part.len() > whole.len() / 4 && part.len() < whole.len(), "{}", part.len());
    assert_eq!(part, whole[..part.len()]);
}

#[test]
fn damage_stops_an_export_that_does_not_read_around_it() {
    let home = Home::new("saturated");
    let mut lines = Vec::new();
    for event in session("saturated") {
        journal::write_line(&event, &mut lines).unwrap();
    }
    let mut lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
    let place: usize = lines[..50].iter().map(|line| line.len()).sum();
    lines[50] = b"{\"event\":\"sample\",\"at\n";
    std::fs::write(home.path("hurt.jsonl"), lines.concat()).unwrap();
    let before = home.names();
    let (status, error) = home.refused(&["export", "hurt.jsonl", "-o", "rows.csv"]);
    assert_eq!((status, home.names()), (Some(1), before), "and nothing is left of it");
    assert!(error.contains("line 51") && error.contains(&place.to_string()), "{error}");
    assert!(error.contains("--salvage"), "{error}");
    let output = home.output(&["export", "hurt.jsonl", "-o", "rows.csv", "--salvage"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("1 damaged"), "{said}");
    let rows = csv_rows(&std::fs::read_to_string(home.path("rows.csv")).unwrap());
    let samples = lines.iter().filter(|line| line.starts_with(b"{\"event\":\"sample\"")).count();
    let interfaces: BTreeSet<&String> = rows.iter().map(|row| &row["interface"]).collect();
    assert_eq!(rows.len(), (samples - 1) * interfaces.len());
}

#[test]
fn an_anonymised_export_says_nothing_of_host_and_guests() {
    let home = Home::new("hotplug");
    let mut secrets = BTreeSet::from([simulator::open("hotplug").unwrap().host().to_owned()]);
    for event in session("hotplug") {
        if let Event::Interfaces { interfaces, .. } = event {
            let guests = interfaces.iter().filter(|i| i.kind.as_str() == "tun");
            secrets.extend(guests.map(|i| i.name.clone()));
        }
    }
    assert!(secrets.len() > 1, "{secrets:?}");
    let open = csv_rows(&home.told(&["export", NAME]));
    for form in ["csv", "jsonl", "parquet"] {
        home.told(&["export", NAME, "--anonymise", "--format", form, "-o", "shared", "--force"]);
        let bytes = std::fs::read(home.path("shared")).unwrap();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{form} has `{secret}`");
        }
    }
    let shared = csv_rows(&home.told(&["export", NAME, "--anonymise"]));
    assert_eq!(open.len(), shared.len());
    let mut stand_ins = BTreeMap::new();
    for (open, shared) in open.into_iter().zip(shared) {
        let of = stand_ins.entry(open["interface"].clone()).or_insert(shared["interface"].clone());
        assert_eq!(*of, shared["interface"], "the same throughout");
        assert_eq!((&open["tx_bytes"], shared["host"].as_str()), (&shared["tx_bytes"], "host-1"));
    }
    let names: BTreeSet<&String> = stand_ins.values().collect();
    assert_eq!(names.len(), stand_ins.len(), "and no two alike: {stand_ins:?}");
    assert_eq!(stand_ins["uplink0"], "uplink0", "what says nothing stays");
}

#[test]
fn a_file_is_replaced_only_when_asked_and_a_session_never_by_its_own_rows() {
    let home = Home::new("saturated");
    home.told(&["export", NAME, "-o", "rows.csv"]);
    let (status, error) = home.refused(&["export", NAME, "-o", "rows.csv"]);
    assert!(status == Some(1) && error.contains("--force"), "{error}");
    home.told(&["export", NAME, "-o", "rows.csv", "--force"]);
    let file = home.recording();
    let itself = file.to_str().unwrap();
    let (status, error) = home.refused(&["export", itself, "-o", itself, "--force"]);
    assert!(status == Some(2) && error.contains("is the session itself"), "{error}");
    assert!(Reader::open(&file, false).is_ok());
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let home = Home::new("evacuation");
    for form in ["csv", "jsonl", "parquet"] {
        let mut export = home
            .command(&["export", NAME, "--format", form])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(export.stdout.take().unwrap());
        if form != "parquet" {
            out.read_line(&mut String::new()).unwrap();
        }
        drop(out);
        let status = export.wait().unwrap();
        let mut said = String::new();
        export.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{form}");
    }
}

#[test]
fn what_is_neither_file_nor_recording_is_said() {
    let home = Home::new("saturated");
    for words in [["export", "nope"].as_slice(), &["sessions", "show", "nope"]] {
        let (status, error) = home.refused(words);
        assert_eq!(status, Some(1));
        assert!(error.contains("no file `nope`, and no recording of that name"), "{error}");
        assert!(error.contains(home.state().to_str().unwrap()), "{error}");
    }
}

#[test]
fn recordings_are_listed_shown_and_removed() {
    let home = Home::new("saturated");
    let listed: Value =
        serde_json::from_str(&home.told(&["sessions", "--format", "json"])).unwrap();
    let first = &listed["sessions"][0];
    assert_eq!((&first["name"], &first["trials"]), (&NAME.into(), &3.into()));
    assert_eq!(first["state"], "ended");
    assert_eq!(home.told(&["sessions"]), home.told(&["sessions", "list"]));

    let shown: Value =
        serde_json::from_str(&home.told(&["sessions", "show", NAME, "--format", "json"])).unwrap();
    let session = folded(&home.recording());
    assert_eq!(shown["samples"], session.samples());
    assert_eq!(shown["own_peak_rss_bytes"], 5_000_000);
    let states = ["finished", "cancelled", "open"];
    for (trial, (shown, state)) in
        session.trials().iter().zip(shown["trials"].as_array().unwrap().iter().zip(states))
    {
        assert_eq!((&shown["state"], &shown["factors"]["vms"]), (&state.into(), &"20".into()));
        if let Some(figures) = &trial.figures {
            assert_eq!(shown["bytes"]["tx"], figures.bytes.tx);
            assert_eq!(shown["peak_bits_per_s"].as_f64(), figures.peak);
        }
    }
    let text = home.told(&["sessions", "show", NAME]);
    for part in ["state       ended", "gaps        none", "trial       1 finished", "vms=20"] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let (status, error) = home.refused(&["sessions", "rm", "nope"]);
    assert!(status == Some(1) && error.contains("nothing was removed"), "{error}");
    assert!(home.told(&["sessions", "rm", NAME]).starts_with("removed 20261122-140211-hv07 ("));
    assert!(home.told(&["sessions"]).starts_with("nothing is recorded in "));
}
