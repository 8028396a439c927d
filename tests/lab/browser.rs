//! An HTML report in a real browser: it loads nothing, says nothing on the console, fits a phone,
//! follows light and dark, and its text can be selected.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::gate::can_run;
use super::process::{migtop, run};

const BROWSER: &str = "chromium";
/// A phone's width in CSS pixels.
const PHONE: u32 = 390;

/// A folder with a report in it, and a browser that knows nothing else.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().expect("a folder") };
        let table =
            concat!(env!("CARGO_MANIFEST_DIR"), "/assets/examples/ws2012-live-migration.csv");
        let words = ["report", table, "--format", "html", "-o"];
        run(Command::new(migtop()).args(words).arg(bench.path("report.html")));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    fn report(&self) -> String {
        fs::read_to_string(self.path("report.html")).expect("written in UTF-8")
    }

    /// Opens a page of the folder; `words` say what for.
    fn open(&self, page: &str, words: &[&str]) -> Output {
        let profile = format!("--user-data-dir={}", self.path("profile").display());
        let page = format!("file://{}", self.path(page).display());
        let mut command = Command::new("timeout");
        command.args(["120", BROWSER, "--headless", "--no-sandbox", "--disable-gpu"]);
        command.args(["--no-first-run", "--disable-background-networking", "--disable-sync"]);
        command.args(["--disable-component-update", "--disable-extensions", "--no-pings"]);
        // Nothing answers there: what is asked for is seen in the log, and fails.
        command.args(["--proxy-server=127.0.0.1:1", "--virtual-time-budget=3000"]);
        command.args(["--enable-logging=stderr", "--hide-scrollbars", &profile]);
        command.args(words).arg(page).env("HOME", self.folder.path());
        let output = command.output().expect("the browser can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", output.status);
        output
    }

    /// What a page says on the console, and what it asks the network for.
    fn heard(&self, page: &str) -> (Vec<String>, Vec<String>) {
        let log = self.path("net.json");
        let output = self.open(page, &["--dump-dom", &format!("--log-net-log={}", log.display())]);
        let said = String::from_utf8_lossy(&output.stderr);
        let console = said.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned);
        (console.collect(), requested(&log))
    }

    /// The first pixel of a page in light (1) or dark (0).
    fn corner(&self, scheme: u8) -> [u8; 3] {
        let picture = self.path("picture.png");
        let to = format!("--screenshot={}", picture.display());
        let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
        self.open("report.html", &[&to, &scheme, "--window-size=1280,800"]);
        let file = std::io::BufReader::new(fs::File::open(picture).expect("a picture"));
        let mut reader = png::Decoder::new(file).read_info().expect("PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("a picture");
        [pixels[0], pixels[1], pixels[2]]
    }

    /// What `script` gives for the report's `window` and `document` on a phone.
    fn on_a_phone(&self, script: &str) -> Value {
        self.write(
            "frame.html",
            &format!(
                "<!doctype html><iframe id=frame width={PHONE} height=844 style=border:0 \
                 src=report.html></iframe><pre id=told></pre><script>\
                 frame.onload = () => {{ const window = frame.contentWindow, \
                 document = frame.contentDocument; \
                 told.textContent = 'told:' + JSON.stringify(({script})()).replace(/[^ -%'-;=?-~]/g, \
                 (c) => '\\\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')) + ':told'; \
                 }}</script>"
            ),
        );
        let words = ["--dump-dom", "--allow-file-access-from-files", "--window-size=800,900"];
        let output = self.open("frame.html", &words);
        let page = String::from_utf8_lossy(&output.stdout);
        let told = page.split("told:").nth(1).and_then(|rest| rest.split(":told").next());
        let told = told.unwrap_or_else(|| panic!("no answer: {page}"));
        serde_json::from_str(told).expect("JSON")
    }
}

/// Addresses that pages asked for, as a network log tells; what the browser asks for by itself has
/// no origin.
fn requested(log: &Path) -> Vec<String> {
    let log: Value =
        serde_json::from_slice(&fs::read(log).expect("a log")).expect("a log that was ended");
    let kind = &log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"];
    assert!(kind.is_number(), "the log's format has changed");
    let events = log["events"].as_array().expect("events");
    let begun = events.iter().filter(|event| &event["type"] == kind).map(|event| &event["params"]);
    let by_pages = begun.filter(|request| request["initiator"] != "not an origin");
    by_pages.filter_map(|request| request["url"].as_str()).map(str::to_owned).collect()
}

#[test]
fn a_report_asks_for_nothing_and_complains_of_nothing() {
    if !can_run(&[BROWSER, "timeout"]) {
        return;
    }
    let bench = Bench::new();
    assert_eq!(bench.heard("report.html"), (Vec::new(), Vec::new()));
    // The same with what must not be in it: its policy stops and tells it.
    let injected = "<main><img src=\"http://192.0.2.1/x.png\"><script>alert(1)</script>";
    bench.write("injected.html", &bench.report().replacen("<main>", injected, 1));
    let (console, requests) = bench.heard("injected.html");
    assert_eq!(console.len(), 2, "{console:?}");
    assert_eq!(requests, Vec::<String>::new());
    // And without the policy the log would show it.
    bench.write("open.html", "<!doctype html><img src=\"http://192.0.2.1/x.png\">");
    let (_, requests) = bench.heard("open.html");
    assert_eq!(requests, ["http://192.0.2.1/x.png"]);
}

#[test]
fn a_report_follows_light_and_dark() {
    if !can_run(&[BROWSER, "timeout"]) {
        return;
    }
    let bench = Bench::new();
    let (dark, light) = (bench.corner(0), bench.corner(1));
    assert!(dark.iter().all(|part| *part < 64), "{dark:?}");
    assert!(light.iter().all(|part| *part > 192), "{light:?}");
}

#[test]
fn a_report_fits_a_phone_and_its_text_can_be_selected() {
    if !can_run(&[BROWSER, "timeout"]) {
        return;
    }
    let bench = Bench::new();
    let told = bench.on_a_phone(
        "() => { const all = [...document.querySelectorAll('*')]; \
         const style = (element) => window.getComputedStyle(element); \
         window.getSelection().selectAllChildren(document.body); \
         return { width: window.innerWidth, needed: document.documentElement.scrollWidth, \
         body: document.body.scrollWidth, \
         locked: all.filter((element) => style(element).userSelect === 'none').length, \
         drawn: all.filter((element) => element.matches('svg.plot') \
         && element.getBoundingClientRect().width > 0) \
         .map((element) => element.getBoundingClientRect().right), \
         selected: window.getSelection().toString() }; }",
    );
    assert_eq!(told["width"], PHONE);
    for needed in ["needed", "body"] {
        assert!(told[needed].as_u64().is_some_and(|n| n <= u64::from(PHONE)), "{told}");
    }
    assert_eq!(told["locked"], 0);
    let drawn = told["drawn"].as_array().expect("charts");
    assert!(!drawn.is_empty());
    for right in drawn {
        assert!(right.as_f64().is_some_and(|right| right <= f64::from(PHONE)), "{told}");
    }
    let selected = told["selected"].as_str().expect("text");
    for words in ["Trials compared", "Conclusions", "1x10GbE", "Time per cell", "How to read this"]
    {
        assert!(selected.contains(words), "{words} in {selected}");
    }
}
