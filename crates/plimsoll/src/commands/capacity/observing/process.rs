//! A process of this machine, as Linux shows it.

use plimsoll_report::capacity::Resource;

use super::source::Reading;

/// The kernel counts CPU time in hundredths of a second for whoever reads it as text.
const TICKS: f64 = 100.0;

fn name(pid: u32, what: &str) -> String {
    format!("process {pid} {what}")
}

pub(super) fn resources(pid: u32) -> Vec<Resource> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let cores = line(&status, "Cpus_allowed_list:").map(count);
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
    let files = line(&limits, "Max open files").and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    // Those of another user's process cannot be counted: a limit would promise a number that never comes.
    let files = files.filter(|_: &f64| std::fs::read_dir(format!("/proc/{pid}/fd")).is_ok());
    let resource = |what: &str, limit| Resource { name: name(pid, what), limit };
    vec![
        resource("cpu", cores),
        resource("files", files),
        resource("memory", None),
        resource("threads", None),
        resource("disk", None),
    ]
}

/// CPUs used, open files, resident bytes, threads, bytes read and written.
pub(super) fn read(pid: u32) -> Result<Vec<Reading>, String> {
    let text = |file: &str| {
        std::fs::read_to_string(format!("/proc/{pid}/{file}")).map_err(|error| format!("{file}: {error}"))
    };
    let stat = text("stat")?;
    // Behind the name, which may contain anything but is in parentheses.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    let status = text("status")?;
    let first =
        |key: &str| line(&status, key).and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).map(|entries| entries.count() as f64).ok();
    let io = text("io").unwrap_or_default();
    let bytes = |key: &str| line(&io, key).and_then(|rest| rest.trim().parse::<f64>().ok());
    let disk = bytes("read_bytes:").zip(bytes("write_bytes:")).map(|(read, written)| read + written);
    let reading = |what: &str, value: Option<f64>, grows| {
        value.map(|value| Reading { name: name(pid, what), value, grows })
    };
    let all = [
        reading("cpu", Some((field(11) + field(12)) / TICKS), true),
        reading("files", files, false),
        reading("memory", first("VmRSS:").map(|kib| kib * 1024.0), false),
        reading("threads", first("Threads:"), false),
        reading("disk", disk, true),
    ];
    Ok(all.into_iter().flatten().collect())
}

fn line<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(key))
}

/// How many CPUs a list such as `0-3,8` names.
fn count(list: &str) -> f64 {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(last.trim().parse::<f64>().ok()? - first.trim().parse::<f64>().ok()? + 1.0)
    };
    list.trim().split(',').filter_map(range).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus_are_counted() {
        assert!((count(" 0-3,8") - 5.0).abs() < 1e-9 && (count("1") - 1.0).abs() < 1e-9);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_can_be_read() {
        let readings = read(std::process::id()).expect("it is there");
        assert!(readings.iter().any(|reading| reading.name.ends_with("memory") && reading.value > 1e6));
        assert!(resources(std::process::id())[0].limit.is_some_and(|cores| cores >= 1.0));
    }
}
