//! One kept-alive connection with one request in flight.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Instant;

use memchr::memmem::find;
use mio::net::TcpStream;

use crate::bodies::Request;

/// Longest head of an answer.
const HEAD_BYTES_MAX: usize = 4 << 10;

/// What a connection does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing in flight.
    Idle,
    /// A request is in flight, counted from when it was due.
    Busy(Instant),
    /// To be sent again, unchanged, at the second instant; counted from the first.
    Paused(Instant, Instant),
}

/// An answer, read as far as this client cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Whether the body says that an event was rejected.
    pub(crate) has_rejected: bool,
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) request: Request,
    pub(crate) phase: Phase,
    written: usize,
    /// Start of an answer whose head is not whole yet.
    head: Vec<u8>,
    /// An answer whose body is not whole yet, and how much of it is missing.
    rest: Option<(Response, usize)>,
}

/// Connects to a server on this machine.
pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = std::net::TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(TcpStream::from_std(stream))
}

impl Connection {
    pub(crate) fn open(address: SocketAddr, request: Request) -> io::Result<Self> {
        Ok(Self {
            stream: connect(address)?,
            request,
            phase: Phase::Idle,
            written: 0,
            head: Vec::new(),
            rest: None,
        })
    }

    /// Sends the request as it is stamped now.
    pub(crate) fn send(&mut self, due: Instant) -> io::Result<()> {
        self.phase = Phase::Busy(due);
        self.written = 0;
        self.head.clear();
        self.rest = None;
        self.write()
    }

    /// Writes on, as far as the socket takes it.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        while self.written < self.request.bytes.len() && matches!(self.phase, Phase::Busy(_)) {
            #[expect(
                clippy::disallowed_methods,
                reason = "a socket takes what it has room for"
            )]
            match self.stream.write(&self.request.bytes[self.written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(bytes) => self.written += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads on; the answer once it is whole.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<Response>> {
        loop {
            let bytes = match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            };
            if let Some(response) = self.take(&buffer[..bytes])? {
                return Ok(Some(response));
            }
            // A read that did not fill the buffer emptied the socket: the next one is announced.
            if bytes < buffer.len() {
                return Ok(None);
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<Option<Response>> {
        if let Some((response, missing)) = self.rest {
            return Ok(self.finish(response, missing, bytes.len()));
        }
        if self.head.is_empty()
            && let Some((response, missing)) = parse(bytes)?
        {
            return Ok(self.finish(response, missing, 0));
        }
        self.head.extend_from_slice(bytes);
        match parse(&self.head)? {
            Some((response, missing)) => Ok(self.finish(response, missing, 0)),
            None if self.head.len() > HEAD_BYTES_MAX => Err(ErrorKind::InvalidData.into()),
            None => Ok(None),
        }
    }

    fn finish(&mut self, response: Response, missing: usize, came: usize) -> Option<Response> {
        let missing = missing.saturating_sub(came);
        self.rest = (missing > 0).then_some((response, missing));
        (missing == 0).then_some(response)
    }
}

/// Status, what the body says first, and how many bytes of it are missing; `None` while the head or
/// the counts at the start of the body are not whole.
fn parse(bytes: &[u8]) -> io::Result<Option<(Response, usize)>> {
    let Some(head_end) = find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &bytes[..head_end];
    let body = &bytes[head_end + 4..];
    let invalid = || io::Error::from(ErrorKind::InvalidData);
    let status = number(head.get(9..12).ok_or_else(invalid)?);
    let length_at = find(head, b"content-length: ").ok_or_else(invalid)? + 16;
    let length = number(&head[length_at..]);
    // The counts stand first: {"accepted":1,"duplicate":0,"rejected":0
    let counts = &body[..body.len().min(80)];
    if counts.len() < length.min(80) {
        return Ok(None);
    }
    let rejected_at = find(counts, b"\"rejected\":").map(|at| at + 11);
    let response = Response {
        status: u16::try_from(status).map_err(|_| invalid())?,
        has_rejected: rejected_at.is_some_and(|at| number(&counts[at..]) > 0),
    };
    Ok(Some((response, length.saturating_sub(body.len()))))
}

fn number(digits: &[u8]) -> usize {
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}
