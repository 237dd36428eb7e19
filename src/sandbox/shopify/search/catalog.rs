//! Which products and customers a query finds.

use super::{Term, Wanted};
use crate::sandbox::shopify::catalog::searched_texts;
use crate::sandbox::shopify::object::number_of;
use crate::sandbox::world::{Customer, Product};

/// Whether a product matches a parsed query.
pub fn product_matches(product: &Product, query: &Term) -> bool {
    query.matches(&|term| match term {
        Term::Field { name, value, .. } => product_field(product, name, value),
        Term::Text(wanted) => searched_texts(product).any(|text| wanted.occurs_in(text)),
        _ => false,
    })
}

fn product_field(product: &Product, name: &str, value: &Wanted) -> bool {
    match name {
        "title" => value.occurs_in(&product.title),
        "handle" => value.is(&product.handle),
        "vendor" => value.is(&product.vendor),
        "product_type" => value.is(&product.kind),
        "tag" => product.tags.iter().any(|tag| value.is(tag)),
        "tag_not" => !product.tags.iter().any(|tag| value.is(tag)),
        "status" => value.is("active"),
        "gift_card" => value.is(if product.gift_card { "true" } else { "false" }),
        "sku" => product.variants.iter().any(|variant| value.is(&variant.sku)),
        "id" => number_of(&value.text, "Product").or_else(|| value.text.parse().ok()) == Some(product.id),
        _ => {
            let text = format!("{name}:{}", value.text);
            let wanted = Wanted { text, prefix: false, quoted: true };
            searched_texts(product).any(|text| wanted.occurs_in(text))
        }
    }
}

/// Whether a customer matches a parsed query.
pub fn customer_matches(customer: &Customer, query: &Term) -> bool {
    let phone = customer.phone.as_deref().unwrap_or_default();
    let texts = [customer.first_name.as_str(), &customer.last_name, &customer.email, phone];
    query.matches(&|term| match term {
        Term::Field { name, value, .. } => match name.as_str() {
            "email" => value.is(&customer.email),
            "phone" => !phone.is_empty() && value.is(phone),
            "first_name" => value.is(&customer.first_name),
            "last_name" => value.is(&customer.last_name),
            "tag" => customer.tags.iter().any(|tag| value.is(tag)),
            "id" => number_of(&value.text, "Customer").or_else(|| value.text.parse().ok()) == Some(customer.id),
            _ => false,
        },
        Term::Text(wanted) => texts.iter().any(|text| wanted.occurs_in(text)),
        _ => false,
    })
}
