//! A setting that cannot work is named, with what to do, before anything is sent; and no setting prints a secret.

use deskhand::integrations::SettingsError;
use deskhand::integrations::commerce::shopify::ShopifySettings;
use deskhand::integrations::helpdesk::front::FrontSettings;
use deskhand::integrations::helpdesk::gorgias::GorgiasSettings;
use deskhand::integrations::helpdesk::intercom::IntercomSettings;
use deskhand::integrations::helpdesk::zendesk::ZendeskSettings;
use deskhand::integrations::messaging::sendgrid::SendGridSettings;
use deskhand::integrations::payments::stripe::StripeSettings;
use deskhand::integrations::shipping::easypost::EasyPostSettings;
use serde::de::DeserializeOwned;

const SHOPIFY: &str = "shop = 'fern.myshopify.com'\naccess_token = 'shpat_hush'\n";
const EASYPOST: &str = "api_key = 'EZAK_hush'\n";
const SENDGRID: &str = "api_key = 'SG.hush'\nfrom = 'help@fern.example'\n";
const STRIPE: &str = "secret_key = 'rk_live_hush'\n";
const GORGIAS: &str = "domain = 'fern'\nuser = 'api@fern.example'\napi_key = 'hush'\n";
const FRONT: &str =
    "api_token = 'hush'\napp_id = 'a1'\napp_secret = 'hush hush hush hush'\nchannel = 'cha_1'\nagent = 'tea_1'\n";
const ZENDESK: &str = "subdomain = 'fern'\nuser = 'api@fern.example'\napi_token = 'hush'\n";

const INTERCOM: &str = "app_id = 'fern1'\naccess_token = 'hush'\nadmin = 11\n";

fn read<T: DeserializeOwned>(toml: &str) -> Result<T, String> {
    toml::from_str(toml).map_err(|error| error.to_string())
}

#[test]
fn the_smallest_settings_are_enough() {
    assert_eq!(read::<ShopifySettings>(SHOPIFY).unwrap().validate(), Ok(()));
    assert_eq!(read::<EasyPostSettings>(EASYPOST).unwrap().validate(), Ok(()));
    assert_eq!(read::<SendGridSettings>(SENDGRID).unwrap().validate(), Ok(()));
    assert_eq!(read::<GorgiasSettings>(GORGIAS).unwrap().validate(), Ok(()));
    assert_eq!(read::<FrontSettings>(FRONT).unwrap().validate(), Ok(()));
    assert_eq!(read::<ZendeskSettings>(ZENDESK).unwrap().validate(), Ok(()));
    assert_eq!(read::<IntercomSettings>(INTERCOM).unwrap().validate(), Ok(()));
    assert_eq!(read::<StripeSettings>(STRIPE).unwrap().validate(), Ok(()));
}

#[test]
fn unknown_keys_and_values_stop_the_reading() {
    let extra = |toml: &str| format!("{toml}timeuot = 3\n");
    let errors = [
        read::<ShopifySettings>(&extra(SHOPIFY)).err(),
        read::<EasyPostSettings>(&extra(EASYPOST)).err(),
        read::<SendGridSettings>(&extra(SENDGRID)).err(),
        read::<GorgiasSettings>(&extra(GORGIAS)).err(),
        read::<FrontSettings>(&extra(FRONT)).err(),
        read::<ZendeskSettings>(&extra(ZENDESK)).err(),
        read::<ZendeskSettings>(&format!("{ZENDESK}priority = 'timeuot'\n")).err(),
        read::<IntercomSettings>(&extra(INTERCOM)).err(),
        read::<IntercomSettings>(&format!("{INTERCOM}region = 'timeuot'\n")).err(),
        read::<StripeSettings>(&extra(STRIPE)).err(),
        read::<GorgiasSettings>(&format!("{GORGIAS}status = 'timeuot'\n")).err(),
        read::<SendGridSettings>("api_key = 'SG.1'\nfrom = 'timeuot'\n").err(),
    ];
    for error in errors {
        assert!(error.as_ref().is_some_and(|error| error.contains("timeuot")), "{error:?}");
    }
}

