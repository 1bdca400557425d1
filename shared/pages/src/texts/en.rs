//! English.

use super::Texts;

pub(super) static TEXTS: Texts = Texts {
    reference: "Reference",
    cross_site: (
        "This was sent from another site",
        "For your safety nothing was done. Go back to where you came from, and begin again there.",
    ),
    unreadable: (
        "This could not be read",
        "What was sent is not one of this page's forms. Go back to where you came from, and begin again there.",
    ),
    our_failure: ("Something failed on our side", "Nothing was lost. Please try again in a moment."),
};
