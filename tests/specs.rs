//! The clients and the sandbox against the vendors' own descriptions, which are not part of this project: they are
//! looked for in the folder that `DESKHAND_SHARED` names. Without it the check is skipped, and says so.
//!
//! `validate_answer` is for answers of anything that plays Shopify.

#![cfg(test)]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use deskhand::domain::clock::Clock;
use deskhand::domain::effect::{Consent, Effect, EffectKind, EffectState, Permit};
use deskhand::domain::id::{ConversationId, EffectId, StoreId};
use deskhand::domain::order::OrderId;
use deskhand::integrations::commerce::cancellations::{CancellationDraft, CancellationReason};
use deskhand::integrations::commerce::changes::Place;
use deskhand::integrations::commerce::refunds::{RefundDraft, RefundOf, RefundShare};
use deskhand::integrations::commerce::returns::{LabelDraft, ProcessDraft, ReturnDraft, ReturnPieces, ReturningLine};
use deskhand::integrations::commerce::shopify::operations;

#[path = "specs/agreement.rs"]
mod agreement;
#[path = "specs/answers.rs"]
mod answers;
#[path = "specs/events.rs"]
mod events;
#[path = "specs/examples.rs"]
mod examples;
#[path = "specs/front.rs"]
mod front;
#[path = "specs/intercom.rs"]
mod intercom;
#[path = "specs/labels.rs"]
mod labels;
#[path = "specs/reading.rs"]
mod reading;
#[path = "specs/relay.rs"]
mod relay;
#[path = "specs/requests.rs"]
mod requests;
#[path = "specs/sandbox.rs"]
mod sandbox;
#[path = "specs/stripe.rs"]
mod stripe;
#[path = "specs/tau2.rs"]
mod tau2;

/// How many things were held against their description, and how many could not be.
#[derive(Default)]
pub struct Tally {
    validated: usize,
    skipped: usize,
    problems: Vec<String>,
}

impl Tally {
    fn of(&mut self, what: &str, problems: Vec<String>) {
        self.validated += 1;
        self.problems.extend(problems.into_iter().map(|problem| format!("{what}: {problem}")));
    }

    fn skip(&mut self, why: &str) {
        self.skipped += 1;
        say(&format!("skipped: specs: {why}"));
    }
}

/// Past the test harness, which swallows what passing tests print.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn shared() -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a check may be told where its material lies; this is no setting of the program"
    )]
    std::env::var("DESKHAND_SHARED").ok().filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The permit for an effect, as the effects gate would make it.
#[expect(clippy::disallowed_methods, reason = "these tests stand where the effects gate stands")]
pub fn permit(effect: &EffectId) -> Permit {
    Permit::issue(&Effect {
        id: effect.clone(),
        store: StoreId::new("store_1"),
        conversation: ConversationId::new("conv_1"),
        kind: EffectKind::Ticket,
        identity: "x".to_owned(),
        order: None,
        amount: None,
        consent: Consent::NotNeeded,
        watched: false,
        state: EffectState::Sent,
        wish: serde_json::Value::Null,
        request: String::new(),
        vendor_reference: None,
        problem: None,
        proposed_at: Clock::machine(),
        sent_at: None,
        settled_at: None,
        absent: 0,
        absent_at: None,
    })
}

pub fn refund_draft(effect: &EffectId, of: &RefundOf) -> RefundDraft {
    RefundDraft {
        effect: effect.clone(),
        of: of.clone(),
        shares: vec![],
        restock: None,
        notify: true,
        note: "Broken".to_owned(),
    }
}

pub fn cancellation_draft(effect: &EffectId, order: OrderId) -> CancellationDraft {
    CancellationDraft {
        effect: effect.clone(),
        order,
        reason: CancellationReason::Customer,
        refund: true,
        restock: true,
        notify: true,
        note: "Changed their mind".to_owned(),
    }
}

pub fn returning(effect: &EffectId, order: OrderId, content: &str, ask_first: bool) -> ReturnDraft {
    let line = ReturningLine {
        content: content.to_owned(),
        quantity: 1,
        reason: "gid://shopify/ReturnReasonDefinition/6".to_owned(),
        note: "Too tight".to_owned(),
    };
    ReturnDraft { effect: effect.clone(), order, lines: vec![line], ask_first }
}

pub fn label(effect: &EffectId, id: &str) -> LabelDraft {
    LabelDraft {
        effect: effect.clone(),
        id: id.to_owned(),
        url: "https://labels.example/1.pdf".to_owned(),
        tracking_number: "1Z999AA10123456784".to_owned(),
        tracking_url: None,
        notify: true,
    }
}

pub fn processing(
    effect: &EffectId,
    order: OrderId,
    id: &str,
    lines: Vec<ReturnPieces>,
    shares: Vec<RefundShare>,
) -> ProcessDraft {
    let (effect, id) = (effect.clone(), id.to_owned());
    ProcessDraft {
        effect,
        order,
        id,
        lines,
        shares,
        restock: Some("gid://shopify/Location/70110001".to_owned()),
        notify: true,
    }
}

