//! How long worker threads were ready to run and had no CPU, as the scheduler counts it.

use std::collections::HashMap;

/// Follows the worker threads of this process.
#[derive(Default)]
pub(super) struct Workers {
    /// By thread: when it was seen last, and how long it had waited then.
    known: HashMap<String, (f64, f64)>,
    waited: f64,
    lived: f64,
}

impl Workers {
    /// How long all workers together have waited, and lived, since they were seen first.
    pub(super) fn read(&mut self, now: f64) -> (f64, f64) {
        let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        for thread in threads {
            let Some(waited) = is_worker(&thread).then(|| waited(&thread)).flatten() else { continue };
            let id = thread.file_name().to_string_lossy().into_owned();
            let (seen, before) = self.known.insert(id, (now, waited)).unwrap_or((now, waited));
            self.waited += (waited - before).max(0.0);
            self.lived += now - seen;
        }
        self.known.retain(|_, (seen, _)| *seen >= now);
        (self.waited, self.lived)
    }
}

/// The engine names its threads.
fn is_worker(thread: &std::fs::DirEntry) -> bool {
    std::fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name.starts_with("worker-"))
}

/// The second number of `schedstat`, in nanoseconds. Some kernels do not count.
fn waited(thread: &std::fs::DirEntry) -> Option<f64> {
    let stat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
    Some(stat.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1e9)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn workers_are_found_by_name() {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let worker = std::thread::Builder::new().name("worker-7".to_owned());
        let worker = worker.spawn(move || stopped.recv().is_ok()).expect("a thread");
        let mut workers = Workers::default();
        // The name is set by the thread itself, which may take a moment.
        while workers.read(1.0) == (0.0, 0.0) && workers.known.is_empty() {
            std::thread::yield_now();
        }
        let (waited, lived) = workers.read(3.5);
        assert!((0.0..2.5).contains(&waited), "{waited}");
        assert!(lived >= 2.5 && workers.known.len() as f64 * 2.5 >= lived, "{lived}");
        drop(stop);
        worker.join().expect("it only waited");
    }
}
