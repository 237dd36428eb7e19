//! Server-sent events, as servers really send them: any line end, comments, bytes cut anywhere.

/// Cuts a byte stream into events. Bytes go in with [`Events::push`], events come out of [`Events::next_event`].
#[derive(Debug, Default)]
pub struct Events {
    buffer: Vec<u8>,
    /// Up to here the buffer is read.
    read: usize,
    /// The data of the event that is being read.
    data: Vec<u8>,
    has_data: bool,
    named_error: bool,
    /// The event in `data` was given out; the next call begins a new one.
    given: bool,
    after_carriage_return: bool,
    begun: bool,
}

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The event's name is `error`.
    pub is_error: bool,
    pub data: &'a [u8],
}

const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

impl Events {
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.read);
        self.read = 0;
        self.buffer.extend_from_slice(bytes);
    }

    pub fn next_event(&mut self) -> Option<Event<'_>> {
        self.begin_anew_if_given();
        while let Some(is_blank) = self.read_line() {
            if is_blank && self.has_data {
                return Some(self.give());
            }
            if is_blank {
                self.named_error = false;
            }
        }
        None
    }

    /// At the end of the stream: an event that lacks its closing blank line is an event all the same.
    pub fn last_event(&mut self) -> Option<Event<'_>> {
        self.begin_anew_if_given();
        self.buffer.push(b'\n');
        while self.read_line().is_some() {}
        self.has_data.then(|| self.give())
    }

    fn begin_anew_if_given(&mut self) {
        if self.given {
            self.data.clear();
            self.has_data = false;
            self.named_error = false;
            self.given = false;
        }
    }

    fn give(&mut self) -> Event<'_> {
        self.given = true;
        Event { is_error: self.named_error, data: &self.data }
    }

    /// Takes in one whole line and tells whether it was blank; `None` when no whole line is there.
    fn read_line(&mut self) -> Option<bool> {
        let mut rest = self.buffer.get(self.read..)?;
        if self.after_carriage_return && rest.first() == Some(&b'\n') {
            self.read += 1;
            rest = rest.get(1..)?;
        }
        let length = memchr::memchr2(b'\n', b'\r', rest)?;
        let mut line = rest.get(..length)?;
        self.after_carriage_return = rest.get(length) == Some(&b'\r');
        self.read += length + 1;
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        let is_blank = line.is_empty();
        if let Some(value) = field(line, b"data") {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value);
            self.has_data = true;
        } else if let Some(name) = field(line, b"event") {
            self.named_error = name == b"error";
        }
        Some(is_blank)
    }
}

/// The value of a line `name: value`; one space after the colon is not part of it.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests;
