//! The surveyor's thread: what surrounds the counters, looked at about once a second. Such a look
//! may take its time, or hang; no sample and no frame waits for it.
//!
//! What was seen lies ready until the sampler's next tick takes it along: nobody is woken for it.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use super::packets::Capture;
use super::{SourceError, error_chain};
use crate::clock::SessionClock;
use crate::model::Event;

/// How far looks are apart.
const PERIOD: Duration = Duration::from_millis(1_100);

/// Something that is looked at about once a second.
pub trait Survey: Send {
    /// What `source_failed` calls it, one of [`crate::model::beside`].
    fn name(&self) -> &'static str;

    /// Looks, and appends what there is to tell.
    ///
    /// # Errors
    /// When nothing could be seen; the next look may succeed again.
    fn look(&mut self, clock: &SessionClock, out: &mut Vec<Event>) -> Result<(), SourceError>;
}

/// Something that is asked on the sampler's own thread, right behind the counters, every half a
/// second: so quick that no sample is late for it, and never waiting for anything.
pub trait Companion: Send {
    /// Appends what there is to tell; `id_of` is the session's name of an interface index.
    fn follow(
        &mut self,
        at: Duration,
        id_of: &dyn Fn(u32) -> Option<crate::model::InterfaceId>,
        out: &mut Vec<Event>,
    );

    /// It costs so little that it is asked at every tick.
    fn is_quick(&self) -> bool {
        false
    }
}

/// What surrounds the counters.
#[derive(Default)]
pub struct Surroundings {
    /// Looked at on a thread of their own.
    pub surveys: Vec<Box<dyn Survey>>,
    /// Asked on the sampler's.
    pub companions: Vec<Box<dyn Companion>>,
    /// A capture that was asked for at the start.
    pub capture: Option<Capture>,
}

/// The running surveyor; dropping it ends it at its next look.
pub struct Surveyor {
    seen: Arc<Mutex<Vec<Event>>>,
    /// Nothing is sent: its end is the message.
    _end: mpsc::Sender<()>,
}

impl Surveyor {
    /// Starts looking; `None` when there is nothing to look at.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(
        surveys: Vec<Box<dyn Survey>>,
        clock: SessionClock,
    ) -> Result<Option<Self>, SourceError> {
        if surveys.is_empty() {
            return Ok(None);
        }
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = mpsc::channel::<()>();
        let found = Arc::clone(&seen);
        std::thread::Builder::new()
            .name("surveyor".into())
            .spawn(move || run(surveys, clock, &found, &ended))
            .map_err(SourceError::Thread)?;
        Ok(Some(Self { seen, _end: end }))
    }

    /// Moves what was seen since the last time to `out`.
    pub fn take(&self, out: &mut Vec<Event>) {
        out.append(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn run(
    surveys: Vec<Box<dyn Survey>>,
    clock: SessionClock,
    seen: &Mutex<Vec<Event>>,
    ended: &mpsc::Receiver<()>,
) {
    let mut surveys: Vec<_> = surveys.into_iter().map(|survey| (survey, false)).collect();
    let mut events = Vec::new();
    loop {
        for (survey, failing) in &mut surveys {
            let looked = survey.look(&clock, &mut events);
            if let (Err(error), false) = (&looked, *failing) {
                let (at, source) = (clock.now(), survey.name().to_owned());
                events.push(Event::SourceFailed { at, source, why: error_chain(error) });
            }
            *failing = looked.is_err();
        }
        seen.lock().unwrap_or_else(PoisonError::into_inner).append(&mut events);
        if ended.recv_timeout(PERIOD) != Err(mpsc::RecvTimeoutError::Timeout) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails at each odd look.
    struct Moody(u32);

    impl Survey for Moody {
        fn name(&self) -> &'static str {
            "host"
        }

        fn look(&mut self, clock: &SessionClock, out: &mut Vec<Event>) -> Result<(), SourceError> {
            self.0 += 1;
            if self.0 % 2 == 1 {
                return Err(SourceError::NoInterfaces);
            }
            out.push(Event::Guests { at: clock.now(), guests: Vec::new() });
            Ok(())
        }
    }

    #[test]
    fn a_failing_survey_is_told_each_time_it_begins_to_fail() {
        let (seen, (end, ended)) = (Mutex::default(), mpsc::channel::<()>());
        drop(end);
        run(vec![Box::new(Moody(0))], SessionClock::start(), &seen, &ended);
        let events = seen.into_inner().expect("no panic");
        let [Event::SourceFailed { source, why, .. }] = &events[..] else { panic!("{events:?}") };
        assert_eq!((&source[..], &why[..]), ("host", "the system lists no network interfaces"));
    }
}
