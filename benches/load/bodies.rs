//! Requests that are rendered once and stamped with new ids before each use.

use std::fmt::Write as _;

const HEX: &[u8; 16] = b"0123456789abcdef";
const ID_DIGITS: usize = 12;
const USER_DIGITS: usize = 6;
const SESSION_DIGITS: usize = 10;
/// Distinct people among the senders.
const USERS: u64 = 50_000;
/// Events of one session.
const SESSION_EVENTS: u64 = 8;

const NAMES: [&str; 8] = [
    "screen_viewed",
    "item_opened",
    "search_done",
    "item_shared",
    "sync_finished",
    "filter_set",
    "upload_done",
    "list_scrolled",
];
const SCREENS: [&str; 5] = ["home", "search", "item", "library", "settings"];
const RELEASES: [&str; 4] = ["4.2.0", "4.1.3", "4.1.2", "4.0.9"];
const PLATFORMS: [&str; 3] = ["ios", "android", "web"];

/// Where one event holds the digits that differ from request to request.
#[derive(Debug, Clone, Copy)]
struct Slots {
    id: usize,
    user: usize,
    session: usize,
}

/// One HTTP request with its body.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    body_bytes: usize,
    events: Vec<Slots>,
}

impl Request {
    /// Renders a request of `events` events for a server at `host`; `seed` varies what they say.
    pub(crate) fn render(host: &str, key: &str, events: usize, seed: usize) -> Self {
        let mut body = String::from("[");
        let mut slots = Vec::with_capacity(events);
        for index in 0..events {
            if index > 0 {
                body.push(',');
            }
            slots.push(push_event(&mut body, seed * 7 + index));
        }
        body.push(']');
        let mut head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        for slot in &mut slots {
            slot.id += head.len();
            slot.user += head.len();
            slot.session += head.len();
        }
        head.push_str(&body);
        Self {
            bytes: head.into_bytes(),
            body_bytes: body.len(),
            events: slots,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Mean bytes of an event in the body.
    pub(crate) fn event_bytes(&self) -> usize {
        self.body_bytes / self.events.len()
    }

    /// Gives the events the ids from `first` on.
    pub(crate) fn stamp(&mut self, first: u64) {
        for (id, slots) in (first..).zip(&self.events) {
            let session = id / SESSION_EVENTS;
            // Neighbouring sessions are of people who are no neighbours.
            let user = session.wrapping_mul(0x9e37_79b9) % USERS;
            put_hex(&mut self.bytes[slots.id..slots.id + ID_DIGITS], id);
            put_hex(&mut self.bytes[slots.user..slots.user + USER_DIGITS], user);
            put_hex(
                &mut self.bytes[slots.session..slots.session + SESSION_DIGITS],
                session,
            );
        }
    }
}

/// Appends an event whose ids are still zeros, and tells where they stand.
fn push_event(body: &mut String, variant: usize) -> Slots {
    let zeros = |digits: usize| "0".repeat(digits);
    body.push_str(r#"{"event_id":"0193576a-8c00-7000-8000-"#);
    let id = body.len();
    body.push_str(&zeros(ID_DIGITS));
    let _infallible = write!(body, r#"","name":"{}","user_id":"u-"#, NAMES[variant % 8]);
    let user = body.len();
    body.push_str(&zeros(USER_DIGITS));
    body.push_str(r#"","session_id":"s-"#);
    let session = body.len();
    body.push_str(&zeros(SESSION_DIGITS));
    let occurred_at = jiff::Timestamp::now();
    let _infallible = write!(
        body,
        r#"","occurred_at":"{occurred_at:.3}","release":"{}","environment":"production","platform":"{}","properties":{{"screen":"{}","position":{},"is_cached":{}}}}}"#,
        RELEASES[variant % 4],
        PLATFORMS[variant % 3],
        SCREENS[variant % 5],
        variant % 40,
        variant.is_multiple_of(2)
    );
    Slots { id, user, session }
}

fn put_hex(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = HEX[usize::from(value.to_le_bytes()[0] & 15)];
        value >>= 4;
    }
}
