//! Settings of a store whose people work in Intercom.

use super::list::setting;
use super::{Kind, Setting};

const REGIONS: &[&str] = &["us", "eu", "au"];

pub const SETTINGS: &[Setting] = &[
    setting(
        "stores.*.intercom.region",
        "DESKHAND_INTERCOM_REGION",
        Kind::Choice(REGIONS),
        "us",
        "Where the workspace is kept.",
    ),
    setting(
        "stores.*.intercom.app_id",
        "DESKHAND_INTERCOM_APP_ID",
        Kind::Text,
        "",
        "The Intercom workspace's id, for a store whose people work there.",
    )
    .required(),
    setting(
        "stores.*.intercom.access_token",
        "DESKHAND_INTERCOM_ACCESS_TOKEN",
        Kind::Secret,
        "",
        "The access token of an app of yours in Intercom's Developer Hub.",
    )
    .required(),
    setting(
        "stores.*.intercom.admin",
        "DESKHAND_INTERCOM_ADMIN",
        Kind::Count,
        "",
        "The id of the teammate in whose name Deskhand writes; one of its own.",
    )
    .required(),
    setting(
        "stores.*.intercom.bots",
        "DESKHAND_INTERCOM_BOTS",
        Kind::Words,
        "",
        "Ids of Intercom teammates who are no people; Intercom's own bots are known without it.",
    ),
    setting(
        "stores.*.intercom.client_secret",
        "DESKHAND_INTERCOM_CLIENT_SECRET",
        Kind::Secret,
        "none are taken",
        "The app's client secret, under which Intercom signs its events; `deskhand stores connect intercom` tells how to have them sent.",
    ),
    setting("stores.*.intercom.tags", "DESKHAND_INTERCOM_TAGS", Kind::Words, "", "Tags for every conversation."),
    setting(
        "stores.*.intercom.team",
        "DESKHAND_INTERCOM_TEAM",
        Kind::Count,
        "",
        "The id of the team that conversations go to.",
    ),
    setting(
        "stores.*.intercom.mail_contacts",
        "DESKHAND_INTERCOM_MAIL_CONTACTS",
        Kind::Flag,
        "false",
        "Whether a shopper's address becomes their contact's, whom Intercom then mails what they leave unread.",
    ),
    setting(
        "stores.*.intercom.calls_in_10_seconds",
        "DESKHAND_INTERCOM_CALLS_IN_10_SECONDS",
        Kind::Count,
        "800",
        "Calls sent at most; Intercom allows an app 10,000 in a minute.",
    ),
    setting(
        "stores.*.intercom.base_url",
        "DESKHAND_INTERCOM_BASE_URL",
        Kind::Url,
        "the region's",
        "Where requests go instead: a proxy, a test, the sandbox.",
    ),
];
