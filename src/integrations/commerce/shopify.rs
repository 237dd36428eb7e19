//! Shopify's GraphQL Admin API. The version is pinned: every operation here was checked against its schema.
//!
//! What may be null although the schema does not say so: fields of protected customer data (names, e-mail, street,
//! postcode), which Shopify withholds from apps without approval. All of them are optional here.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use serde::Serialize;

use self::graphql::GraphQl;
use self::operations::{Operation, Sizes};
use self::wire::{Found, NumberFormat, OneFulfilment, OneOrder, Products, WireOrder};
use super::{Acts, CommerceCapabilities, CommerceReader, Matching, OrderPage, OrderStatusFilter};
use crate::domain::customer::Email;
use crate::domain::order::{Order, OrderId, Product};
use crate::integrations::http::{Call, Transport};
use crate::integrations::{SettingsError, Urgency, VendorError};

mod cancellations;
mod changes;
pub mod graphql;
mod mark;
pub mod operations;
mod reading;
mod refunds;
mod returns;
mod search;
mod settings;
mod token;
mod wire;

pub use self::settings::ShopifySettings;

/// The version whose schema the operations were written against.
pub const API_VERSION: &str = "2026-10";

/// Days of history that `read_orders` alone covers; older orders need `read_all_orders`.
const HISTORY_DAYS: u32 = 60;
/// A list that has not ended after so many pages is given up on: some cursor leads in a circle.
const MOST_PAGES: usize = 40;

pub struct Shopify {
    graphql: GraphQl,
    shop: String,
    /// Namespace and key of the metafield with another provider's payment.
    payment_place: Option<(String, String)>,
    capabilities: CommerceCapabilities,
    /// As the last answer told it.
    number_format: RwLock<Option<NumberFormat>>,
}

#[derive(Serialize)]
struct Search<'a> {
    query: &'a str,
    first: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
    #[serde(flatten)]
    sizes: Sizes,
}

#[derive(Serialize)]
struct ById<'a> {
    id: &'a str,
    #[serde(flatten)]
    sizes: Sizes,
}

/// A further page of one list of one thing.
#[derive(Serialize)]
struct Further<'a> {
    id: &'a str,
    first: u32,
    after: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parcels: Option<u32>,
}

#[derive(Serialize)]
struct MoreFulfilments<'a> {
    id: &'a str,
    fulfilments: u32,
    parcels: u32,
    contents: u32,
}

#[derive(Serialize)]
struct ProductSearch<'a> {
    query: &'a str,
    first: u32,
    variants: u32,
}

#[derive(Serialize)]
struct MetafieldOf<'a> {
    id: &'a str,
    namespace: &'a str,
    key: &'a str,
}

#[derive(Serialize)]
struct NoVariables {}

