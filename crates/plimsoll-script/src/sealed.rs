//! Bytes that many VUs hold as an `ArrayBuffer` each, and that are in memory once.
//!
//! A script may write into its buffer, and nobody else must see that. Large contents therefore lie in an
//! anonymous file whose size and bytes the kernel has sealed, and each buffer is a private mapping of it: all
//! read the same pages, and whoever writes gets a page of his own. Small ones are copied, which costs no
//! more than the mapping would. Start at [`Sealed::new`].

use std::sync::Arc;

use bytes::Bytes;
use rquickjs::{ArrayBuffer, Ctx, Error, Result};

#[cfg(target_os = "linux")]
use crate::quickjs::{self, SealedFile};

/// Below this many bytes a copy is cheaper than a mapping: the kernel has 65,530 of those for a process.
const MAPPED_FROM: usize = 64 * 1024;

/// Bytes that do not change any more.
#[derive(Clone)]
pub(crate) enum Sealed {
    Copied(Arc<[u8]>),
    #[cfg(target_os = "linux")]
    Mapped(Arc<SealedFile>),
}

impl Sealed {
    /// Keeps the bytes. Where the system has no sealed files, each buffer is a copy.
    pub(crate) fn new(bytes: &Arc<[u8]>) -> Self {
        #[cfg(target_os = "linux")]
        if bytes.len() >= MAPPED_FROM
            && let Ok(file) = SealedFile::new(bytes)
        {
            return Sealed::Mapped(Arc::new(file));
        }
        Sealed::Copied(Arc::clone(bytes))
    }

    /// A buffer with these bytes that belongs to one script.
    pub(crate) fn buffer<'js>(&self, ctx: &Ctx<'js>) -> Result<ArrayBuffer<'js>> {
        match self {
            Sealed::Copied(bytes) => ArrayBuffer::new_copy(ctx.clone(), bytes),
            #[cfg(target_os = "linux")]
            Sealed::Mapped(file) => quickjs::private_buffer(ctx, file).map_err(|error| match error {
                Error::Io(error) => crate::exception::throw_host(
                    ctx,
                    &format!(
                        "the file cannot be mapped into memory: {error} (each VU has a mapping of its own: \
                        raise vm.max_map_count, or the limit of address space)"
                    ),
                ),
                other => other,
            }),
        }
    }
}

/// The same bytes without a copy, if they are those of a large file in the buffer of a script that has not
/// written to them.
pub(crate) fn shared(bytes: &[u8]) -> Option<Bytes> {
    #[cfg(target_os = "linux")]
    if bytes.len() >= MAPPED_FROM {
        return quickjs::sealed_bytes(bytes).filter(|_| is_untouched(bytes));
    }
    let _ = bytes;
    None
}

/// Whether no page of a private mapping has become its own. Looks at no byte: reading a page of the mapping
/// would count for the memory of the process, once for each VU.
#[cfg(target_os = "linux")]
fn is_untouched(bytes: &[u8]) -> bool {
    use std::os::unix::fs::FileExt as _;
    // Of the entries of /proc/PID/pagemap.
    const PRESENT_OR_SWAPPED: u64 = 0b11 << 62;
    const OF_THE_FILE: u64 = 1 << 61;
    const ENTRY: usize = size_of::<u64>();
    let page = rustix::param::page_size();
    let start = bytes.as_ptr().addr();
    let (first, end) = (start / page, (start + bytes.len()).div_ceil(page));
    let mut entries = vec![0; (end - first) * ENTRY];
    let read = std::fs::File::open("/proc/self/pagemap")
        .and_then(|pagemap| pagemap.read_exact_at(&mut entries, (first * ENTRY) as u64));
    let (entries, _) = entries.as_chunks::<ENTRY>();
    read.is_ok()
        && entries.iter().all(|entry| {
            let entry = u64::from_ne_bytes(*entry);
            entry & PRESENT_OR_SWAPPED == 0 || entry & OF_THE_FILE != 0
        })
}
