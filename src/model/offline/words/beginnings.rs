//! How words begin: enough to say of most patterns that they do not match.

/// A set of the first two bytes of words, in which some share a place: what it does not have is not there, what it has may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beginnings(u64);

impl Beginnings {
    pub fn of_word(word: &str) -> Self {
        let mut bytes = word.bytes();
        let (first, second) = (bytes.next().unwrap_or(0), bytes.next().unwrap_or(0));
        let place = u32::from(first).wrapping_mul(5).wrapping_add(u32::from(second).wrapping_mul(11)) % u64::BITS;
        Self(1 << place)
    }

    /// Of all words that begin with these letters.
    pub fn of_all_with(letters: &str) -> Self {
        if letters.len() < 2 { Self(u64::MAX) } else { Self::of_word(letters) }
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub fn count(&self) -> u32 {
        self.0.count_ones()
    }
}
