//! Any bytes as the record of a run: no panic, no memory without end, and what is read is read again the
//! same.
//!
//! The first byte says whether the rest is a whole file, or the content of frames whose checksums are made
//! here: no input guesses a checksum.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_report::record::Record;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    // As seldom in what is read as any other byte.
    let contents = rest.split(|byte| *byte == 0xfe);
    let record = if first & 1 == 0 { Record::read(rest) } else { Record::of_contents(contents) };
    let Ok(record) = record else { return };
    let seconds = record.seconds().count();
    let replay = record.replay();
    let (summary, timeline) = record.summary(record.bound().settings.clone(), record.bound().no_data);
    assert!(timeline.spans().len() <= seconds.max(1));
    assert!(summary.run.duration >= replay.at || record.end.is_some());
});
