//! A carrier's name may have digits in it: they are letters of the name, and no number.

use super::evidence::Evidence;
use super::quotes::spelled;

/// A sentence whose carriers have no digits, and the evidence that goes with it. `None`: no carrier has any.
pub(super) fn taken_out(evidence: &Evidence, sentence: &str) -> Option<(Evidence, String)> {
    let has_digits = |name: &String| name.contains(|c: char| c.is_ascii_digit());
    let of_parcels =
        evidence.orders.iter().flat_map(|order| &order.shipments).filter_map(|parcel| parcel.carrier.as_ref());
    let of_labels = evidence.orders.iter().flat_map(|order| &order.labels).filter_map(|label| label.carrier.as_ref());
    if !of_parcels.chain(of_labels).any(has_digits) {
        return None;
    }
    let mut evidence = evidence.clone();
    let mut rest = sentence.to_owned();
    for name in carriers(&mut evidence).filter(|name| has_digits(name)) {
        rest = replaced(&rest, name);
        *name = spelled(name);
    }
    Some((evidence, rest))
}

fn carriers(evidence: &mut Evidence) -> impl Iterator<Item = &mut String> {
    evidence.orders.iter_mut().flat_map(|order| {
        let labels = order.labels.iter_mut().filter_map(|label| label.carrier.as_mut());
        order.shipments.iter_mut().filter_map(|parcel| parcel.carrier.as_mut()).chain(labels)
    })
}

/// The name as it stands in the text, where it is no part of a longer word.
fn replaced(text: &str, name: &str) -> String {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        out.push_str(before);
        let whole = !is_part(out.chars().next_back()) && !is_part(after.chars().next());
        out.push_str(&if whole { spelled(name) } else { name.to_owned() });
        rest = after;
    }
    out + rest
}
