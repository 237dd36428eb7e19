//! The one list of all settings. What a file may say, what the environment may say, the table that people read and the
//! hints in errors are all made from it.

/// What a setting's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Never shown. In the file, `NAME_file` names a file that holds it.
    Secret,
    Url,
    /// Host and port.
    Address,
    /// A file or folder. In `deskhand.toml` it is relative to that file, elsewhere to the working folder.
    Path,
    Count,
    Decimal,
    Seconds,
    Flag,
    Words,
    /// Names and secret values.
    Headers,
    Choice(&'static [&'static str]),
}

impl Kind {
    /// As the table and the errors call it.
    pub fn name(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Secret => "secret".to_owned(),
            Self::Url => "web address".to_owned(),
            Self::Address => "address and port".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Count => "whole number".to_owned(),
            Self::Decimal => "number".to_owned(),
            Self::Seconds => "seconds".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Words => "list".to_owned(),
            Self::Headers => "table of secrets".to_owned(),
            Self::Choice(choices) => choices.join(", "),
        }
    }
}

/// One thing that can be set.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its path in `deskhand.toml`; `*` stands for the name of a store.
    pub key: &'static str,
    pub environment: &'static str,
    pub kind: Kind,
    /// In words; empty where there is none.
    pub default: &'static str,
    pub meaning: &'static str,
    /// Whether its section is of no use without it.
    pub required: bool,
}

impl Setting {
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Whether it belongs to one store.
    pub fn of_store(&self) -> bool {
        self.key.starts_with("stores.*.")
    }

    /// The variable that sets it for one store among several: `DESKHAND_STORES_MAIN_SHOPIFY_BASE_URL`.
    pub fn environment_of(&self, store: &str) -> Option<String> {
        let key = self.key.strip_prefix("stores.*.")?;
        Some(format!("DESKHAND_STORES_{}_{}", shout(store), shout(key)))
    }
}

