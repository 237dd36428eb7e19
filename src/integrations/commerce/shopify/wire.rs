//! The answers as they come. Names follow Shopify's.

use jiff::Timestamp;
use serde::Deserialize;

/// A connection: one page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Nodes<T> {
    pub nodes: Vec<T>,
    page_info: Option<PageInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl<T> Nodes<T> {
    pub fn is_cut(&self) -> bool {
        self.page_info.as_ref().is_some_and(|page| page.has_next_page)
    }

    /// Where this page ends.
    pub fn cursor(&self) -> Option<&str> {
        self.page_info.as_ref()?.end_cursor.as_deref()
    }

    /// Where the next page begins, if there is one.
    pub fn next(&self) -> Option<&str> {
        self.cursor().filter(|_| self.is_cut())
    }

    pub fn append(&mut self, page: Self) {
        self.nodes.extend(page.nodes);
        self.page_info = page.page_info;
    }
}

#[derive(Deserialize)]
pub struct Found {
    pub orders: Nodes<WireOrder>,
    /// Asked for where orders are searched by name.
    pub shop: Option<NumberFormat>,
}

/// How a shop writes the numbers of its orders: `EN1001-A` has the prefix `EN` and the suffix `-A`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NumberFormat {
    #[serde(rename = "orderNumberFormatPrefix")]
    pub prefix: String,
    #[serde(rename = "orderNumberFormatSuffix")]
    pub suffix: String,
}

#[derive(Deserialize)]
pub struct OneOrder<T> {
    pub order: Option<T>,
}

#[derive(Deserialize)]
pub struct OneFulfilment {
    pub fulfillment: Option<FulfilmentContents>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentContents {
    pub tracking_info: Vec<TrackingInfo>,
    pub fulfillment_line_items: Nodes<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinesOnly {
    pub line_items: Nodes<WireLine>,
}

#[derive(Deserialize)]
pub struct FulfilmentsOnly {
    pub fulfillments: Vec<WireFulfilment>,
}

#[derive(Deserialize)]
pub struct ReturnsOnly {
    pub returns: Nodes<WireReturn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireOrder {
    pub id: String,
    pub name: String,
    pub number: Option<u64>,
    pub processed_at: Timestamp,
    pub cancelled_at: Option<Timestamp>,
    pub display_financial_status: Option<String>,
    pub display_fulfillment_status: String,
    pub presentment_currency_code: String,
    pub refundable: bool,
    pub total_price_set: Bag,
    pub total_refunded_set: Bag,
    pub total_shipping_price_set: Bag,
    pub total_refunded_shipping_set: Bag,
    pub net_payment_set: Bag,
    pub email: Option<String>,
    pub customer: Option<WireCustomer>,
    pub shipping_address: Option<WireAddress>,
    pub note: Option<String>,
    pub tags: Vec<String>,
    pub line_items: Nodes<WireLine>,
    pub fulfillments: Vec<WireFulfilment>,
    pub returns: Nodes<WireReturn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bag {
    /// In the customer's own currency.
    pub presentment_money: Amount,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amount {
    pub amount: String,
    pub currency_code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireCustomer {
    pub id: String,
    pub display_name: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub default_email_address: Option<EmailAddress>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailAddress {
    pub email_address: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireAddress {
    pub name: Option<String>,
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub city: Option<String>,
    pub province_code: Option<String>,
    pub zip: Option<String>,
    pub country_code_v2: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireLine {
    pub id: String,
    pub title: String,
    pub variant_title: Option<String>,
    pub sku: Option<String>,
    pub quantity: u32,
    pub current_quantity: u32,
    pub refundable_quantity: u32,
    pub discounted_unit_price_after_all_discounts_set: Bag,
    /// Gone when the product was deleted.
    pub product: Option<Tagged>,
}

#[derive(Deserialize)]
pub struct Tagged {
    pub tags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireFulfilment {
    pub id: String,
    pub status: String,
    pub display_status: Option<String>,
    pub created_at: Timestamp,
    pub estimated_delivery_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub tracking_info: Vec<TrackingInfo>,
    pub fulfillment_line_items: Nodes<Content>,
}

#[derive(Deserialize)]
pub struct TrackingInfo {
    pub company: Option<String>,
    pub number: Option<String>,
    pub url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    pub quantity: Option<u32>,
    pub line_item: Id,
}

#[derive(Deserialize)]
pub struct Id {
    pub id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireReturn {
    pub id: String,
    pub name: String,
    pub status: String,
    pub created_at: Timestamp,
}

#[derive(Deserialize)]
pub struct Noted {
    pub metafield: Option<Metafield>,
}

#[derive(Deserialize)]
pub struct Metafield {
    pub value: String,
}

#[derive(Deserialize)]
pub struct Products {
    pub products: Nodes<WireProduct>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireProduct {
    pub id: String,
    pub title: String,
    pub description: String,
    pub status: String,
    pub online_store_url: Option<String>,
    pub price_range_v2: PriceRange,
    pub variants: Nodes<WireVariant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceRange {
    pub min_variant_price: Amount,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireVariant {
    pub available_for_sale: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Installation {
    pub shop: Shop,
    pub current_app_installation: AppInstallation,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shop {
    pub name: String,
    pub myshopify_domain: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppInstallation {
    pub access_scopes: Vec<Scope>,
}

#[derive(Deserialize)]
pub struct Scope {
    pub handle: String,
}
