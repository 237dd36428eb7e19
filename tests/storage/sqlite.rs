//! The conformance suite on SQLite.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use deskhand::storage::Storage;
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::vault::{Keyring, Vault};
use tempfile::TempDir;

use super::conformance::{self, Backend};

/// A database file in a folder of its own, which goes with it.
pub struct Sqlite {
    folder: TempDir,
    pub keyring: Keyring,
}

impl Sqlite {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), keyring: Keyring::generate() }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("deskhand.db")
    }

    pub fn options(&self) -> SqliteOptions {
        SqliteOptions::new(self.path(), Vault::new(self.keyring.clone()))
    }

    pub async fn storage(&self) -> SqliteStorage {
        SqliteStorage::open(self.options()).await.expect("opens")
    }

    /// All that is on disk, as one string of bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

#[async_trait]
impl Backend for Sqlite {
    async fn open(&self) -> Arc<dyn Storage> {
        Arc::new(self.storage().await)
    }
}

macro_rules! conform {
    ($($room:ident: $($rule:ident)*;)*) => {$(
        mod $room {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                super::conformance::$room::$rule(&super::Sqlite::new()).await;
            })*
        }
    )*};
}

conform! {
    log:
        what_was_appended_is_read_back a_log_that_was_never_opened_is_unknown a_log_is_opened_once
        races_leave_no_gap_and_no_double a_refused_append_leaves_others_alone events_and_their_jobs_are_one
        a_client_message_id_is_taken_once a_long_append_keeps_its_order a_summary_follows_the_events
        lists_are_filtered_and_paged a_proved_address_finds_its_conversation;
    lease:
        one_of_many_claims_wins a_later_owner_fences_the_earlier the_same_owner_may_claim_again a_renewed_lease_lasts
        a_claim_and_its_first_events_are_one a_last_event_gives_the_turn_back what_is_unanswered_is_found
        a_checkpoint_belongs_to_the_owner;
    ledger:
        an_identity_is_one_row every_step_from_every_state a_row_tells_its_story a_step_is_made_once
        a_step_and_its_events_are_one what_was_sent_is_forgotten_at_start what_waits_is_listed_oldest_first
        an_effect_is_found_by_its_vendors_name_for_it;
    orders: a_piece_is_consumed_once what_fails_lets_go_and_may_be_proposed_again money_of_an_order_moves_in_one_place
        a_limit_holds_to_the_cent what_waits_for_a_person_is_not_sent a_yes_lets_out_what_remains_of_the_proposal
        a_no_and_a_time_that_is_over_let_go a_yes_waits_for_other_money_of_the_order
        nothing_personal_stays_of_an_approval;
    outbox:
        a_lane_keeps_its_order a_limit_is_kept a_job_is_in_one_hand what_was_dropped_comes_back a_retry_holds_its_lane
        a_dead_letter_lets_its_lane_go_on what_a_desk_that_ended_had_in_hand_is_free a_late_word_frees_nothing
        dead_letters_are_listed_with_their_problem what_was_given_up_is_tried_again_before_what_came_later a_conversations_open_jobs_are_listed;
    deliveries:
        an_event_is_kept_once_for_each_store_and_vendor deliveries_about_a_thing_keep_their_order
        a_delivery_is_in_one_hand_and_comes_back_when_it_is_dropped only_a_failed_try_counts
        a_dead_delivery_lets_the_next_go_on_and_is_listed a_late_word_about_a_delivery_changes_nothing
        what_is_over_is_forgotten_and_what_waits_is_not;
    articles: an_answer_is_proposed_once the_last_word_about_an_article_counts;
    identity:
        many_at_once_gain_no_try a_refused_try_counts_nowhere a_right_try_is_forgiven
        a_try_is_forgiven_with_the_events_that_show_it tries_leave_the_window a_right_code_proves_once a_code_has_three_tries guesses_at_once_are_three a_newer_code_voids_the_older
        a_code_expires_and_stays_at_home;
    stores:
        a_pause_outlives_the_process keys_are_found_by_their_text an_imported_key_is_stored_once turns_are_counted;
    erase:
        an_erased_person_is_gone others_keep_what_they_said nothing_new_is_kept_of_an_erased_person
        effects_are_settled_after_an_erasure;
}
