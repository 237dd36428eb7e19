//! What changes tickets.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::checks::Problems;
use super::shape;
use crate::domain::clock::Clock;
use crate::sandbox::world::helpdesk::news::TicketNews;
use crate::sandbox::world::helpdesk::{Deed, IdKind, Tag};
use crate::sandbox::world::{Mail, MailVia, Message, Person, Ticket, World};

/// Kinds of events.
pub const CREATED: &str = "ticket-created";
pub const MESSAGE: &str = "ticket-message-created";
const UPDATED: &str = "ticket-updated";

/// Writes into the helpdesk at a moment.
pub struct Writer<'w> {
    pub world: &'w mut World,
    pub now: Timestamp,
}

/// What becomes of the tags that a ticket has.
#[derive(Clone, Copy, Debug)]
pub enum Tagging {
    Add,
    Replace,
    Remove,
}

impl Tagging {
    pub fn status(self) -> StatusCode {
        match self {
            Self::Add => StatusCode::CREATED,
            Self::Replace => StatusCode::ACCEPTED,
            Self::Remove => StatusCode::NO_CONTENT,
        }
    }
}

impl Writer<'_> {
    /// Opens a ticket with all its messages.
    pub fn ticket(mut self, fields: &Value) -> Result<Value, Problems> {
        Problems::of_ticket(fields, true).into_result(())?;
        let inputs = fields.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        self.check_people(fields, inputs)?;
        let customer = match fields.get("customer").filter(|customer| !customer.is_null()) {
            Some(customer) => self.customer(customer),
            None => {
                let from_shopper = inputs.iter().find(|message| !agents(message));
                from_shopper.and_then(|message| message.get("sender")).and_then(|sender| self.customer(sender))
            }
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let first_channel = inputs.first().and_then(|message| message.get("channel")).and_then(Value::as_str);
        let created_at = moment_in(fields, "created_datetime").unwrap_or(self.now);
        let mut ticket = Ticket {
            id: self.world.helpdesk.next_id(IdKind::Ticket),
            external_id: text("external_id"),
            status: text("status").unwrap_or_else(|| "open".to_owned()),
            priority: text("priority").unwrap_or_else(|| "normal".to_owned()),
            channel: text("channel").or(first_channel.map(str::to_owned)).unwrap_or_else(|| "api".to_owned()),
            via: text("via").unwrap_or_default(),
            from_agent: fields.get("from_agent").and_then(Value::as_bool).unwrap_or(false),
            subject: text("subject"),
            language: text("language"),
            customer,
            assignee_user: fields.pointer("/assignee_user/id").and_then(Value::as_u64),
            assignee_team: fields.pointer("/assignee_team/id").and_then(Value::as_u64),
            spam: false,
            meta: fields.get("meta").cloned().unwrap_or(Value::Null),
            tags: self.named_tags(fields.get("tags")),
            custom_fields: fields.get("custom_fields").cloned().unwrap_or(json!({})),
            messages: Vec::new(),
            created_at,
            updated_at: self.now,
            closed_at: (text("status").as_deref() == Some("closed")).then_some(self.now),
        };
        for input in inputs {
            let message = self.compose(input, ticket.customer, ticket.subject.as_deref());
            ticket.messages.push(message);
        }
        let shown = shape::ticket(&self.world.helpdesk, &ticket, true);
        let (id, messages) = (ticket.id, ticket.messages.iter().map(|message| message.id).collect::<Vec<_>>());
        self.world.helpdesk.tickets.push(ticket);
        let user = self.api_user();
        self.tell(CREATED, id, None, user);
        messages.into_iter().for_each(|message| self.tell(MESSAGE, id, Some(message), user));
        Ok(shown)
    }

    /// Adds a message to a ticket; `None` where there is no such ticket.
    pub fn message(mut self, id: u64, fields: &Value) -> Option<Result<Value, Problems>> {
        let ticket = self.world.helpdesk.ticket(id)?;
        let (customer, subject) = (ticket.customer, ticket.subject.clone());
        let checked = Problems::of_message(fields).into_result(());
        if let Err(problems) = checked.and_then(|()| self.check_people(&Value::Null, std::slice::from_ref(fields))) {
            return Some(Err(problems));
        }
        let message = self.compose(fields, customer, subject.as_deref());
        let user = self.api_user();
        self.add(id, message.clone(), user);
        let ticket = self.world.helpdesk.ticket(id)?;
        Some(Ok(shape::message(&self.world.helpdesk, ticket, &message)))
    }

    /// Adds a message that `user` wrote, and tells of it.
    pub fn add(&mut self, id: u64, message: Message, user: Option<u64>) {
        let now = self.now;
        let Some(ticket) = self.world.helpdesk.ticket_mut(id) else { return };
        let written = message.id;
        ticket.messages.push(message);
        ticket.updated_at = now;
        self.tell(MESSAGE, id, Some(written), user);
        self.tell(UPDATED, id, None, user);
    }

    /// Tells whoever wants to hear of it.
    pub fn tell(&mut self, kind: &str, id: u64, message: Option<u64>, user: Option<u64>) {
        let desk = &mut self.world.helpdesk;
        if desk.integrations.is_empty() {
            return;
        }
        let Some(of) = desk.ticket(id) else { return };
        let written = of.messages.iter().find(|own| Some(own.id) == message);
        let written = written.map(|own| shape::message(desk, of, own));
        let ticket = shape::ticket(desk, of, false);
        let news = TicketNews { kind, object: message.unwrap_or(id), user, ticket: &ticket, message: written.as_ref() };
        desk.tell(&news, Clock::machine());
    }

    /// The user of the API key.
    fn api_user(&self) -> Option<u64> {
        self.world.helpdesk.users.first().map(|user| user.id)
    }

    /// Changes some fields of a ticket; `None` where there is no such ticket.
    pub fn update(mut self, id: u64, fields: &Value) -> Option<Result<Value, Problems>> {
        self.world.helpdesk.ticket(id)?;
        if let Err(problems) = Problems::of_ticket(fields, false).into_result(()) {
            return Some(Err(problems));
        }
        let user = self.api_user();
        self.set(id, fields, user);
        let ticket = self.world.helpdesk.ticket(id)?;
        Some(Ok(shape::ticket(&self.world.helpdesk, ticket, true)))
    }

    /// Sets fields that were looked through, as `user`, and tells of it.
    pub fn set(&mut self, id: u64, fields: &Value, user: Option<u64>) {
        let tags = fields.get("tags").map(|tags| self.named_tags(Some(tags)));
        let customer = fields.get("customer").filter(|customer| !customer.is_null());
        let customer = customer.and_then(|customer| self.customer(customer));
        let now = self.now;
        let Some(ticket) = self.world.helpdesk.ticket_mut(id) else { return };
        let before = (ticket.status.clone(), ticket.tags.clone());
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(status) = text("status") {
            ticket.closed_at = (status == "closed").then(|| ticket.closed_at.unwrap_or(now));
            ticket.status = status;
        }
        for (field, name) in [(&mut ticket.priority, "priority"), (&mut ticket.channel, "channel")] {
            if let Some(value) = text(name) {
                *field = value;
            }
        }
        ticket.subject = text("subject").or(ticket.subject.take());
        ticket.external_id = text("external_id").or(ticket.external_id.take());
        ticket.customer = customer.or(ticket.customer);
        ticket.tags = tags.unwrap_or_else(|| std::mem::take(&mut ticket.tags));
        if let Some(user) = fields.get("assignee_user") {
            ticket.assignee_user = user.get("id").and_then(Value::as_u64);
        }
        if let Some(team) = fields.get("assignee_team") {
            ticket.assignee_team = team.get("id").and_then(Value::as_u64);
        }
        if let Some(meta) = fields.get("meta") {
            ticket.meta = meta.clone();
        }
        ticket.spam = fields.get("spam").and_then(Value::as_bool).unwrap_or(ticket.spam);
        ticket.updated_at = now;
        self.record_changes(id, &before, user);
        self.tell(UPDATED, id, None, user);
    }

    /// Enters in the account's events what of a ticket has changed.
    fn record_changes(&mut self, id: u64, before: &(String, Vec<Tag>), user: Option<u64>) {
        let (status, tags) = before;
        let Some(ticket) = self.world.helpdesk.ticket(id) else { return };
        let ids = |tags: &[Tag], but: &[Tag]| -> Vec<u64> {
            tags.iter().filter(|tag| !but.contains(tag)).map(|tag| tag.id).collect()
        };
        let (added, removed) = (ids(&ticket.tags, tags), ids(tags, &ticket.tags));
        let turned = (ticket.status != *status).then(|| match ticket.status.as_str() {
            "closed" => "ticket-closed",
            _ => "ticket-reopened",
        });
        let changes = [
            turned.map(|kind| (kind, json!({}))),
            (!added.is_empty()).then(|| ("ticket-tags-added", json!({ "tags_added": added }))),
            (!removed.is_empty()).then(|| ("ticket-tags-removed", json!({ "tags_removed": removed }))),
        ];
        for (kind, data) in changes.into_iter().flatten() {
            let desk = &mut self.world.helpdesk;
            desk.events_made += 1;
            let deed = Deed {
                id: 2_189_000_000 + desk.events_made,
                kind: kind.to_owned(),
                ticket: id,
                user,
                data,
                at: self.now,
            };
            desk.deeds.push(deed);
        }
    }

    /// Changes a ticket's tags by their names or ids; `None` where there is no such ticket.
    pub fn tags(mut self, id: u64, fields: &Value, tagging: Tagging) -> Option<()> {
        let Self { world, now } = &mut self;
        world.helpdesk.ticket(id)?;
        let listed = |name: &str| fields.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let ids: Vec<u64> = listed("ids").iter().filter_map(Value::as_u64).collect();
        let mut meant: Vec<Tag> = world.helpdesk.tags.iter().filter(|tag| ids.contains(&tag.id)).cloned().collect();
        for name in listed("names").iter().filter_map(Value::as_str) {
            meant.push(world.helpdesk.tag_named(name));
        }
        let ticket = world.helpdesk.ticket_mut(id)?;
        let before = (ticket.status.clone(), ticket.tags.clone());
        match tagging {
            Tagging::Replace => ticket.tags = meant,
            Tagging::Remove => ticket.tags.retain(|tag| !meant.contains(tag)),
            Tagging::Add => {
                meant.retain(|tag| !ticket.tags.contains(tag));
                ticket.tags.extend(meant);
            }
        }
        ticket.updated_at = *now;
        let user = self.api_user();
        self.record_changes(id, &before, user);
        self.tell(UPDATED, id, None, user);
        Some(())
    }

    /// Every id must be known, and what an agent is said to have written must come from a user.
    fn check_people(&self, fields: &Value, messages: &[Value]) -> Result<(), Problems> {
        let desk = &self.world.helpdesk;
        let mut problems = Problems::default();
        for message in messages {
            let Some(sender) = message.get("sender") else { continue };
            let pool = if agents(message) { &desk.users } else { &desk.customers };
            let known = match (sender.get("id").and_then(Value::as_u64), sender.get("email").and_then(Value::as_str)) {
                (Some(id), _) => pool.iter().any(|person| person.id == id),
                (None, Some(email)) if agents(message) => pool.iter().any(|person| has_email(person, email)),
                (None, Some(email)) => email.contains('@'),
                (None, None) => false,
            };
            if !known {
                problems
                    .add("sender", if agents(message) { "User does not exist." } else { "Customer does not exist." });
            }
        }
        let customer = fields.pointer("/customer/id").and_then(Value::as_u64);
        if customer.is_some_and(|id| desk.customers.iter().all(|person| person.id != id)) {
            problems.add("customer", "Customer does not exist.");
        }
        problems.into_result(())
    }

    pub fn compose(&mut self, fields: &Value, customer: Option<u64>, subject: Option<&str>) -> Message {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let from_agent = agents(fields);
        let channel = text("channel").unwrap_or_default();
        let note = channel == "internal-note";
        let sent = moment_in(fields, "sent_datetime");
        let sender = fields.get("sender").and_then(|sender| self.party(sender, from_agent));
        let receiver = fields.get("receiver").filter(|receiver| !receiver.is_null());
        let receiver = receiver.and_then(|receiver| self.party(receiver, !from_agent));
        let message = Message {
            id: self.world.helpdesk.next_message_id(),
            external_id: text("external_id"),
            via: text("via").unwrap_or_default(),
            from_agent,
            public: fields.get("public").and_then(Value::as_bool).unwrap_or(!note),
            sender,
            receiver,
            source: fields.get("source").cloned().unwrap_or_else(|| json!({ "type": channel })),
            integration_id: fields.get("integration_id").and_then(Value::as_u64),
            subject: text("subject"),
            body_text: text("body_text"),
            body_html: text("body_html"),
            stripped_text: text("stripped_text"),
            rule: (fields.get("via").and_then(Value::as_str) == Some("rule")).then_some(7001),
            attachments: fields.get("attachments").cloned().unwrap_or(Value::Null),
            meta: fields.get("meta").cloned().unwrap_or(Value::Null),
            created_at: moment_in(fields, "created_datetime").unwrap_or(self.now),
            sent_at: sent.or((!note).then_some(self.now)),
            delivered_to_customer: sent.is_none() && !note,
            channel,
        };
        if message.delivered_to_customer {
            self.send_out(&message, customer.or(message.receiver), subject);
        }
        message
    }

    /// The helpdesk mails a message to the customer.
    fn send_out(&mut self, message: &Message, customer: Option<u64>, subject: Option<&str>) {
        let to = customer.and_then(|id| self.world.helpdesk.person(id)).and_then(|person| person.email.clone());
        self.world.mails.push(Mail {
            id: format!("gorgias-{}", message.id),
            at: self.now,
            via: MailVia::Gorgias,
            from: self.world.shop.email.clone(),
            to: to.into_iter().collect(),
            subject: subject.unwrap_or_default().to_owned(),
            text: message.body_text.clone(),
            html: message.body_html.clone(),
            custom_args: json!({}),
        });
    }

    fn party(&mut self, reference: &Value, user: bool) -> Option<u64> {
        if !user {
            return self.customer(reference);
        }
        let users = &self.world.helpdesk.users;
        match (reference.get("id").and_then(Value::as_u64), reference.get("email").and_then(Value::as_str)) {
            (Some(id), _) => users.iter().find(|person| person.id == id).map(|person| person.id),
            (None, Some(email)) => users.iter().find(|person| has_email(person, email)).map(|person| person.id),
            (None, None) => None,
        }
    }

    /// The customer that is meant, made where the e-mail is new. A name that comes along replaces the known one.
    pub fn customer(&mut self, reference: &Value) -> Option<u64> {
        let id = reference.get("id").and_then(Value::as_u64);
        let email = reference.get("email").and_then(Value::as_str);
        let name = reference.get("name").and_then(Value::as_str);
        let desk = &mut self.world.helpdesk;
        let known = desk.customers.iter_mut().find(|person| match id {
            Some(id) => person.id == id,
            None => email.is_some_and(|email| has_email(person, email)),
        });
        if let Some(person) = known {
            person.name = name.map_or_else(|| std::mem::take(&mut person.name), str::to_owned);
            return Some(person.id);
        }
        let email = email?;
        let id = desk.next_id(IdKind::Person);
        let name = name.unwrap_or_default().to_owned();
        desk.customers.push(Person { id, email: Some(email.to_owned()), name, created_at: self.now });
        Some(id)
    }

    fn named_tags(&mut self, tags: Option<&Value>) -> Vec<Tag> {
        let listed = tags.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let names = listed.iter().filter_map(|tag| tag.get("name")).filter_map(Value::as_str);
        names.map(|name| self.world.helpdesk.tag_named(name)).collect()
    }
}

fn agents(message: &Value) -> bool {
    message.get("from_agent").and_then(Value::as_bool).unwrap_or(false)
}

fn has_email(person: &Person, email: &str) -> bool {
    person.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email))
}

fn moment_in(fields: &Value, name: &str) -> Option<Timestamp> {
    fields.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok())
}
