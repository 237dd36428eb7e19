//! Cuts a dialogue to a budget of tokens, oldest turns first.
//!
//! A token is at least one byte, so a dialogue of no more bytes than the budget has tokens surely fits: nothing is counted
//! and the table of tokens (some 60 MB, a fifth of a second to build) is not even loaded. [`fit`] may load it and counts at
//! some ten megabytes a second: call it where a thread may be blocked. In async code call [`fit_off_thread`], which does
//! that elsewhere and only when it must.

use std::borrow::Cow;

use tiktoken_rs::{CoreBPE, o200k_base_singleton};

use super::Message;

/// What a message costs besides its texts: its role and the marks around it.
const MESSAGE_OVERHEAD: usize = 4;
/// What a call costs besides its texts.
const CALL_OVERHEAD: usize = 8;
/// A single tool result may take this part of the budget; more of it is left out before any turn is.
const RESULT_SHARE: usize = 4;
/// Turns are left out in steps of this part of the budget, so that the beginning of the dialogue stays the same over
/// several questions and providers go on finding it in their caches.
const STEP_SHARE: usize = 8;

/// That the dialogue fits even if every byte were a token. `besides` counts the bytes sent beside the messages: tools and
/// the answer's schema.
pub fn surely_fits(messages: &[Message], besides: usize, budget: usize) -> bool {
    messages.iter().map(|message| cost(message, &str::len)).fold(besides, usize::saturating_add) <= budget
}

/// [`fit`], counted on a thread where it blocks nobody. Borrowed where nothing had to go. `besides` comes in pieces.
pub async fn fit_off_thread<'m>(messages: &'m [Message], besides: [&str; 2], budget: usize) -> Cow<'m, [Message]> {
    if surely_fits(messages, besides.iter().map(|piece| piece.len()).sum(), budget) {
        return Cow::Borrowed(messages);
    }
    let (whole, besides) = (messages.to_vec(), besides.concat());
    match tokio::task::spawn_blocking(move || fit(whole, &besides, budget)).await {
        Ok(fitting) => Cow::Owned(fitting),
        // Only while the process ends. The server will say if it was too much.
        Err(_) => Cow::Borrowed(messages),
    }
}

/// The messages of which the oldest turns are left out until the rest, with `besides` (the tools and schema as they are
/// sent), fits `budget` tokens. The system prompt and everything from the newest user message on always stay; a call and
/// its result stay or go together; tool results that are too large are shortened and say so. What must stay may alone be
/// more than the budget.
pub fn fit(mut messages: Vec<Message>, besides: &str, budget: usize) -> Vec<Message> {
    if surely_fits(&messages, besides.len(), budget) {
        return messages;
    }
    let table = o200k_base_singleton();
    let tokens = |text: &str| table.count_ordinary(text);
    let room = budget.saturating_sub(tokens(besides));
    for message in &mut messages {
        shorten_result(message, room / RESULT_SHARE, table);
    }
    let costs: Vec<usize> = messages.iter().map(|message| cost(message, &tokens)).collect();
    let excess = costs.iter().sum::<usize>().saturating_sub(room);
    if excess > 0 {
        messages = leave_out_oldest(messages, &costs, excess, (budget / STEP_SHARE).max(1));
    }
    shorten_results_of_newest_turn(&mut messages, room, table);
    messages
}

fn cost(message: &Message, measure: &impl Fn(&str) -> usize) -> usize {
    let texts = match message {
        Message::System(text) => measure(text),
        Message::User(text) => measure(text),
        Message::Tool { call, content } => measure(call.as_str()).saturating_add(measure(content)),
        Message::Assistant { text, calls } => calls.iter().fold(measure(text), |sum, call| {
            let own = measure(call.id.as_str()) + measure(&call.name) + measure(&call.arguments);
            sum.saturating_add(own).saturating_add(CALL_OVERHEAD)
        }),
    };
    texts.saturating_add(MESSAGE_OVERHEAD)
}

