//! The pattern table: which command line is a guest's, what the guest is called and what memory it
//! was given. Sees text only; the table itself is `assets/guests.toml`.

use glob::Pattern;
use serde::Deserialize;

/// The table that comes with migtop.
const BUILT_IN: &str = include_str!("../../../assets/guests.toml");

/// All hypervisors that are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    #[serde(rename = "hypervisor")]
    hypervisors: Vec<Hypervisor>,
}

/// One entry; `assets/guests.toml` says what its fields mean.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hypervisor {
    name: String,
    #[serde(deserialize_with = "patterns")]
    programs: Vec<Pattern>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    named_by: Vec<String>,
    #[serde(default)]
    memory: Vec<String>,
    #[serde(default)]
    unit: Unit,
    #[serde(default = "yes")]
    resident: bool,
}

/// What a number without a suffix counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum Unit {
    #[default]
    B,
    MiB,
}

/// What a command line says of its guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// The table's word for what runs it.
    pub hypervisor: String,
    /// `None` where the command line has none.
    pub name: Option<String>,
    /// Memory it was given.
    pub memory_bytes: Option<u64>,
    /// Its memory is its process's.
    pub resident: bool,
}

impl Table {
    /// The one that comes with migtop.
    ///
    /// It is read line by line: a reader of all of TOML would stay in the live monitor's memory for
    /// it, with 0.4 MiB (measured). The tests hold what comes of it against that reader's.
    pub fn built_in() -> Self {
        let mut hypervisors: Vec<Hypervisor> = Vec::new();
        for line in BUILT_IN.lines() {
            if line == "[[hypervisor]]" {
                hypervisors.push(Hypervisor { resident: true, ..Hypervisor::default() });
            } else if let (Some(h), Some((key, value))) =
                (hypervisors.last_mut(), line.split_once(" = "))
            {
                h.set(key, value);
            }
        }
        Self { hypervisors }
    }

    /// A table of the same form.
    ///
    /// # Errors
    /// When it is none; the error names the place.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The guest whose command line this is, its arguments each ended by NUL as in proc_pid_cmdline(5).
    pub fn recognise(&self, cmdline: &[u8]) -> Option<Recognised> {
        let program = program(cmdline)?;
        let fits = |h: &&Hypervisor| h.programs.iter().any(|p| p.matches(&program));
        let mut fitting = self.hypervisors.iter().filter(fits).peekable();
        fitting.peek()?;
        let text = String::from_utf8_lossy(cmdline);
        let words: Vec<&str> = text.trim_end_matches('\0').split('\0').skip(1).collect();
        fitting.find_map(|hypervisor| hypervisor.recognise(&words))
    }
}

impl Hypervisor {
    /// Takes a line of the built-in table.
    fn set(&mut self, key: &str, value: &str) {
        let words = || value.split('"').skip(1).step_by(2).map(str::to_owned);
        match key {
            "name" => self.name = words().collect(),
            "programs" => {
                self.programs = words().filter_map(|word| Pattern::new(&word).ok()).collect();
            }
            "needs" => self.needs = words().collect(),
            "never" => self.never = words().collect(),
            "named_by" => self.named_by = words().collect(),
            "memory" => self.memory = words().collect(),
            "unit" => self.unit = if value == "\"MiB\"" { Unit::MiB } else { Unit::B },
            "resident" => self.resident = value == "true",
            _ => {}
        }
    }

    fn recognise(&self, words: &[&str]) -> Option<Recognised> {
        let needed = self.needs.is_empty() || self.needs.iter().any(|n| is_said(words, n));
        if !needed || self.never.iter().any(|never| is_said(words, never)) {
            return None;
        }
        let name = self.named_by.iter().find_map(|place| at_place(words, place));
        let memory = self.memory.iter().find_map(|place| at_place(words, place));
        Some(Recognised {
            hypervisor: self.name.clone(),
            name: name.filter(|name| !name.is_empty()),
            memory_bytes: memory.and_then(|memory| size(&memory, self.unit)),
            resident: self.resident,
        })
    }
}

fn yes() -> bool {
    true
}

fn patterns<'de, D: serde::Deserializer<'de>>(texts: D) -> Result<Vec<Pattern>, D::Error> {
    let texts = Vec::<String>::deserialize(texts)?;
    texts.iter().map(|text| Pattern::new(text).map_err(serde::de::Error::custom)).collect()
}

/// The program's file, without its folder and in lower case; `None` for no command line.
fn program(cmdline: &[u8]) -> Option<String> {
    let first = cmdline.split(|byte| *byte == 0).next().filter(|first| !first.is_empty())?;
    let file = first.rsplit(|byte| matches!(byte, b'/' | b'\\')).next()?;
    let file = String::from_utf8_lossy(file).to_ascii_lowercase();
    Some(file.strip_suffix(".exe").map_or(file.clone(), str::to_owned))
}

