//! Wall clock and the process's CPU clock, read together.

use std::ops::AddAssign;
use std::time::Instant;

/// Nanoseconds that some work took.
#[derive(Clone, Copy, Default)]
pub struct Spent {
    pub wall: u64,
    pub cpu: u64,
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Spent) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

/// A running measurement.
pub struct Clock {
    wall: Instant,
    cpu: u64,
}

impl Clock {
    pub fn start() -> Clock {
        let cpu = process_cpu();
        Clock {
            wall: Instant::now(),
            cpu,
        }
    }

    pub fn stop(&self) -> Spent {
        let wall = self.wall.elapsed().as_nanos() as u64;
        Spent {
            wall,
            cpu: process_cpu() - self.cpu,
        }
    }
}

fn process_cpu() -> u64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `t` is a valid place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Peak of the resident set so far, in bytes (0 where `/proc` is absent).
pub fn peak_rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .map_or(0, |kb| kb * 1024)
}
