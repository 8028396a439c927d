//! The host's own work: how busy its cores are, its memory, and what migtop takes of both.
//!
//! Linux tells it in files of /proc that are kept open ([`super::linux::load`]); elsewhere it is
//! asked through `sysinfo`.

use super::survey::Survey;

/// The survey of the host, by the cheapest way there is here.
pub fn survey() -> Box<dyn Survey> {
    #[cfg(target_os = "linux")]
    if let Ok(load) = super::linux::load::HostSurvey::open() {
        return Box::new(load);
    }
    Box::new(portable::HostSurvey::new())
}

/// By `sysinfo`.
pub mod portable {
    use std::time::Duration;

    use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

    use super::super::SourceError;
    use super::Survey;
    use crate::clock::{self, SessionClock};
    use crate::model::{Event, HostLoad, beside};

    /// Asks the `sysinfo` crate. Soft interrupts are not known here.
    pub struct HostSurvey {
        system: Option<System>,
        own: Option<Pid>,
        last: Option<Duration>,
    }

    impl HostSurvey {
        /// Nothing is asked yet.
        pub fn new() -> Self {
            Self { system: System::new().ok(), own: sysinfo::get_current_pid().ok(), last: None }
        }
    }

    fn rss(system: &mut System, own: Pid) -> Option<u64> {
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[own]),
            false,
            ProcessRefreshKind::nothing().with_memory().without_tasks(),
        );
        Some(system.process(own)?.memory())
    }

    impl Default for HostSurvey {
        fn default() -> Self {
            Self::new()
        }
    }

    impl Survey for HostSurvey {
        fn name(&self) -> &'static str {
            beside::HOST
        }

        fn look(&mut self, clock: &SessionClock, out: &mut Vec<Event>) -> Result<(), SourceError> {
            let system = self.system.as_mut().ok_or(SourceError::NotTold("its load"))?;
            system.refresh_cpu_usage();
            system.refresh_memory();
            let at = clock.now();
            let Some(last) = self.last.replace(at) else { return Ok(()) };
            let own_rss_bytes = self.own.and_then(|own| rss(system, own));
            let known = |bytes: u64| (bytes > 0).then_some(bytes);
            let permille = |percent: f32| (percent * 10.0).round().clamp(0.0, 1_000.0) as u16;
            out.push(Event::Host(HostLoad {
                at,
                over: at.saturating_sub(last),
                busy_permille: system.cpus().iter().map(|c| permille(c.usage())).collect(),
                softirq_permille: Vec::new(),
                memory_bytes: known(system.total_memory()),
                memory_used_bytes: known(system.total_memory())
                    .map(|total| total.saturating_sub(system.available_memory())),
                own_cpu: clock::own_cpu(),
                own_rss_bytes,
            }));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SessionClock;
    use crate::model::{Event, HostLoad};

    fn second_look(mut survey: impl AsMut<dyn Survey>) -> HostLoad {
        let (survey, clock) = (survey.as_mut(), SessionClock::start());
        let mut events = Vec::new();
        survey.look(&clock, &mut events).expect("readable");
        assert_eq!(events, [], "shares need two looks");
        // Something to do for a while: jiffies are 10 ms.
        let mut sum = 0u64;
        while clock.now().as_millis() < 60 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        survey.look(&clock, &mut events).expect("readable");
        let [Event::Host(load)] = &events[..] else { panic!("{events:?}") };
        load.clone()
    }

    #[test]
    fn two_looks_at_this_machine_tell_its_cores_and_memory() {
        for survey in [survey(), Box::new(portable::HostSurvey::new()) as Box<dyn Survey>] {
            let load = second_look(survey);
            assert!(!load.busy_permille.is_empty());
            assert!(load.busy_permille.iter().all(|busy| *busy <= 1_000), "{load:?}");
            let (all, used) = (load.memory_bytes, load.memory_used_bytes);
            assert!(all > Some(1 << 20) && used > Some(0) && used < all, "{load:?}");
            assert!(load.own_rss_bytes > Some(1 << 20) && !load.over.is_zero(), "{load:?}");
        }
    }
}
