//! The parts that are tried, in the order in which they matter.

use std::time::Duration;

use super::Check;
use crate::cli::Settings;
use crate::clock::SessionClock;
use crate::control::Server;
use crate::model::{Event, Kind};
use crate::place::User;
use crate::run::open::{self, Opened};
use crate::source::survey::Survey;
use crate::source::{Link, SourceError, error_chain, guests, host, packets};
use crate::units::{BitsPerSec, Bytes};

/// Tries all of them.
pub fn all(settings: &Settings) -> Vec<Check> {
    let user = User::current();
    let mut checks = counters(settings);
    #[cfg(target_os = "linux")]
    checks.extend([linux::sockets(), linux::processes(), linux::packets(), linux::namespaces()]);
    checks.extend([cores(), guest_processes()]);
    #[cfg(target_os = "linux")]
    checks.push(linux::pace());
    checks.extend([recordings(&user), marks(&user)]);
    grant(&mut checks);
    checks
}

/// The command that grants all capabilities that are lacking, wherever one is: a second setcap would
/// take back what the first has given.
fn grant(checks: &mut [Check]) {
    let lacking: Vec<&str> = checks.iter().filter_map(|check| check.lacks).collect();
    let program = std::env::current_exe().unwrap_or_else(|_| "migtop".into());
    let program = packets::quoted(&program.to_string_lossy());
    let command = format!("sudo setcap {}+ep {program}", lacking.join(","));
    for check in checks.iter_mut().filter(|check| check.lacks.is_some()) {
        check.remedy = Some(command.clone());
    }
}

fn counters(settings: &Settings) -> Vec<Check> {
    const PART: &str = "counters";
    let mut opened = match open::source(settings) {
        Ok(opened) => opened,
        Err(error) => return vec![Check::missing(PART, format!("{error:#}"))],
    };
    let Opened { source, links, .. } = &mut opened;
    let mut read = Vec::new();
    let counters = match source.counters(Duration::ZERO, &mut read) {
        Ok(()) => {
            let (n, how) = (read.len(), source.name());
            Check::works(PART, format!("{n} interfaces, read by {how}"))
        }
        Err(error) => Check::missing(PART, error_chain(&error)),
    };
    vec![counters, speeds(links)]
}

/// Percentages need a speed.
fn speeds(links: &[Link]) -> Check {
    const PART: &str = "link speeds";
    let carries = |link: &&Link| link.up && link.kind != Kind::Loopback && !link.kind.joins();
    let (known, unknown): (Vec<&Link>, Vec<&Link>) =
        links.iter().filter(carries).partition(|link| link.speed_bits_per_s.is_some());
    let said = known.iter().map(|link| {
        let speed = BitsPerSec(link.speed_bits_per_s.unwrap_or_default() as f64);
        format!("{} {speed}", link.name)
    });
    let mut seen: Vec<String> = said.collect();
    let Some(first) = unknown.first() else {
        let seen = if seen.is_empty() { "no link is up".into() } else { seen.join(", ") };
        return Check::works(PART, seen);
    };
    let names: Vec<&str> = unknown.iter().map(|link| link.name.as_str()).collect();
    seen.push(format!("none of {}: no percentages for these", names.join(", ")));
    let remedy = format!("state it, such as --speed '{}=10G'", first.name);
    Check::partly(PART, seen.join("; "), remedy)
}

/// What a single look tells.
fn look(survey: &mut dyn Survey) -> Result<Vec<Event>, SourceError> {
    let mut events = Vec::new();
    survey.look(&SessionClock::start(), &mut events)?;
    Ok(events)
}

fn cores() -> Check {
    const PART: &str = "CPU and memory";
    /// Shares need two looks that are apart.
    const APART: Duration = Duration::from_millis(120);
    let mut survey = host::survey();
    let looked = look(survey.as_mut()).and_then(|mut first| {
        std::thread::sleep(APART);
        first.extend(look(survey.as_mut())?);
        Ok(first)
    });
    let events = match looked {
        Ok(events) => events,
        Err(error) => return Check::missing(PART, error_chain(&error)),
    };
    let load = events.iter().rev().find_map(|event| match event {
        Event::Host(load) => Some(load),
        _ => None,
    });
    let Some(load) = load else { return Check::missing(PART, "nothing was told") };
    let cores = load.busy_permille.len();
    let softirq = if load.softirq_permille.is_empty() { "" } else { ", softirq apart" };
    Check::works(PART, format!("{cores} cores{softirq}"))
}

