//! What a run does not hold in memory, however many cases it has: values in a file without a name, read again when they
//! are wanted.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer, ser};

/// The file is made for the first value, where temporary files lie, and is gone with the last handle.
#[derive(Debug, Default)]
pub struct Spool(Mutex<Option<Tape>>);

#[derive(Debug)]
struct Tape {
    file: File,
    end: u64,
}

/// A value in the spool.
#[derive(Debug)]
pub struct Spooled<T> {
    spool: Arc<Spool>,
    at: u64,
    length: usize,
    of: PhantomData<fn() -> T>,
}

impl Spool {
    /// Of a value that is written like a `T`.
    pub fn put<T>(self: &Arc<Self>, value: &impl Serialize) -> io::Result<Spooled<T>> {
        let text = serde_json::to_vec(value)?;
        let mut tape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tape = match tape.as_mut() {
            Some(tape) => tape,
            None => tape.insert(Tape { file: tempfile::tempfile()?, end: 0 }),
        };
        let at = tape.file.seek(SeekFrom::Start(tape.end))?;
        tape.file.write_all(&text)?;
        tape.end = tape.file.stream_position()?;
        Ok(Spooled { spool: Arc::clone(self), at, length: text.len(), of: PhantomData })
    }
}

impl<T: DeserializeOwned> Spooled<T> {
    pub fn read(&self) -> io::Result<T> {
        let mut text = vec![0; self.length];
        if let Some(tape) = self.spool.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            tape.file.seek(SeekFrom::Start(self.at))?;
            tape.file.read_exact(&mut text)?;
        }
        Ok(serde_json::from_slice(&text)?)
    }
}

impl<T> Clone for Spooled<T> {
    fn clone(&self) -> Self {
        Self { spool: Arc::clone(&self.spool), ..*self }
    }
}

/// As the value itself.
impl<T: DeserializeOwned + Serialize> Serialize for Spooled<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.read().map_err(ser::Error::custom)?.serialize(serializer)
    }
}
