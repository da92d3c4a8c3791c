//! When bytes arrived, as the kernel says, and when they were read.
//!
//! A worker reads a socket when it comes round to it. Whatever else it did until then is the generator's
//! time, not the server's. On Linux the kernel notes when it received what is read (`SO_TIMESTAMPNS`,
//! socket(7)), to the packet; of several packets that one read takes, it says when the last came. Where there
//! is no such note, bytes have arrived when they are read.

use std::io;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Of the bytes that were read last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// When they had come.
    pub(crate) arrived: Instant,
    /// When they were taken.
    pub(crate) read: Instant,
}

impl Arrival {
    /// Bytes that are read now and came at `stamp`, a time since the Unix epoch.
    pub(crate) fn now(stamp: Option<Duration>) -> Self {
        let read = Instant::now();
        let since = |stamp| SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(stamp);
        let arrived = stamp.and_then(since).and_then(|waited| read.checked_sub(waited));
        Self { arrived: arrived.unwrap_or(read), read }
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{ask_for_stamps, poll_read};

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::RefCell;
    use std::io::IoSliceMut;
    use std::os::fd::AsRawFd as _;
    use std::task::ready;

    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
    use nix::sys::time::TimeSpec;
    use tokio::io::Interest;

    use super::{Context, Duration, Poll, ReadBuf, TcpStream, io};

    thread_local! {
        /// Where the kernel writes its note.
        static NOTE: RefCell<Vec<u8>> = RefCell::new(nix::cmsg_space!(TimeSpec));
    }

    /// Without stamps nothing but their precision is lost.
    pub(crate) fn ask_for_stamps(tcp: &TcpStream) {
        let _ = setsockopt(tcp, sockopt::ReceiveTimestampns, &true);
    }

    /// Reads once. Gives the time at which what was read had come, if the kernel knows it.
    pub(crate) fn poll_read(
        tcp: &mut TcpStream,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<Option<Duration>>> {
        let room = buffer.remaining();
        loop {
            ready!(tcp.poll_read_ready(cx))?;
            let mut taken = None;
            let polled = tcp.try_io(Interest::READABLE, || {
                let (count, stamp) = receive(tcp, buffer.initialize_unfilled())?;
                taken = Some((count, stamp));
                // A read that leaves room took all there was: until the reactor sees more, another one would
                // be a system call that finds nothing.
                let is_drained = (1..room).contains(&count);
                if is_drained { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(None) }
            });
            if let Some((count, stamp)) = taken {
                buffer.advance(count);
                return Poll::Ready(Ok(stamp));
            }
            match polled {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                polled => return Poll::Ready(polled),
            }
        }
    }

    fn receive(tcp: &TcpStream, into: &mut [u8]) -> io::Result<(usize, Option<Duration>)> {
        NOTE.with_borrow_mut(|note| {
            let mut pieces = [IoSliceMut::new(into)];
            let message = recvmsg::<()>(tcp.as_raw_fd(), &mut pieces, Some(note), MsgFlags::empty())?;
            let stamp = message.cmsgs().ok().and_then(|mut notes| {
                notes.find_map(|note| match note {
                    ControlMessageOwned::ScmTimestampns(stamp) => Some(Duration::from(stamp)),
                    _ => None,
                })
            });
            Ok((message.bytes, stamp))
        })
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn ask_for_stamps(_: &TcpStream) {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn poll_read(
    tcp: &mut TcpStream,
    cx: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<Option<Duration>>> {
    use tokio::io::AsyncRead as _;
    std::pin::Pin::new(tcp).poll_read(cx, buffer).map_ok(|()| None)
}