/// Whether a word is there; `-option value`: whether the option's value begins so.
fn is_said(words: &[&str], what: &str) -> bool {
    match what.split_once(' ') {
        Some((option, begin)) => value(words, option).is_some_and(|v| v.starts_with(begin)),
        None => words.contains(&what) || (what.starts_with("--") && value(words, what).is_some()),
    }
}

/// The word behind an option, or behind its `=`.
fn value<'a>(words: &[&'a str], option: &str) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(n, word)| {
        if *word == option {
            return words.get(n + 1).copied();
        }
        // A short option's value may follow an equals sign in no program of the table.
        word.strip_prefix(option)?.strip_prefix('=').filter(|_| option.starts_with("--"))
    })
}

/// What stands at one of the table's places.
fn at_place(words: &[&str], place: &str) -> Option<String> {
    match (place, place.split_once(' ')) {
        ("first", _) => words.first().map(|word| (*word).to_owned()),
        ("last", _) => words.last().map(|word| (*word).to_owned()),
        (_, Some((option, key))) => keyed(value(words, option)?, key),
        _ => match place.strip_prefix('*') {
            Some(ending) => words.iter().rev().find_map(|word| {
                let file = word.rsplit(['/', '\\']).next()?;
                Some(file.strip_suffix(ending)?.to_owned())
            }),
            None => value(words, place).map(str::to_owned),
        },
    }
}

/// `key=VALUE` of a list with commas, or its first part where that has no key: QEMU's implied one
/// (docs/system/qemu-manpage; a doubled comma stands for one).
fn keyed(list: &str, key: &str) -> Option<String> {
    let mut first = true;
    let mut rest = list;
    loop {
        let (part, after) = next_part(rest);
        let has_key = part.split_once('=').filter(|(k, _)| !k.contains(',') && !k.contains(' '));
        match has_key {
            Some((k, value)) if k == key => return Some(value.replace(",,", ",")),
            None if first => return Some(part.replace(",,", ",")),
            _ => {}
        }
        (first, rest) = (false, after?);
    }
}

/// Up to the first single comma, and what follows it.
fn next_part(list: &str) -> (&str, Option<&str>) {
    let bytes = list.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b',', Some(b',')) => at += 2,
            (b',', _) => return (&list[..at], Some(&list[at + 1..])),
            _ => at += 1,
        }
    }
    (list, None)
}

