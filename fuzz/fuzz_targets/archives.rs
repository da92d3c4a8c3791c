//! Any bytes as an archive: refused or read, never a panic; and what was read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_script::Archive;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(archive) = Archive::read(bytes) {
        let mut written = Vec::new();
        if archive.write(&mut written).is_ok() {
            let again = Archive::read(&*written).expect("own archives are read");
            assert_eq!(again.metadata, archive.metadata);
        }
    }
});