pub fn elsewhere() -> Place {
    Place {
        line1: "500 W Madison Street".to_owned(),
        line2: None,
        city: "Chicago".to_owned(),
        province: Some("IL".to_owned()),
        postcode: "60661".to_owned(),
        country: "US".to_owned(),
    }
}

/// Shopify's schema of the version that the client speaks. It is large, so it is read once.
pub fn shopify_schema(shared: &Path) -> &'static Valid<Schema> {
    static SCHEMA: OnceLock<Valid<Schema>> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let path = shared.join("specs/shopify/admin_2026-10.graphql.gz");
        let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut text = String::new();
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
        // GraphQL itself defines it since 2025; the compiler here does not know it yet.
        text.push_str("\ndirective @oneOf on INPUT_OBJECT\n");
        Schema::parse_and_validate(text, "admin_2026-10.graphql").unwrap_or_else(|broken| panic!("{}", broken.errors))
    })
}

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn check_operations(schema: &Valid<Schema>, tally: &mut Tally) {
    for operation in operations::all() {
        let parsed = ExecutableDocument::parse_and_validate(schema, operation.document, operation.name);
        let mut problems = match parsed {
            Ok(document) if document.operations.get(Some(operation.name)).is_ok() => vec![],
            Ok(_) => vec!["the document holds no operation of this name".to_owned()],
            Err(broken) => vec![broken.errors.to_string()],
        };
        problems.extend(deprecations(schema, operation.document));
        tally.of(operation.name, problems);
    }
}

/// Fields that Shopify has announced to remove.
fn deprecations(schema: &Valid<Schema>, document: &str) -> Vec<String> {
    let Ok(document) = ExecutableDocument::parse_and_validate(schema, document, "") else { return vec![] };
    let fields = document.operations.iter().flat_map(|operation| operation.all_fields(&document));
    let deprecated = fields.filter(|field| field.definition.directives.has("deprecated"));
    deprecated.map(|field| format!("{} is deprecated", field.name)).collect()
}

/// A file that no operation includes would never be checked.
fn check_files(tally: &mut Tally) {
    let folder = in_project("src/integrations/commerce/shopify/operations");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let used = operations::all().iter().any(|operation| operation.document.contains(&text));
        let problem = (!used).then(|| "no operation of the client includes it".to_owned());
        tally.of(&path.file_name().unwrap().to_string_lossy(), problem.into_iter().collect());
    }
}

fn check_sandbox(schema: &Valid<Schema>, tally: &mut Tally) {
    let path = in_project("src/sandbox/shopify/schema.graphql");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return tally.skip("the sandbox has no src/sandbox/shopify/schema.graphql yet");
    };
    match Schema::parse_and_validate(text, "sandbox/shopify/schema.graphql") {
        Err(broken) => tally.of("the sandbox's schema", vec![broken.errors.to_string()]),
        Ok(sandbox) => {
            for (name, problems) in agreement::by_type(&sandbox, schema) {
                tally.of(&format!("the sandbox's {name}"), problems);
            }
            for operation in operations::all() {
                let parsed = ExecutableDocument::parse_and_validate(&sandbox, operation.document, operation.name);
                let problems = parsed.err().map(|broken| broken.errors.to_string());
                tally.of(&format!("{} in the sandbox", operation.name), problems.into_iter().collect());
            }
        }
    }
}

/// Type and field of what Shopify withholds from apps without approval.
fn protected_fields(shared: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    #[derive(serde::Deserialize)]
    struct Access {
        #[serde(rename = "protectedFields")]
        protected_fields: BTreeMap<String, BTreeMap<String, String>>,
    }
    let path = shared.join("specs/shopify/access_scopes_and_protected_fields_2026-10.json");
    let access: Access = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    access.protected_fields
}

#[tokio::test]
async fn what_leaves_and_what_is_read_agrees_with_the_vendors() {
    let Some(shared) = shared() else { return say("skipped: specs: DESKHAND_SHARED is not set") };
    let schema = shopify_schema(&shared);
    let mut tally = Tally::default();
    check_operations(schema, &mut tally);
    check_files(&mut tally);
    check_sandbox(schema, &mut tally);
    reading::check(schema, &protected_fields(&shared), &mut tally).await;
    requests::check(&shared, &mut tally).await;
    sandbox::check(schema, &mut tally).await;
    intercom::check(&shared, &mut tally).await;
    labels::check(&shared, &mut tally).await;
    events::check(&shared, &mut tally).await;
    front::check(&shared, &mut tally).await;
    stripe::check(&shared, &mut tally).await;
    tau2::check(&shared, &mut tally);

    say(&format!("{} validated, {} skipped", tally.validated, tally.skipped));
    assert!(tally.problems.is_empty(), "{} problems:\n{}", tally.problems.len(), tally.problems.join("\n"));
}
