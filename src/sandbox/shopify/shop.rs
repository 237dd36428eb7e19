//! The shop itself and the app that reads it.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};
use apollo_compiler::response::JsonValue;

use super::SERVED;
use super::object::{Plain, Resolved, View, leaf, list, object, text, texts, time};

/// Shopify's number of the shop. A world has one.
const SHOP: &str = "gid://shopify/Shop/76110001";

/// `Shop`.
pub struct ShopNode<'w> {
    pub view: View<'w>,
}

impl ObjectValue for ShopNode<'_> {
    fn type_name(&self) -> &str {
        "Shop"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let shop = &self.view.world.shop;
        match info.field_name() {
            "id" => text(SHOP),
            "name" => text(&shop.name),
            "email" | "contactEmail" => text(&shop.email),
            "myshopifyDomain" => text(&shop.domain),
            "url" => text(&shop.url),
            "primaryDomain" => {
                let host = shop.url.trim_start_matches("https://").trim_start_matches("http://").to_owned();
                let fields: Vec<(&'static str, JsonValue)> = vec![
                    ("id", "gid://shopify/Domain/90110001".into()),
                    ("host", host.into()),
                    ("sslEnabled", true.into()),
                    ("url", shop.url.clone().into()),
                ];
                object(Plain("Domain", fields))
            }
            "currencyCode" => text(shop.currency.code()),
            "enabledPresentmentCurrencies" => {
                let orders = self.view.world.orders.iter().map(|order| order.currency.code());
                let mut codes: Vec<&str> = orders.chain([shop.currency.code()]).collect();
                codes.sort_unstable();
                codes.dedup();
                texts(codes)
            }
            "ianaTimezone" => text(&shop.timezone),
            "timezoneOffset" => text(&offset(shop.utc_offset)),
            "unitSystem" => text("METRIC_SYSTEM"),
            "weightUnit" => text("KILOGRAMS"),
            "orderNumberFormatPrefix" => text(&shop.order_prefix),
            "orderNumberFormatSuffix" => text(&shop.order_suffix),
            "taxesIncluded" => leaf(false),
            "createdAt" | "updatedAt" => time(self.view.world.created_at),
            "plan" => {
                let fields = vec![
                    ("displayName", "Basic".into()),
                    ("publicDisplayName", "Basic".into()),
                    ("partnerDevelopment", true.into()),
                    ("shopifyPlus", false.into()),
                ];
                object(Plain("ShopPlan", fields))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `-0800`.
fn offset(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

/// `AppInstallation`.
pub struct InstallationNode<'w> {
    pub view: View<'w>,
}

impl ObjectValue for InstallationNode<'_> {
    fn type_name(&self) -> &str {
        "AppInstallation"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "id" => text("gid://shopify/AppInstallation/61110001"),
            "launchUrl" => text(&format!("https://{}/admin/apps/deskhand", self.view.world.shop.domain)),
            "accessScopes" => list(self.view.world.shop.scopes.iter().map(|scope| {
                let description = format!("Access granted by {scope}");
                Plain("AccessScope", vec![("handle", scope.clone().into()), ("description", description.into())])
            })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ApiVersion`. The last one that is served is the release candidate.
pub fn version(handle: &'static str) -> Plain {
    let candidate = SERVED.last() == Some(&handle);
    let name = if candidate { format!("{handle} (Release candidate)") } else { handle.to_owned() };
    let fields = vec![("handle", handle.into()), ("displayName", name.into()), ("supported", (!candidate).into())];
    Plain("ApiVersion", fields)
}
