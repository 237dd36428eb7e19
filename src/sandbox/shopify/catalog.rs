//! Products and their variants.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};
use apollo_compiler::response::JsonValue;

use super::connection::page;
use super::money::MoneyNode;
use super::object::{
    Plain, Resolved, View, big, count, first_of, gid, integer, leaf, list, null, object, text, texts, time,
};
use crate::domain::money::Money;
use crate::sandbox::world::{Product, Variant};

/// `Product`.
#[derive(Clone, Copy)]
pub struct ProductNode<'w> {
    pub view: View<'w>,
    pub product: &'w Product,
}

impl ObjectValue for ProductNode<'_> {
    fn type_name(&self) -> &str {
        "Product"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, product) = (self.view, self.product);
        match info.field_name() {
            "id" => text(&gid("Product", product.id)),
            "legacyResourceId" => big(product.id),
            "title" => text(&product.title),
            "handle" => text(&product.handle),
            "description" => {
                let length = integer(info, "truncateAt").and_then(|length| usize::try_from(length).ok());
                text(&product.description.chars().take(length.unwrap_or(usize::MAX)).collect::<String>())
            }
            "descriptionHtml" => text(&format!("<p>{}</p>", escaped(&product.description))),
            "vendor" => text(&product.vendor),
            "productType" => text(&product.kind),
            "tags" => texts(&product.tags),
            "status" => text("ACTIVE"),
            "isGiftCard" => leaf(product.gift_card),
            "onlineStoreUrl" => text(&format!("{}/products/{}", view.world.shop.url, product.handle)),
            "createdAt" | "publishedAt" | "updatedAt" => time(product.created_at),
            "hasOnlyDefaultVariant" => leaf(product.is_plain()),
            "hasOutOfStockVariants" => leaf(product.variants.iter().any(|variant| variant.stock <= 0)),
            "totalInventory" => leaf(product.stock()),
            "tracksInventory" => leaf(true),
            "variantsCount" => count(product.variants.len()),
            "priceRangeV2" => object(PriceRange(product)),
            "options" => list(self.options().into_iter().take(first_of(info))),
            "variants" => {
                let variants = product.variants.iter().map(|variant| (variant.id, variant));
                page("ProductVariant", info, variants, |variant| VariantNode { view, product, variant })
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ProductNode<'_> {
    fn options(&self) -> Vec<Plain> {
        let name = self.product.variants.first().map(|variant| variant.option.clone()).unwrap_or_default();
        let values: Vec<JsonValue> = self.product.variants.iter().map(|v| v.title.clone().into()).collect();
        let fields = vec![
            ("id", gid("ProductOption", self.product.id).into()),
            ("name", name.into()),
            ("position", 1.into()),
            ("values", values.into()),
        ];
        vec![Plain("ProductOption", fields)]
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `ProductPriceRangeV2`.
struct PriceRange<'w>(&'w Product);

impl ObjectValue for PriceRange<'_> {
    fn type_name(&self) -> &str {
        "ProductPriceRangeV2"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let mut prices: Vec<Money> = self.0.variants.iter().map(|variant| variant.price).collect();
        prices.sort_by_key(|price| price.minor());
        let price = match info.field_name() {
            "minVariantPrice" => prices.first(),
            "maxVariantPrice" => prices.last(),
            _ => return Err(self.unknown_field_error(info)),
        };
        match price {
            Some(price) => object(MoneyNode(*price)),
            None => null(),
        }
    }
}

/// `ProductVariant`.
#[derive(Clone, Copy)]
pub struct VariantNode<'w> {
    pub view: View<'w>,
    pub product: &'w Product,
    pub variant: &'w Variant,
}

impl ObjectValue for VariantNode<'_> {
    fn type_name(&self) -> &str {
        "ProductVariant"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, product, variant) = (self.view, self.product, self.variant);
        match info.field_name() {
            "id" => text(&gid("ProductVariant", variant.id)),
            "legacyResourceId" => big(variant.id),
            "sku" => text(&variant.sku),
            "title" => text(&variant.title),
            "displayName" => text(&format!("{} - {}", product.title, variant.title)),
            "price" => text(&variant.price.decimal()),
            "compareAtPrice" | "barcode" => null(),
            "availableForSale" => leaf(variant.stock > 0),
            "inventoryQuantity" | "sellableOnlineQuantity" => leaf(variant.stock),
            "inventoryPolicy" => text("DENY"),
            "taxable" => leaf(true),
            "createdAt" | "updatedAt" => time(product.created_at),
            "position" => {
                let position = product.variants.iter().position(|other| other.id == variant.id);
                leaf(position.unwrap_or_default() + 1)
            }
            "product" => object(ProductNode { view, product }),
            "selectedOptions" => {
                let fields = vec![("name", variant.option.clone().into()), ("value", variant.title.clone().into())];
                list([Plain("SelectedOption", fields)])
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// What free text search looks through.
pub fn searched_texts(product: &Product) -> impl Iterator<Item = &str> {
    let own = [product.title.as_str(), &product.description, &product.vendor, &product.kind, &product.handle];
    let tags = product.tags.iter().map(String::as_str);
    let skus = product.variants.iter().flat_map(|variant| [variant.sku.as_str(), variant.title.as_str()]);
    own.into_iter().chain(tags).chain(skus)
}
