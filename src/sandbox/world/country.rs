//! Names of countries, of which the platform knows all and this a few.

/// The name of the country with this ISO 3166 alpha-2 code; the code where the name is not known here.
pub fn name(code: &str) -> String {
    let code = code.to_uppercase();
    let name = match code.as_str() {
        "US" => "United States",
        "CA" => "Canada",
        "JP" => "Japan",
        "DE" => "Germany",
        "FR" => "France",
        "GB" => "United Kingdom",
        "SE" => "Sweden",
        "NL" => "Netherlands",
        "AU" => "Australia",
        _ => return code,
    };
    name.to_owned()
}
