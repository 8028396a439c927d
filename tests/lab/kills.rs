//! Recorders that are killed at any moment: what was acknowledged is there, and all that is older
//! than a second.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use migtop::control::Marked;
use migtop::journal::Reader;
use migtop::model::{Event, MarkKind};

use super::gate::{can_run, say};
use super::namespace::Namespace;
use super::process::migtop;
use super::recorder::{Client, Home, said};
use super::stream::Stream;
use super::traffic::Pair;

/// Recorders at one time.
const WORKERS: u32 = 10;
/// `MIGTOP_KILLS` sets another number.
const KILLS: u32 = 20;
/// How often it is felt whether the machine or the disk stands still.
const BEAT: Duration = Duration::from_millis(10);
/// Longer than any of them lives.
const QUIET: Duration = Duration::from_secs(60);
/// What may be missing of a recording that was killed: a second, and the tick that was not over yet.
const LOST: Duration = Duration::from_millis(1_100);

#[test]
fn a_killed_recording_has_every_acknowledged_mark_and_all_but_the_last_second() {
    if !can_run(&[]) {
        return;
    }
    let kills = std::env::var("MIGTOP_KILLS").ok();
    let kills = kills.map_or(KILLS, |kills| kills.parse().expect("a number of kills"));
    let pair = Pair::new();
    let _flow = pair.trickle();
    let next = AtomicU32::new(0);
    let over = AtomicBool::new(false);
    let mut beside = tempfile::tempfile().expect("a file");
    let mut synced = tempfile::tempfile().expect("a file");
    let (reports, stalls) = std::thread::scope(|scope| {
        let machine = scope.spawn(|| feel_stalls(&over, BEAT, || {}));
        let write = || beside.write_all(&[7; 64]).expect("room");
        let disk = scope.spawn(|| feel_stalls(&over, BEAT, write));
        // A write to a file that is being synced may have to wait for that.
        let sync = || synced.write_all(&[7; 64]).and_then(|()| synced.sync_data()).expect("room");
        let sync = scope.spawn(|| feel_stalls(&over, BEAT * 10, sync));
        let work = || {
            let mut reports = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= kills {
                    return reports;
                }
                reports.push(kill_one(&pair.here, u64::from(seed)));
            }
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().flat_map(|worker| worker.join().expect("no panic"));
        let reports: Vec<Report> = joined.collect();
        over.store(true, Ordering::Relaxed);
        let stalls = [machine, disk, sync].map(|pulse| pulse.join().expect("no panic"));
        (reports, stalls)
    });

    let mut lost: Vec<Duration> = reports.iter().map(|report| report.lost).collect();
    lost.sort_unstable();
    let of = |share: usize| lost[(lost.len() - 1) * share / 100].as_secs_f64() * 1e3;
    let sum = |of: fn(&Report) -> u64| reports.iter().map(of).sum::<u64>();
    say(&format!(
        "{kills} kills, {} while a mark was on its way, {} programs were answered just before; {} \
         marks acknowledged, {} more in the files; {} torn files ({} B)",
        sum(|r| u64::from(r.pending)),
        sum(|r| u64::from(r.heard)),
        sum(|r| r.acknowledged),
        sum(|r| r.unacknowledged),
        sum(|r| u64::from(r.torn > 0)),
        sum(|r| r.torn),
    ));
    let (half, most, worst) = (of(50), of(90), of(100));
    say(&format!("lost: min {:.0}, median {half:.0}, p90 {most:.0}, max {worst:.0} ms", of(0)));
    // Of a machine or a disk that stood still itself nothing can be asked at that moment.
    for report in &reports {
        let during = |stall: &&(Instant, Duration)| {
            stall.0 + LOST * 2 > report.killed && stall.0 < report.killed + stall.1
        };
        let [machine, disk, sync] =
            [0, 1, 2].map(|pulse: usize| stalls[pulse].iter().filter(during).map(|stall| stall.1));
        // Syncs that are slow one after the other delay a write by one of them.
        let stalled = machine.sum::<Duration>().max(disk.sum()).max(sync.max().unwrap_or_default());
        let Report { seed, lost, .. } = report;
        assert!(*lost <= LOST + stalled, "seed {seed}: {lost:?} lost, {stalled:?} stood still");
    }
}

