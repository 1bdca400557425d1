//! What the pages say, in each language. A text that is missing in one of them does not compile.

mod de;
mod en;

use web::Language;

/// Every text. Those of two or three parts stand around what is known only later, and notices have a title and a text.
pub(crate) struct Texts {
    pub(crate) your_account: &'static str,
    pub(crate) apps: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) connect: (&'static str, &'static str),
    pub(crate) apps_are: &'static str,
    pub(crate) no_apps: &'static str,
    pub(crate) reads: &'static str,
    pub(crate) reads_and_writes: &'static str,
    pub(crate) connected: &'static str,
    pub(crate) disconnect: &'static str,
    pub(crate) disconnected_ends: &'static str,
    pub(crate) security: &'static str,
    pub(crate) change_password: &'static str,
    pub(crate) keys: &'static str,
    pub(crate) keys_are: &'static str,
    pub(crate) delete_account: &'static str,
    pub(crate) signed_in_at: &'static str,
    pub(crate) this_browser: &'static str,
    pub(crate) unknown_browser: &'static str,
    pub(crate) since: &'static str,
    pub(crate) end_sign_in: &'static str,
    pub(crate) end_others: &'static str,
    pub(crate) keys_explained: &'static str,
    pub(crate) no_keys: &'static str,
    pub(crate) made_at: &'static str,
    pub(crate) end_key: &'static str,
    pub(crate) new_key: &'static str,
    pub(crate) key_name: &'static str,
    pub(crate) make_key: &'static str,
    pub(crate) sign_in_first: &'static str,
    pub(crate) sign_in_again: &'static str,
    pub(crate) copy_now: &'static str,
    pub(crate) copied: &'static str,
    pub(crate) account_leaves: (&'static str, &'static str),
    pub(crate) news: &'static str,
    pub(crate) new_browser: (&'static str, &'static str),
    pub(crate) new_connection: &'static str,
    pub(crate) not_you: (&'static str, &'static str, &'static str),
    pub(crate) that_was_me: &'static str,
    pub(crate) delete_explained: &'static str,
    pub(crate) deletes_memories: &'static str,
    pub(crate) deletes_access: &'static str,
    pub(crate) deletes_account: &'static str,
    pub(crate) tokens_end: &'static str,
    pub(crate) type_address: (&'static str, &'static str),
    pub(crate) not_your_address: &'static str,
    pub(crate) delete_for_ever: &'static str,
    pub(crate) keep_account: &'static str,
    pub(crate) more_to_delete: (&'static str, &'static str),
    pub(crate) go_on_deleting: &'static str,
    pub(crate) deleted: &'static str,
    pub(crate) receipt: (&'static str, &'static str),
    pub(crate) memories_deleted: &'static str,
    pub(crate) connections_deleted: &'static str,
    pub(crate) sign_ins_deleted: &'static str,
    pub(crate) keys_deleted: &'static str,
    pub(crate) receipt_rest: &'static str,
    pub(crate) reference: &'static str,
}

impl Texts {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXTS,
            Language::German => &de::TEXTS,
        }
    }
}