fn guest_processes() -> Check {
    const PART: &str = "guests";
    let (mut survey, mut departures) = guests::open();
    let mut events = match look(survey.as_mut()) {
        Ok(events) => events,
        Err(error) => return Check::missing(PART, error_chain(&error)),
    };
    if let Some(departures) = &mut departures {
        departures.follow(Duration::ZERO, &|_| None, &mut events);
    }
    let found = events.iter().rev().find_map(|event| match event {
        Event::Guests { guests, .. } => Some(guests.len()),
        _ => None,
    });
    let how = if departures.is_some() { "at once" } else { "within about a second" };
    let seen = format!("{} here now; when one leaves, it is seen {how}", found.unwrap_or(0));
    Check::works(PART, seen)
}

fn recordings(user: &User) -> Check {
    const PART: &str = "recordings";
    let Some(folder) = user.state_folder() else {
        return Check::partly(PART, "there is no home to keep them in", "name a file: -o FILE");
    };
    let shown = folder.display();
    let tried = user.make_folder(folder).and_then(|()| tempfile::tempfile_in(folder).map(drop));
    if let Err(error) = tried {
        let remedy = "name a file elsewhere: -o FILE";
        return Check::partly(PART, format!("{shown} cannot be written to: {error}"), remedy);
    }
    let room = room(folder).map_or_else(String::new, |room| format!(", {room} free"));
    Check::works(PART, format!("{shown}{room}"))
}

#[cfg(unix)]
fn room(folder: &std::path::Path) -> Option<Bytes> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(Bytes(stat.f_bavail.saturating_mul(stat.f_frsize)))
}

#[cfg(not(unix))]
fn room(_folder: &std::path::Path) -> Option<Bytes> {
    None
}

/// Whether scripts could set marks in a session.
fn marks(user: &User) -> Check {
    const PART: &str = "marks from scripts";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let listened = match runtime {
        Ok(runtime) => runtime.block_on(async {
            Server::listen(user, "doctor").map(drop).map_err(|error| error_chain(&error))
        }),
        Err(error) => Err(error.to_string()),
    };
    match listened {
        Ok(()) => Check::works(PART, "migtop mark reaches a running session of this user"),
        Err(error) => Check::missing(PART, error),
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::super::Standing;
    use super::{Check, SessionClock, error_chain};
    use crate::source::linux::{realtime, rights, sockets};
    use crate::source::packets::{self, Capture, PacketsError};

    pub fn sockets() -> Check {
        const PART: &str = "connections";
        let clock = SessionClock::start();
        let (mut finder, _) = sockets::open(sockets::Settings { loopback: true });
        match finder.look_at_all(clock.now()) {
            Ok((all, _)) => Check::works(PART, format!("{all} TCP connections here, by inet_diag")),
            Err(error) => Check {
                remedy: Some("sudo modprobe tcp_diag".into()),
                ..Check::missing(PART, error_chain(&error))
            },
        }
    }

    pub fn processes() -> Check {
        const PART: &str = "their processes";
        if rights::sees_others_processes() {
            return Check::works(PART, "of all users");
        }
        let seen = "this user's alone; others' connections have no name";
        Check::lacks(PART, Standing::Partly, seen, "cap_sys_ptrace,cap_dac_read_search")
    }

    pub fn packets() -> Check {
        const PART: &str = "packets on demand";
        let opened = packets::target("lo")
            .and_then(|target| Capture::open(target, SessionClock::start()).map(drop));
        match opened {
            Ok(()) => Check::works(PART, "off until it is asked for, by --packets IF or a key"),
            Err(PacketsError::NoRight { .. }) => {
                Check::lacks(PART, Standing::Missing, "without CAP_NET_RAW", "cap_net_raw")
            }
            Err(error) => Check::missing(PART, error_chain(&error)),
        }
    }

    pub fn namespaces() -> Check {
        const PART: &str = "other namespaces";
        if rights::joins_namespaces() {
            return Check::works(PART, "--netns joins one");
        }
        let seen = "--netns needs CAP_SYS_ADMIN";
        Check { remedy: Some("run it as root".into()), ..Check::missing(PART, seen) }
    }

    /// Whether the sampler wakes up in time however busy the host is.
    pub fn pace() -> Check {
        const PART: &str = "steady sampling";
        let given = std::thread::spawn(realtime::prefer_this_thread).join().unwrap_or(false);
        if given {
            return Check::works(PART, "real-time priority for the sampler");
        }
        let seen = "no real-time priority: on a busy host samples come later, and as accurate";
        Check::lacks(PART, Standing::Partly, seen, "cap_sys_nice")
    }
}
