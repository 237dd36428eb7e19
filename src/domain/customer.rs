//! People and where they live.

use serde::{Deserialize, Serialize};

/// An e-mail address, in the form in which two of them are compared: trimmed, lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// `None` where the text is not one plain address. The rule is narrow on purpose: what passes is safe to quote in
    /// a vendor's search language.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (local, host) = text.split_once('@')?;
        let plain = |part: &str, extra: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        let ok = text.len() <= 254
            && plain(local, ".!#$%&'+-/=?^_`{|}~")
            && plain(host, ".-")
            && host.split('.').count() >= 2
            && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        ok.then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text without what is written like an address: its letters are of no language.
    pub fn left_out(text: &str) -> String {
        let is_of_address = |c: char| c.is_ascii() && !c.is_ascii_whitespace();
        let mut rest = text.to_owned();
        while let Some(at) = rest.find('@') {
            let start = rest.get(..at).map_or(0, |before| before.trim_end_matches(is_of_address).len());
            let after = rest.get(at..).unwrap_or_default();
            let end = rest.len() - after.trim_start_matches(is_of_address).len();
            rest.replace_range(start..end, " ");
        }
        rest
    }

    /// `a•••@example.com`: enough for the owner to know it, too little for others.
    pub fn masked(&self) -> String {
        match self.0.split_once('@') {
            Some((local, host)) => format!("{}•••@{host}", local.chars().next().unwrap_or('•')),
            None => "•••".to_owned(),
        }
    }
}

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an e-mail address")
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// A customer of the store, as the store's platform knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The platform's id.
    pub id: String,
    pub name: Option<String>,
    pub email: Option<Email>,
    /// The store's own words, for the policy only: not for shoppers, nor for models.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A postal address. Vendors withhold single fields, so each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    pub name: Option<String>,
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub city: Option<String>,
    pub province: Option<String>,
    pub postcode: Option<String>,
    /// ISO 3166 alpha-2.
    pub country: Option<String>,
}

/// A postcode in the form in which two of them are compared: letters and digits only, upper case. American ZIP+4
/// compares by its first five digits.
pub fn comparable_postcode(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let zip_plus_four =
        bare.len() == 9 && text.trim().as_bytes().get(5) == Some(&b'-') && bare.bytes().all(|b| b.is_ascii_digit());
    let bare = if zip_plus_four { bare.chars().take(5).collect() } else { bare };
    (3..=10).contains(&bare.len()).then_some(bare)
}
