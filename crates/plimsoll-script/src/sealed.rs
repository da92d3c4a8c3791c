//! Bytes that many VUs hold as an `ArrayBuffer` each, and that are in memory once.
//!
//! A script may write into its buffer, and nobody else must see that. Large contents therefore lie in an
//! anonymous file whose size and bytes the kernel has sealed, and each buffer is a private mapping of it: all
//! read the same pages, and whoever writes gets a page of his own. Small ones are copied, which costs no
//! more than the mapping would. Start at [`Sealed::new`].

use std::sync::Arc;

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
