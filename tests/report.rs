//! `migtop report`, driven as a user drives it: on the examples, on tables whose answers are
//! recorded from scipy, and on what cannot be read.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};

fn migtop() -> Command {
    let mut command = Command::cargo_bin("migtop").unwrap();
    command.env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR")).env("NO_COLOR", "1");
    command
        .env("LANG", "C.UTF-8")
        .env_remove("LC_ALL")
        .env_remove("LC_CTYPE")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn report(words: &[&str]) -> String {
    let output = migtop().arg("report").args(words).assert().success().get_output().clone();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

fn as_json(words: &[&str]) -> Value {
    serde_json::from_str(&report(&[words, &["--format", "json"]].concat())).unwrap()
}

/// The error and the exit status of what is refused; nothing is printed.
fn refused(words: &[&str]) -> (String, i32) {
    let output = migtop().arg("report").args(words).assert().failure().get_output().clone();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    (String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
}

const FOUNDING: &str = "assets/examples/ws2012-live-migration.csv";
const CONNECTIONS: &str = "assets/examples/connections-100gbe.csv";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }
}

#[track_caller]
fn close(ours: &Value, recorded: &Value, what: &str) {
    match (ours, recorded) {
        (Value::Array(ours), Value::Array(recorded)) => {
            assert_eq!(ours.len(), recorded.len(), "{what}");
            ours.iter().zip(recorded).for_each(|(ours, recorded)| close(ours, recorded, what));
        }
        (Value::Number(_), Value::Number(_)) => {
            let (ours, recorded) = (ours.as_f64().unwrap(), recorded.as_f64().unwrap());
            let apart = (ours - recorded).abs();
            assert!(apart <= 1e-9 * recorded.abs().max(1e-300), "{what}: {ours}, not {recorded}");
        }
        _ => assert_eq!(ours, recorded, "{what}"),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

/// The one of `rows` for which it holds.
#[track_caller]
fn only(rows: &Value, holds: impl Fn(&Value) -> bool) -> &Value {
    let found: Vec<&Value> = rows.as_array().unwrap().iter().filter(|row| holds(row)).collect();
    let [one] = found[..] else { panic!("{} rows", found.len()) };
    one
}

#[test]
fn answers_are_those_of_scipy() {
    let recorded: Value = serde_json::from_str(include_str!("fixtures/statistics.json")).unwrap();
    let folder = Folder::new();
    let tables = recorded["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 200);
    let path = folder.path("table.csv");
    for (number, table) in tables.iter().enumerate() {
        std::fs::write(&path, text(table, "csv")).unwrap();
        let mut words = vec![path.to_str().unwrap().to_owned()];
        words.extend(["--configuration", "config", "--load", "vms"].map(str::to_owned));
        let models = table["models"].as_array().unwrap();
        let loads: std::collections::BTreeSet<String> =
            models.iter().map(|model| model["load"].as_f64().unwrap().to_string()).collect();
        for load in &loads {
            words.extend(["--predict".to_owned(), format!("vms={load}")]);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ours = as_json(&words);
        check(&ours, table, number);
    }
}

fn check(ours: &Value, table: &Value, number: usize) {
    let rows = |key: &str| table[key].as_array().unwrap();
    for cell in rows("cells") {
        let factors = json!({ "config": cell["config"], "vms": cell["vms"] });
        let own = only(&ours["cells"], |own| own["factors"] == factors);
        assert_eq!(own["n"], cell["n"], "table {number} {factors}");
        for key in ["mean", "sd", "ci95", "median", "min", "max", "cv"] {
            let what = format!("table {number} {factors} {key}");
            close(&own["duration_s"][key], &cell[key], &what);
        }
    }
    for pair in rows("comparisons") {
        let own = only(&ours["comparisons"], |own| {
            own["at"]["vms"] == pair["vms"]
                && own["baseline"] == pair["baseline"]
                && own["candidate"] == pair["candidate"]
        });
        for key in ["ratio", "ratio_ci95", "p_value", "p_adjusted"] {
            close(&own[key], &pair[key], &format!("table {number} {pair} {key}"));
        }
        let told = pair["p_adjusted"].as_f64().map(|p| p < 0.05);
        assert_eq!(own["distinguishable"], json!(told), "table {number} {pair}");
    }
    for model in rows("models") {
        let own = only(&ours["models"], |own| own["at"]["config"] == model["config"]);
        let what = |key: &str| format!("table {number} {} {key}", model["config"]);
        for (key, theirs) in [
            ("fixed_s", "fixed"),
            ("fixed_ci95", "fixed_ci95"),
            ("per_unit_s", "per_unit"),
            ("per_unit_ci95", "per_unit_ci95"),
            ("r2", "r2"),
        ] {
            close(&own[key], &model[theirs], &what(key));
        }
        let load = model["load"].as_f64().unwrap();
        let prediction = only(&own["predictions"], |p| p["load"].as_f64() == Some(load));
        close(&prediction["seconds"], &model["seconds"], &what("seconds"));
        close(&prediction["interval95"], &model["interval95"], &what("interval95"));
        assert_eq!(prediction["extrapolates"], true);
    }
    for (key, count) in [("cells", rows("cells")), ("comparisons", rows("comparisons"))] {
        assert_eq!(ours[key].as_array().unwrap().len(), count.len(), "table {number} {key}");
    }
}

#[test]
fn the_founding_table_has_the_contracts_fields() {
    let ours = as_json(&[FOUNDING]);
    assert_eq!((text(&ours, "format"), &ours["version"]), ("migtop-report", &json!(1)));
    assert_eq!(ours["trials"].as_array().unwrap().len(), 12);
    let trial = &ours["trials"][4];
    assert_eq!(text(trial, "id"), "ws2012-live-migration#5");
    assert_eq!(trial["factors"], json!({ "config": "1x10GbE", "vms": "10" }));
    assert_eq!(trial["flags"], json!(["above-attainable"]));
    assert_eq!((&trial["peak_window_s"], &trial["mean_bits_per_s"]), (&Value::Null, &Value::Null));
    let spot = &ours["sweet_spots"][1];
    assert_eq!(spot["at"], json!({ "vms": "10" }));
    assert_eq!((text(spot, "choice"), text(spot, "best")), ("1x10GbE", "4x10GbE"));
    assert_eq!((text(spot, "reason"), &spot["proven"]), ("within-resolution", &Value::Null));
    assert_eq!((&spot["resolution_s"], &spot["slower_s"]), (&json!(1.0), &json!(1.0)));
    let codes: Vec<&str> =
        ours["findings"].as_array().unwrap().iter().map(|f| text(f, "code")).collect();
    for code in ["above-attainable", "saturated", "single-member", "sweet-spot", "too-few-runs"] {
        assert!(codes.contains(&code), "{code} is not in {codes:?}");
    }
}

#[test]
fn connections_have_a_knee() {
    let ours = as_json(&[CONNECTIONS]);
    let knee = only(&ours["findings"], |finding| finding["code"] == "knee");
    assert_eq!(knee["evidence"]["at"], "connections=8");
    assert_eq!(knee["evidence"]["decline_at"], "connections=16");
}

#[test]
fn predictions_say_how_long_and_how_sure() {
    let ours = as_json(&[FOUNDING, "--predict", "vms=200", "--predict", "memory=96GiB"]);
    for model in ours["models"].as_array().unwrap() {
        let [guests, memory] = &model["predictions"].as_array().unwrap()[..] else { panic!() };
        assert_eq!((&guests["load"], &guests["extrapolates"]), (&json!(200.0), &json!(true)));
        // 96 GiB are 192 guests of 512 MiB.
        assert_eq!(memory["load"], 192.0);
        let line =
            model["fixed_s"].as_f64().unwrap() + 192.0 * model["per_unit_s"].as_f64().unwrap();
        assert!((memory["seconds"].as_f64().unwrap() - line).abs() < 1e-9);
    }
    for (asked, said) in [
        ("vms=many", "it is no number"),
        ("ram=5", "the load is `vms`"),
        ("vms=10GiB", "loads are sizes, or it is one"),
    ] {
        let (error, status) = refused(&[FOUNDING, "--predict", asked]);
        assert!(error.contains(said) && status == 2, "{asked}: {status} {error}");
    }
}

#[test]
fn what_is_left_out_stays_in_the_report_with_its_reason() {
    let ours = as_json(&[FOUNDING, "--drop", "5", "--because", "both directions"]);
    let trial = &ours["trials"][4];
    assert_eq!((&trial["excluded"], text(trial, "because")), (&json!(true), "both directions"));
    assert_eq!(trial["flags"], json!(["above-attainable", "excluded"]));
    assert_eq!(ours["cells"].as_array().unwrap().len(), 11);
    let ours = as_json(&[FOUNDING, "--only", "vms=1", "--only", "vms=20"]);
    assert_eq!(ours["cells"].as_array().unwrap().len(), 8);
    for (words, said) in [
        (&["--drop", "99", "--because", "x"][..], "no trial `99`"),
        (&["--drop", "5"], "--because"),
        (
            &["--drop", "5", "--drop", "6", "--drop", "7", "--because", "x", "--because", "y"],
            "one reason for each",
        ),
        (&["--only", "vms=7"], "vms is 1, 10, 20"),
        (&["--only", "nic=x"], "none has a factor nic"),
        (&["--baseline", "8x10GbE"], "no configuration is called `8x10GbE`"),
        (&["--load", "config"], "is no number"),
        (&["--configuration", "nic"], "no trial has a factor `nic`"),
    ] {
        let (error, status) = refused(&[&[FOUNDING], words].concat());
        assert!(error.contains(said) && status == 2, "{words:?}: {status} {error}");
    }
}

#[test]
fn a_baseline_restricts_the_comparisons() {
    let ours = as_json(&[FOUNDING, "--baseline", "1x10GbE"]);
    let comparisons = ours["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), 9);
    assert!(comparisons.iter().all(|c| c["baseline"] == "1x10GbE"));
}

#[test]
fn what_cannot_be_read_is_one_clear_error_and_leaves_no_file() {
    let folder = Folder::new();
    let out = folder.path("report.html");
    let cases = [
        ("no-duration.csv", "config,seconds\na,5\n", "duration_s"),
        ("text.csv", "config,duration_s\na,fast\n", "line 2"),
        ("twice.csv", "config,duration_s,config\na,5,b\n", "config"),
        ("semicolons.csv", "config;duration_s\na;5\n", "comma"),
        ("decimal.csv", "config,duration_s\na,\"7,5\"\n", "7.5"),
        ("negative.csv", "config,duration_s\na,-5\n", "line 2"),
        ("units.csv", "config,duration_s\na,5 s\n", "line 2"),
        ("long.csv", "config,duration_s\na,5,6\n", "line 2"),
        ("empty.csv", "", "empty"),
        ("rows.csv", "config,duration_s\n", "row"),
        ("report.json", "{\"format\":\"migtop-report\"}", "report"),
    ];
    for (name, text, said) in cases {
        let file = folder.file(name, text);
        let (error, status) = refused(&[&file, "-o", out.to_str().unwrap()]);
        assert!(error.contains(said) && error.contains(name), "{name}: {error}");
        assert_eq!(status, 1, "{name}");
        assert!(!out.exists());
    }
    let left: Vec<_> = std::fs::read_dir(folder.0.path()).unwrap().collect();
    assert_eq!(left.len(), cases.len(), "nothing half-written");
}

#[test]
fn a_table_may_come_from_anywhere() {
    let folder = Folder::new();
    let bom = folder.file("bom.csv", "\u{feff}config,vms,duration_s\r\na,1,5\r\nb,1,6\r\n");
    assert_eq!(as_json(&[&bom])["cells"].as_array().unwrap().len(), 2);
    let odd = "config,duration_s\n\"a, \"\"b\"\"\n<script>alert(1)</script>\",5\n=1+1,6\n";
    let odd = folder.file("odd.csv", odd);
    let ours = as_json(&[&odd]);
    assert_eq!(ours["cells"].as_array().unwrap().len(), 2);
    let csv = report(&[&odd, "--format", "csv"]);
    assert!(csv.contains("'=1+1"), "{csv}");
    let both = as_json(&[&bom, &odd]);
    assert_eq!(both["trials"].as_array().unwrap().len(), 4);
    let (error, status) = refused(&[&bom, &bom]);
    assert!(error.contains("given twice") && status == 2, "{error}");
}

#[test]
fn a_file_that_exists_is_replaced_only_when_asked() {
    let folder = Folder::new();
    let out = folder.file("report.json", "kept");
    let (error, status) = refused(&[FOUNDING, "-o", &out]);
    assert!(error.contains("--force") && status == 1, "{error}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "kept");
    assert_eq!(report(&[FOUNDING, "-o", &out, "--force"]), "");
    let written: Value = serde_json::from_slice(&std::fs::read(Path::new(&out)).unwrap()).unwrap();
    assert_eq!(written["format"], "migtop-report");
    let table = folder.file("table.csv", "config,duration_s\na,5\n");
    let (error, _) = refused(&[&table, "-o", &table, "--force"]);
    assert!(error.contains("is one of the files that are read"), "{error}");
}

#[test]
fn the_founding_table_in_every_form() {
    for form in ["text", "markdown", "html", "json", "csv", "svg"] {
        let told = report(&[FOUNDING, "--predict", "vms=200", "--format", form]);
        insta::assert_snapshot!(format!("founding-{form}"), told);
    }
}

#[test]
fn the_connections_in_words() {
    insta::assert_snapshot!("connections-text", report(&[CONNECTIONS]));
}

#[test]
fn a_report_in_seven_bits() {
    let told = report(&[FOUNDING, "--ascii"]);
    assert!(told.is_ascii(), "{told}");
}
