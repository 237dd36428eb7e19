//! The storage floor at its surface: real files, real threads, real processes that are killed.

#[cfg(test)]
mod storage {
    mod conformance;
    mod crash;
    mod files;
    mod seals;
    mod sqlite;
    mod writer;
}
