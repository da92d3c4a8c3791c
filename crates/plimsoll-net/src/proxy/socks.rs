//! SOCKS 5, RFC 1928, with user and password, RFC 1929. Names are resolved by the proxy.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::connection::Socket;
use crate::error::{NetError, Operation};
use crate::http::auth::Credentials;
use crate::http::url::Origin;

const VERSION: u8 = 5;
const CONNECT: u8 = 1;
const NO_LOGIN: u8 = 0;
const LOGIN: u8 = 2;
/// The kind of an address that is a name, which the proxy may also find to be an address.
const NAME: u8 = 3;

/// Makes a connection to the proxy into one to `origin`.
pub(super) async fn connect(
    mut socket: Socket,
    origin: &Origin,
    credentials: Option<&Credentials>,
) -> Result<Socket, NetError> {
    let port = u16::try_from(origin.port).map_err(|_| NetError::InvalidPort(origin.port))?;
    let method = if credentials.is_some() { LOGIN } else { NO_LOGIN };
    write(&mut socket, &[VERSION, 1, method]).await?;
    if read::<2>(&mut socket).await? != [VERSION, method] {
        return Err(refused("it accepts no such login"));
    }
    if let Some(Credentials { user, password }) = credentials {
        let message = [&[1][..], &counted(user)?, &counted(password)?].concat();
        write(&mut socket, &message).await?;
        if read::<2>(&mut socket).await?[1] != 0 {
            return Err(refused("user or password is wrong"));
        }
    }
    let message = [&[VERSION, CONNECT, 0, NAME][..], &counted(&origin.host)?, &port.to_be_bytes()].concat();
    write(&mut socket, &message).await?;
    let [_, reply, _, kind] = read::<4>(&mut socket).await?;
    if reply != 0 {
        return Err(refused(meaning(reply)));
    }
    // The address that the proxy connects from is of no interest.
    let length = match kind {
        1 => 4,
        4 => 16,
        _ => read::<1>(&mut socket).await?[0].into(),
    };
    for _ in 0..length + 2 {
        read::<1>(&mut socket).await?;
    }
    Ok(socket)
}

/// A text behind its length.
fn counted(text: &str) -> Result<Vec<u8>, NetError> {
    let length = u8::try_from(text.len()).map_err(|_| refused("a name has more than 255 bytes"))?;
    Ok([&[length][..], text.as_bytes()].concat())
}

fn meaning(reply: u8) -> &'static str {
    match reply {
        2 => "the connection is not allowed",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "connection refused",
        6 => "the time to live has expired",
        _ => "the connection failed",
    }
}

fn refused(why: &str) -> NetError {
    NetError::Proxy(why.into())
}

async fn write(socket: &mut Socket, bytes: &[u8]) -> Result<(), NetError> {
    socket.write_all(bytes).await.map_err(|error| NetError::io(Operation::Write, &error))
}

async fn read<const N: usize>(socket: &mut Socket) -> Result<[u8; N], NetError> {
    let mut bytes = [0; N];
    match socket.read_exact(&mut bytes).await {
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(refused("it closed the connection"))
        }
        Err(error) => Err(NetError::io(Operation::Read, &error)),
    }
}
