//! How Shopify refuses a query: `errors[]` with status 200, a place, a path and a code that a client can act on.

use apollo_compiler::ast::{Definition, Document, OperationType, Type, Value as Literal};
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::{SourceMap, SourceSpan};
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Value, json};

mod walk;

use walk::Walk;

/// The document, as far as it can be read, and what keeps it from being one.
pub fn parsed(query: &str) -> (Document, Option<Vec<Value>>) {
    match Document::parse(query, "query.graphql") {
        Ok(document) => (document, None),
        Err(broken) => (broken.partial, Some(syntax_errors(&broken.errors))),
    }
}

/// The document as one that may be executed, or the errors of a refusal.
pub fn validated(schema: &Valid<Schema>, document: &Document) -> Result<Valid<ExecutableDocument>, Vec<Value>> {
    let unknown = unknown_names(schema, document);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    document.to_executable_validate(schema).map_err(|broken| other_errors(&broken.errors))
}

fn syntax_errors(errors: &DiagnosticList) -> Vec<Value> {
    let shown = errors.iter().map(|error| {
        let json = error.to_json();
        json!({"message": json.message, "locations": json.locations})
    });
    shown.take(1).collect()
}

/// Names that the schema does not have: what most refusals are about, in the vendor's own words and order.
fn unknown_names(schema: &Schema, document: &Document) -> Vec<Value> {
    let mut walk = Walk::new(schema, document);
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let kind = operation.operation_type.name();
                let path = operation.name.as_ref().map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"));
                let root = match operation.operation_type {
                    OperationType::Query => "QueryRoot",
                    OperationType::Mutation => "Mutation",
                    OperationType::Subscription => "Subscription",
                };
                walk.selections(root, &operation.selection_set, &mut vec![path]);
            }
            Definition::FragmentDefinition(fragment) => {
                let path = format!("fragment {}", fragment.name);
                walk.fragment(fragment.type_condition.as_str(), &fragment.selection_set, path, fragment.location());
            }
            _ => {}
        }
    }
    walk.errors
}

/// What else is wrong, by the validator's own names.
fn other_errors(errors: &DiagnosticList) -> Vec<Value> {
    let shown = errors.iter().map(|error| {
        let json = error.to_json();
        let quoted: Vec<&str> = json.message.split('`').skip(1).step_by(2).collect();
        let word = |index: usize| quoted.get(index).copied().unwrap_or_default().trim_start_matches('$');
        let (message, extensions) = match error.error.unstable_error_name().unwrap_or("InvalidDocument") {
            "DisallowedVariableUsage" => variable_mismatch(word(0), word(1), word(2), word(3)),
            "UnusedVariable" => (
                format!("Variable ${} is declared by the operation but not used", word(0)),
                json!({"code": "variableNotUsed", "variableName": word(0)}),
            ),
            "UndefinedVariable" => (
                format!("Variable ${} is used by the operation but not declared", word(0)),
                json!({"code": "variableNotDefined", "variableName": word(0)}),
            ),
            "UndefinedFragment" => (
                format!("Fragment {} was used, but not defined", word(0)),
                json!({"code": "useAndDefineFragment", "fragmentName": word(0)}),
            ),
            "UnusedFragment" => (
                format!("Fragment {} was defined, but not used", word(0)),
                json!({"code": "useAndDefineFragment", "fragmentName": word(0)}),
            ),
            "UndefinedInputValue" => (
                format!("InputObject '{}' doesn't accept argument '{}'", word(1), word(0)),
                json!({
                    "code": "argumentNotAccepted", "name": word(1), "typeName": "InputObject", "argumentName": word(0),
                }),
            ),
            "UndefinedDefinition" => (
                format!("{} isn't a defined input type", word(0)),
                json!({"code": "variableRequiresValidType", "typeName": word(0)}),
            ),
            "UnsupportedValueType"
            | "UndefinedEnumValue"
            | "IntCoercionError"
            | "FloatCoercionError"
            | "RequiredField" => (json.message.clone(), json!({"code": "argumentLiteralsIncompatible"})),
            other => (json.message.clone(), json!({"code": lower_first(other)})),
        };
        json!({"message": message, "locations": json.locations, "extensions": extensions})
    });
    shown.collect()
}

fn variable_mismatch(variable: &str, variable_type: &str, argument: &str, argument_type: &str) -> (String, Value) {
    let message =
        format!("Type mismatch on variable ${variable} and argument {argument} ({variable_type} / {argument_type})");
    let extensions = json!({
        "code": "variableMismatch",
        "variableName": variable,
        "typeName": variable_type,
        "argumentName": argument,
        "errorMessage": "Type mismatch",
    });
    (message, extensions)
}

fn lower_first(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

pub(super) fn locations(sources: &SourceMap, span: Option<SourceSpan>) -> Value {
    let place = span.and_then(|span| span.line_column(sources));
    place.map_or_else(|| json!([]), |place| json!([place]))
}

/// The document has no operation of this name, or several and none was named.
pub fn no_such_operation(name: Option<&str>) -> Value {
    match name {
        Some(name) => json!({"message": format!("No operation named \"{name}\"")}),
        None => json!({"message": "An operation name is required"}),
    }
}

/// A variable whose value does not fit its type.
pub fn invalid_variable(operation: &Operation, values: &Value, reason: &str) -> Value {
    let culprit = operation.variables.iter().find(|variable| {
        let value = values.get(variable.name.as_str()).unwrap_or(&Value::Null);
        reason.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == variable.name.as_str())
            || (value.is_null() && variable.ty.is_non_null() && variable.default_value.is_none())
    });
    let Some(variable) = culprit.or(operation.variables.first()) else { return json!({"message": reason}) };
    let value = values.get(variable.name.as_str()).unwrap_or(&Value::Null);
    let explanation = if value.is_null() { "Expected value to not be null" } else { reason };
    problem(variable.name.as_str(), &variable.ty, value, explanation)
}

fn problem(name: &str, declared: &Type, value: &Value, explanation: &str) -> Value {
    let extensions = json!({
        "code": "INVALID_VARIABLE",
        "value": value,
        "problems": [{"path": [], "explanation": explanation}],
    });
    let message = format!("Variable ${name} of type {declared} was provided invalid value");
    json!({"message": message, "extensions": extensions})
}

/// Every variable of type `ID` must hold a gid.
pub fn check_ids(operation: &Operation, values: &Value) -> Result<(), Value> {
    for variable in operation.variables.iter().filter(|variable| variable.ty.inner_named_type() == "ID") {
        let Some(value) = values.get(variable.name.as_str()) else { continue };
        let ids = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let bad = ids.iter().find(|id| match id {
            Value::String(id) => !id.starts_with("gid://shopify/"),
            Value::Null => false,
            _ => true,
        });
        if let Some(bad) = bad {
            let shown = bad.as_str().map_or_else(|| bad.to_string(), str::to_owned);
            let explanation = format!("Invalid global id '{shown}'");
            return Err(problem(variable.name.as_str(), &variable.ty, value, &explanation));
        }
    }
    Ok(())
}

/// Whether a literal id is written as no gid.
pub(super) fn is_bad_id(declared: &Type, literal: &Literal) -> bool {
    declared.inner_named_type() == "ID" && literal.as_str().is_some_and(|id| !id.starts_with("gid://shopify/"))
}
