//! A real bond of two NICs with a VLAN on top, in a small VM: most machines' own kernels, and all
//! containers, cannot make one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use migtop::model::Event;
use migtop::session::{Session, Subject};
use serde_json::Value;

use super::gate::{can_run, say};
use super::plain::Line;
use super::process::{migtop, run};
use super::stream::Stream;

/// In the VM: facts before and after a member is taken down, plain lines and the live view
/// meanwhile; the keys come from outside.
const INSIDE: &str = "cd /out
migtop interfaces --format json >unstated.json
migtop interfaces --format json --speed 'eth*=10G' >whole.json
migtop --speed 'eth*=10G' >plain.txt & lines=$!
{ sleep 9; ip link set eth0 down; sleep 4
  migtop interfaces --format json --speed 'eth*=10G' >half.json; kill $lines; touch done; } &
migtop --speed 'eth*=10G'
while [ ! -e done ]; do sleep 0.2; done";

#[test]
fn a_bond_is_one_team_of_its_members() {
    if !can_run(&["qemu-system-x86_64", "busybox", "dash", "script", "python3", "dpkg"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("migtop");
    std::fs::copy(migtop(), &program).expect("copied");
    let out = folder.path().join("out");
    let mut vm = Command::new("python3");
    vm.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/bondvm.py"));
    vm.args(["--bond", "802.3ad", "--vlan", "100", "--traffic", "20M", "--memory", "512"]);
    vm.args(["--tty", "120x40", "--key", "22:s", "--key", "3:q", "--timeout", "300"]);
    vm.arg("--exe").arg(&program).arg("--get").arg(&out).args(["--", "sh", "-c", INSIDE]);
    let screens = run(&mut vm);
    assert!(screens.contains("\u{1b}[?1049h"), "no live view: {screens}");

    check_facts(&out);
    check_plain(&std::fs::read_to_string(out.join("plain.txt")).expect("plain lines"));
    let (session, screen) = (found(&out, ".jsonl.zst"), found(&out, ".txt"));
    check_stream(&Stream::read(&session));
    let screen = std::fs::read_to_string(screen).expect("the screen");
    for wanted in ["802.3ad, 1 of 2 members up", "eth0      down", "eth0 lost its link"] {
        assert!(screen.contains(wanted), "no `{wanted}` on\n{screen}");
    }
}

fn found(folder: &Path, ending: &str) -> std::path::PathBuf {
    let entries = std::fs::read_dir(folder).expect("the VM's files");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    let wanted = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("migtop-") && name.ends_with(ending)
    };
    paths.find(wanted).unwrap_or_else(|| panic!("no {ending} came back"))
}

/// `migtop interfaces`: one team, of the two NICs; without a speed no capacity; half of it when
/// one of the two is down.
fn check_facts(out: &Path) {
    let capacity = |file: &str| {
        let text = std::fs::read_to_string(out.join(file)).expect("a listing");
        let listing: Value = serde_json::from_str(&text).expect("JSON");
        let [team] = &listing["teams"].as_array().expect("teams")[..] else { panic!("{text}") };
        assert_eq!((&team["name"], &team["mode"]), (&"bond0".into(), &"802.3ad".into()));
        let interfaces = listing["interfaces"].as_array().expect("interfaces");
        let name_of = |id: &Value| {
            let interface = interfaces.iter().find(|i| i["id"] == *id).expect("a known member");
            interface["name"].as_str().expect("a name").to_owned()
        };
        let members: Vec<String> =
            team["members"].as_array().expect("members").iter().map(name_of).collect();
        assert_eq!(members, ["eth0", "eth1"], "{text}");
        assert!(interfaces.iter().any(|i| i["name"] == "bond0.100" && i["kind"] == "vlan"));
        team["attainable_bits_per_s"].as_f64()
    };
    assert_eq!(capacity("unstated.json"), None, "virtio's speed is no capacity");
    let (whole, half) = (capacity("whole.json"), capacity("half.json"));
    let (whole, half) = (whole.expect("stated"), half.expect("stated"));
    assert!((whole - 2e10 * 1514.0 / 1538.0).abs() < 1.0, "{whole}");
    assert!((half * 2.0 - whole).abs() < 1.0, "{half} is not half of {whole}");
}

/// The team's rate is the sum of its members' on every line, to the last digit shown.
fn check_plain(lines: &str) {
    let mut seconds: BTreeMap<&str, BTreeMap<String, Line>> = BTreeMap::new();
    for line in lines.lines() {
        let (time, _) = line.split_once(' ').expect("a time");
        let line = Line::parse(line);
        seconds.entry(time).or_default().insert(line.name.clone(), line);
    }
    let mut busy = 0;
    for (time, lines) in &seconds {
        let rate = |name: &str, of: fn(&Line) -> Option<f64>| lines.get(name).and_then(of);
        for of in [|line: &Line| line.tx, |line: &Line| line.rx] {
            let sum = rate("eth0", of).unwrap_or(0.0) + rate("eth1", of).unwrap_or(0.0);
            let team = rate("bond0", of).expect("the team has a line");
            // Three figures of five digits, each rounded.
            let rounding = 1.5e-4 * sum.max(team) + 1.0;
            assert!((team - sum).abs() <= rounding, "{time}: {team} and {sum}: {lines:?}");
            busy += u32::from(team > 1e7);
        }
    }
    assert!(busy >= 5, "hardly any traffic:\n{lines}");
}

/// The team's figures are its members' sum exactly, in every second; the loss of a member is an
/// event, and halves what the team can carry.
fn check_stream(stream: &Stream) {
    let team = Subject::Team("bond0".into());
    let mut session = Session::default();
    let (mut seconds, mut busy, mut capacities) = (0, 0, Vec::new());
    for event in &stream.0 {
        session.apply(event.clone());
        if !matches!(event, Event::Sample { .. }) || session.at().as_secs() == seconds {
            continue;
        }
        seconds = session.at().as_secs();
        let figures = session.figures(&team).expect("the team stays");
        let state = session.team("bond0").expect("the team stays");
        let members = session.members(state).filter_map(|member| member.figures.second);
        let sum = members.reduce(|sum, rates| sum + rates);
        let (whole, sum) = (figures.second.expect("a rate"), sum.expect("members have rates"));
        assert!((whole.tx - sum.tx).abs() <= sum.tx * 1e-12, "{seconds} s: {whole:?}, {sum:?}");
        assert!((whole.rx - sum.rx).abs() <= sum.rx * 1e-12, "{seconds} s: {whole:?}, {sum:?}");
        busy += u32::from(whole.tx > 1e7);
        let capacity = figures.attainable.expect("stated");
        if capacities.last() != Some(&capacity) {
            capacities.push(capacity);
        }
    }
    assert!(busy >= 5, "hardly any traffic");
    let [whole, half] = capacities[..] else { panic!("{capacities:?}") };
    assert!((half * 2.0 - whole).abs() < 1.0, "{half} is not half of {whole}");
    let lost = |event: &Event| match event {
        Event::Interfaces { interfaces, teams, .. } => {
            assert_eq!(teams.len(), 1, "{teams:?}");
            interfaces.iter().any(|i| i.name == "eth0" && !i.up)
        }
        _ => false,
    };
    assert!(stream.0.iter().any(lost), "no event tells of the lost member");

    // The bond's own counter and its members' sum, each from its first to its last value.
    let moved = |name: &str| {
        let [id] = stream.ids(name)[..] else { panic!("{name}: {:?}", stream.ids(name)) };
        stream.last(id).tx - stream.absolute(id)[0].1.tx
    };
    let (own, sum) = (moved("bond0"), moved("eth0") + moved("eth1"));
    say(&format!("bond0's own counter {own} B, its members' sum {sum} B, over {seconds} s"));
    assert!(own.abs_diff(sum) * 100 <= sum, "bond0 says {own}, its members {sum}");
}
