//! A carrier's own words in quotation marks are the carrier's: it is enough that they stand so in its latest scan.

use super::evidence::{Evidence, Parcel};

/// Pairs of quotation marks, as English and German texts have them.
const MARKS: [(char, char); 4] = [('“', '”'), ('"', '"'), ('„', '“'), ('»', '«')];

/// A sentence without the message of a latest scan that it quotes, and the evidence as far as that scan goes: what else
/// the sentence says of a scan, where and when, must be that scan's.
pub(super) fn taken_out(evidence: &Evidence, sentence: &str) -> Option<(Evidence, String)> {
    let (quoted, rest) = MARKS.iter().find_map(|(open, close)| {
        let (before, from) = sentence.split_once(*open)?;
        let (quoted, after) = from.split_once(*close)?;
        Some((quoted.trim().trim_end_matches(['.', ',']), format!("{before}{after}")))
    })?;
    let said =
        |parcel: &Parcel| parcel.latest_scan().is_some_and(|scan| scan.message.trim().trim_end_matches('.') == quoted);
    let mut evidence = evidence.clone();
    let mut stands = false;
    for parcel in evidence.orders.iter_mut().flat_map(|order| &mut order.shipments) {
        let this = said(parcel);
        stands |= this;
        if let Some(report) = &mut parcel.report {
            let latest = report.latest_scan.take().or_else(|| report.scans.pop());
            report.latest_scan = latest.filter(|_| this);
            report.scans.clear();
        }
    }
    (stands && !quoted.is_empty()).then_some((evidence, rest))
}