impl Shopify {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: ShopifySettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let history_days = (!settings.all_orders).then_some(HISTORY_DAYS);
        Ok(Self {
            capabilities: CommerceCapabilities { platform: "shopify", history_days, store_credit: true },
            shop: settings.shop.clone(),
            payment_place: settings.payment_place(),
            graphql: GraphQl::new(&settings, transport)?,
            number_format: RwLock::new(None),
        })
    }

    /// Reads to its end every list that the first answer cut.
    async fn complete(&self, order: &mut WireOrder, call: &Call) -> Result<bool, VendorError> {
        let sizes = operations::ONE;
        self.rest_of_lines(order, call).await?;
        let mut complete = true;
        if sizes.cuts_fulfilments(&order.fulfillments) {
            let more = operations::MORE_FULFILMENTS;
            let variables = MoreFulfilments {
                id: &order.id,
                fulfilments: more.fulfilments,
                parcels: more.parcels,
                contents: more.contents,
            };
            let answer: OneOrder<wire::FulfilmentsOnly> =
                self.graphql.run(&operations::ORDER_FULFILMENTS, &variables, call).await?;
            order.fulfillments = answer.order.map(|order| order.fulfillments).unwrap_or_default();
            complete = !more.cuts_fulfilments(&order.fulfillments);
        }
        for fulfilment in &mut order.fulfillments {
            if sizes.cuts_parcels(fulfilment) || fulfilment.fulfillment_line_items.is_cut() {
                self.rest_of_fulfilment(fulfilment, call).await?;
            }
        }
        self.rest_of_returns(order, call).await?;
        let lists_ended = !order.line_items.is_cut()
            && !order.returns.is_cut()
            && order.fulfillments.iter().all(|fulfilment| !fulfilment.fulfillment_line_items.is_cut());
        Ok(complete && lists_ended)
    }

    async fn rest_of_lines(&self, order: &mut WireOrder, call: &Call) -> Result<(), VendorError> {
        for _ in 0..MOST_PAGES {
            let Some(cursor) = order.line_items.next() else { break };
            let variables =
                Further { id: &order.id, first: operations::LINES_PAGE, after: Some(cursor), parcels: None };
            let answer: OneOrder<wire::LinesOnly> =
                self.graphql.run(&operations::ORDER_LINES, &variables, call).await?;
            let Some(page) = answer.order else { break };
            order.line_items.append(page.line_items);
        }
        Ok(())
    }

    async fn rest_of_returns(&self, order: &mut WireOrder, call: &Call) -> Result<(), VendorError> {
        for _ in 0..MOST_PAGES {
            let Some(cursor) = order.returns.next() else { break };
            let variables =
                Further { id: &order.id, first: operations::RETURNS_PAGE, after: Some(cursor), parcels: None };
            let answer: OneOrder<wire::ReturnsOnly> =
                self.graphql.run(&operations::ORDER_RETURNS, &variables, call).await?;
            let Some(page) = answer.order else { break };
            order.returns.append(page.returns);
        }
        Ok(())
    }

    async fn rest_of_fulfilment(&self, fulfilment: &mut wire::WireFulfilment, call: &Call) -> Result<(), VendorError> {
        for _ in 0..MOST_PAGES {
            let variables = Further {
                id: &fulfilment.id,
                first: operations::CONTENTS_PAGE,
                after: fulfilment.fulfillment_line_items.cursor(),
                parcels: Some(operations::MOST_PARCELS),
            };
            let answer: OneFulfilment = self.graphql.run(&operations::FULFILMENT_CONTENTS, &variables, call).await?;
            let Some(page) = answer.fulfillment else { break };
            fulfilment.tracking_info = page.tracking_info;
            fulfilment.fulfillment_line_items.append(page.fulfillment_line_items);
            if !fulfilment.fulfillment_line_items.is_cut() {
                break;
            }
        }
        Ok(())
    }

    fn known_format(&self) -> Option<NumberFormat> {
        self.number_format.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn search_named(
        &self,
        name: &str,
        format: Option<&NumberFormat>,
        urgency: Urgency,
    ) -> Result<Vec<Order>, VendorError> {
        let query = search::by_name(name, format);
        let search = Search { query: &query, first: operations::NAMED_PAGE, after: None, sizes: operations::NAMED };
        Ok(self.find(&operations::ORDERS_NAMED, &search, urgency).await?.0)
    }

    async fn find(
        &self,
        operation: &Operation,
        search: &Search<'_>,
        urgency: Urgency,
    ) -> Result<(Vec<Order>, Option<String>), VendorError> {
        let call = self.graphql.call(operation, urgency);
        let found: Found = self.graphql.run(operation, search, &call).await?;
        if found.shop.is_some() {
            *self.number_format.write().unwrap_or_else(PoisonError::into_inner) = found.shop;
        }
        let next = found.orders.next().map(str::to_owned);
        let orders = found.orders.nodes.into_iter().map(|order| {
            let complete = search.sizes.holds_whole(&order);
            reading::order(order, complete).map_err(|problem| self.graphql.garbled(problem))
        });
        Ok((orders.collect::<Result<_, _>>()?, next))
    }
}

#[async_trait]
impl CommerceReader for Shopify {
    fn capabilities(&self) -> &CommerceCapabilities {
        &self.capabilities
    }

