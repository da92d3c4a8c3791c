//! What somebody at a terminal sees.
#![cfg(unix)]

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::{Folder, PATIENCE};

const SCRIPT: &str = "
    import { sleep } from 'k6';
    export const options = { scenarios: {
        first: { executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s' },
        later: { executor: 'shared-iterations', vus: 1, iterations: 1, startTime: '500ms' },
    } };
    export default function () {
        console.log('iteration ' + __ITER);
        sleep(0.25);
        if (__ITER == 1) { throw new Error('kaputt'); }
    }";

/// A new terminal: our end, and the program's.
fn terminal() -> (File, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).expect("granted");
    unlockpt(&ours).expect("unlocked");
    let name = ptsname(&ours, Vec::new()).expect("a name").into_string().expect("text");
    let theirs = File::options().read(true).write(true).open(name).expect("the other end");
    (File::from(ours), theirs.into())
}

/// Runs a command with all its output on a terminal; returns every byte that arrived there.
async fn watch(mut command: Command) -> String {
    let (mut ours, theirs) = terminal();
    let also_theirs = theirs.try_clone().expect("another descriptor");
    let mut child = command.stdout(theirs).stderr(also_theirs).spawn().expect("the program starts");
    // The command still holds the other end, and the reader waits for the last holder to go.
    drop(command);
    let reader = tokio::task::spawn_blocking(move || {
        let (mut seen, mut chunk) = (Vec::new(), [0; 4096]);
        // Linux reports the end of a terminal as an error.
        while let Ok(length @ 1..) = ours.read(&mut chunk) {
            seen.extend_from_slice(&chunk[..length]);
        }
        String::from_utf8(seen).expect("text")
    });
    assert_eq!(timeout(PATIENCE, child.wait()).await.expect("in time").expect("a status").code(), Some(0));
    reader.await.expect("read")
}

/// What is left on an endless screen: lines, "up", "clear from here", and nothing else that moves.
fn screen(output: &str) -> Vec<String> {
    let (mut lines, mut line): (Vec<String>, String) = Default::default();
    let mut rest = output;
    while let Some(at) = rest.find(['\n', '\x1b']) {
        line.push_str(rest[..at].trim_end_matches('\r'));
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('\n') {
            lines.push(std::mem::take(&mut line));
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).expect("a command");
        let (command, after) = rest.split_at(end + 1);
        if let Some(up) = command.strip_prefix("\x1b[").and_then(|command| command.strip_suffix('A')) {
            assert!(line.is_empty() && after.starts_with("\r\x1b[J"), "{line:?} before {after:?}");
            let up: usize = up.parse().expect("a number");
            lines.truncate(lines.len().checked_sub(up).expect("not above the first line"));
        }
        rest = after;
    }
    lines
}

#[tokio::test]
async fn progress_is_replaced_and_log_lines_stay() {
    let folder = Folder::with(SCRIPT);
    let output = watch(folder.command("run test.js")).await;
    let lines = screen(&output);
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("iteration 0"), 3, "{lines:#?}");
    assert_eq!(count("Error: kaputt"), 2, "{lines:#?}");
    assert_eq!(count("    at default (file:///"), 2, "{lines:#?}");
    assert_eq!((count("running (0m0"), count("[====")), (1, 2), "the last of many: {lines:#?}");
    assert!(output.contains("later • [>---"), "waiting, at first: {output:?}");
    assert!(
        output.contains("\x1b[31mERRO\x1b[0m[00") && output.contains("\x1b[36mINFO\x1b[0m[00"),
        "{output:?}"
    );
    assert!(output.contains("█ TOTAL RESULTS"), "{output:?}");
}

#[tokio::test]
async fn colours_can_be_switched_off() {
    let folder = Folder::with(SCRIPT);
    let mut switched_off = vec![folder.command("run --no-color test.js")];
    for (name, value) in [("NO_COLOR", ""), ("K6_NO_COLOR", "1")] {
        let mut command = folder.command("run test.js");
        command.env(name, value);
        switched_off.push(command);
    }
    for command in switched_off {
        let output = watch(command).await;
        let colours = output
            .split("\x1b[")
            .filter(|rest| rest.find(char::is_alphabetic).is_some_and(|at| rest[at..].starts_with('m')));
        assert_eq!(colours.count(), 0, "{output:?}");
    }
}

#[tokio::test]
async fn no_escape_codes_at_all_when_quiet_without_colours() {
    let folder = Folder::with("export default function () {}");
    let output = watch(folder.command("run --quiet --no-color test.js")).await;
    assert!(output.contains("TOTAL RESULTS") && !output.contains('\x1b'), "{output:?}");
}
