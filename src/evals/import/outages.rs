//! Vendors that were out of order, as tools told it.

use serde_json::{Value, json};

use crate::domain::event::{Event, EventBody, ToolOutcome};
use crate::domain::id::TurnId;
use crate::integrations::http::HttpSettings;
use crate::sandbox::Vendor;

/// What goes wrong from a turn on, so that the calls fail that failed in it.
///
/// Calls of one tool go to one vendor. Where a vendor answered some calls of a turn before it failed, those fail as well.
pub fn of(turn: &TurnId, after: &[Event]) -> Vec<Value> {
    let mut failed: Vec<(Vendor, u32)> = Vec::new();
    for event in after {
        match &event.body {
            EventBody::TurnCompleted { turn: ended, .. } if ended == turn => break,
            EventBody::ToolCompleted { tool, outcome, receipt, .. } if is_outage(*outcome, receipt) => {
                let vendor = vendor(tool);
                match failed.iter_mut().find(|(known, _)| *known == vendor) {
                    Some((_, calls)) => *calls += 1,
                    None => failed.push((vendor, 1)),
                }
            }
            _ => {}
        }
    }
    let tries = HttpSettings::default().attempts;
    let fault = |(vendor, calls): (Vendor, u32)| {
        let effect = json!({ "kind": "status", "code": 503 });
        json!({ "fault": { "vendor": vendor, "effect": effect, "times": calls * tries } })
    };
    failed.into_iter().map(fault).collect()
}

fn is_outage(outcome: ToolOutcome, receipt: &Value) -> bool {
    let parcels = receipt.get("shipments").and_then(Value::as_array).into_iter().flatten();
    outcome == ToolOutcome::Unavailable
        || parcels.into_iter().any(|parcel| parcel.get("status") == Some(&json!("unavailable")))
}

fn vendor(tool: &str) -> Vendor {
    match tool {
        "track_shipment" => Vendor::Easypost,
        "send_verification_code" => Vendor::Sendgrid,
        _ => Vendor::Shopify,
    }
}
