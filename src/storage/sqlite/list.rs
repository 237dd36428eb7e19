//! Lists of conversations, newest first, page by page.

use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite};

use super::append::EMAIL_DIGEST;
use super::row::row;
use super::{SqliteStorage, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::customer::Email;
use crate::domain::event::Status;
use crate::domain::id::{ConversationId, StoreId};
use crate::storage::StorageError;
use crate::storage::log::{Filter, Page, Summary};

/// A page is never longer, whatever was asked for.
const LONGEST: u32 = 500;

row! {
    struct Listed {
        id: i64,
        conversation: String,
        store: String,
        status: String,
        intent: Option<String>,
        opened_at: i64,
        updated_at: i64,
        len: i64,
    }
}

impl Listed {
    fn read(self) -> Result<Summary, StorageError> {
        let moment: fn(i64) -> Timestamp = from_millis;
        Ok(Summary {
            status: Status::parse(&self.status).ok_or_else(|| {
                StorageError::Corrupt(format!("{} has the status {:?}", self.conversation, self.status))
            })?,
            conversation: ConversationId::new(self.conversation),
            store: StoreId::new(self.store),
            intent: self.intent,
            opened_at: moment(self.opened_at),
            updated_at: moment(self.updated_at),
            len: unsigned(self.len),
        })
    }
}

impl SqliteStorage {
    pub(super) async fn list_page(&self, filter: &Filter) -> Result<Page, StorageError> {
        let empty = Page { conversations: Vec::new(), next: None };
        let limit = filter.limit.clamp(1, LONGEST);
        // What is no address was never linked to anything.
        let Some(mut query) = self.list_query(filter)? else { return Ok(empty) };
        query.push(" ORDER BY c.id DESC LIMIT ").push_bind(limit + 1);
        let mut rows: Vec<Listed> = query.build_query_as().fetch_all(self.readers()).await?;
        let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            rows.pop();
        }
        let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
        Ok(Page { conversations: rows.into_iter().map(Listed::read).collect::<Result<_, _>>()?, next })
    }

    fn list_query(&self, filter: &Filter) -> Result<Option<QueryBuilder<Sqlite>>, StorageError> {
        let mut query = QueryBuilder::new(
            "SELECT c.id, c.conversation, c.store, c.status, c.intent, c.opened_at, last.at AS updated_at, \
             last.seq AS len FROM conversations c JOIN events last ON last.conversation = c.id \
             AND last.seq = (SELECT MAX(seq) FROM events WHERE conversation = c.id) WHERE 1 = 1",
        );
        if let Some(cursor) = &filter.cursor {
            let id: i64 = cursor.parse().map_err(|_| StorageError::InvalidCursor)?;
            query.push(" AND c.id < ").push_bind(id);
        }
        if let Some(store) = &filter.store {
            query.push(" AND c.store = ").push_bind(store.as_str().to_owned());
        }
        if let Some(status) = filter.status {
            query.push(" AND c.status = ").push_bind(status.as_str());
        }
        if let Some(intent) = &filter.intent {
            query.push(" AND c.intent = ").push_bind(intent.clone());
        }
        if let Some(email) = &filter.customer_email {
            let Some(email) = Email::parse(email) else { return Ok(None) };
            let digest = self.0.vault.digest(EMAIL_DIGEST, email.as_str()).to_vec();
            query.push(" AND c.id IN (SELECT m.conversation FROM conversation_emails m WHERE m.digest = ");
            query.push_bind(digest).push(")");
        }
        Ok(Some(query))
    }
}