/// Whenever this thread, which does no more than `touch`, was held up for a while: until when, how
/// long.
fn feel_stalls(
    over: &AtomicBool,
    beat: Duration,
    mut touch: impl FnMut(),
) -> Vec<(Instant, Duration)> {
    let mut stalls = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let asleep = Instant::now();
        std::thread::sleep(beat);
        touch();
        let late = asleep.elapsed().saturating_sub(beat);
        if late > BEAT * 5 {
            stalls.push((Instant::now(), late));
        }
    }
    stalls
}

/// What a kill came to.
struct Report {
    seed: u64,
    killed: Instant,
    /// From the last that was recorded to the kill.
    lost: Duration,
    torn: u64,
    /// A mark was asked for and not answered yet.
    pending: bool,
    /// A mark by a program came through in the last moment.
    heard: bool,
    acknowledged: u64,
    unacknowledged: u64,
}

fn kill_one(namespace: &Namespace, seed: u64) -> Report {
    let home = Home::new();
    let mut random = Random(seed);
    let mut command = namespace.command(migtop());
    let recorder = home.start(command.args(["record", "-n", "50ms"]));
    // The way of a script, once; then at a pace that no script has.
    let noted = home.migtop(&["mark", "note", "by a program", "--set", "vms=4"]);
    assert!(noted.status.success(), "{noted:?}");
    let life = Duration::from_millis(200 + random.below(3_300));
    // Without a pause, with one, and with no mark before the end.
    let short = Duration::from_millis(random.below(150));
    let pause = [Duration::ZERO, short, QUIET][random.below(3) as usize];
    let (alive, killed) = mpsc::channel::<()>();
    let mut client = recorder.client();
    let pending = AtomicBool::new(false);
    let before_kill = Duration::from_millis(random.below(40));
    let (acknowledged, last_words, moment, wall, pending) = std::thread::scope(|scope| {
        let (client, pending) = (&mut client, &pending);
        let marks = scope.spawn(move || mark_on(client, pause, &killed, pending));
        std::thread::sleep(life);
        // Not where nothing is to be written at once.
        let speak = || home.migtop(&["mark", "note", "last words"]);
        let last_words = (pause < QUIET).then(|| scope.spawn(speak));
        std::thread::sleep(before_kill);
        let (pending, moment, wall) =
            (pending.load(Ordering::SeqCst), Instant::now(), SystemTime::now());
        recorder.kill();
        drop(alive);
        let last_words = last_words.map(|words| words.join().expect("no panic"));
        (marks.join().expect("no panic"), last_words, moment, wall, pending)
    });

    let path = only_recording(&home);
    let stream = Stream::so_far(&path);
    let Event::Session(header) = &stream.0[0] else { panic!("no header") };
    let started: jiff::Timestamp = header.started.parse().expect("a time");
    let last = stream.0.iter().filter_map(Event::at).max().expect("something was recorded");
    let until = SystemTime::from(started) + last;
    let lost = wall.duration_since(until).unwrap_or_default();
    let in_file: Vec<_> = stream.marks().map(|m| (m.at.as_nanos() as u64, m.kind)).collect();
    for marked in &acknowledged {
        assert!(
            in_file.contains(&(marked.at_ns, marked.kind)),
            "seed {seed}: {marked:?} was acknowledged and is not among {in_file:?}"
        );
    }
    let notes = |text| stream.marks().filter(|mark| mark.text.as_deref() == Some(text)).count();
    assert_eq!(notes("by a program"), 1, "seed {seed}: the program's mark was acknowledged");
    let heard = last_words.as_ref().is_some_and(|words| words.status.success());
    assert!(!heard || notes("last words") == 1, "seed {seed}: {last_words:?}");
    let told = last_words.as_ref().is_none_or(|words| heard || !said(words).is_empty());
    assert!(told, "seed {seed}: {last_words:?}");
    let known = acknowledged.len() + 1 + usize::from(heard);
    // Each of the two has one under way at most.
    assert!(in_file.len() <= known + 2, "seed {seed}: {in_file:?}");
    Report {
        seed,
        killed: moment,
        lost,
        torn: torn_bytes(&path),
        pending,
        heard,
        acknowledged: known as u64,
        unacknowledged: (in_file.len() - known) as u64,
    }
}