#[test]
fn what_cannot_work_is_named() {
    fn of(validated: Result<(), SettingsError>) -> &'static str {
        let error = validated.unwrap_err();
        assert!(!error.to_string().contains("hush") && !error.fix.is_empty(), "{error}");
        error.key
    }
    let easypost = |toml: &str| of(read::<EasyPostSettings>(toml).unwrap().validate());
    assert_eq!(easypost("api_key = ''"), "easypost.api_key");
    assert_eq!(easypost("api_key = 'hu sh'"), "easypost.api_key");
    assert_eq!(easypost("api_key = 'hush'\nsearches_per_second = 0"), "easypost.searches_per_second");
    assert_eq!(easypost("api_key = 'hush'\nbase_url = 'ftp://x'"), "easypost.base_url");

    let sendgrid =
        |toml: &str| of(read::<SendGridSettings>(&format!("from = 'a@b.example'\n{toml}")).unwrap().validate());
    assert_eq!(sendgrid("api_key = ''"), "sendgrid.api_key");
    assert_eq!(sendgrid("api_key = 'hush'\nbase_url = 'https://u:p@x.example'"), "sendgrid.base_url");

    let stripe = |toml: &str| of(read::<StripeSettings>(toml).unwrap().validate());
    assert_eq!(stripe("secret_key = ''"), "stripe.secret_key");
    assert_eq!(stripe("secret_key = 'pk_live_hush'"), "stripe.secret_key");
    assert_eq!(stripe("secret_key = 'sk_live_hu sh'"), "stripe.secret_key");
    assert_eq!(stripe("secret_key = 'sk_live_hush'\nbase_url = 'ftp://x'"), "stripe.base_url");

    let shopify = |place: &str| {
        let toml = format!("{SHOPIFY}payment_metafield = '{place}'\n");
        read::<ShopifySettings>(&toml).unwrap().validate()
    };
    assert_eq!(shopify("payments.intent"), Ok(()));
    for place in ["", "payments", ".intent", "payments."] {
        assert_eq!(of(shopify(place)), "shopify.payment_metafield");
    }

    let gorgias =
        |toml: &str| of(read::<GorgiasSettings>(&format!("user = 'a@b.example'\n{toml}")).unwrap().validate());
    assert_eq!(gorgias("domain = 'a/b'\napi_key = 'hush'"), "gorgias.domain");
    assert_eq!(gorgias("domain = 'a'\napi_key = ''"), "gorgias.api_key");
    assert_eq!(gorgias("domain = 'a'\napi_key = 'hush'\nvisitor_domain = 'no domain'"), "gorgias.visitor_domain");
    assert_eq!(gorgias("domain = 'a'\napi_key = 'hush'\ncalls_in_20_seconds = 0"), "gorgias.calls_in_20_seconds");
    assert_eq!(gorgias("domain = 'a'\napi_key = 'hush'\nsubject = ' '"), "gorgias.subject");
    assert_eq!(gorgias("domain = 'a'\napi_key = 'hush'\nbase_url = 'data:x'"), "gorgias.base_url");

    let zendesk =
        |toml: &str| of(read::<ZendeskSettings>(&format!("user = 'a@b.example'\n{toml}")).unwrap().validate());
    assert_eq!(zendesk("subdomain = 'a/b'\napi_token = 'hush'"), "zendesk.subdomain");
    assert_eq!(zendesk("subdomain = 'a'\napi_token = ''"), "zendesk.api_token");
    assert_eq!(zendesk("subdomain = 'a'\napi_token = 'hush'\nvisitor_domain = 'no domain'"), "zendesk.visitor_domain");
    assert_eq!(zendesk("subdomain = 'a'\napi_token = 'hush'\nwebhook_secret = 'hush'"), "zendesk.webhook_secret");
    assert_eq!(zendesk("subdomain = 'a'\napi_token = 'hush'\ncalls_per_minute = 0"), "zendesk.calls_per_minute");
    assert_eq!(zendesk("subdomain = 'a'\napi_token = 'hush'\nsubject = ' '"), "zendesk.subject");
    assert_eq!(zendesk("subdomain = 'a'\napi_token = 'hush'\nbase_url = 'data:x'"), "zendesk.base_url");

    let intercom = |toml: &str| of(read::<IntercomSettings>(toml).unwrap().validate());
    let but = |from: &str, to: &str| intercom(&INTERCOM.replace(from, to));
    assert_eq!(but("fern1", "a/b"), "intercom.app_id");
    assert_eq!(but("hush", ""), "intercom.access_token");
    assert_eq!(but("11", "0"), "intercom.admin");
    assert_eq!(intercom(&format!("{INTERCOM}client_secret = 'hush'")), "intercom.client_secret");
    assert_eq!(intercom(&format!("{INTERCOM}calls_in_10_seconds = 0")), "intercom.calls_in_10_seconds");
    assert_eq!(intercom(&format!("{INTERCOM}base_url = 'data:x'")), "intercom.base_url");
    let front = |from: &str, to: &str| {
        let changed = FRONT.replace(from, to);
        assert_ne!(changed, FRONT);
        of(read::<FrontSettings>(&changed).unwrap().validate())
    };
    assert_eq!(front("api_token = 'hush'", "api_token = ''"), "front.api_token");
    assert_eq!(front("'a1'", "'a 1'"), "front.app_id");
    assert_eq!(front("'hush hush hush hush'", "'hush'"), "front.app_secret");
    assert_eq!(front("cha_1", "cha_1/../x"), "front.channel");
    assert_eq!(front("tea_1", "rosa"), "front.agent");
    assert_eq!(front("agent", "inbox = '7'\nagent"), "front.inbox");
    assert_eq!(front("agent", "calls_per_minute = 0\nagent"), "front.calls_per_minute");
    assert_eq!(front("agent", "subject = ' '\nagent"), "front.subject");
    assert_eq!(front("agent", "base_url = 'data:x'\nagent"), "front.base_url");
}

#[test]
fn debug_output_holds_no_secret() {
    let shown = [
        format!("{:?}", read::<ShopifySettings>(SHOPIFY).unwrap()),
        format!("{:?}", read::<EasyPostSettings>(EASYPOST).unwrap()),
        format!("{:?}", read::<SendGridSettings>(SENDGRID).unwrap()),
        format!("{:?}", read::<GorgiasSettings>(GORGIAS).unwrap()),
        format!("{:?}", read::<FrontSettings>(FRONT).unwrap()),
        format!("{:?}", read::<ZendeskSettings>(ZENDESK).unwrap()),
        format!("{:?}", read::<IntercomSettings>(INTERCOM).unwrap()),
        format!("{:?}", read::<StripeSettings>(STRIPE).unwrap()),
    ];
    for shown in shown {
        assert!(shown.contains("REDACTED") && !shown.contains("hush"), "{shown}");
    }
}