    fn page_for_people(&self, order: &OrderId) -> Option<String> {
        let number = order.as_str().rsplit('/').next().filter(|number| number.bytes().all(|b| b.is_ascii_digit()))?;
        Some(format!("https://{}/admin/orders/{number}", self.shop))
    }

    async fn orders_named(&self, name: &str, urgency: Urgency) -> Result<Vec<Order>, VendorError> {
        let assumed = self.known_format();
        let mut orders = self.search_named(name, assumed.as_ref(), urgency).await?;
        let learnt = self.known_format();
        // Whatever was found, lest the number of calls tell whether there is such an order.
        if learnt != assumed && learnt.as_ref().is_some_and(|format| search::matters(name, format)) {
            orders = self.search_named(name, learnt.as_ref(), urgency).await?;
        }
        orders.retain(|order| order.is_called(name));
        Ok(orders)
    }

    async fn order(&self, id: &OrderId, urgency: Urgency) -> Result<Option<Order>, VendorError> {
        if !search::is_order_id(id.as_str()) {
            return Ok(None);
        }
        let call = self.graphql.call(&operations::ORDER_BY_ID, urgency);
        let variables = ById { id: id.as_str(), sizes: operations::ONE };
        let answer: OneOrder<WireOrder> = self.graphql.run(&operations::ORDER_BY_ID, &variables, &call).await?;
        let Some(mut order) = answer.order else { return Ok(None) };
        let complete = operations::ONE.holds_whole(&order) || self.complete(&mut order, &call).await?;
        reading::order(order, complete).map(Some).map_err(|problem| self.graphql.garbled(problem))
    }

    async fn orders_of(
        &self,
        email: &Email,
        status: OrderStatusFilter,
        cursor: Option<&str>,
        urgency: Urgency,
    ) -> Result<OrderPage, VendorError> {
        let query = search::by_email(email, status);
        let search = Search { query: &query, first: operations::LIST_PAGE, after: cursor, sizes: operations::LISTED };
        let (mut orders, next) = self.find(&operations::ORDERS_OF, &search, urgency).await?;
        orders.retain(|order| order.owner() == Some(email));
        Ok(OrderPage { orders, next })
    }

    async fn outside_payment(&self, order: &OrderId, urgency: Urgency) -> Result<Option<String>, VendorError> {
        let Some((namespace, key)) = &self.payment_place else { return Ok(None) };
        if !search::is_order_id(order.as_str()) {
            return Ok(None);
        }
        let call = self.graphql.call(&operations::ORDER_METAFIELD, urgency);
        let variables = MetafieldOf { id: order.as_str(), namespace, key };
        let answer: OneOrder<wire::Noted> = self.graphql.run(&operations::ORDER_METAFIELD, &variables, &call).await?;
        let value = answer.order.and_then(|order| order.metafield).map(|field| field.value.trim().to_owned());
        Ok(value.filter(|value| !value.is_empty()))
    }

    async fn products(
        &self,
        search: &str,
        matching: Matching,
        limit: u32,
        urgency: Urgency,
    ) -> Result<Vec<Product>, VendorError> {
        let Some(query) = search::products(search, matching) else { return Ok(Vec::new()) };
        let first = limit.clamp(1, operations::MOST_PRODUCTS);
        let variables = ProductSearch { query: &query, first, variants: operations::VARIANTS };
        let call = self.graphql.call(&operations::PRODUCTS, urgency);
        let answer: Products = self.graphql.run(&operations::PRODUCTS, &variables, &call).await?;
        let sold = answer.products.nodes.into_iter().filter(|product| product.status == "ACTIVE");
        sold.map(|product| reading::product(product).map_err(|problem| self.graphql.garbled(problem))).collect()
    }

    async fn check(&self, acts: Acts) -> Result<String, VendorError> {
        let call = self.graphql.call(&operations::INSTALLATION, Urgency::Background);
        let answer: wire::Installation = self.graphql.run(&operations::INSTALLATION, &NoVariables {}, &call).await?;
        reading::installation(&answer, &self.shop, acts, self.graphql.served_version())
            .map_err(|problem| self.graphql.credentials(problem))
    }
}