fn shout(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

const fn setting(
    key: &'static str,
    environment: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { key, environment, kind, default, meaning, required: false }
}

/// The variable that names the configuration file. It cannot stand in that file.
pub const CONFIG_VARIABLE: &str = "DESKHAND_CONFIG";

const MODES: &[&str] = &["observe", "draft", "approve", "act"];
const LOG_FORMATS: &[&str] = &["human", "json"];
const TICKET_STATUSES: &[&str] = &["open", "closed"];
const TICKET_PRIORITIES: &[&str] = &["critical", "high", "normal", "low"];

/// All settings, in the order in which people read them.
pub const SETTINGS: &[Setting] = &[
    setting("server.address", "DESKHAND_ADDRESS", Kind::Address, "127.0.0.1:8787", "Where the server listens."),
    setting(
        "server.token_secret",
        "DESKHAND_TOKEN_SECRET",
        Kind::Secret,
        "the file token-secret in the data folder, made at the first start",
        "Signs the tokens of conversations that widgets open. A new one ends them.",
    ),
    setting(
        "server.allowed_origins",
        "DESKHAND_ALLOWED_ORIGINS",
        Kind::Words,
        "every origin",
        "Origins whose pages may call the API from a browser, such as https://shop.example.",
    ),
    setting(
        "server.trusted_proxies",
        "DESKHAND_TRUSTED_PROXIES",
        Kind::Words,
        "none",
        "Addresses of proxies in front, whose X-Forwarded-For is believed.",
    ),
    setting(
        "server.body_limit_bytes",
        "DESKHAND_BODY_LIMIT_BYTES",
        Kind::Count,
        "131072",
        "The largest body of a request.",
    ),
    setting(
        "server.streams_per_address",
        "DESKHAND_STREAMS_PER_ADDRESS",
        Kind::Count,
        "64",
        "Streams that one client address may hold open with a public key.",
    ),
    setting(
        "server.key_rate.per_second",
        "DESKHAND_KEY_RATE_PER_SECOND",
        Kind::Decimal,
        "200",
        "Requests that one API key may make, in the long run.",
    ),
    setting("server.key_rate.burst", "DESKHAND_KEY_RATE_BURST", Kind::Count, "1000", "And how many at once."),
    setting(
        "server.address_rate.per_second",
        "DESKHAND_ADDRESS_RATE_PER_SECOND",
        Kind::Decimal,
        "5",
        "Requests that one client address may make with a public key, in the long run.",
    ),
    setting("server.address_rate.burst", "DESKHAND_ADDRESS_RATE_BURST", Kind::Count, "60", "And how many at once."),
    setting(
        "server.grace_seconds",
        "DESKHAND_GRACE_SECONDS",
        Kind::Count,
        "20",
        "How long turns may go on after the signal to stop; the rest is taken up by the next start.",
    ),
    setting(
        "storage.folder",
        "DESKHAND_DATA",
        Kind::Path,
        ".deskhand",
        "The folder of the database, of the keyring and of the sandbox's world.",
    ),
    setting(
        "storage.keys",
        "DESKHAND_KEYS",
        Kind::Secret,
        "the file keyring in that folder, made at the first start",
        "The keys that seal personal data, name:base64,… The first seals, each opens.",
    ),
    setting(
        "model.model",
        "DESKHAND_MODEL",
        Kind::Text,
        "gpt-5.2 at OpenAI; required elsewhere",
        "The model's name as its server knows it, or offline for the rule-based stand-in.",
    ),
    setting(
        "model.base_url",
        "OPENAI_BASE_URL",
        Kind::Url,
        "https://api.openai.com/v1",
        "An OpenAI-compatible server; /chat/completions lies below.",
    ),
    setting("model.api_key", "OPENAI_API_KEY", Kind::Secret, "", "The key for that server."),
    setting(
        "model.fallback_model",
        "DESKHAND_FALLBACK_MODEL",
        Kind::Text,
        "",
        "The model that is asked when the first gave no answer at all.",
    ),
    setting(
        "model.fallback_base_url",
        "DESKHAND_FALLBACK_BASE_URL",
        Kind::Url,
        "the first model's",
        "Where the fallback model is.",
    ),
    setting(
        "model.fallback_api_key",
        "DESKHAND_FALLBACK_API_KEY",
        Kind::Secret,
        "the first model's, at the same server only",
        "The fallback's key.",
    ),
    setting("model.temperature", "DESKHAND_TEMPERATURE", Kind::Decimal, "the server's", "From 0 to 2."),
    setting(
        "model.max_output_tokens",
        "DESKHAND_MAX_OUTPUT_TOKENS",
        Kind::Count,
        "4096",
        "The longest answer, thinking included.",
    ),
    setting(
        "model.token_budget",
        "DESKHAND_TOKEN_BUDGET",
        Kind::Count,
        "32000",
        "The longest input; the oldest turns of a longer conversation are left out.",
    ),
    setting(
        "model.first_token_limit",
        "DESKHAND_FIRST_TOKEN_LIMIT",
        Kind::Seconds,
        "30",
        "Until an answer begins, in each attempt.",
    ),
    setting("model.idle_limit", "DESKHAND_IDLE_LIMIT", Kind::Seconds, "30", "Without any byte after that."),
    setting(
        "model.total_limit",
        "DESKHAND_TOTAL_LIMIT",
        Kind::Seconds,
        "120",
        "For everything: attempts, waits, fallback and the whole answer.",
    ),
    setting(
        "model.retries",
        "DESKHAND_MODEL_RETRIES",
        Kind::Count,
        "2",
        "How often a request is sent again after a passing failure.",
    ),
    setting(
        "model.strict_tools",
        "DESKHAND_STRICT_TOOLS",
        Kind::Flag,
        "true",
        "Whether the server is asked to hold the model to the tools' schemas.",
    ),
    setting(
        "model.parallel_tool_calls",
        "DESKHAND_PARALLEL_TOOL_CALLS",
        Kind::Flag,
        "true",
        "Whether the model may call several tools at once.",
    ),
    setting(
        "model.extra_headers",
        "DESKHAND_MODEL_HEADERS",
        Kind::Headers,
        "",
        "Headers that the server wants besides; in the environment name=value,…",
    ),
    setting("log.filter", "DESKHAND_LOG", Kind::Text, "info for serve and sandbox, else warn", "What is logged."),
    setting(
        "log.format",
        "DESKHAND_LOG_FORMAT",
        Kind::Choice(LOG_FORMATS),
        "human on a terminal, else json",
        "How it is logged, to standard error.",
    ),
    setting(
        "sandbox.fixture",
        "DESKHAND_SANDBOX_FIXTURE",
        Kind::Path,
        "the built-in store",
        "A store of your own for demo, chat and sandbox, as a YAML file.",
    ),
    setting(
        "sandbox.mode",
        "DESKHAND_SANDBOX_MODE",
        Kind::Choice(MODES),
        "act",
        "How far the agent is trusted with the sandbox's store.",
    ),
    setting(
        "http.connect_timeout_ms",
        "DESKHAND_HTTP_CONNECT_TIMEOUT_MS",
        Kind::Count,
        "3000",
        "Until a connection to a vendor must stand.",
    ),
    setting(
        "http.attempt_timeout_ms",
        "DESKHAND_HTTP_ATTEMPT_TIMEOUT_MS",
        Kind::Count,
        "10000",
        "For one attempt, from the first byte out to the last byte in.",
    ),
    setting(
        "http.shopper_patience_ms",
        "DESKHAND_HTTP_SHOPPER_PATIENCE_MS",
        Kind::Count,
        "15000",
        "For one call while a shopper waits: attempts, pauses, waiting for the vendor's limit.",
    ),
    setting(
        "http.background_patience_ms",
        "DESKHAND_HTTP_BACKGROUND_PATIENCE_MS",
        Kind::Count,
        "120000",
        "The same for work that nobody watches.",
    ),
    setting("http.attempts", "DESKHAND_HTTP_ATTEMPTS", Kind::Count, "3", "How often a request is sent at most."),
    setting(
        "http.first_pause_ms",
        "DESKHAND_HTTP_FIRST_PAUSE_MS",
        Kind::Count,
        "300",
        "Before the second attempt; doubled for each further one.",
    ),
    setting(
        "http.breaker_failures",
        "DESKHAND_HTTP_BREAKER_FAILURES",
        Kind::Count,
        "6",
        "Failures in a row after which a vendor is left alone for a while.",
    ),
    setting(
        "http.breaker_pause_ms",
        "DESKHAND_HTTP_BREAKER_PAUSE_MS",
        Kind::Count,
        "5000",
        "For how long, before one call may try again; doubled up to eightfold.",
    ),
    setting(
        "http.answer_limit_bytes",
        "DESKHAND_HTTP_ANSWER_LIMIT_BYTES",
        Kind::Count,
        "8388608",
        "The largest answer of a vendor that is read.",
    ),
    setting("stores.*.name", "DESKHAND_STORE_NAME", Kind::Text, "", "The store as shoppers know it.").required(),
    setting(
        "stores.*.zone",
        "DESKHAND_STORE_ZONE",
        Kind::Text,
        "UTC",
        "The time zone in which its dates are told, such as America/Los_Angeles.",
    ),
    setting(
        "stores.*.brand_voice",
        "DESKHAND_STORE_BRAND_VOICE",
        Kind::Text,
        "",
        "How its agents speak, in a sentence or two.",
    ),
    setting(
        "stores.*.languages",
        "DESKHAND_STORE_LANGUAGES",
        Kind::Words,
        "en",
        "ISO 639-1 codes of the languages in which the agent may answer. Others are answered by a person.",
    ),
    setting(
        "stores.*.mode",
        "DESKHAND_STORE_MODE",
        Kind::Choice(MODES),
        "that of its policy, else observe",
        "How far the agent is trusted.",
    ),
    setting(
        "stores.*.policy",
        "DESKHAND_STORE_POLICY",
        Kind::Path,
        "policy.toml beside deskhand.toml",
        "The store's rules.",
    ),
    setting(
        "stores.*.help",
        "DESKHAND_STORE_HELP",
        Kind::Path,
        "help beside deskhand.toml",
        "The folder of the store's articles, Markdown.",
    ),
    setting(
        "stores.*.prompts",
        "DESKHAND_STORE_PROMPTS",
        Kind::Path,
        "prompts beside deskhand.toml",
        "The folder of prompts and languages that stand in the place of the built-in ones.",
    ),
    setting(
        "stores.*.customer_token_secret",
        "DESKHAND_STORE_CUSTOMER_TOKEN_SECRET",
        Kind::Secret,
        "",
        "Signs the tokens with which your shop vouches for a customer who is signed in.",
    ),
    setting(
        "stores.*.shopify.shop",
        "DESKHAND_SHOPIFY_SHOP",
        Kind::Text,
        "",
        "The shop's own domain, NAME.myshopify.com.",
    )
    .required(),
    setting(
        "stores.*.shopify.base_url",
        "DESKHAND_SHOPIFY_BASE_URL",
        Kind::Url,
        "the shop",
        "Where requests go instead: a proxy, a test, the sandbox.",
    ),
    setting(
        "stores.*.shopify.access_token",
        "DESKHAND_SHOPIFY_ACCESS_TOKEN",
        Kind::Secret,
        "",
        "The Admin API token shpat_… of a custom app. Either this or the two below.",
    ),
    setting(
        "stores.*.shopify.client_id",
        "DESKHAND_SHOPIFY_CLIENT_ID",
        Kind::Text,
        "",
        "The client id of an app of the Dev Dashboard.",
    ),
    setting("stores.*.shopify.client_secret", "DESKHAND_SHOPIFY_CLIENT_SECRET", Kind::Secret, "", "Its secret."),
    setting(
        "stores.*.shopify.all_orders",
        "DESKHAND_SHOPIFY_ALL_ORDERS",
        Kind::Flag,
        "false",
        "Whether the app was granted read_all_orders; without it Shopify shows 60 days.",
    ),
    setting("stores.*.easypost.api_key", "DESKHAND_EASYPOST_API_KEY", Kind::Secret, "", "EasyPost's API key.")
        .required(),
    setting(
        "stores.*.easypost.base_url",
        "DESKHAND_EASYPOST_BASE_URL",
        Kind::Url,
        "https://api.easypost.com",
        "Where requests go.",
    ),
    setting(
        "stores.*.easypost.searches_per_second",
        "DESKHAND_EASYPOST_SEARCHES_PER_SECOND",
        Kind::Count,
        "5",
        "Searches sent at most; EasyPost allows 5 for the whole account.",
    ),
    setting(
        "stores.*.sendgrid.api_key",
        "DESKHAND_SENDGRID_API_KEY",
        Kind::Secret,
        "",
        "SendGrid's API key, with the scope mail.send.",
    )
    .required(),
    setting(
        "stores.*.sendgrid.from",
        "DESKHAND_SENDGRID_FROM",
        Kind::Text,
        "",
        "The sender of mails: an address that SendGrid has verified.",
    )
    .required(),
    setting("stores.*.sendgrid.from_name", "DESKHAND_SENDGRID_FROM_NAME", Kind::Text, "", "The sender's name."),
    setting(
        "stores.*.sendgrid.reply_to",
        "DESKHAND_SENDGRID_REPLY_TO",
        Kind::Text,
        "the sender",
        "Where answers to mails go.",
    ),
    setting(
        "stores.*.sendgrid.base_url",
        "DESKHAND_SENDGRID_BASE_URL",
        Kind::Url,
        "https://api.sendgrid.com",
        "Where requests go; https://api.eu.sendgrid.com for accounts in the EU.",
    ),
    setting(
        "stores.*.gorgias.domain",
        "DESKHAND_GORGIAS_DOMAIN",
        Kind::Text,
        "",
        "The Gorgias account: NAME of NAME.gorgias.com.",
    )
    .required(),
    setting(
        "stores.*.gorgias.user",
        "DESKHAND_GORGIAS_USER",
        Kind::Text,
        "",
        "The e-mail address of the user to whom the API key belongs.",
    )
    .required(),
    setting("stores.*.gorgias.api_key", "DESKHAND_GORGIAS_API_KEY", Kind::Secret, "", "Gorgias' API key.").required(),
    setting(
        "stores.*.gorgias.agent",
        "DESKHAND_GORGIAS_AGENT",
        Kind::Text,
        "the key's user",
        "The user who is shown as the author of the agent's messages.",
    ),
    setting(
        "stores.*.gorgias.subject",
        "DESKHAND_GORGIAS_SUBJECT",
        Kind::Text,
        "{subject}",
        "The subject of tickets; {subject} stands for what the hand-off says.",
    ),
    setting("stores.*.gorgias.tags", "DESKHAND_GORGIAS_TAGS", Kind::Words, "", "Tags for every ticket."),
    setting(
        "stores.*.gorgias.status",
        "DESKHAND_GORGIAS_STATUS",
        Kind::Choice(TICKET_STATUSES),
        "open",
        "The status of new tickets.",
    ),
    setting(
        "stores.*.gorgias.priority",
        "DESKHAND_GORGIAS_PRIORITY",
        Kind::Choice(TICKET_PRIORITIES),
        "Gorgias'",
        "The priority of new tickets.",
    ),
    setting(
        "stores.*.gorgias.assignee_team",
        "DESKHAND_GORGIAS_ASSIGNEE_TEAM",
        Kind::Count,
        "",
        "The id of the team that tickets go to.",
    ),
    setting(
        "stores.*.gorgias.visitor_domain",
        "DESKHAND_GORGIAS_VISITOR_DOMAIN",
        Kind::Text,
        "visitor.invalid",
        "Where shoppers who gave no e-mail address are entered as customers; no mail can arrive there.",
    ),
    setting(
        "stores.*.gorgias.calls_in_20_seconds",
        "DESKHAND_GORGIAS_CALLS_IN_20_SECONDS",
        Kind::Count,
        "20",
        "Calls sent at most; Gorgias allows 40 to an account, all its apps together.",
    ),
    setting(
        "stores.*.gorgias.base_url",
        "DESKHAND_GORGIAS_BASE_URL",
        Kind::Url,
        "the account",
        "Where requests go instead: a proxy, a test, the sandbox.",
    ),
];
