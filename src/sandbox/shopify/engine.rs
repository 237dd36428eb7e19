//! The schema, the documents that were validated against it, and running one.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use apollo_compiler::collections::HashMap as NameMap;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::{RequestError, coerce_variable_values};
use apollo_compiler::resolvers::{Execution, ObjectValue};
use apollo_compiler::response::{ExecutionResponse, GraphQLError, JsonMap};
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Schema};
use serde_json::{Value, json};

use super::Question;
use super::cost::{Estimate, MUTATION, of_answer};
use super::mutation::{Change, MutationRoot, Outcome, Recorder};
use super::names::{Names, of_document};
use super::object::{CODED, View};
use super::refusal;
use super::root::Root;

pub struct Engine {
    schema: Valid<Schema>,
    implementers: NameMap<Name, Implementers>,
    documents: Mutex<HashMap<String, Arc<Prepared>>>,
}

/// A query text after validation. Clients send few different ones, so what came of each is kept.
pub struct Prepared {
    pub names: Vec<Names>,
    /// The document, or the errors of its refusal.
    pub outcome: Result<Valid<ExecutableDocument>, Vec<Value>>,
}

/// When so many texts are known, all are forgotten: texts built by a careless client must not fill the memory.
const DOCUMENTS_KEPT: usize = 1_000;

static SHARED: LazyLock<Result<Engine, String>> = LazyLock::new(Engine::new);

impl Engine {
    /// The engine of this process; the schema is parsed once.
    pub fn shared() -> Result<&'static Self, &'static str> {
        SHARED.as_ref().map_err(String::as_str)
    }

    fn new() -> Result<Self, String> {
        let schema = Schema::parse_and_validate(include_str!("schema.graphql"), "schema.graphql")
            .map_err(|error| error.to_string())?;
        let implementers = schema.implementers_map();
        Ok(Self { schema, implementers, documents: Mutex::default() })
    }

    #[cfg(test)]
    pub fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    /// Parses and validates a query, or finds what came of it before.
    pub fn prepare(&self, query: &str) -> Arc<Prepared> {
        if let Some(known) = self.documents().get(query) {
            return Arc::clone(known);
        }
        let (document, syntax) = refusal::parsed(query);
        let outcome = match syntax {
            Some(errors) => Err(errors),
            None => refusal::validated(&self.schema, &document),
        };
        let prepared = Arc::new(Prepared { names: of_document(&document), outcome });
        let mut documents = self.documents();
        if documents.len() >= DOCUMENTS_KEPT {
            documents.clear();
        }
        documents.insert(query.to_owned(), Arc::clone(&prepared));
        prepared
    }

    fn documents(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Prepared>>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operation that the request means, with its variables checked.
    pub fn operation<'a>(
        &'a self,
        document: &'a Valid<ExecutableDocument>,
        question: &Question,
    ) -> Result<Runnable<'a>, Value> {
        let operation = document
            .operations
            .get(question.operation_name.as_deref())
            .map_err(|_| refusal::no_such_operation(question.operation_name.as_deref()))?;
        refusal::check_ids(operation, &question.variables)?;
        let raw: JsonMap = serde_json::from_value(question.variables.clone()).unwrap_or_default();
        let variables = coerce_variable_values(&self.schema, operation, &raw)
            .map_err(|error| refusal::invalid_variable(operation, &question.variables, &error.message().to_string()))?;
        Ok(Runnable { engine: self, document, operation, variables })
    }
}

/// An operation that may run.
pub struct Runnable<'a> {
    engine: &'a Engine,
    document: &'a Valid<ExecutableDocument>,
    operation: &'a Operation,
    variables: Valid<JsonMap>,
}

impl Runnable<'_> {
    /// Points that have to be in the bucket.
    pub fn cost(&self) -> u64 {
        let (schema, document, variables) = (&self.engine.schema, self.document, &self.variables);
        Estimate { schema, document, variables }.of(&self.operation.selection_set).max(1) + self.base_cost()
    }

    pub fn is_mutation(&self) -> bool {
        self.operation.is_mutation()
    }

    /// The changes that it asks for, in their order.
    pub fn changes(&self) -> Vec<Change> {
        let recorder = Recorder::new(&self.variables);
        // The answer holds nothing but nulls.
        let _ = self.run(&recorder);
        recorder.changes()
    }

    /// Reads: the body without extensions, and the points that it really took.
    pub fn execute(&self, view: View<'_>) -> (Value, u64) {
        self.told(&Root { view })
    }

    /// Tells what came of its changes.
    pub fn tell(&self, view: View<'_>, outcomes: &[(String, Outcome)]) -> (Value, u64) {
        let (body, actual) = self.told(&MutationRoot { view, outcomes });
        (body, actual + self.base_cost())
    }

    fn base_cost(&self) -> u64 {
        if self.is_mutation() { MUTATION * self.operation.root_fields(self.document).count() as u64 } else { 0 }
    }

    fn run(&self, root: &dyn ObjectValue) -> Result<ExecutionResponse, RequestError> {
        Execution::new(&self.engine.schema, self.document)
            .operation(self.operation)
            .implementers_map(&self.engine.implementers)
            .coerced_variable_values(&self.variables)
            .enable_schema_introspection(true)
            .execute_sync(root)
    }

    fn told(&self, root: &dyn ObjectValue) -> (Value, u64) {
        let response = match self.run(root) {
            Ok(response) => response,
            Err(error) => return (json!({"errors": [{"message": error.message().to_string()}]}), 1),
        };
        let data = serde_json::to_value(&response.data).unwrap_or_default();
        let actual = of_answer(&data).max(1);
        if response.errors.is_empty() {
            return (json!({ "data": data }), actual);
        }
        let errors: Vec<Value> = response.errors.iter().map(field_error).collect();
        (json!({"data": data, "errors": errors}), actual)
    }
}

/// An error of one field, with the code that the resolver put before its message.
fn field_error(error: &GraphQLError) -> Value {
    let message = error.message.strip_prefix("resolver error: ").unwrap_or(&error.message);
    let (code, message) = message.split_once(CODED).unwrap_or(("INTERNAL_SERVER_ERROR", message));
    json!({
        "message": message,
        "locations": error.locations,
        "path": error.path,
        "extensions": {"code": code},
    })
}
