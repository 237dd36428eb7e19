//! Postal addresses.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};

use super::object::{Resolved, boolean, leaf, maybe, text, texts};
use crate::sandbox::world::Address;

/// `MailingAddress`. Its id is that of its owner, with the model's name as a parameter, as the vendor's are.
pub struct AddressNode<'w> {
    pub owner: u64,
    pub address: &'w Address,
}

impl ObjectValue for AddressNode<'_> {
    fn type_name(&self) -> &str {
        "MailingAddress"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let address = self.address;
        match info.field_name() {
            "id" => text(&format!("gid://shopify/MailingAddress/{}?model_name=Address", self.owner)),
            "address1" => text(&address.line1),
            "address2" => maybe(address.line2.as_deref()),
            "city" => text(&address.city),
            "company" => maybe(address.company.as_deref()),
            "coordinatesValidated" => leaf(false),
            "country" => text(&address.country),
            "countryCode" | "countryCodeV2" => text(&address.country_code),
            "firstName" => text(&address.first_name),
            "lastName" => text(&address.last_name),
            "name" => text(&full_name(address)),
            "phone" => maybe(address.phone.as_deref()),
            "province" => maybe(address.province.as_deref()),
            "provinceCode" => maybe(address.province_code.as_deref()),
            "zip" => text(&address.postcode),
            "formatted" => texts(formatted(address, boolean(info, "withName"))),
            "formattedArea" => text(&area(address)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

fn full_name(address: &Address) -> String {
    format!("{} {}", address.first_name, address.last_name).trim().to_owned()
}

fn area(address: &Address) -> String {
    let parts = [Some(address.city.as_str()), address.province_code.as_deref(), Some(address.country.as_str())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn formatted(address: &Address, with_name: bool) -> Vec<String> {
    let town = format!("{} {} {}", address.city, address.province_code.as_deref().unwrap_or(""), address.postcode);
    let name = with_name.then(|| full_name(address));
    let lines = [Some(address.line1.clone()), address.line2.clone(), Some(town), Some(address.country.clone())];
    name.into_iter().chain(lines.into_iter().flatten()).collect()
}