/// Where turns begin, the system prompt apart: at a user message that no call waits across and that follows no other user
/// message. Words before the first user message are a turn of their own.
fn turn_starts(messages: &[Message]) -> Vec<usize> {
    let prompt = usize::from(matches!(messages.first(), Some(Message::System(_))));
    let mut starts = vec![prompt];
    let mut waiting: Vec<&str> = Vec::new();
    let mut after_user = false;
    for (position, message) in messages.iter().enumerate().skip(prompt) {
        match message {
            Message::User(_) if !after_user && waiting.is_empty() && position > prompt => starts.push(position),
            Message::Assistant { calls, .. } => waiting.extend(calls.iter().map(|call| call.id.as_str())),
            Message::Tool { call, .. } => waiting.retain(|id| *id != call.as_str()),
            Message::User(_) | Message::System(_) => {}
        }
        after_user = matches!(message, Message::User(_));
    }
    starts
}

/// Leaves out whole turns, at least `excess` tokens of them where that many may go, rounded up to `step`.
fn leave_out_oldest(messages: Vec<Message>, costs: &[usize], excess: usize, step: usize) -> Vec<Message> {
    let starts = turn_starts(&messages);
    let newest_user = messages.iter().rposition(|message| matches!(message, Message::User(_))).unwrap_or(0);
    let prompt = starts.first().copied().unwrap_or(0);
    let goal = excess.div_ceil(step).saturating_mul(step);
    let mut kept_from = prompt;
    for start in starts.into_iter().filter(|start| *start <= newest_user) {
        let left_out: usize = costs.get(prompt..kept_from).unwrap_or_default().iter().sum();
        if left_out >= goal {
            break;
        }
        kept_from = start;
    }
    let is_kept = |position: usize| position < prompt || position >= kept_from;
    messages.into_iter().enumerate().filter(|(position, _)| is_kept(*position)).map(|(_, message)| message).collect()
}

/// When what must stay is still too much, its tool results give way, the largest first.
fn shorten_results_of_newest_turn(messages: &mut [Message], room: usize, table: &CoreBPE) {
    let tokens = |text: &str| table.count_ordinary(text);
    let mut total: usize = messages.iter().map(|message| cost(message, &tokens)).sum();
    let mut results: Vec<(usize, usize)> = messages
        .iter()
        .enumerate()
        .filter(|(_, message)| matches!(message, Message::Tool { .. }))
        .map(|(position, message)| (cost(message, &tokens), position))
        .collect();
    results.sort_unstable_by(|left, right| right.cmp(left));
    for (size, position) in results {
        let excess = total.saturating_sub(room);
        let Some(message) = messages.get_mut(position).filter(|_| excess > 0) else { return };
        shorten_result(message, size.saturating_sub(excess), table);
        total = total.saturating_sub(size).saturating_add(cost(message, &tokens));
    }
}

/// Cuts a tool result so that the message takes at most `most` tokens, or as few as the mark of the cut needs.
fn shorten_result(message: &mut Message, most: usize, table: &CoreBPE) {
    let tokens = |text: &str| table.count_ordinary(text);
    let Message::Tool { call, content } = message else { return };
    let around = MESSAGE_OVERHEAD.saturating_add(tokens(call.as_str()));
    let room = most.saturating_sub(around);
    if content.len() <= room || tokens(content) <= room {
        return;
    }
    // The mark is a word or two longer for each place of the number.
    let mut kept = room.saturating_sub(tokens(&mark(content.len())));
    loop {
        let start = beginning(content, kept, table);
        let shortened = format!("{start}{}", mark(content.chars().count() - start.chars().count()));
        // Where the beginning meets the mark, tokens may fall otherwise than counted.
        if kept == 0 || tokens(&shortened) <= room {
            if shortened.len() < content.len() {
                *content = shortened;
            }
            return;
        }
        kept = kept.saturating_sub(kept.div_ceil(16));
    }
}

fn mark(left_out: usize) -> String {
    format!(" … [shortened: {left_out} more characters are left out]")
}

/// The longest beginning of at most that many tokens.
fn beginning<'a>(text: &'a str, most: usize, table: &CoreBPE) -> &'a str {
    // A token is mostly a few bytes, so much of a huge text need not be counted at all.
    const LONG_TOKEN: usize = 16;
    let mut end = text.floor_char_boundary(most.saturating_mul(LONG_TOKEN));
    loop {
        let start = text.get(..end).unwrap_or_default();
        let count = table.count_ordinary(start);
        if count <= most {
            return start;
        }
        let shorter = end.saturating_mul(most) / count.max(1);
        end = text.floor_char_boundary(shorter.min(end.saturating_sub(1)));
    }
}

#[cfg(test)]
mod tests;
