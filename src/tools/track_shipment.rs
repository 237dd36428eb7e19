//! The carrier's truth about an order's parcels.

use async_trait::async_trait;
use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::view::{self, Shipment};
use super::{EffectClass, Output, Scene, Tool, ToolError};
use crate::domain::identity::Assurance;
use crate::domain::order::{Fulfilment, Order, Parcel};
use crate::integrations::{Urgency, VendorError};

pub struct TrackShipment;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The order number, as find_order or list_orders returned it.
    order_number: String,
}

#[async_trait]
impl Tool for TrackShipment {
    type Arguments = Arguments;
    const NAME: &'static str = "track_shipment";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::OrderMatched;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let order = scene.readable_order(&arguments.order_number).await?;
        let asked = view::parcels(&order).map(|(fulfilment, parcel)| ask(scene, &order, fulfilment, parcel));
        let mut shipments = Vec::new();
        let mut outages = Vec::new();
        for (index, answer) in join_all(asked).await.into_iter().enumerate() {
            shipments.push(Shipment { shipment: index + 1, ..answer.shipment });
            outages.extend(answer.outage);
        }
        match outages.pop() {
            Some(outage) if outages.len() + 1 == shipments.len() => Err(outage.into()),
            _ => Ok(output(scene, &order, shipments)),
        }
    }
}

/// What is known of one parcel, and why it is no more.
struct Answer {
    shipment: Shipment,
    outage: Option<VendorError>,
}

async fn ask(scene: &Scene<'_>, order: &Order, fulfilment: &Fulfilment, parcel: Option<&Parcel>) -> Answer {
    let known = |status| Shipment::without_carrier(order, fulfilment, parcel, status);
    let Some((number, parcel)) = parcel.and_then(|parcel| Some((parcel.tracking_number.as_deref()?, parcel))) else {
        return Answer { shipment: known("unknown"), outage: None };
    };
    match scene.readers.tracking.track(number, parcel.carrier.as_deref(), Urgency::Shopper).await {
        Ok(Some(tracker)) => Answer { shipment: known("unknown").with_carrier(scene, &tracker), outage: None },
        Ok(None) => Answer { shipment: known("unknown"), outage: None },
        Err(outage) => Answer { shipment: known("unavailable"), outage: Some(outage) },
    }
}

fn output(scene: &Scene<'_>, order: &Order, shipments: Vec<Shipment>) -> Output {
    let shown: Vec<Value> = shipments
        .iter()
        .map(|shipment| {
            json!({
                "shipment": shipment.shipment,
                "carrier": shipment.carrier,
                "tracking_number": shipment.tracking_number,
                "status": shipment.status,
                "estimated_delivery": shipment.estimated_delivery,
            })
        })
        .collect();
    Output::read(
        json!({"as_of": scene.today().to_string(), "order_number": order.name, "shipments": shipments}),
        json!({"order_number": order.name, "shipments": shown}),
    )
}
