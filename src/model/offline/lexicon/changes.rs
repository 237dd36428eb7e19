//! Phrases about orders that are called off, sent elsewhere or noted on, and about goods on their way back.

/// The shopper would rather leave things as they are.
pub const KEEP: &[&str] = &[
    "never mind",
    "nevermind",
    "forget it|that|about",
    "keep it|them|the|my|everything|that|this",
    "keeping it|them|the|my",
    "leave it|everything as it|is",
    "leave it",
    "do not cancel|return|change|send",
    "no need to cancel|return|change",
    "want to keep",
    "not cancel|return it|them|anything after",
];

/// The shopper wants to know, and nothing done.
pub const ONLY_ASKS: &[&str] = &[
    "do nothing",
    "do not do|change|cancel|refund|return|send anything",
    "just|only|merely asking|wondering|curious",
    "just|only a question",
    "hypothetically|theoretically",
    "in theory",
    "if i|we were to",
    "what if i|we",
    "what would happen",
    "what happens if|when",
    "would i|we have to|get|lose|owe",
    "until|till when",
    "by when * return|send",
    "how long do|can|have * return|send",
    "is it possible|allowed to return|send|cancel|refund|change",
    "still be returned|refunded|cancelled|canceled|changed",
];

/// An address is to become another one.
pub const ADDRESS: &[&str] = &[
    "address|addresses",
    "send|ship|deliver|redirect|reroute|forward * to|instead",
    "moved|moving",
    "other|another|different|new place|house|street|city",
];

/// What the store's people shall know.
pub const NOTE: &[&str] = &[
    "note|comment to|on|for|in|with",
    "add|leave|put|make|write * note|comment",
    "leave it|the|my|them|order|parcel|package * at|with|behind|by|next",
    "tell|ask|let * driver|courier|carrier|warehouse",
    "gift wrap|wrapped|wrapping",
];

/// Goods go back, in whatever words.
pub const SEND_BACK: &[&str] =
    &["send|sending|sent|bring|bringing|brought|give|giving|given|ship|shipping|mail|mailing|take|taking * back"];

/// How goods are sent back.
pub const HOW_TO_SEND: &[&str] = &[
    "how|where|what * send|ship|drop|bring|mail|post|return * it|them|this|the|back",
    "how|where|what do|should|must|can i * now|next|do",
    "label",
    "drop|bring it off|to",
    "which|what carrier|post|office",
];

/// Whether goods that were sent back have come, and where the money is.
pub const HOW_IT_STANDS: &[&str] = &[
    "did|has|have|is|was * arrive|arrived|come|received|receive|got|get|back",
    "arrived|received yet|now",
    "when|where|did|has|have|will * money|refund|refunded|paid",
    "status|update|news",
    "how * return|it going|doing|stand",
    "already sent|shipped|mailed|dropped it|them",
    "sent|dropped|mailed it|them back|off|yesterday|today|already",
];

/// What leads up to a street, and is no part of its name.
pub const NOT_IN_A_STREET: &[&str] = &["to", "at", "for", "is", "from", "on", "in", "please", "and", "has", "was"];

/// What ends the name of a city in a sentence.
pub const NOT_IN_A_CITY: &[&str] = &[
    "instead", "please", "thanks", "thank", "pls", "plz", "now", "asap", "for", "and", "my", "is", "the", "that",
    "not", "as", "i", "it", "order", "because", "since", "if", "before", "with", "email", "e-mail", "mail", "zip",
    "postcode", "can", "could",
];

/// Names of countries with their codes.
pub const COUNTRIES: &[(&str, &str)] = &[
    ("united states", "US"),
    ("usa", "US"),
    ("canada", "CA"),
    ("united kingdom", "GB"),
    ("uk", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("wales", "GB"),
    ("ireland", "IE"),
    ("germany", "DE"),
    ("deutschland", "DE"),
    ("austria", "AT"),
    ("switzerland", "CH"),
    ("france", "FR"),
    ("italy", "IT"),
    ("spain", "ES"),
    ("portugal", "PT"),
    ("netherlands", "NL"),
    ("belgium", "BE"),
    ("denmark", "DK"),
    ("sweden", "SE"),
    ("norway", "NO"),
    ("poland", "PL"),
    ("japan", "JP"),
    ("australia", "AU"),
    ("new zealand", "NZ"),
];

/// The country in which most prices are in a currency. The euro has none.
pub const HOMES: &[(&str, &str)] =
    &[("USD", "US"), ("CAD", "CA"), ("GBP", "GB"), ("JPY", "JP"), ("AUD", "AU"), ("NZD", "NZ"), ("CHF", "CH")];

/// All that are phrases.
pub const ALL: &[&[&str]] = &[KEEP, ADDRESS, NOTE, SEND_BACK, HOW_TO_SEND, HOW_IT_STANDS];
