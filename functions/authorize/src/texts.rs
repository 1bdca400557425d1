//! What the pages say, in each language. A text that is missing in one of them does not compile.

mod de;
mod en;

use jean_pages::Language;

/// Every text. Those of two or three parts stand around what is known only later, and notices have a title and a text.
pub(crate) struct Texts {
    pub(crate) sign_in: &'static str,
    pub(crate) to_connect: (&'static str, &'static str),
    pub(crate) to_your_account: &'static str,
    pub(crate) email: &'static str,
    pub(crate) password: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) with_passkey: &'static str,
    pub(crate) no_passkey_used: &'static str,
    pub(crate) unknown_passkey: &'static str,
    pub(crate) passkeys: &'static str,
    pub(crate) passkeys_explained: &'static str,
    pub(crate) passkey: &'static str,
    pub(crate) made_at: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) make_passkey: &'static str,
    pub(crate) passkey_not_made: &'static str,
    pub(crate) passkeys_need_script: &'static str,
    pub(crate) passkeys_need_name: &'static str,
    pub(crate) back_to_account: &'static str,
    pub(crate) connect_an_app: &'static str,
    pub(crate) made_by: &'static str,
    pub(crate) wants_to_use: &'static str,
    pub(crate) will_be_able: &'static str,
    pub(crate) reads: &'static str,
    pub(crate) reads_and_writes: &'static str,
    pub(crate) only_reads: &'static str,
    pub(crate) only_own: &'static str,
    pub(crate) and_stays: &'static str,
    pub(crate) stays: &'static str,
    pub(crate) on_this_computer: (&'static str, &'static str, &'static str),
    pub(crate) sent_to: (&'static str, &'static str),
    pub(crate) described_at: (&'static str, &'static str),
    pub(crate) allow: &'static str,
    pub(crate) deny: &'static str,
    pub(crate) signed_in_as: (&'static str, &'static str),
    pub(crate) another_account: &'static str,
    pub(crate) choose_password: &'static str,
    pub(crate) make_account: &'static str,
    pub(crate) no_account_yet: &'static str,
    pub(crate) password_rule: &'static str,
    pub(crate) password_refused: &'static str,
    pub(crate) save_password: &'static str,
    pub(crate) enter_email: &'static str,
    pub(crate) email_taken: &'static str,
    pub(crate) all_set: &'static str,
    pub(crate) password_saved: (&'static str, &'static str),
    pub(crate) broken_link: &'static str,
    pub(crate) no_client: &'static str,
    pub(crate) unknown_client: &'static str,
    pub(crate) unusable_client_url: &'static str,
    pub(crate) no_redirect_uri: &'static str,
    pub(crate) unregistered_redirect_uri: &'static str,
    pub(crate) unidentified: &'static str,
    pub(crate) no_description: (&'static str, &'static str),
    pub(crate) no_cookie: (&'static str, &'static str),
    pub(crate) dead_link: (&'static str, &'static str),
    pub(crate) throttled: (&'static str, &'static str),
}

impl Texts {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXTS,
            Language::German => &de::TEXTS,
        }
    }
}
