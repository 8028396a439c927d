//! The man pages are pages: groff, where it is here, has nothing to say against them.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::io::Write;
use std::process::{Command, Stdio};

use migtop::cli::examples::EXAMPLES;

#[test]
fn every_page_is_set_without_a_warning() {
    let groff = || {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-Tutf8", "-ww"]);
        groff.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        groff.spawn()
    };
    for (name, _) in EXAMPLES {
        let migtop = Command::new(env!("CARGO_BIN_EXE_migtop"))
            .arg("man")
            .args(name.split_whitespace())
            .output()
            .unwrap();
        assert!(migtop.status.success(), "{name}");
        let Ok(mut groff) = groff() else { return };
        groff.stdin.take().unwrap().write_all(&migtop.stdout).unwrap();
        let set = groff.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&set.stderr).into_owned();
        assert!(set.status.success() && said.is_empty(), "{name}: {said}");
        assert!(!set.stdout.is_empty(), "{name}");
    }
}