/// Bytes: a number, with a fraction where it has a suffix, and K, M, G, T or P, in multiples of 1024,
/// as qemu_strtosz_MiB reads them; `KiB` and `KB` are taken for K.
fn size(text: &str, unit: Unit) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let suffix = suffix.trim().to_ascii_lowercase();
    let shift = match suffix.trim_end_matches("ib").trim_end_matches('b') {
        "" if suffix.is_empty() && unit == Unit::MiB => 20,
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    let bytes = number * (1u64 << shift) as f64;
    (bytes >= 1.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str]) -> Option<Recognised> {
        let cmdline = words.join("\0") + "\0";
        Table::built_in().recognise(cmdline.as_bytes())
    }

    fn guest(words: &[&str]) -> (String, Option<String>, Option<u64>) {
        let found = found(words).unwrap_or_else(|| panic!("{words:?}"));
        (found.hypervisor, found.name, found.memory_bytes)
    }

    fn is(hypervisor: &str, name: &str, mib: u64) -> (String, Option<String>, Option<u64>) {
        (hypervisor.into(), Some(name.into()), (mib > 0).then_some(mib << 20))
    }

    #[test]
    fn guests_of_libvirt_proxmox_and_by_hand_are_qemus() {
        // libvirt 9: qemuBuildCommandLine; Proxmox: qm showcmd; Debian 12 by hand.
        let libvirt = [
            "/usr/bin/qemu-system-x86_64",
            "-name",
            "guest=web-01,debug-threads=on",
            "-S",
            "-machine",
            "pc-q35-7.2,usb=off",
            "-m",
            "size=4194304k,slots=16,maxmem=1099511627776k",
            "-uuid",
            "5b2c1f0e-0000-4000-8000-000000000001",
        ];
        assert_eq!(guest(&libvirt), is("qemu", "web-01", 4_096));
        let proxmox = ["/usr/bin/kvm", "-id", "100", "-name", "db,debug-threads=on", "-m", "2048"];
        assert_eq!(guest(&proxmox), is("qemu", "db", 2_048));
        let by_hand = ["qemu-system-aarch64", "-m", "1.5G", "--name", "a,,b"];
        assert_eq!(guest(&by_hand), is("qemu", "a,b", 1_536));
        let red_hat = ["/usr/libexec/qemu-kvm", "-uuid", "0c5f", "-m", "8192M"];
        assert_eq!(guest(&red_hat), is("qemu", "0c5f", 8_192));
        assert_eq!(guest(&["qemu-system-x86_64", "disk.img"]), ("qemu".into(), None, None));
    }

    #[test]
    fn a_qemu_that_is_only_asked_what_it_can_do_is_no_guest() {
        for words in [
            &["qemu-system-x86_64", "-S", "-nodefaults", "-machine", "none,accel=kvm:tcg"][..],
            &["qemu-system-x86_64", "-version"],
            &["qemu-img", "convert", "-m", "4"],
            &["qemu-nbd", "--name", "x"],
            &["sh", "-c", "qemu-system-x86_64 -name x"],
            &["ip", "netns", "exec", "x", "qemu-system-x86_64", "-name", "x"],
            &[""],
            &[],
        ] {
            assert_eq!(found(words), None, "{words:?}");
        }
    }

    #[test]
    fn each_hypervisor_of_the_table_is_told_by_its_command_line() {
        for (words, told) in [
            (
                &[
                    "cloud-hypervisor",
                    "--api-socket",
                    "/run/ch/web.sock",
                    "--memory",
                    "size=2G,shared=on",
                ][..],
                is("cloud-hypervisor", "/run/ch/web.sock", 2_048),
            ),
            (
                &["cloud-hypervisor", "--api-socket=path=/run/a.sock", "--memory=size=512M"],
                is("cloud-hypervisor", "/run/a.sock", 512),
            ),
            (&["/firecracker", "--id", "fc-7", "--api-sock", "/x"], is("firecracker", "fc-7", 0)),
            (&[r"C:\Windows\System32\vmwp.exe", "4F0C-11"], is("hyper-v", "4F0C-11", 0)),
            (&["bhyve", "-c", "2", "-m", "4G", "-A", "web"], is("bhyve", "web", 4_096)),
            (
                &["/usr/lib/virtualbox/VBoxHeadless", "--comment", "My VM", "--startvm", "u-u"],
                is("virtualbox", "My VM", 0),
            ),
            (
                &[
                    "/usr/lib/vmware/bin/vmware-vmx",
                    "-s",
                    "x=TRUE",
                    "-@",
                    "pipe=/tmp/a",
                    "/vm/Win 11.vmx",
                ],
                is("vmware", "Win 11", 0),
            ),
            (
                &["qemu-system-i386", "-xen-domid", "7", "-name", "hvm", "-m", "1024"],
                is("xen", "hvm", 1_024),
            ),
            (&["/usr/lib/xen/bin/qemu-dm", "-d", "7", "-domain-name", "old"], is("xen", "old", 0)),
            (&["lkvm", "run", "--name", "k", "-m", "256"], is("kvmtool", "k", 256)),
            (&["stratovirt", "-name", "s", "-m", "1g"], is("stratovirt", "s", 1_024)),
        ] {
            assert_eq!(guest(words), told);
        }
        assert!(!found(&["vmwp.exe", "x"]).expect("a guest").resident);
    }

    #[test]
    fn memory_is_read_in_every_form_that_qemu_takes() {
        let m = |text: &str| size(&keyed(text, "size").expect("a part"), Unit::MiB);
        for (text, bytes) in [
            ("512", Some(512 << 20)),
            ("size=512", Some(512 << 20)),
            ("4G", Some(4 << 30)),
            ("4g,slots=3,maxmem=16G", Some(4 << 30)),
            ("slots=3,size=4194304k,maxmem=8G", Some(4 << 30)),
            ("1.5G", Some(3 << 29)),
            ("1T", Some(1 << 40)),
            ("1073741824b", Some(1 << 30)),
            ("many", None),
            ("4X", None),
            ("", None),
            ("0", None),
        ] {
            assert_eq!(m(text), bytes, "{text}");
        }
        assert_eq!(size("1073741824", Unit::B), Some(1 << 30));
        assert_eq!(size("512MiB", Unit::B), Some(512 << 20));
        assert_eq!(keyed("slots=3", "size"), None);
    }

    #[test]
    fn the_built_in_table_is_read_as_toml_is() {
        let whole = Table::parse(BUILT_IN).expect("TOML");
        assert_eq!(Table::built_in().hypervisors, whole.hypervisors);
        assert!(whole.hypervisors.len() > 9);
    }

    #[test]
    fn a_table_with_a_slip_names_the_place() {
        let error = Table::parse("[[hypervisor]]\nname = \"x\"\nprogram = [\"x\"]\n");
        assert!(error.expect_err("a misspelt field").to_string().contains("program"));
    }
}
