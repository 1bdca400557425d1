//! German.

use super::Texts;

pub(super) static TEXTS: Texts = Texts {
    reference: "Kennzeichen",
    cross_site: (
        "Das kam von einer anderen Website",
        "Zu Ihrer Sicherheit wurde nichts getan. Gehen Sie dahin zurück, woher Sie kamen, und beginnen Sie dort von vorn.",
    ),
    unreadable: (
        "Das war nicht lesbar",
        "Was ankam, ist keines der Formulare dieser Seite. Gehen Sie dahin zurück, woher Sie kamen, und beginnen Sie dort \
         von vorn.",
    ),
    our_failure: (
        "Bei uns ist etwas schiefgegangen",
        "Es ist nichts verloren. Bitte versuchen Sie es gleich noch einmal.",
    ),
};