/// Sets marks until it is `killed`, or nobody answers any more; those that were acknowledged.
fn mark_on(
    client: &mut Client,
    pause: Duration,
    killed: &mpsc::Receiver<()>,
    pending: &AtomicBool,
) -> Vec<Marked> {
    let mut acknowledged = Vec::new();
    for kind in [MarkKind::Start, MarkKind::Note, MarkKind::Stop].into_iter().cycle() {
        pending.store(true, Ordering::SeqCst);
        let Some(marked) = client.mark(kind, (kind == MarkKind::Note).then_some("a note")) else {
            break;
        };
        pending.store(false, Ordering::SeqCst);
        acknowledged.push(marked);
        if killed.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Disconnected) {
            break;
        }
    }
    acknowledged
}

/// The only recording in the state folder.
fn only_recording(home: &Home) -> PathBuf {
    let mut found = Vec::new();
    let mut folders = vec![home.path().join("state")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".jsonl.zst") {
                found.push(path);
            }
        }
    }
    let [path] = &found[..] else { panic!("{found:?}") };
    path.clone()
}

fn torn_bytes(path: &Path) -> u64 {
    let mut reader = Reader::open(path, false).expect("a session");
    while reader.read().expect("readable").is_some() {}
    assert!(reader.recovery().skipped.is_empty());
    reader.recovery().torn_bytes
}

/// After a power loss the end of a file may be cut anywhere, or be zeros: lines before are played.
#[test]
fn a_recording_with_a_torn_end_is_played_up_to_there() {
    if !can_run(&[]) {
        return;
    }
    let home = Home::new();
    let pair = Pair::new();
    let _flow = pair.trickle();
    let path = home.path().join("whole.jsonl.zst");
    let mut command = pair.here.command(migtop());
    let recorder = home.start(command.args(["record", "-n", "50ms", "-o"]).arg(&path));
    let mut client = recorder.client();
    for n in 0..12 {
        client.mark(MarkKind::Note, Some(&format!("note {n}"))).expect("on disk");
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(recorder.end().0, Some(0));
    let whole = std::fs::read(&path).expect("readable");
    let lines = replayed(&home, &path);
    let mut random = Random(7);
    let mut kept = Vec::new();
    for n in 0..24 {
        let path = home.path().join(format!("torn{n}.jsonl.zst"));
        let (bytes, zeros) = match n % 3 {
            // Cut; cut and zeros behind; whole and zeros behind.
            0 => (1_000 + random.below(whole.len() as u64 - 1_000) as usize, 0),
            1 => (1_000 + random.below(whole.len() as u64 - 1_000) as usize, random.below(8_192)),
            _ => (whole.len(), 1 + random.below(8_192)),
        };
        let mut torn = whole[..bytes].to_vec();
        torn.resize(bytes + zeros as usize, 0);
        std::fs::write(&path, torn).expect("written");
        let played = replayed(&home, &path);
        // The last line is of the moment where it is cut.
        let good = played.len().saturating_sub(1);
        assert_eq!(played[..good], lines[..good], "{bytes} bytes, {zeros} zeros");
        assert!(bytes < whole.len() || played == lines, "{zeros} zeros took lines away");
        let events = Stream::so_far(&path).0.len();
        kept.push((bytes, zeros, torn_bytes(&path), events, played.len()));
    }
    say(&format!("of {} B, (bytes, zeros, torn, events, lines): {kept:?}", whole.len()));
    kept.sort_unstable();
    // The more is left, the more is read.
    assert!(kept.is_sorted_by_key(|kept| kept.3), "{kept:?}");
}

fn replayed(home: &Home, path: &Path) -> Vec<String> {
    let output = home.migtop(&["replay", path.to_str().expect("UTF-8")]);
    assert!(output.status.success(), "{}: {output:?}", path.display());
    let counted = match torn_bytes(path) {
        0 => String::new(),
        torn => format!("migtop: cut off: the last {torn} bytes are no complete frame\n"),
    };
    assert_eq!(said(&output), counted);
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

/// Numbers that are the same every time: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
