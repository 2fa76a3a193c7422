//! The sender: one thread, many connections, one request in flight on each.
//!
//! It is as cheap as a client can be, since it shares the machine with the server: requests are
//! rendered once and stamped with new ids, answers are read for their status and for whether an
//! event was rejected.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};

use crate::bodies::Request;
use crate::connection::{Connection, Phase, Response, connect};

/// Longest latency that is told apart, in microseconds.
const LATENCY_US_MAX: u64 = 120_000_000;
/// How long a request waits after a 503 or a broken connection before it is sent again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often due times are looked at.
const TICK: Duration = Duration::from_millis(1);
/// How long answers may stay away after the last request.
const PATIENCE: Duration = Duration::from_secs(60);
const READ_BYTES: usize = 256 << 10;

/// How fast requests follow each other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// The next as soon as the last is answered.
    Closed,
    /// So many a second, whether or not the answers keep up; latency counts from when each was due.
    Open(f64),
}

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Requests that were answered 200.
    pub(crate) requests: u64,
    /// Events that were answered 200, each once.
    pub(crate) events: u64,
    /// Answers of 503.
    pub(crate) overloads: u64,
    /// Connections that broke.
    pub(crate) breaks: u64,
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// Microseconds from due to answered 200.
    pub(crate) latency_us: Histogram<u64>,
}

/// The connections to one server.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    poll: Poll,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    /// Ids below this one were sent.
    next_id: u64,
}

struct Run {
    pace: Pace,
    until: Instant,
    /// When the next request of an open pace is due, and the time between two.
    next_due: Instant,
    interval: Duration,
    /// Requests that are due and found no idle connection yet.
    waiting: VecDeque<Instant>,
    /// Connections without a request, the one that was used longest ago first: a server may close
    /// one that is never used.
    idle: VecDeque<usize>,
    paused: usize,
    busy: usize,
    tally: Tally,
}

impl Client {
    /// Opens connections that send batches of `events` with ids from `first_id` on.
    pub(crate) fn open(
        address: SocketAddr,
        key: &str,
        connections: usize,
        events: usize,
        first_id: u64,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let host = address.to_string();
        let connections = (0..connections)
            .map(|seed| {
                let request = Request::render(&host, key, events, seed);
                let mut connection = Connection::open(address, request)?;
                register(&poll, &mut connection, seed)?;
                Ok(connection)
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            address,
            poll,
            connections,
            buffer: vec![0; READ_BYTES],
            next_id: first_id,
        })
    }

