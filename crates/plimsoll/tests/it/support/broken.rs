//! Servers that answer what they should not, each on a port of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::PATIENCE;

/// What a server does with every connection once it has read the beginning of a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Sends this and closes.
    Say(Vec<u8>),
    /// Sends the first, and the second again and again for as long as somebody takes it.
    Repeat(Vec<u8>, Vec<u8>),
    /// Sends this and nothing more.
    Stall(Vec<u8>),
    /// Sends this and resets the connection.
    Reset(Vec<u8>),
}

impl Act {
    pub(crate) fn start(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let act = self.clone();
                thread::spawn(move || act.play(stream));
            }
        });
        address
    }

    /// Whoever has heard enough closes the connection, so what fails here is no failure.
    fn play(self, mut stream: TcpStream) -> Option<()> {
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        if let Self::Reset(bytes) = self {
            stream.peek(&mut [0]).ok()?;
            stream.write_all(&bytes).ok()?;
            // What it has sent is given time to arrive. A request that nobody has read makes the end a reset.
            thread::sleep(Duration::from_millis(50));
            return None;
        }
        // The first write of a client holds a whole request without body.
        let read = stream.read(&mut [0; 65536]).ok()?;
        (read > 0).then_some(())?;
        match self {
            Self::Say(bytes) => {
                stream.write_all(&bytes).ok()?;
                stream.shutdown(std::net::Shutdown::Write).ok()?;
            }
            Self::Stall(bytes) => stream.write_all(&bytes).ok()?,
            Self::Repeat(first, again) => {
                stream.write_all(&first).ok()?;
                let again = again.repeat(65536_usize.div_ceil(again.len()));
                while stream.write_all(&again).is_ok() {}
            }
            Self::Reset(_) => {}
        }
        stream.read_to_end(&mut Vec::new()).ok()?;
        None
    }
}
