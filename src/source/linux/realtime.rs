//! Real-time scheduling for the sampler's thread, where this process may have it.

/// Asks for SCHED_FIFO priority 1, reset on fork; without the right it stays as it was. Whether it
/// was given.
///
/// A late wake-up costs no accuracy, for rates divide by measured time; it costs steadiness.
#[expect(unsafe_code, reason = "no safe wrapper for sched_setscheduler(2) among our crates")]
pub fn prefer_this_thread() -> bool {
    let parameters = libc::sched_param { sched_priority: 1 };
    // SAFETY: `parameters` outlives the call, which only reads it; pid 0 is the calling thread.
    let refused = unsafe {
        libc::sched_setscheduler(
            0,
            libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK,
            &raw const parameters,
        )
    };
    refused == 0
}
