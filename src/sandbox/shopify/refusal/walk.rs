//! Walks a query beside the schema and collects what the schema does not have.

use apollo_compiler::ast::{Document, Field, Selection};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::{ExtendedType, FieldDefinition, Schema};
use apollo_compiler::{Name, Node};
use serde_json::{Value, json};

use super::{is_bad_id, locations};

pub struct Walk<'a> {
    schema: &'a Schema,
    document: &'a Document,
    pub errors: Vec<Value>,
}

impl<'a> Walk<'a> {
    pub fn new(schema: &'a Schema, document: &'a Document) -> Self {
        Self { schema, document, errors: Vec::new() }
    }

    fn error(&mut self, message: String, at: Option<SourceSpan>, path: &[String], extensions: Value) {
        let locations = locations(&self.document.sources, at);
        self.errors.push(json!({"message": message, "locations": locations, "path": path, "extensions": extensions}));
    }

    pub fn fragment(&mut self, on: &str, selections: &[Selection], path: String, at: Option<SourceSpan>) {
        let mut path = vec![path];
        if self.schema.types.contains_key(on) {
            return self.selections(on, selections, &mut path);
        }
        let message = format!("No such type {on}, so it can't be a fragment condition");
        self.error(message, at, &path, json!({"code": "undefinedType", "typeName": on}));
    }

    pub fn selections(&mut self, on: &str, selections: &[Selection], path: &mut Vec<String>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    path.push(field.alias.as_ref().unwrap_or(&field.name).to_string());
                    self.field(on, field, path);
                    path.pop();
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(on, Name::as_str).to_owned();
                    path.push(format!("... on {on}"));
                    if self.schema.types.contains_key(on.as_str()) {
                        self.selections(&on, &fragment.selection_set, path);
                    } else {
                        let message = format!("No such type {on}, so it can't be a fragment condition");
                        let extensions = json!({"code": "undefinedType", "typeName": on});
                        self.error(message, fragment.location(), path, extensions);
                    }
                    path.pop();
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, on: &str, field: &Node<Field>, path: &mut Vec<String>) {
        let Ok(definition) = self.schema.type_field(on, &field.name) else {
            let message = format!("Field '{}' doesn't exist on type '{on}'", field.name);
            let extensions = json!({"code": "undefinedField", "typeName": on, "fieldName": field.name.as_str()});
            return self.error(message, field.location(), path, extensions);
        };
        let definition = definition.node.clone();
        self.arguments(field, &definition, path);
        let returned = definition.ty.inner_named_type().as_str();
        let leaf = matches!(self.schema.types.get(returned), Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_)));
        match (leaf, field.selection_set.is_empty()) {
            (true, false) => {
                let message = format!(
                    "Selections can't be made on scalars (field '{}' returns {returned} but has selections)",
                    field.name
                );
                self.mismatch(message, field, returned, path);
            }
            (false, true) => {
                let message = format!(
                    "Field must have selections (field '{0}' returns {returned} but has no selections. Did you mean \
                     '{0} {{ ... }}'?)",
                    field.name
                );
                self.mismatch(message, field, returned, path);
            }
            (false, false) => self.selections(returned, &field.selection_set, path),
            (true, true) => {}
        }
    }

    fn mismatch(&mut self, message: String, field: &Node<Field>, returned: &str, path: &[String]) {
        let node = format!("field '{}'", field.name);
        let extensions = json!({"code": "selectionMismatch", "nodeName": node, "typeName": returned});
        self.error(message, field.location(), path, extensions);
    }

    fn arguments(&mut self, field: &Node<Field>, definition: &FieldDefinition, path: &mut Vec<String>) {
        for given in &field.arguments {
            let name = given.name.as_str();
            path.push(name.to_owned());
            match definition.argument_by_name(name) {
                None => {
                    let message = format!("Field '{}' doesn't accept argument '{name}'", field.name);
                    let extensions = json!({
                        "code": "argumentNotAccepted",
                        "name": field.name.as_str(),
                        "typeName": "Field",
                        "argumentName": name,
                    });
                    self.error(message, given.location(), path, extensions);
                }
                Some(declared) if is_bad_id(&declared.ty, &given.value) => {
                    let message = format!("Invalid global id '{}'", given.value.as_str().unwrap_or_default());
                    let extensions = json!({"code": "argumentLiteralsIncompatible", "typeName": "CoercionError"});
                    self.error(message, given.location(), path, extensions);
                }
                Some(_) => {}
            }
            path.pop();
        }
        let required = definition.arguments.iter().filter(|argument| argument.is_required());
        let missing: Vec<&str> = required
            .map(|argument| argument.name.as_str())
            .filter(|name| field.arguments.iter().all(|given| given.name.as_str() != *name))
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = format!("Field '{}' is missing required arguments: {missing}", field.name);
            let extensions = json!({
                "code": "missingRequiredArguments",
                "className": "Field",
                "name": field.name.as_str(),
                "arguments": missing,
            });
            self.error(message, field.location(), path, extensions);
        }
    }
}