    /// The first id that was not sent yet.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Sends for a time, and waits until every request that was sent is answered 200.
    pub(crate) fn run(&mut self, pace: Pace, time: Duration) -> io::Result<Tally> {
        let start = Instant::now();
        let mut run = Run::new(pace, start, time, self.connections.len())?;
        let mut ready = Events::with_capacity(1024);
        loop {
            self.start_due(&mut run)?;
            let now = Instant::now();
            if now >= run.until && run.is_done() {
                break;
            }
            if now > run.until + PATIENCE {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.poll.poll(&mut ready, run.timeout(now))?;
            for event in &ready {
                let index = event.token().0;
                if event.is_writable() {
                    let wrote = self.connections[index].write();
                    self.survive(index, wrote, &mut run)?;
                }
                if event.is_readable() {
                    self.receive(index, &mut run)?;
                }
            }
        }
        run.tally.took = start.elapsed();
        Ok(run.tally)
    }

    /// Sends what is due on connections that are idle.
    fn start_due(&mut self, run: &mut Run) -> io::Result<()> {
        let now = Instant::now();
        if matches!(run.pace, Pace::Open(_)) {
            while run.next_due <= now && run.next_due < run.until {
                run.waiting.push_back(run.next_due);
                run.next_due += run.interval;
            }
        }
        if run.paused > 0 {
            for index in 0..self.connections.len() {
                if let Phase::Paused(due, at) = self.connections[index].phase
                    && at <= now
                {
                    run.paused -= 1;
                    run.busy += 1;
                    let sent = self.connections[index].send(due);
                    self.survive(index, sent, run)?;
                }
            }
        }
        while let Some(index) = run.idle.pop_front() {
            let Some(due) = run.take_due(now) else {
                run.idle.push_front(index);
                break;
            };
            self.start(index, due, run)?;
        }
        Ok(())
    }

    fn start(&mut self, index: usize, due: Instant, run: &mut Run) -> io::Result<()> {
        let connection = &mut self.connections[index];
        connection.request.stamp(self.next_id);
        self.next_id += connection.request.len() as u64;
        run.busy += 1;
        let sent = connection.send(due);
        self.survive(index, sent, run)
    }

    fn receive(&mut self, index: usize, run: &mut Run) -> io::Result<()> {
        let connection = &mut self.connections[index];
        let Phase::Busy(due) = connection.phase else {
            return Ok(()); // the end of a connection that is opened anew
        };
        let response = match connection.read(&mut self.buffer) {
            Ok(None) => return Ok(()),
            Ok(Some(response)) => response,
            Err(error) => return self.survive(index, Err(error), run),
        };
        let now = Instant::now();
        run.busy -= 1;
        match response {
            Response {
                status: 200,
                has_rejected: false,
            } => {
                run.tally.requests += 1;
                run.tally.events += connection.request.len() as u64;
                let micros = u64::try_from((now - due).as_micros()).unwrap_or(LATENCY_US_MAX);
                run.tally.latency_us.saturating_record(micros);
                connection.phase = Phase::Idle;
                match run.take_due(now) {
                    Some(due) => self.start(index, due, run)?,
                    None => run.idle.push_back(index),
                }
            }
            Response { status: 503, .. } => {
                run.tally.overloads += 1;
                run.paused += 1;
                connection.phase = Phase::Paused(due, now + PAUSE);
            }
            Response { status, .. } => {
                return Err(io::Error::other(format!("answered {status}, or rejected")));
            }
        }
        Ok(())
    }

    /// Opens a broken connection anew; its request is sent again after a pause.
    fn survive(&mut self, index: usize, did: io::Result<()>, run: &mut Run) -> io::Result<()> {
        let Err(_) = did else {
            return Ok(());
        };
        let connection = &mut self.connections[index];
        if let Phase::Busy(due) = connection.phase {
            run.tally.breaks += 1;
            run.busy -= 1;
            run.paused += 1;
            connection.phase = Phase::Paused(due, Instant::now() + PAUSE);
            connection.stream = connect(self.address)?;
            register(&self.poll, connection, index)?;
        }
        Ok(())
    }
}

impl Run {
    fn new(pace: Pace, start: Instant, time: Duration, connections: usize) -> io::Result<Self> {
        let latency_us = Histogram::new_with_bounds(1, LATENCY_US_MAX, 3);
        Ok(Self {
            pace,
            until: start + time,
            next_due: start,
            interval: match pace {
                Pace::Closed => Duration::ZERO,
                Pace::Open(rate) => Duration::from_secs_f64(1.0 / rate),
            },
            waiting: VecDeque::new(),
            idle: (0..connections).collect(),
            paused: 0,
            busy: 0,
            tally: Tally {
                requests: 0,
                events: 0,
                overloads: 0,
                breaks: 0,
                took: Duration::ZERO,
                latency_us: latency_us.map_err(io::Error::other)?,
            },
        })
    }

    /// When the request that an idle connection may send now was due.
    fn take_due(&mut self, now: Instant) -> Option<Instant> {
        match self.pace {
            Pace::Closed => (now < self.until).then_some(now),
            Pace::Open(_) => self.waiting.pop_front(),
        }
    }

    fn is_done(&self) -> bool {
        self.busy == 0 && self.paused == 0 && self.waiting.is_empty()
    }

    fn timeout(&self, now: Instant) -> Option<Duration> {
        match self.pace {
            Pace::Open(_) if now < self.until => Some(TICK),
            _ if self.paused > 0 => Some(TICK),
            // Long enough to matter to nobody, short enough to see the end.
            _ => Some(PATIENCE / 600),
        }
    }
}

fn register(poll: &Poll, connection: &mut Connection, index: usize) -> io::Result<()> {
    let interest = Interest::READABLE | Interest::WRITABLE;
    poll.registry()
        .register(&mut connection.stream, Token(index), interest)
}
